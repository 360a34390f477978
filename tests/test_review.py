"""The review as a whole: the shipped designs, the report in every form, waivers, crashes and remarks."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import archbook.review.subject
from archbook.design.loading import load
from archbook.errors import ArchbookError
from archbook.evidence import found
from archbook.findings import Hit, Rule
from archbook.review import Report, review, rules
from tests.examples import example

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"
DAY = datetime.date(2026, 11, 23)
FAULTY = """
calls:
- {from: front, to: bank, on: [POST /api/v1/things], timeout: 800ms}
- {from: front, to: things-db, encrypted: false}
- {from: back, to: things-db, kind: write}
"""
GOLDEN = """\
example: 3 findings (2 high, 1 medium). Mend first: front → things-db is not encrypted.

high   front → things-db is not encrypted                                             design.yaml:21
       why   Whoever gets into the network reads and changes what passes: passwords, tokens and
             orders alike
       seen  20 calls/s at 10× today's peak (computed: traffic carried over the call graph)
       do    calls[1]: remove `encrypted: false`, and let things-db accept TLS only
       rule  plaintext-link · principle 3 · OWASP ASVS 5, V12.3.3, Threagile:
             unencrypted-communication
"""


def broken(_: Any) -> Iterator[Hit]:
    raise KeyError("oops")


COMMON = ("chatty-services", "shared-database", "list-without-pagination", "everything-synchronous",
          "no-circuit-breaker", "decision-without-why")  # fmt: skip
FEW = [rule for rule in rules() if rule.id in (*COMMON, "plaintext-link", "verb-in-url")]
few = partial(review, only=FEW)
BROKEN = replace(rules()[0], id="broken", check=broken)


def test_the_poor_design_has_every_common_mistake_and_the_good_ones_have_none() -> None:
    assert {finding.rule for finding in review(load(DESIGNS / "first_draft")).findings} >= set(COMMON)
    for name in ("ecommerce", "minimal"):
        report = review(load(DESIGNS / name), today=DAY)
        assert report.findings == ()
        assert report.crashes == ()
        assert report.exit_code == 0


def test_the_text_begins_with_the_answer_and_the_worst_finding() -> None:
    assert few(example(FAULTY), today=DAY).text(100).startswith(GOLDEN)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_text_fits_its_terminal(width: int) -> None:
    text = review(load(DESIGNS / "first_draft")).text(width, all=True)
    longest = max(text.splitlines(), key=len)
    assert len(longest) <= width or " " not in longest.strip()


def test_two_screens_hold_it_and_the_rest_is_told_on_request() -> None:
    report = review(load(DESIGNS / "first_draft"))
    one_screen, everything = report.text(100).splitlines(), report.text(100, all=True).splitlines()
    assert len(one_screen) <= 100 < len(everything)
    assert any("--all" in line for line in one_screen)


def test_a_long_report_begins_with_what_it_is_about_and_how_much_is_mended_by_a_command() -> None:
    report = review(load(DESIGNS / "first_draft"))
    said = dict(re.findall(r"(?:about |, |and )([a-z ]+?) \((\d+)\)", report.outline))
    assert sum(map(int, said.values())) == len(report.findings)
    assert said["failures"] == str(sum(finding.principle == 4 for finding in report.findings))
    mended = sum(bool(finding.mend) for finding in report.findings)
    assert report.outline.endswith(f"; {mended} of them need no thought: `archbook fix` makes the changes.")
    for text in (report.text(1000), report.markdown(), report.html()):
        assert "They are about data (" in text
    assert few(example(FAULTY)).outline == ""


def test_no_finding_says_what_was_looked_at() -> None:
    text = " ".join(few(example("")).text(200).split())
    assert text == (
        f"example: no finding. {len(FEW)} rules looked at 3 services, 1 store, 2 endpoints, at 10× today's peak."
    )


def test_findings_of_high_severity_exit_with_1_and_others_with_0() -> None:
    assert few(example(FAULTY)).exit_code == 1
    assert few(example("calls:\n- {from: front, to: bank}\n")).exit_code == 0


def test_a_rule_that_crashes_is_in_the_report_and_never_a_pass() -> None:
    report = review(example(FAULTY), only=[BROKEN, *FEW])
    assert [crash.rule for crash in report.crashes] == ["broken"]
    assert report.exit_code == 3
    assert len(report.findings) == 3
    for text in (report.text(), report.markdown(), report.html(), json.dumps(report.to_json())):
        assert "oops" in text
    assert "the review is incomplete" in review(example(""), only=[BROKEN]).text()


WAIVERS = {
    "accepted": ("rule: no-circuit-breaker, about: front → bank", 2, 1, ""),
    "with an ascii arrow": ("rule: no-circuit-breaker, about: front->bank", 2, 1, ""),
    "until a day to come": ('rule: no-circuit-breaker, about: front → bank, until: "2026-11-23"', 2, 1, ""),
    "out of date": ('rule: no-circuit-breaker, about: front → bank, until: "2026-11-22"', 3, 0,
                    "was to be looked at again on 2026-11-22"),
    "at no place": ("rule: no-circuit-breaker, about: front → bnak", 3, 0, "did you mean `front → bank`?"),
    "for nothing any more": ("rule: verb-in-url, about: GET /a", 3, 0, "finds nothing any more; remove the waiver"),
    "of no rule": ("rule: no-circut-breaker, about: front → bank", 3, 0, "did you mean `no-circuit-breaker`?"),
}  # fmt: skip


@pytest.mark.parametrize(("waiver", "still_open", "waived", "remark"), WAIVERS.values(), ids=WAIVERS)
def test_a_waiver_takes_a_finding_out_and_says_when_it_does_not(
    waiver: str, still_open: int, waived: int, remark: str
) -> None:
    report = few(example(f"{FAULTY}waivers:\n- {{{waiver}, why: The bank asked us to}}\n"), today=DAY)
    assert (len(report.findings), len(report.waived)) == (still_open, waived)
    assert [finding.waived for finding in report.waived] == ["The bank asked us to"] * waived
    if remark:
        (told,) = report.remarks
        assert told.startswith("design.yaml:")
        assert "`waivers[0]`: " in told
        assert remark in told
        assert remark in report.text(400)
    else:
        assert report.remarks == ()
        assert "1 waived" in report.answer
        assert "The bank asked us to" in report.text(400, all=True)


def test_the_json_holds_everything() -> None:
    report = few(example(FAULTY))
    document = json.loads(json.dumps(report.to_json()))
    assert document["archbook_review"] == 1
    assert document["exit_code"] == 1
    assert [finding["rule"] for finding in document["findings"]] == [finding.rule for finding in report.findings]
    assert {"severity", "about", "what", "why", "do", "place", "evidence", "references"} <= set(document["findings"][0])


def test_markdown_html_and_table_show_every_finding_and_escape_what_a_design_says() -> None:
    nasty = 'decisions:\n- {id: 1, title: "<script>alert(1)</script> | *x*"}\n'
    report = few(example(FAULTY + nasty))
    for text in (report.markdown(), report.html(), report.table().markdown(), report.table().html()):
        assert "front → bank has no circuit breaker" in text
        assert "<script" not in text
    assert set(report._repr_mimebundle_()) == {"text/html", "text/markdown", "text/plain"}
    assert str(report) == report.text()


def test_groups_of_one_severity_are_ordered_by_the_requests_that_meet_them() -> None:
    report: Report = review(load(DESIGNS / "first_draft"))
    ranks = [("high", "medium", "low").index(group[0].severity) for group in report.groups]
    assert ranks == sorted(ranks)
    for group in report.groups:
        costs = [finding.cost for finding in group]
        assert costs == sorted(costs, reverse=True)


def test_without_an_estimate_the_rules_still_look_and_the_report_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def saturated(*_: object) -> None:
        raise ArchbookError("front and back call each other in a circle")

    monkeypatch.setattr(archbook.review.subject, "curve", saturated)
    report = few(example(FAULTY))
    assert len(report.findings) == 3
    assert any("front and back call each other in a circle" in remark for remark in report.remarks)


def test_a_fault_in_the_estimate_loses_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(*_: object) -> None:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(archbook.review.subject, "curve", faulty)
    report = few(example(FAULTY))
    assert len(report.findings) == 3
    assert [crash.rule for crash in report.crashes] == ["estimate"]
    assert report.exit_code == 3


def test_measurements_are_cited_with_their_date_and_told_when_stale() -> None:
    design = example("decisions:\n- {id: 1, title: One, about: [things-db]}\n")
    measured = found(design, id="a", claim="An index is 41 times faster", value=41.0, unit="×", how="measurement",
                     about="stores.things-db")  # fmt: skip
    (finding,) = few(design, [measured]).findings
    assert any(fact.startswith("An index is 41 times faster (measurement, 20") for fact in finding.evidence)
    stale = replace(measured, digest="0" * 16)
    report = few(design, [stale])
    assert any("stale" in fact for fact in report.findings[0].evidence)


def test_a_rule_is_data_that_anybody_can_look_at() -> None:
    assert all(isinstance(rule, Rule) for rule in rules())
    assert [rule.id for rule in rules()] == sorted(rule.id for rule in rules())
