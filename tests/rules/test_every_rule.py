"""What holds for every rule: its data are complete, its examples fire it and keep it quiet, its remedy is concrete."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest

import archbook as ab
from archbook.design.edits import edited
from archbook.design.loading import read
from archbook.evidence import Evidence
from archbook.findings import SEVERITIES, Rule
from archbook.review import review, rules
from archbook.review.rules import __path__ as room
from tests.examples import TODAY, good

ECOMMERCE = ab.load("ecommerce")
ECOMMERCE_EVIDENCE = ab.load_evidence(ECOMMERCE)
RULES = {rule.id: rule for rule in rules()}
PLACE = re.compile(
    r"(calls|decisions|api\.endpoints|security\.rate_limits)\[\d+\]|(traffic|services|stores|externals|events|security|api)\.\w+"
    r"|announce `\w+\.\w+`|out of line \d+|schema/\w+\.sql"
)


def test_each_file_of_the_room_is_a_rule_named_after_it_with_a_test_file_of_its_own() -> None:
    files = {path.stem for path in Path(next(iter(room))).glob("*.py")} - {"__init__"}
    assert files == {rule.replace("-", "_") for rule in RULES}
    assert files <= {path.stem.removeprefix("test_") for path in Path(__file__).parent.glob("test_*.py")}


def test_the_five_common_mistakes_and_the_missing_why_have_a_rule() -> None:
    common = {"chatty-services", "shared-database", "list-without-pagination", "everything-synchronous"}
    assert common | {"no-circuit-breaker", "decision-without-why"} <= set(RULES)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_data_of_a_rule_are_complete(rule: Rule) -> None:
    assert rule.severity in SEVERITIES
    assert rule.principle in range(1, 7)
    assert all(len(text) > 20 for text in (rule.title, rule.why, rule.remedy, rule.check.__doc__ or ""))
    assert rule.references


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_first_example_fires_the_rule_and_no_other(rule: Rule) -> None:
    report = review(good(rule.fires), _evidence(rule), today=TODAY, lints=False)
    assert {finding.rule for finding in report.findings} == {rule.id}
    assert report.crashes == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_second_example_keeps_every_rule_quiet(rule: Rule) -> None:
    report = review(good(rule.quiet), _evidence(rule), today=TODAY, lints=False)
    assert report.findings == ()
    assert report.crashes == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_finding_says_where_it_is_and_what_to_change_there(rule: Rule) -> None:
    (finding,) = review(good(rule.fires), _evidence(rule), today=TODAY, lints=False).findings
    assert re.fullmatch(r"design\.yaml:\d+", finding.place)
    assert PLACE.search(finding.do)
    assert not finding.what.endswith(".")


def test_the_base_of_the_examples_is_itself_without_findings() -> None:
    report = review(good(), today=TODAY, lints=False)
    assert report.findings == ()
    assert report.crashes == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_one_thing_broken_in_the_good_design_fires_exactly_its_rule(rule: Rule) -> None:
    module = import_module(f"tests.rules.test_{rule.id.replace('-', '_')}")
    report = review(module.mutated(ECOMMERCE), ECOMMERCE_EVIDENCE, today=TODAY, lints=False)
    assert {finding.rule for finding in report.findings} == {rule.id}
    assert report.crashes == ()


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_the_change_that_a_finding_proposes_is_valid_and_leaves_no_finding(rule: Rule) -> None:
    design = good(rule.fires)
    for finding in review(design, _evidence(rule), today=TODAY, lints=False).findings:
        if finding.mend:
            mended = read(edited(design.source.texts["design.yaml"], finding.mend).text)
            mended._source = replace(mended.source, ddl=design.source.ddl)
            assert review(mended, _evidence(rule), today=TODAY, lints=False).findings == ()


def _evidence(rule: Rule) -> Iterable[Evidence]:
    """What the examples of a rule need to have been measured on the good design."""
    return getattr(import_module(f"tests.rules.test_{rule.id.replace('-', '_')}"), "EVIDENCE", ())
