"""Loading tells every problem at once: place, what, remedy, nearest known name."""

# ruff: noqa: E501  (errors are quoted whole, one a line)
from __future__ import annotations

import gc
import weakref
from pathlib import Path

import pytest

from archbook.design import loading
from archbook.design.complaints import keys_at
from archbook.design.contract import Alternative
from archbook.design.loading import load, read
from archbook.errors import DesignError
from archbook.units import Uncertain

BASE = """\
archbook: 1
name: shop
traffic:
  daily_active_users: 200k
  journeys:
    browse: {share: 0.9, steps: [GET /items, "GET /items/{id}"]}
    buy: {share: 0.1, steps: [{do: POST /orders, times: 2}]}
services:
  gate: {role: gateway}
  items: {zone: inside, slo: {p95: 100ms, p99: 200ms}}
  orders: {}
stores:
  cache: {engine: redis, role: cache, hit_ratio: 0.9}
  db: {engine: postgresql, owner: items, holds: {rows: {items: 5, added_by: [POST /orders, order.created]}}}
  bus: {engine: kafka, role: broker}
externals:
  bank: {}
calls:
- {from: gate, to: items}
- {from: gate, to: orders}
- {from: items, to: db, on: [GET /items], per_request: per row, unless_hit: cache}
- {from: orders, to: bank, on: [POST /orders]}
events:
  order.created: {from: orders, to: [items], broker: bus, on: [POST /orders]}
api:
  endpoints:
  - {name: GET /items, service: items, list: true, roles: [buyer]}
  - {name: "GET /items/{id}", service: items}
  - {name: POST /orders, service: orders}
security:
  authentication: {kind: jwt, checked_by: gate}
  roles: {buyer: {}}
  rate_limits: [{limit: 100/min, on: [POST /orders], at: gate}]
  zones: {inside: {}}
decisions:
- {id: 1, title: One, status: superseded, superseded_by: 2}
- {id: 2, title: Two, about: [nothing.of.that.name]}
"""
FAULTS: list[tuple[str, str, str]] = [
    # unknown and missing keys
    ("orders: {}\n", "orders: {instnces: 4}\n", ":11 `services.orders.instnces`: there is no such key; did you mean `instances`?"),
    ("archbook: 1\n", "archbook: 1\nservces: 1\n", ":2 `servces`: there is no such key; did you mean `services`?"),
    ("name: shop\n", "", ":1 `name`: is missing; add it: short name, used for files"),
    ("  daily_active_users: 200k\n", "", ":3 `traffic.daily_active_users`: is missing; add it: users on an ordinary day"),
    ("{limit: 100/min,", "{", ":33 `security.rate_limits[0].limit`: is missing; add it: the limit, such as `100/min`"),
    ("orders: {}\n", "orders: {slo: {p59: 1s}}\n", ":11 `services.orders.slo.p59`: there is no such key; did you mean `p99`?"),
    # wrong types
    ("archbook: 1", "archbook: 2", ":1 `archbook`: `2` is a format that this Archbook does not read; write `archbook: 1`"),
    ("name: shop", "name: 5", ":2 `name`: is `5` and must be text; put it in quotation marks"),
    ("name: shop", "name:", ":2 `name`: is empty; write a value, or leave the key out"),
    ("name: shop", "name: my shop", ":2 `name`: `my shop` is not a name; begin with a letter and use letters, digits, `.`, `_` and `-`, at most 63"),
    ("name: shop", "name: shop\nwhy: true", ":3 `why`: is `true` and must be text; put it in quotation marks"),
    ("name: shop", f"name: shop\ntitle: {'x' * 201}", ":3 `title`: is 201 characters long, more than 200; shorten it"),
    ("orders: {}\n", "orders: 5\n", ":11 `services.orders`: is `5` and must be a mapping; write `key: value` lines, or {key: value}"),
    ("orders: {}\n", "orders:\n", ":11 `services.orders`: is empty; write a value, or leave the key out"),
    ("externals:\n  bank: {}", "externals: [bank]", ":16 `externals`: is a list and must be a mapping; write `key: value` lines, or {key: value}"),
    ("orders: {}\n", "orders: {logs: personal}\n", ":11 `services.orders.logs`: is `personal` and must be a list; write lines that begin with `- `, or [one, two]"),
    ("orders: {}\n", "orders: {instances: four}\n", ":11 `services.orders.instances`: is `four` and must be a whole number; write it like `4`"),
    ("orders: {}\n", "orders: {instances: [4]}\n", ":11 `services.orders.instances`: is a list and must be a whole number; write one value"),
    ("orders: {}\n", "orders: {stateless: NO}\n", ":11 `services.orders.stateless`: is `NO` and must be true or false; only these two words are"),
    ("orders: {}\n", "orders: {role: gatway}\n", ":11 `services.orders.role`: `gatway` is not known here; did you mean `gateway`?"),
    ("orders: {}\n", "bad name: {}\n  orders: {}\n", ":11 `services.bad name`: `bad name` is not a name; begin with a letter and use letters, digits, `.`, `_` and `-`, at most 63"),
    ("steps: [GET /items, ", "steps: [GET items, ", ":6 `traffic.journeys.browse.steps[0]`: `GET items` is not an endpoint; write it like `GET /api/v1/users`, or {do: GET /api/v1/users, times: 3}"),
    ("steps: [GET /items, ", "steps: [7, ", ":6 `traffic.journeys.browse.steps[0]`: `7` is not an endpoint; write it like `GET /api/v1/users`, or {do: GET /api/v1/users, times: 3}"),
    ("{do: POST /orders, times: 2}", "{do: POST /orders, tims: 2}", ":7 `traffic.journeys.buy.steps[0].tims`: there is no such key; did you mean `times`?"),
    ("{do: POST /orders, times: 2}", "{doo: POST /orders}", ":7 `traffic.journeys.buy.steps[0].doo`: there is no such key; did you mean `do`?"),
    ("steps: [{do: POST /orders, times: 2}]", "steps: []", ":7 `traffic.journeys.buy.steps`: is empty; put at least one entry, or leave the key out where it is not required"),
    ("per_request: per row", "per_request: per rows", ":21 `calls[2].per_request`: `per rows` is neither a number nor `per row`; write it like `1.5` or `per row`"),
    ("per_request: per row", "per_request: -1", ":21 `calls[2].per_request`: `-1` must be at least 0"),
    ("on: [GET /items]", "on: [GET/items]", ":21 `calls[2].on[0]`: `GET/items` is neither an endpoint nor an event; write it like `GET /api/v1/users` or `order.created`"),
    ("title: Two,", "title: Two, alternatives: [1],", ":37 `decisions[1].alternatives[0]`: `1` is not an alternative; write it as text, or {option: …, why_not: …}"),
    ("title: Two,", "title: Two, date: yesterday,", ":37 `decisions[1].date`: `yesterday` is not a day; write it like `2026-11-23`"),
    ("title: Two,", "title: Two, date: 2026-02-30,", ":37 `decisions[1].date`: `2026-02-30` is not in the calendar; write a day like `2026-11-23`"),
    # units and impossible numbers
    ("p95: 100ms", "p95: 100", ":10 `services.items.slo.p95`: `100` has no unit of time; write it like `12ms`, `1.5s`, `5min`, `2h` or `30d`"),
    ("p95: 100ms", "p95: 12:30:45", ":10 `services.items.slo.p95`: `12:30:45` is not a duration; write it like `12ms`, `1.5s`, `5min`, `2h` or `30d`"),
    ("p95: 100ms", "p95: 0s", ":10 `services.items.slo.p95`: `0s` must be more than 0"),
    ("hit_ratio: 0.9", "hit_ratio: 90", ":13 `stores.cache.hit_ratio`: `90` is a share outside 0 to 1; write it like `0.05` or `5%`"),
    ("hit_ratio: 0.9", "hit_ratio: most", ":13 `stores.cache.hit_ratio`: `most` is not a share; write it like `0.05` or `5%`"),
    ("200k", "1e999", ":4 `traffic.daily_active_users`: `1e999` is not a finite number; write it like `1.5`, `200k` or `3M`"),
    ("200k", "0", ":4 `traffic.daily_active_users`: `0` must be more than 0"),
    ("200k", ".nan", ":4 `traffic.daily_active_users`: `.nan` is not a number; write it like `1.5`, `200k` or `3M`"),
    ("limit: 100/min", "limit: 100", ":33 `security.rate_limits[0].limit`: `100` is not a rate; write it like `100/min`, `20/s` or `1000/day`"),
    ("orders: {}\n", "orders: {instances: 0}\n", ":11 `services.orders.instances`: `0` must be at least 1"),
    ("orders: {}\n", "orders: {instances: 99999999}\n", ":11 `services.orders.instances`: `99999999` must be at most 10000000"),
    ("200k", "{low: 1, likely: lots, high: 3}", ":4 `traffic.daily_active_users.likely`: `lots` is not a number; write it like `1.5`, `200k` or `3M`"),
    ("200k", "{low: 0, likely: 2, high: 3}", ":4 `traffic.daily_active_users.low`: `0` must be more than 0"),
    ("200k", "{low: 1, likely: 4, high: 3}", ":4 `traffic.daily_active_users`: low, likely and high must stand in that order"),
    ("200k", "{low: 1, high: 3}", ":4 `traffic.daily_active_users`: is a mapping; an uncertain number is written {low: …, likely: …, high: …}"),
    ("p95: 100ms", "p95: 300ms", ":10 `services.items.slo.p95`: 300 ms is longer than the p99 of 200 ms; the p99 is the longer time of the two"),
    ("hit_ratio: 0.9", "slo: {p95: 2s, p99: 1s}", ":13 `stores.cache.slo.p95`: 2 s is longer than the p99 of 1 s; the p99 is the longer time of the two"),
    ("POST /orders, service: orders}", "POST /orders, service: orders, slo: {p95: 2s, p99: 1s}}", ":29 `api.endpoints[2].slo.p95`: 2 s is longer than the p99 of 1 s; the p99 is the longer time of the two"),
    ("POST /orders, service: orders}", "POST /orders, service: orders, sunset: 2026-13-01}", ":29 `api.endpoints[2].sunset`: `2026-13-01` is not in the calendar; write a day like `2026-11-23`"),
    ("name: shop", "name: shop\nwaivers: [{rule: r, about: a, why: w, until: 2025-02-29}]", ":3 `waivers[0].until`: `2025-02-29` is not in the calendar; write a day like `2026-11-23`"),
    ("share: 0.9,", "share: 0.7,", ":5 `traffic.journeys`: the shares add up to 0.8 and must add up to 1; add 0.2 to one of them, or a journey"),
    ("share: 0.9,", "share: 1,", ":5 `traffic.journeys`: the shares add up to 1.1 and must add up to 1; take 0.1 away"),
    # dangling references
    ("to: orders}", "to: oders}", ":20 `calls[1].to`: no service, store or external system `oders`; did you mean `orders`?"),
    ("{from: orders, to: bank", "{from: bank, to: orders", ":22 `calls[3].from`: `bank` is an external system and must be a service; only services make calls"),
    ("unless_hit: cache", "unless_hit: cash", ":21 `calls[2].unless_hit`: no store `cash`; did you mean `cache`?"),
    ("to: bank, on: [POST /orders]", "to: bank, on: [POST /order]", ":22 `calls[3].on[0]`: no endpoint or event `POST /order`; did you mean `POST /orders`?"),
    ("to: [items], broker", "to: [bank], broker", ":24 `events.order.created.to[0]`: `bank` is an external system and must be a service or store; name one of those"),
    ("broker: bus", "broker: buss", ":24 `events.order.created.broker`: no store `buss`; did you mean `bus`?"),
    ("{from: orders, to: [", "{from: order, to: [", ":24 `events.order.created.from`: no service `order`; did you mean `orders`?"),
    ("broker: bus, on: [POST /orders]", "broker: bus, on: [POST /x]", ":24 `events.order.created.on[0]`: no endpoint or event `POST /x`; did you mean `POST /orders`?"),
    ("list: true, roles: [buyer]", "list: true, roles: [byer]", ":27 `api.endpoints[0].roles[0]`: no role `byer`; did you mean `buyer`?"),
    ("POST /orders, service: orders", "POST /orders, service: order", ":29 `api.endpoints[2].service`: no service `order`; did you mean `orders`?"),
    ("owner: items", "owner: cache", ":14 `stores.db.owner`: `cache` is a store and must be a service; name one of those"),
    ("zone: inside", "zone: insid", ":10 `services.items.zone`: no zone `insid`; did you mean `inside`?"),
    ("bank: {}", "bank: {zone: x}", ":17 `externals.bank.zone`: no zone `x`; known are `inside`"),
    ("hit_ratio: 0.9", "zone: x", ":13 `stores.cache.zone`: no zone `x`; known are `inside`"),
    ("  zones: {inside: {}}\n", "", ":10 `services.items.zone`: no zone `inside`; none is defined; define it in `security.zones`"),
    ("order.created]", "order.creatd]", ":14 `stores.db.holds.rows.added_by[1]`: no endpoint or event `order.creatd`; did you mean `order.created`?"),
    ("steps: [GET /items, ", "steps: [GET /itmes, ", ":6 `traffic.journeys.browse.steps[0]`: no endpoint `GET /itmes`; did you mean `GET /items`?"),
    ("do: POST /orders", "do: POST /odrers", ":7 `traffic.journeys.buy.steps[0].do`: no endpoint `POST /odrers`; did you mean `POST /orders`?"),
    ("checked_by: gate", "checked_by: gat", ":31 `security.authentication.checked_by`: no service `gat`; did you mean `gate`?"),
    ("at: gate}", "at: db}", ":33 `security.rate_limits[0].at`: `db` is a store and must be a service; name one of those"),
    ("limit: 100/min, on: [POST /orders]", "limit: 100/min, on: [PUT /orders]", ":33 `security.rate_limits[0].on[0]`: no endpoint `PUT /orders`; did you mean `POST /orders`?"),
    ("superseded_by: 2", "superseded_by: 3", ":36 `decisions[0].superseded_by`: no decision `3`; known are `1`, `2`"),
    ("superseded_by: 2", "superseded_by: 1", ":36 `decisions[0].superseded_by`: the decision supersedes itself; name the decision that replaced it"),
    # parts that do not fit together
    ("id: 2", "id: 1", ":37 `decisions[1].id`: there is a decision 1 already; number it 2"),
    ("externals:\n  bank: {}", "externals:\n  bank: {}\n  items: {}", ":18 `externals.items`: `items` is an external system and also a service; rename one of them"),
    ('name: "GET /items/{id}"', "name: GET /items", ":28 `api.endpoints[1].name`: the endpoint `GET /items` is there already; keep one of them"),
    ("items: {zone: inside,", "items: {role: gateway, zone: inside,", ":10 `services.items.role`: `items` is a second gateway beside `gate`; clients enter through one; give the other `role: service`"),
    ("- {from: gate, to: orders}\n", "", ":28 `api.endpoints[2].service`: the gateway `gate` never calls `orders`, which answers this endpoint; add {from: gate, to: orders} to `calls`"),
    ("service: items, list: true", "service: items, list: false", ":21 `calls[2].per_request`: `per row` has no rows, for `GET /items` is no list; set `list: true` on the endpoint, or write a number"),
    ("- {from: orders, to: bank", "- {from: orders, to: orders}\n- {from: orders, to: bank", ":22 `calls[3]`: the calls go round in a circle: `orders` → `orders`; make one of these calls `mode: async`, or an event"),
    ("broker: bus, on: [POST /orders]", "broker: bus, on: [order.created]", ":24 `events.order.created.on`: the events bring each other about without end: `order.created` → `order.created`; take one of them out of `on`"),
]  # fmt: skip


def told(text: str, folder: Path | None = None) -> list[str]:
    try:
        read(text, folder=folder)
    except DesignError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_the_design_of_these_tests_is_valid() -> None:
    assert told(BASE) == []


@pytest.mark.parametrize(("old", "new", "expected"), FAULTS, ids=[f"{new.strip()[:40]}" for _, new, _ in FAULTS])
def test_a_fault_is_told_with_its_place_and_remedy(old: str, new: str, expected: str) -> None:
    assert old in BASE
    problems = told(BASE.replace(old, new, 1))
    assert f"design.yaml{expected}" in problems
    assert not [problem for problem in problems if "nput should" in problem or "pydantic" in problem]


CASCADES = [
    ("orders: {}\n", "orders: {instances: x}\n"), ("name: shop", "name: 5"), ("p95: 100ms", "p95: x"),
    ("{from: gate, to: orders}", "{from: gate, to: orders, mode: asinc}"), ("owner: items,", "owner: items, x: 1,"),
    ("service: items, list: true", "service: items, list: yes"), ("share: 0.9", "share: x"), ("bank: {}", "bank: 1"),
    ("kind: jwt", "kind: jwtt"), ("order.created: {", "order.created: {size: x, "), ("id: 2", "id: x"),
    ("services:\n  gate: {role: gateway}", "services:\n  gate: {role: gateway, queue: -1}"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new"), CASCADES)
def test_one_fault_brings_no_second_complaint(old: str, new: str) -> None:
    problems = told(BASE.replace(old, new, 1))
    assert len(problems) == (2 if new == "id: x" else 1), problems


@pytest.mark.parametrize("section", ["services", "stores", "externals", "events", "security", "api"])
def test_a_faulty_section_brings_no_complaints_about_references_into_it(section: str) -> None:
    lines = BASE.splitlines()
    start = lines.index(f"{section}:")
    end = next((i for i in range(start + 1, len(lines)) if lines[i][0] not in " -"), len(lines))
    problems = told("\n".join([*lines[:start], f"{section}: 5", *lines[end:]]))
    assert problems == [
        f"design.yaml:{start + 1} `{section}`: is `5` and must be a mapping; write `key: value` lines, or {{key: value}}"
    ]


def test_missing_services_bring_one_complaint() -> None:
    start, end = BASE.index("services:"), BASE.index("stores:")
    assert len(told(BASE[:start] + BASE[end:])) == 1


def test_every_problem_is_told_at_once_in_file_order() -> None:
    text = BASE
    for old, new, _ in FAULTS[20:30:3] + FAULTS[40:70:4]:
        text = text.replace(old, new, 1)
    problems = told(text)
    lines = [int(problem.split(":")[1].split(" ")[0]) for problem in problems]
    assert len(problems) >= 8
    assert lines == sorted(lines)


CIRCLE = BASE.replace(
    "- {from: orders, to: bank",
    "- {from: items, to: orders%s}\n- {from: orders, to: items%s}\n- {from: orders, to: bank",
)


@pytest.mark.parametrize(
    ("first", "second", "circle"),
    [
        ("", "", True),
        (", mode: async", "", False),
        (", on: [GET /items]", "", True),
        (", on: [GET /items]", ", on: [POST /orders]", False),
        (", on: [GET /items, POST /orders]", ", on: [POST /orders]", True),
        (", on: [order.created]", ", on: [POST /orders]", False),
    ],
)
def test_calls_make_a_circle_only_when_one_request_can_go_round(first: str, second: str, circle: bool) -> None:
    problems = told(CIRCLE % (first, second))
    assert any("`items` → `orders` → `items`" in problem for problem in problems) == circle
    assert len(problems) == circle


def test_a_circle_through_the_gateway_counts_only_for_the_endpoints_that_it_routes() -> None:
    back = BASE.replace("- {from: orders, to: bank", "- {from: orders, to: gate%s}\n- {from: orders, to: bank")
    assert len(told(back % "")) == 1
    assert told(back % ", on: [GET /items]") == []


def test_a_long_circle_is_told_in_short() -> None:
    services = "".join(f"  s{i}: {{}}\n" for i in range(100))
    calls = "".join(f"- {{from: s{i}, to: s{(i + 1) % 100}}}\n" for i in range(100))
    problems = told(f"archbook: 1\nname: x\ntraffic: {{daily_active_users: 1}}\nservices:\n{services}calls:\n{calls}")
    assert len(problems) == 1
    assert "`s4` → 91 more → `s96`" in problems[0]


def test_about_may_name_nothing_for_that_is_a_finding_of_the_review() -> None:
    assert read(BASE).decisions[1].about == ("nothing.of.that.name",)


def test_an_uncertain_number_keeps_its_bounds() -> None:
    users = read(BASE.replace("200k", "{low: 100k, likely: 200k, high: 1M}")).traffic.daily_active_users
    assert isinstance(users, Uncertain)
    assert (users.low, users, users.high) == (1e5, 2e5, 1e6)


def test_suggestions_do_not_change_from_run_to_run() -> None:
    text = BASE.replace("to: orders}", "to: zzz}")
    listed = "known are `gate`, `items`, `orders`, `cache`, `db`, `bus`, `bank`"
    assert told(text)[0] == f"design.yaml:20 `calls[1].to`: no service, store or external system `zzz`; {listed}"


def test_the_keys_of_a_place_are_known() -> None:
    assert list(keys_at(("services", "a", "service_time"))) == ["mean", "scv"]
    assert list(keys_at(("traffic", "journeys", "a", "steps", 0))) == ["do", "times"]
    assert list(keys_at(("nothing", "a"))) == []


# Folders


def folder_with(tmp_path: Path, text: str = BASE) -> Path:
    (tmp_path / "design.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_and_its_file_load_alike(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    assert load(folder) == load(folder / "design.yaml") == load(str(folder))
    assert load(folder).folder == folder
    assert load(folder).place(("calls", 2, "to")) == "design.yaml:21"
    assert load(folder).place(("calls", 2, "retries")) == "design.yaml:21"
    assert len(load(folder).source.digest) == 64


def test_a_folder_that_is_not_there_is_told_with_the_nearest_design(tmp_path: Path) -> None:
    (tmp_path / "ecommerce").mkdir()
    folder_with(tmp_path / "ecommerce")
    with pytest.raises(DesignError, match="there is no such design; did you mean `ecommerce`"):
        load(tmp_path / "ecomerce")
    with pytest.raises(DesignError, match=r"has no design\.yaml; `archbook new NAME` writes a design"):
        load(tmp_path)


SCHEMA = BASE.replace("engine: postgresql,", "engine: postgresql, schema: %s,")


def test_the_ddl_of_a_store_is_read(tmp_path: Path) -> None:
    (tmp_path / "schema").mkdir()
    (tmp_path / "schema" / "db.sql").write_text("CREATE TABLE t (id int);\n", encoding="utf-8")
    design = load(folder_with(tmp_path, SCHEMA % "schema/db.sql"))
    assert design.ddl("db") == "CREATE TABLE t (id int);\n"
    assert design.ddl("cache") is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("schema/dv.sql", "is no file in the design folder; did you mean `schema/db.sql`?"),
        ("schema/old.sql", "is no file in the design folder; did you mean `schema/db.sql`?"),
        ("nowhere/db.sql", "is no file in the design folder; write the DDL there, or leave the key out"),
        ("../secret.sql", "leads out of the design folder; copy the file into it"),
        ("/etc/passwd", "leads out of the design folder; copy the file into it"),
        ("schema/link.sql", "leads out of the design folder; copy the file into it"),
        ("schema", "is no file in the design folder"),
        ("schema/latin1.sql", "is not UTF-8 text"),
        ("schema/huge.sql", "is larger than 5 MB"),
    ],
)
def test_a_schema_file_that_cannot_be_read_is_told(tmp_path: Path, name: str, words: str) -> None:
    home = tmp_path / "design"
    (home / "schema").mkdir(parents=True)
    (tmp_path / "secret.sql").write_text("secret")
    (home / "schema" / "link.sql").symlink_to(tmp_path / "secret.sql")
    (home / "schema" / "db.sql").write_text("")
    (home / "schema" / "old.sql").mkdir()
    (home / "schema" / "latin1.sql").write_bytes(b"-- caf\xe9")
    (home / "schema" / "huge.sql").write_bytes(b"-" * 5_000_001)
    problems = told((SCHEMA % name).replace("hit_ratio: 0.9", "hit_ratio: 9"), home)
    assert len(problems) == 2
    assert problems[1].startswith(f"design.yaml:14 `stores.db.schema`: `{name}` {words}")


MADR = """---
status: accepted
date: 2026-10-01
about: [order.created]
---
# Events between services

## Context and Problem Statement

Mail is slow.

## Considered Options

* A call
* An event

## Decision Outcome

Chosen option: "An event", because mail may be late and an order may not.

### Consequences

* Good: orders are quick
* Bad: mail is late

## More Information

See the log.
"""
NYGARD = "# 4. Events between services\n\nDate: 2026-10-01\n\n## Status\n\nSuperseded by [5](0005-x.md)\n\n## Context\n\nSlow.\n\n## Decision\n\nEvents.\n"


def test_a_madr_file_is_a_decision(tmp_path: Path) -> None:
    folder_with(tmp_path)
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "0004-events.md").write_text(MADR)
    (tmp_path / "decisions" / "README.md").write_text("# Decisions\n")
    (tmp_path / "decisions" / "adr-template.md").write_text("# Title\n")
    design = load(tmp_path)
    decision = design.decisions[2]
    assert (decision.id, decision.title, decision.status, decision.date) == (
        4,
        "Events between services",
        "accepted",
        "2026-10-01",
    )
    assert decision.context == "Mail is slow."
    assert decision.why == "mail may be late and an order may not."
    assert decision.alternatives == ("A call", "An event")
    assert decision.consequences[0] == "Good: orders are quick"
    assert decision.about == ("order.created",)
    assert design.place(("decisions", 2, "context")) == "decisions/0004-events.md:8"


WRAPPED = (
    """# 4. Events

## Alternatives

We looked at five:

- A call: the customer waits
  for the mail
- One of `mode: async` and nothing else
- Nothing
  at all

  until next year
* """
    + "long " * 20
    + """: not split

Said at the meeting.

## Consequences

- Good: orders are
quick
"""
)


def test_a_wrapped_item_of_a_list_is_read_whole_and_an_alternative_in_its_two_parts(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "decisions").mkdir()
    (folder / "decisions" / "0004-events.md").write_text(WRAPPED)
    decision = load(folder).decisions[2]
    assert decision.alternatives == (
        Alternative(option="A call", why_not="the customer waits for the mail"),
        "One of `mode: async` and nothing else",
        "Nothing at all until next year",
        "long " * 20 + ": not split",
    )
    assert decision.consequences == ("Good: orders are quick",)


def test_a_decision_in_nygards_form_is_read(tmp_path: Path) -> None:
    folder = folder_with(tmp_path)
    (folder / "decisions").mkdir()
    (folder / "decisions" / "0004-events.md").write_text(NYGARD.replace("(0005", "(0002").replace("[5]", "[2]"))
    decision = load(folder).decisions[2]
    assert (decision.title, decision.status, decision.superseded_by) == ("Events between services", "superseded", 2)
    assert (decision.context, decision.decision) == ("Slow.", "Events.")


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("0002-two.md", "# Two\n", "decisions/0002-two.md:1 `decisions[2].id`: there is a decision 2 already; number it 3"),
        ("0003-x.md", "no heading\n", "decisions/0003-x.md:1: has no title; begin with a line like `# 4. Events between services`"),
        ("x.md", "# X\n", "decisions/x.md:1: has no number; name the file like `0004-events.md`"),
        ("0003-x.md", "---\nstatus: acepted\n---\n# X\n", "decisions/0003-x.md:2 `decisions[2].status`: `acepted` is not known here; did you mean `accepted`?"),
        ("0003-x.md", "---\na: &a b\n---\n# X\n", "decisions/0003-x.md:2 `a`: has an anchor (`&a`); write the value out where it is needed"),
        ("0003-x.md", "# X\0\n", "decisions/0003-x.md:1: has the control character U+0000; take it out"),
        ("0003-x.md", "# X\n" + "x" * 200_001, "decisions/0003-x.md: is larger than 200 kB; shorten it"),
    ],
)  # fmt: skip
def test_a_faulty_decision_file_is_told_with_its_place(tmp_path: Path, name: str, text: str, expected: str) -> None:
    folder = folder_with(tmp_path)
    (folder / "decisions").mkdir()
    (folder / "decisions" / name).write_text(text)
    problems = told(BASE.replace("to: orders}", "to: oders}"), folder)
    assert expected in problems
    assert problems[-1] == expected


def test_a_decision_file_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n")
    home = tmp_path / "design"
    (home / "decisions").mkdir(parents=True)
    (home / "decisions" / "0003-x.md").symlink_to(tmp_path / "secret.md")
    assert told(BASE, home) == ["decisions/0003-x.md: leads out of the design folder; copy the file into it"]


@pytest.mark.parametrize(("held", "alive"), [(0, False), (10**12, True)])
def test_what_nobody_holds_any_more_goes_before_memory_has_doubled_twice(
    monkeypatch: pytest.MonkeyPatch, held: int, alive: bool
) -> None:
    class Node:
        itself: object

    with loading.collector_at_rest():
        node = Node()
        node.itself = node
        seen = weakref.ref(node)
        del node
    assert seen() is not None
    monkeypatch.setattr(loading, "_held_blocks", held)
    monkeypatch.setattr(loading, "FREE_BLOCKS", 0)
    with loading.collector_at_rest():
        assert (seen() is not None) == alive
    gc.collect()
