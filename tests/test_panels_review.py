"""The review panel without a browser: ranked at a load, filtered, accepted with a reason, mended and undone."""

import html
import re

import pytest

import archbook as ab
from archbook.design.loading import read
from archbook.evidence import found
from archbook.panels.review_panel import ALL
from tests.examples import GOOD, good


@pytest.fixture
def panel(design_folder):
    return ab.panels.review(ab.load(design_folder("first_draft")))


def said(widget):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", widget.value)).replace("\u202f", " ").split())


def chosen(panel, rule, about):
    found = [(f.rule, f.about) for f in panel._shown]
    panel._finding.value = found.index((rule, about))
    return panel.finding


def test_it_opens_at_the_growth_of_the_design_on_the_worst_finding_of_the_review(panel):
    report = ab.review(ab.load(panel._saved_design.folder))
    assert panel._growth.value == 10
    assert panel.finding == report.groups[0][0]
    assert said(panel._top).startswith(f"{len(report.findings)} findings at 10× today's load (")
    assert f"Mend first: {report.groups[0][0].what}" in said(panel._top)
    whole = said(panel._one)
    assert all(f" {label} " in whole for label in ("why", "seen", "do", "rule"))
    assert all(reference in whole for reference in panel.finding.references)


@pytest.mark.parametrize(
    ("control", "value", "holds"),
    [
        ("_severity", "medium", lambda finding: finding.severity == "medium"),
        ("_principle", "2 APIs are contracts", lambda finding: finding.principle == 2),
        ("_element", "bank", lambda finding: "bank" in finding.about),
        ("_element", "product-service", lambda f: re.search("roduct|image|ategor", f.about)),
    ],
)
def test_each_filter_shows_those_that_hold_and_says_of_how_many(panel, control, value, holds):
    everything = len(panel._shown)
    getattr(panel, control).value = value
    assert 0 < len(panel._shown) < everything
    assert all(holds(finding) for finding in panel._shown)
    assert said(panel._top).startswith(f"{len(panel._shown)} of {everything} ")
    panel.reset()
    assert len(panel._shown) == everything


def test_a_choice_without_findings_is_said_and_nothing_can_be_pressed(panel):
    panel._severity.value, panel._element.value, panel._principle.value = "low", "bank", "6 explain the why"
    assert "none of them is of this choice" in said(panel._top)
    assert panel.finding is None
    assert panel._waive_button.disabled
    assert panel._fix_button.disabled
    panel.waive()
    assert "Nothing to waive" in said(panel._said)
    panel.fix()
    assert "Nothing to fix" in said(panel._said)


def test_what_the_load_alone_makes_comes_and_goes_with_the_slider():
    busy = "traffic: {daily_active_users: 1.5M}\nstores: {things-db: {pool: 1, service_time: {mean: 11ms}}}"
    panel = ab.panels.review(good(busy))
    assert chosen(panel, "pool-below-the-load", "front → things-db")
    assert "in use at 10× today's peak" in said(panel._one)
    panel._growth.value = 1
    assert "pool-below-the-load" not in {finding.rule for finding in panel._shown}
    panel.reset()
    assert "pool-below-the-load" in {finding.rule for finding in panel._shown}


def test_the_unfolded_finding_stays_when_the_load_or_a_filter_changes(panel):
    finding = chosen(panel, "no-circuit-breaker", "payment-service → bank")
    panel._growth.value = 1
    panel._element.value = "bank"
    assert (panel.finding.rule, panel.finding.about) == (finding.rule, finding.about)


def test_a_slider_of_load_makes_no_evidence_stale(design_folder):
    design = ab.load(design_folder("first_draft"))
    ab.keep(design, found(design, id="run", about="design", claim="shop-db answers in 9 ms", how="simulation",
                          value=0.009, unit="s", sample=1, source="test"))  # fmt: skip
    panel = ab.panels.review(ab.load(design.folder))
    chosen(panel, "shared-database", "shop-db")
    panel._growth.value = 100
    assert "shop-db answers in 9 ms (simulation" in said(panel._one)
    assert "stale" not in said(panel._one)


def test_fix_shows_old_and_new_writes_them_and_undo_puts_back_every_byte(panel):
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    finding = chosen(panel, "no-circuit-breaker", "payment-service → bank")
    assert "fix calls[14].breaker: nothing → true" in said(panel._one)
    panel._element.value = "bank"
    panel.fix()
    assert "calls[14].breaker nothing → `True`. Undo save puts it back" in said(panel._said)
    assert ab.load(file.parent).calls[14].breaker
    assert finding not in panel._shown
    assert panel._element.value == "bank"
    panel.undo()
    assert file.read_bytes() == before
    assert finding in panel._shown


def test_a_rule_is_fixed_at_all_its_places_at_once(panel):
    chosen(panel, "no-circuit-breaker", "payment-service → bank")
    places = sum(finding.rule == "no-circuit-breaker" for finding in panel._shown)
    assert panel._fix_all.description == f"Fix its rule ({places} places)"
    panel.fix_rule()
    assert not [finding for finding in panel._shown if finding.rule == "no-circuit-breaker"]
    assert panel._said.value


def test_what_needs_a_person_cannot_be_fixed_by_a_button_and_names_what_would_measure(panel):
    chosen(panel, "shared-database", "shop-db")
    assert panel._fix_button.disabled
    assert panel._fix_all.disabled
    chosen(panel, "call-without-timeout", "payment-service → bank")
    assert "archbook simulate DESIGN would" in said(panel._one)


def test_waive_asks_for_the_reason_and_writes_it_into_the_design(panel):
    file = panel._saved_design.folder / "design.yaml"
    before = file.read_bytes()
    finding = chosen(panel, "shared-database", "shop-db")
    panel.waive()
    assert "say why it is accepted; nothing has been written" in said(panel._said)
    assert file.read_bytes() == before
    panel._why.value = "One team until spring"
    panel.waive()
    (waiver,) = ab.load(file.parent).waivers
    assert (waiver.rule, waiver.about, waiver.why) == ("shared-database", "shop-db", "One team until spring")
    assert finding not in panel._shown
    assert "1 waived" in said(panel._list)
    assert "One team until spring" in said(panel._list)
    assert panel._why.value == ""
    panel.undo()
    assert file.read_bytes() == before


def test_a_design_that_has_changed_on_disk_is_not_overwritten(panel):
    file = panel._saved_design.folder / "design.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "\n# a colleague\n", encoding="utf-8")
    chosen(panel, "no-circuit-breaker", "payment-service → bank")
    panel.fix()
    assert "has changed since it was loaded; load it again" in said(panel._said)
    assert file.read_text(encoding="utf-8").endswith("# a colleague\n")


def test_designs_without_findings_a_folder_or_traffic_have_an_answer():
    assert "no finding" in said(ab.panels.review(ab.load("ecommerce"))._top)
    panel = ab.panels.review(read(GOOD.partition("\ntraffic:")[0] + "\ntraffic: {daily_active_users: 1, journeys: {}}\n"
                                  "services: {a: {}}\n"))  # fmt: skip
    assert said(panel._top)
    made = ab.panels.review(good("calls: {2: {breaker: null}}"))
    chosen(made, "no-circuit-breaker", made.finding.about)
    made.fix()
    assert "has no file" in said(made._said)


def test_names_of_a_design_are_text_and_never_markup():
    waiver = "waivers: [{rule: x, about: y, why: z}, {rule: no-primary-key, about: things-db.WILD, why: WILD}]"
    ddl = """ddl: {things-db: 'CREATE TABLE "WILD" (a integer); CREATE TABLE "WILD2" (a integer)'}"""
    panel = ab.panels.review(good(f"{waiver}\n{ddl}".replace("WILD", "<img src=x onerror=alert(1)>")))
    assert "<img src=x" in html.unescape(panel._list.value)
    assert "<img" not in panel._top.value + panel._one.value + panel._list.value


def test_every_control_has_a_description_and_can_be_reached_by_keyboard(panel):
    controls = [panel._growth, panel._severity, panel._principle, panel._element, panel._finding, panel._why]
    assert all(control.description and control.tooltip for control in controls)
    assert panel._severity.value == ALL
    assert not any(control.tabbable is False for control in controls)
