"""What differs between two designs, in words: each part, renames, order, and nothing where nothing differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from archbook.design.comparing import compare, gist
from archbook.design.loading import load, read
from archbook.design.plain import as_written
from archbook.errors import InvalidInput
from tests.examples import good

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"


def told(fragment: str) -> list[str]:
    """What differs between the good design and it with a fragment merged in: kind, then the change in words."""
    return [f"{change.kind} {change}" for change in compare(good(), good(fragment))]


@pytest.mark.parametrize("name", ["ecommerce", "minimal", "first_draft"])
def test_a_design_does_not_differ_from_itself(name: str) -> None:
    assert compare(load(DESIGNS / name), load(DESIGNS / name)) == ()


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("services: {back: {instances: 6}}", ["changed service back: instances 4 → 6"]),
        ("services: {back: {slo: {p95: 500ms}}}", ["changed service back: slo.p95 400ms → 500ms"]),
        ("services: {back: {queue: null}}", ["changed service back: queue 32 → not set"]),
        ("services: {back: {why: Two teams do}}", ["changed service back: why reworded"]),
        ("services: {front: {alerts: [{when: p99 > 1s, tells: us}]}}",
         ["changed service front: alerts + {when: p99 > 1s, tells: us}, "
          "− {when: p95 > 400ms for 5min, tells: things-team}"]),
        ("stores: {things-db: {data: [internal, personal]}}", ["changed store things-db: data + personal"]),
        ("stores: {shelf: {engine: s3}}", ["added store shelf"]),
        ("events: {thing.created: null}", ["removed event thing.created"]),
        ("traffic: {daily_active_users: 200k}", ["changed traffic: daily_active_users 86400 → 200000"]),
        ("traffic: {journeys: {visit: {share: 0.999}}}", ["changed journey visit: share 1 → 0.999"]),
        ("api: {style: {pagination: cursor}}", ["changed api: style.pagination page → cursor"]),
        ("security: {secrets: Keychain}", ["changed security: secrets Vault → Keychain"]),
        ("security: {roles: {guest: {may: []}}}", ["added role guest"]),
        ("why: Rent things", ["changed design: why reworded"]),
        ("  - {name: GET /api/v1/tools, service: front}", ["added endpoint GET /api/v1/tools"]),
        ("calls: [{from: mailer, to: things-db, does: reads}]", ["added call mailer → things-db (reads)"]),
        ("calls: {2: {timeout: 60ms, breaker: null}}",
         ["changed call front → back: timeout 50ms → 60ms; breaker true → false"]),
        ("waivers: [{rule: x, about: back, why: Known}]", ["added waiver of x at back"]),
        ("decisions: [{id: 101, title: No mail}]", ["added decision 101, No mail"]),
    ],
)  # fmt: skip
def test_a_change_is_told_by_its_keys_in_the_units_of_the_file(fragment: str, expected: list[str]) -> None:
    assert told(fragment) == expected


def test_of_several_calls_between_two_the_one_that_changed_is_told() -> None:
    assert told("calls: {1: {timeout: 90ms}}") == ["changed call front → things-db: timeout 50ms → 90ms"]
    changes = compare(good(), good("calls: {1: {on: [thing.created], from: mailer}}"))
    assert [(change.kind, change.name) for change in changes] == [
        ("removed", "front → things-db"), ("added", "mailer → things-db"),
    ]  # fmt: skip


def test_an_element_under_another_name_is_renamed_and_nothing_else() -> None:
    new = read(re.sub(r"\bback\b", "pricing", yaml.safe_dump(as_written(good()), sort_keys=False)))
    assert [str(change) for change in compare(good(), new)] == ["service pricing, which was back"]


def test_what_has_little_in_common_is_no_rename() -> None:
    old = good("services: {other: {instances: 9, concurrency: 3, owner: x}}")
    new = good("services: {another: {instances: 2, technology: Go, zone: app}}")
    assert [(change.kind, change.name) for change in compare(old, new)] == [("removed", "other"), ("added", "another")]


def test_calls_in_another_order_are_told() -> None:
    text = "archbook: 1\nname: a\ntraffic: {daily_active_users: 1}\nservices: {b: {}}\nstores: {s: {engine: redis}}\n"
    calls = ["{from: b, to: s, does: reads}", "{from: b, to: s, does: writes}"]
    one, other = (read(f"{text}calls: [{', '.join(order)}]") for order in (calls, calls[::-1]))
    assert [str(change) for change in compare(one, other)] == ["service b: order of its calls in another order"]


def test_other_ddl_is_counted_in_lines(design_folder) -> None:
    folder = design_folder("minimal")
    before = load(folder)
    path = folder / "schema" / "users.sql"
    path.write_text(path.read_text(encoding="utf-8") + "CREATE TABLE x (\n  id int\n);\n", encoding="utf-8")
    assert [str(change) for change in compare(before, load(folder))] == ["store users-db: DDL 0 lines → 3 lines"]


def test_all_changes_in_a_few_words() -> None:
    changes = compare(good(), good("{services: {back: {instances: 6}}, stores: {shelf: {engine: s3}}, why: Rent}"))
    assert gist(changes) == "adds 1 store; changes the design, 1 service"
    assert gist(()) == ""


def test_what_is_no_design_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidInput, match="`ecommerce` is no design; load it first"):
        compare("ecommerce", good())  # type: ignore[arg-type]
