"""The report for machines: SARIF held against its schema, JUnit, and baselines beside which only what is new fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest

import archbook as ab
from archbook.cli import main
from archbook.errors import ArchbookError
from archbook.findings import Crash
from archbook.findings.baseline import fingerprints, since, write_baseline
from archbook.findings.junit import to_junit
from archbook.findings.report import Report
from archbook.findings.sarif import LEVELS, to_sarif
from archbook.review import review
from tests.examples import by, example

Copy = Callable[[str], Path]
SCHEMA = json.loads((Path(__file__).parent / "sarif" / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA)
FAULTY = """
calls:
- {from: front, to: bank, on: [POST /api/v1/things], timeout: 800ms}
- {from: front, to: things-db, encrypted: false}
- {from: front, to: things-db, encrypted: false, kind: write}
waivers: [{rule: no-circuit-breaker, about: front → bank, why: "The bank <asks> us to"}]
"""
few = by("no-circuit-breaker", "plaintext-link", "verb-in-url")


def first_draft(known: Path | None = None) -> Report:
    report = review(ab.load("first_draft"))
    return since(report, known) if known else report


REPORTS = {
    "a poor design": first_draft,
    "a good design": lambda: review(ab.load("ecommerce")),
    "with a waiver": lambda: few(example(FAULTY)),
    "with a crash": lambda: replace(few(example(FAULTY)), crashes=(Crash("verb-in-url", "KeyError: oops"),)),
    "without lines": lambda: few(ab.load("minimal").changed({("calls", 0, "encrypted"): False})),
    "with known findings": lambda: replace(few(example(FAULTY)), known=few(example(FAULTY)).findings[:1]),
}


@pytest.mark.parametrize("made", REPORTS.values(), ids=REPORTS)
def test_sarif_is_valid(made: Callable[[], Report]) -> None:
    document = json.loads(json.dumps(to_sarif(made(), "designs/shop")))
    assert [error.message for error in VALIDATOR.iter_errors(document)] == []


def test_the_validator_sees_what_is_wrong() -> None:
    document = to_sarif(few(example(FAULTY)))
    document["runs"][0]["results"][0]["level"] = "high"
    assert len(list(VALIDATOR.iter_errors(document))) == 1


def results(report: Report, folder: str = "") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = to_sarif(report, folder)["runs"][0]["results"]
    return found


def test_sarif_says_rule_place_level_and_why_a_finding_was_accepted() -> None:
    report = few(example(FAULTY))
    run = to_sarif(report, "designs/my shop/")["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.id for rule in report.rules]
    *open_ones, waived = run["results"]
    for result, finding in zip(open_ones, report.findings, strict=True):
        place = result["locations"][0]["physicalLocation"]
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        assert place["artifactLocation"]["uri"] == "designs/my%20shop/design.yaml"
        assert f"design.yaml:{place['region']['startLine']}" == finding.place
        assert result["level"] == LEVELS[finding.severity]
        assert "suppressions" not in result
    assert waived["suppressions"][0]["justification"] == "The bank <asks> us to"


def test_a_fingerprint_stays_when_lines_move_and_load_grows_and_no_two_are_alike() -> None:
    before, after = example(FAULTY), example(f"why: >\n  It is\n\n  for neighbours\n{FAULTY}")
    assert before.place(("calls", 1)) != after.place(("calls", 1))
    marks = [[result["partialFingerprints"] for result in results(few(design))] for design in (before, after)]
    assert marks[0] == marks[1]
    found = first_draft().findings
    assert len(set(fingerprints(found))) == len(found)


def test_junit_has_a_case_for_each_finding_and_each_rule_that_found_none() -> None:
    crashed = replace(few(example(FAULTY)), crashes=(Crash("verb-in-url", "KeyError: \x00oops"),))
    root = ElementTree.fromstring(to_junit(crashed))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"], root.attrib["skipped"]) == (
        "4", "2", "1", "1")  # fmt: skip
    ended = {case.attrib["classname"]: [end.tag for end in case] for case in root.iter("testcase")}
    assert ended == {"plaintext-link": ["failure"], "no-circuit-breaker": ["skipped"], "verb-in-url": ["error"]}
    assert "waived: The bank <asks> us to" in {end.attrib["message"] for end in root.iter("skipped")}
    quiet = ElementTree.fromstring(to_junit(few(example(""))))
    assert [case.attrib["name"] for case in quiet.iter("testcase") if not len(case)] == ["finds nothing"] * 3


def test_beside_a_baseline_only_new_findings_fail(tmp_path: Path) -> None:
    path = tmp_path / "known.json"
    before = few(example(FAULTY))
    write_baseline(before, path)
    same = since(few(example(f"why: >\n  It is\n\n  for neighbours\n{FAULTY}")), path)
    assert (same.findings, len(same.known or ()), same.exit_code, same.remarks) == ((), 2, 0, ())
    assert same.answer.startswith("example: no new finding, 2 known. ")
    worse = since(few(example(FAULTY.replace("waivers:", "- {from: back, to: front}\nwaivers:"))), path)
    assert [finding.rule for finding in worse.findings] == ["no-circuit-breaker"]
    assert worse.exit_code == 1  # although its severity is medium
    assert worse.answer.startswith("example: 1 new, 2 known (1 medium); 1 waived.")
    assert [result.get("baselineState") for result in results(worse)][:3] == ["new", "unchanged", "unchanged"]


def test_a_baseline_counts_findings_of_one_rule_at_one_place(tmp_path: Path) -> None:
    write_baseline(few(example(FAULTY)), tmp_path / "known.json")
    link = "- {from: front, to: things-db, encrypted: false, on: [GET /api/v1/things]}\nwaivers:"
    worse = since(few(example(FAULTY.replace("waivers:", link))), tmp_path / "known.json")
    assert (len(worse.findings), len(worse.known or ())) == (1, 2)
    better = since(few(example(FAULTY.replace("encrypted: false, kind", "kind"))), tmp_path / "known.json")
    assert better.remarks == ("1 finding of known.json found no more: write it anew",)


WRONG = {
    "absent": (None, "cannot be read (No such file or directory); write it with `--write-baseline`"),
    "no JSON": ("findings", "is no baseline; write one with `--write-baseline`"),
    "another JSON": ('{"a": 1}', "is no baseline"),
    "of a later format": ('{"archbook_baseline": 9, "findings": []}', "is a baseline of format `9`"),
    "with odd findings": ('{"archbook_baseline": 1, "findings": [7]}', "is no baseline"),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_no_baseline_is_refused_in_a_sentence(tmp_path: Path, text: str | None, told: str) -> None:
    path = tmp_path / "known.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(ArchbookError) as refused:
        since(few(example("")), path)
    assert str(refused.value).startswith(f"{path}: ")
    assert told in str(refused.value)


def test_the_command_writes_every_format_and_holds_against_a_baseline(
    design_folder: Copy, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = design_folder("first_draft")
    monkeypatch.chdir(folder.parent)
    assert main(["review", folder.name, "--format", "sarif"]) == 1
    document = json.loads(capsys.readouterr().out)
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in
            document["runs"][0]["results"]}  # fmt: skip
    assert uris == {f"{folder.name}/design.yaml", f"{folder.name}/schema/shop.sql"}
    assert main(["review", folder.name, "--format", "junit"]) == 1
    assert ElementTree.fromstring(capsys.readouterr().out.encode()).tag == "testsuites"
    assert main(["review", folder.name, "--write-baseline", "known.json"]) == 0
    assert main(["review", folder.name, "--baseline", "known.json"]) == 0
    assert main(["review", folder.name, "--baseline", "unknown.json"]) == 2
    said = capsys.readouterr()
    assert "no new finding, " in said.out
    assert said.err.startswith("unknown.json: cannot be read")
