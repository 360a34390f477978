"""Two designs held against each other: the sentence, the numbers behind it, findings, the picture and the command."""

from __future__ import annotations

import json
import math
import re
import xml.etree.ElementTree as ET

import pytest

import archbook as ab
from archbook.cli import main
from archbook.design.varying import varied
from archbook.diagrams.palette import AMBER, GREEN, VERMILION
from archbook.review.comparing import Diff
from tests.examples import good

SHOP, OTHER = "ecommerce", "ecommerce#bank-by-event"


def against(fragment: str, growth: float = 10.0) -> Diff:
    return ab.diff(good(), good(fragment), growth)


@pytest.fixture(scope="module")
def shop() -> Diff:
    return ab.diff(SHOP, OTHER)


def test_the_answer_comes_first_and_its_numbers_are_those_of_the_estimates(shop: Diff) -> None:
    old, new = (ab.estimate(ab.load(name), 10) for name in (SHOP, OTHER))
    endpoint = "POST /api/v1/orders"
    assert old.endpoints[endpoint].p95_s == pytest.approx(shop.a.at.endpoints[endpoint].p95_s)
    assert new.endpoints[endpoint].p95_s < 0.2 < old.endpoints[endpoint].p95_s
    assert "answers POST /api/v1/orders within 82.4 ms instead of 1.01 s (p95 at 10×)" in shop.answer
    assert f"leaves {len(shop.b.missed)} endpoints over the promised p95 instead of {len(shop.a.missed)}" in shop.answer
    assert shop.text().startswith(shop.answer[:60])


@pytest.mark.parametrize(
    ("fragment", "expected"),
    [
        ("", "example and example say the same: nothing differs."),
        ("services: {back: {why: Another}}", "holds, costs, answers and reads in the review as example (before) does. "
         "It changes 1 service."),
        ("services: {back: {health_check: null}}", None),
        ("services: {back: {instances: 1, concurrency: 1}}", "holds to "),
        ("services: {back: {monthly_cost: 100}}", "costs 400 USD/month more"),
        ("stores: {things-db: {monthly_cost: 0}}", None),
        ("services: {front: {availability: 90%}}", "has all it needs for "),
        ("externals: {bank: {service_time: {mean: 300ms}}}", "answers POST /api/v1/things within "),
    ],
)  # fmt: skip
def test_the_answer_names_what_differs_and_nothing_else(fragment: str, expected: str | None) -> None:
    answer = against(fragment).answer.replace("example (before) and example (after)", "example and example")
    assert expected is None or expected in answer
    assert "nan" not in answer
    assert " inf" not in answer


def test_findings_are_told_as_opened_and_closed_and_a_rename_is_neither() -> None:
    worse = against("calls: {2: {breaker: null}}")
    assert {finding.rule for finding in worse.opened} == {"no-circuit-breaker"}
    assert not worse.closed
    back = ab.diff(worse.b.design, worse.a.design)
    assert {finding.rule for finding in back.closed} == {"no-circuit-breaker"}
    assert "closes 1 finding of the review and opens none" in back.answer


def test_a_finding_that_is_only_waived_is_not_closed_and_a_secret_is_not_told() -> None:
    bare = good("calls: {2: {breaker: null}}")
    waived = good(
        "{calls: {2: {breaker: null}}, waivers: [{rule: no-circuit-breaker, about: front → back, why: We try without}]}"
    )
    found = ab.diff(bare, waived)
    assert (found.closed, found.opened) == ([], [])
    secret = "AKIA" + "IOSFODNN7EXAMPLE"
    assert secret not in ab.diff(good(), good(f"services: {{back: {{technology: {secret}}}}}")).text()


def test_the_multiple_to_which_each_holds_is_that_of_its_first_break() -> None:
    shop = ab.load(SHOP)
    found = ab.diff(shop, varied(shop, {"services.payment-service.instances": 6}))
    assert found.answer.startswith("ecommerce (after) holds to ")
    assert "today's load instead of 6.9×" in found.answer
    assert "USD/month more" in found.answer
    for side in (found.a, found.b):
        assert side.holds_to == min(entry.at for entry in side.at.breaks)
    assert found.b.holds_to >= found.a.holds_to


def test_only_rows_that_differ_are_shown(shop: Diff) -> None:
    names = [row[0] for row in shop.element_table().rows]
    assert "order-service" in names
    assert "users-db" not in names
    assert "POST /api/v1/orders" in [row[0] for row in shop.endpoint_table().rows]
    assert "GET /api/v1/users" not in [row[0] for row in shop.endpoint_table().rows]


def test_every_front_end_shows_the_answer_and_json_holds_plain_numbers(shop: Diff) -> None:
    plain = json.loads(json.dumps(shop.to_json(), allow_nan=False))
    assert plain["answer"] == shop.answer
    assert plain["a"]["holds_to"] == pytest.approx(6.9, abs=0.01)
    assert {change["kind"] for change in plain["changes"]} == {"changed", "removed"}
    bundle = shop._repr_mimebundle_()
    assert "<svg" in bundle["text/html"]
    assert all("82.4" in text for text in bundle.values())
    assert max(map(len, shop.text(80).partition("What it does")[0].splitlines())) <= 80


def test_names_of_a_design_cannot_break_out_of_a_page() -> None:
    found = against('{services: {back: {technology: "<b>|x"}}, calls: {2: {does: "<script>"}}}')
    assert "<script>" not in found.markdown() + found._repr_mimebundle_()["text/html"]


# -- the picture


def test_the_picture_marks_and_colours_what_differs_and_leaves_the_rest_grey(shop: Diff) -> None:
    picture = shop.picture()
    texts = ["".join(node.itertext()) for node in ET.fromstring(picture.svg).iter() if node.tag.endswith("}text")]
    assert {"± payments-db", "orders-db", "− asks for payment", "removed (−)", "changed (±)"} <= set(texts)
    assert not any("added" in text for text in texts)
    assert all(colour in picture.svg for colour in (AMBER, VERMILION))
    assert picture.mermaid
    assert "class n_payments_db changed" in picture.mermaid
    assert "removes 1 call" in picture.alt


def test_what_is_added_is_green_with_a_plus_and_a_renamed_element_is_changed() -> None:
    added = against("{services: {clerk: {owner: us}}, calls: [{from: front, to: clerk, does: asks}]}").picture()
    assert "+ clerk" in added.svg
    assert "+ asks" in added.svg
    assert GREEN in added.svg


def test_a_picture_of_two_large_designs_shows_what_differs_and_fits() -> None:
    many = ", ".join(f"s{number}: {{}}" for number in range(60))
    calls = ", ".join(f"{{from: s{number}, to: s{number + 1}}}" for number in range(59))
    old = good(f"{{services: {{{many}}}, calls: [{calls}]}}")
    picture = ab.diff(old, varied(old, {"services.s30.instances": 4})).picture()
    assert "± s30" in picture.svg
    assert "what differs" in picture.title
    assert len(re.findall("data-element", picture.svg)) <= 20


# -- the command


def test_the_command_says_the_same_and_draws(capsys, tmp_path) -> None:
    file = tmp_path / "both.svg"
    assert main(["diff", SHOP, "--variant", "bank-by-event", "-o", str(file)]) == 0
    out = capsys.readouterr().out
    assert " ".join(out.split()).startswith("ecommerce#bank-by-event answers POST /api/v1/orders")
    assert file.read_text(encoding="utf-8").startswith("<svg")
    assert main(["diff", SHOP, OTHER, "--growth", "1", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["growth"] == 1
    assert main(["diff", SHOP, SHOP, "--format", "md"]) == 0
    assert "nothing differs" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["diff", SHOP], "its variants: ecommerce#bank-by-event"),
        (["diff", SHOP, OTHER, "--variant", "x"], "name one design, or one variant"),
        (["diff", SHOP, "--variant", "bank"], "no variant of ecommerce `bank`"),
        (["diff", SHOP, "first_drat"], "did you mean `first_draft`?"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_ends_with_2(capsys, words: list[str], expected: str) -> None:
    assert main(words) == 2
    assert expected in capsys.readouterr().err


def test_where_all_is_saturated_at_growth_the_answer_speaks_of_today() -> None:
    answer = ab.diff("first_draft", "first_draft#mail-by-event").answer
    assert re.search(r"answers \w+ \S+ within [\d.]+ m?s instead of [\d.]+ m?s \(p95 at today's peak\)", answer)


def test_two_designs_with_nothing_in_common_can_be_held_against_each_other() -> None:
    found = ab.diff(SHOP, "first_draft")
    assert not math.isnan(found.b.holds_to)
    assert "findings" in found.text()
    assert found.picture().svg
