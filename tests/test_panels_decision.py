"""The decision panel without a browser: what is known is drafted, rivals are told, the file is MADR."""

from __future__ import annotations

import html
import re

import pytest

import archbook as ab
from archbook.errors import UnknownName
from tests.examples import good

BANK = "POST /api/v1/orders"


@pytest.fixture
def panel(design_folder):
    return ab.panels.decision(ab.load(design_folder("ecommerce")), "payment-service", BANK)


def said(widget) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", widget.value)).split())


def fill(panel, **answers: str) -> None:
    for name, text in answers.items():
        panel._fields[name].value = text


def test_it_tells_numbers_evidence_and_the_decision_that_is_there_already(panel) -> None:
    told = said(panel._top)
    assert told.startswith(
        "4 decisions in force are about the same. If yours replaces one, give that the status superseded"
    )
    sixth = f"Decision 6, The customer waits for the bank , is accepted and about payment-service, {BANK} too"
    assert told.index(sixth) < told.index("Decision 1,")
    estimate = ab.estimate(panel._design, 10).elements["payment-service"]
    assert f"which is {estimate.utilisation:.3g} times its capacity, and holds to 6.9× today's (computed)" in told
    assert f"{BANK} is asked" in told
    panel._about.value = ("orders-db",)
    kept = [entry.claim for entry in ab.load_evidence(panel._design) if entry.about.startswith("stores.orders-db")]
    assert kept
    assert all(" ".join(claim.rstrip(".").split()) in said(panel._top) for claim in kept)
    assert "(measurement, 2026-" in said(panel._top)


def test_the_context_is_drafted_until_somebody_changes_it(panel) -> None:
    field = panel._fields["context"]
    assert field.value.startswith("payment-service takes ")
    panel._about.value = ("orders-db",)
    assert field.value.startswith("orders-db takes ")
    field.value = "Ours"
    panel._about.value = ("bank",)
    assert field.value == "Ours"
    panel.reset()
    assert (field.value, panel.about) == ("", [])


def test_what_is_written_is_read_back_with_all_its_parts(panel) -> None:
    roads = "- wait: it fills threads\n\n- poll: five requests for one"
    fill(panel, title="The bank is asked by event", why="A slow bank fills our threads", options=roads,
         consequences="Good: quick\nBad: mails")  # fmt: skip
    file = panel._design.folder / "decisions" / "0016-the-bank-is-asked-by-event.md"
    assert "Will be decisions/0016-the-bank-is-asked-by-event.md" in said(panel._file)
    assert not file.exists()
    panel.write()
    assert "delete the file to undo" in said(panel._said)
    decision = ab.load(panel._design.folder).decisions[-1]
    assert (decision.title, decision.why) == ("The bank is asked by event", "A slow bank fills our threads")
    assert decision.about == ("payment-service", BANK)
    assert [road.option for road in decision.alternatives] == ["wait", "poll"]
    assert decision.consequences == ("Good: quick", "Bad: mails")
    assert "6.9×" in decision.context
    assert said(panel._file).count("The bank is asked by event") == 2
    panel.write()
    assert "decision 16 says `The bank is asked by event` already; nothing has been written" in said(panel._said)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({}, "Not yet a decision: a decision needs its title and its why; nothing has been written."),
        ({"title": "One"}, "Not to be written like this: a decision needs its title and its why"),
        ({"title": "One", "why": "It is"}, "To be thought of: no road not taken is named."),
        ({"title": "In-memory stock", "why": " "}, "a decision needs its title and its why"),
    ],
)
def test_what_is_missing_is_said_before_anything_is_written(panel, answers: dict[str, str], expected: str) -> None:
    fill(panel, **answers)
    assert expected in said(panel._file)


def test_a_decision_about_nothing_is_doubted_and_written_all_the_same(panel) -> None:
    panel._about.value = ()
    assert "has 15 decisions" in said(panel._top)
    fill(panel, title="One", why="It is", options="two: more")
    assert "about no element, so nothing leads to it" in said(panel._file)
    panel.write()
    assert panel._design.decisions[-1].title == "One"


@pytest.mark.parametrize("about", ["events", "bank", "order.created", "GET /api/v1/products", "notifications-db"])
def test_something_is_known_of_every_kind_of_element(panel, about: str) -> None:
    panel._about.value = (about,)
    assert re.search(rf"What is known {re.escape(about)} (takes|is asked|is announced) [\d.]", said(panel._top))
    assert "nan" not in said(panel._top)
    assert " inf" not in said(panel._top)


def test_findings_about_the_element_are_told() -> None:
    panel = ab.panels.decision(good("calls: {2: {breaker: null}}"), "back")
    assert "(no-circuit-breaker)" in said(panel._top)
    assert "No decision in force is about the same." in said(panel._top)
    fill(panel, title="One", why="It is")
    panel.write()
    assert "has no folder to write a decision into" in said(panel._said)


def test_markup_in_what_was_typed_is_shown_as_text(panel) -> None:
    fill(panel, title="<script>alert(1)</script>", why="<b>")
    assert "<script>" not in panel._file.value


def test_an_unknown_element_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="no element `bak`; did you mean `ba"):
        ab.panels.decision(good(), "bak")


def test_every_field_has_a_description_and_a_tip(panel) -> None:
    assert all(field.description and field.tooltip for field in (panel._about, *panel._fields.values()))
