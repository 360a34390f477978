"""The comparison panel without a browser: options, growth, and the decision that it writes."""

from __future__ import annotations

import re

import pytest

import archbook as ab
from tests.examples import good


@pytest.fixture
def panel(design_folder):
    return ab.panels.comparison(ab.load(design_folder("ecommerce")), ab.load("minimal"))


def said(widget) -> str:
    return re.sub(r"<[^>]+>", "", widget.value.partition("<div style")[0])


def test_it_opens_on_the_first_variant_at_the_growth_that_the_design_is_made_for(panel) -> None:
    assert panel._option.options == ("bank-by-event", "minimal")
    assert said(panel._top) == panel.diff.answer
    assert panel.diff.growth == 10
    assert "− asks for payment" in panel._below.value


def test_growth_changes_the_numbers_and_neither_the_picture_nor_the_findings(panel) -> None:
    before = panel._top.value, panel._below.value
    reports = panel.diff.a.report, panel.diff.b.report
    panel._growth.value = 1.0
    assert panel._top.value != before[0]
    assert panel._below.value == before[1]
    assert (panel.diff.a.report, panel.diff.b.report) == reports
    assert panel.diff.a.at.growth == 1.0
    panel.reset()
    assert panel._top.value == before[0]


def test_another_design_is_an_option_too_and_what_was_worked_out_stays(panel) -> None:
    first = panel.diff.a.report
    panel._option.value = "minimal"
    assert said(panel._top).startswith("minimal ")
    panel._option.value = "bank-by-event"
    assert panel.diff.a.report is first


@pytest.mark.parametrize("taken", [0, 1])
def test_a_decision_names_the_option_taken_the_other_and_the_numbers_of_both(panel, taken: int) -> None:
    names = panel.diff.names
    panel._choice.value = names[taken]
    panel._why.value = "A slow bank must not fill our threads"
    panel.decide()
    assert "delete the file to undo" in said(panel._said)
    decision = ab.load(panel._design.folder).decisions[-1]
    assert decision.title == panel._title.value
    assert ("without" in decision.title) == (taken == 0)
    assert decision.why == "A slow bank must not fill our threads"
    assert f"({names[taken]}). In numbers: holds to: 6.9×; breaks first: payment-service" in decision.decision
    assert decision.alternatives[0].option == names[1 - taken]
    assert decision.alternatives[0].why_not.startswith("holds to: 6.9×")
    assert "1.01 s" in decision.context
    assert {"order-service", "payment-service", "bank"} <= set(decision.about)


def test_a_decision_without_a_why_is_not_written_and_the_same_one_not_twice(panel) -> None:
    panel.decide()
    assert "needs its why" in said(panel._said)
    panel._why.value = "It is quicker"
    panel.decide()
    panel.decide()
    assert "says" in said(panel._said)
    assert "already; nothing has been written" in said(panel._said)


def test_a_title_that_was_typed_stays(panel) -> None:
    panel._title.value = "Ours"
    panel._choice.value = panel.diff.names[0]
    assert panel._title.value == "Ours"


def test_a_variant_with_a_fault_is_told_with_its_line_and_the_panel_stays(panel) -> None:
    file = panel._design.folder / "variants" / "bank-by-event.yaml"
    file.write_text("archbook: 1\ntitle: x\nchange: {traffic.grwth: 2}\n", encoding="utf-8")
    again = ab.panels.comparison(ab.load(panel._design.folder))
    assert "variants/bank-by-event.yaml:3 `change.traffic.grwth`" in said(again._top)
    again._growth.value = 1.0
    again.decide()
    assert "Nothing to decide" in said(again._said)
    file.write_text("archbook: 1\n", encoding="utf-8")
    assert "is missing" in said(ab.panels.comparison(ab.load(panel._design.folder))._top)


@pytest.mark.parametrize("design", [good(), ab.load("minimal")])
def test_without_another_option_it_says_how_to_write_one(design) -> None:
    panel = ab.panels.comparison(design)
    assert "write a variant of it as variants/NAME.yaml" in said(panel._top)
    panel._growth.value = panel._growth.options[0][1]
    panel.decide()


def test_a_design_made_in_code_is_compared_and_says_why_it_cannot_keep_a_decision() -> None:
    panel = ab.panels.comparison(good(), good("services: {back: {instances: 9}}"))
    panel._title.value, panel._why.value = "More of them", "Prices are asked for more"
    panel.decide()
    assert "has no folder to write a decision into" in said(panel._said)


def test_every_control_has_a_description_and_a_tip(panel) -> None:
    controls = [panel._option, panel._growth, panel._choice, panel._title, panel._why]
    assert all(control.description and control.tooltip for control in controls)
