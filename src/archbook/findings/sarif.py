"""A report as SARIF 2.1.0, which code hosts and editors show at the lines it speaks of.

Source: OASIS Standard, Static Analysis Results Interchange Format (SARIF) Version 2.1.0, 27 March 2020.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

from archbook.findings import Finding, Rule
from archbook.findings.baseline import fingerprints
from archbook.findings.report import Report

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LEVELS = {"high": "error", "medium": "warning", "low": "note"}
Node = dict[str, Any]


def to_sarif(report: Report, folder: str = "") -> Node:
    """The findings as one run, the waived ones suppressed with their reason, and every rule that looked.

    folder: of the design, from where the reader of the file looks, such as ``designs/shop``.
    """
    index = {rule.id: number for number, rule in enumerate(report.rules)}
    known = report.known or ()
    findings = (*report.findings, *known, *report.waived)
    results = [
        _result(finding, mark, index, folder) for finding, mark in zip(findings, fingerprints(findings), strict=True)
    ]
    if report.known is not None:
        for number, result in enumerate(results):
            result["baselineState"] = "new" if number < len(report.findings) else "unchanged"
    driver = {"name": "Archbook", "semanticVersion": version("archbook"), "rules": list(map(_rule, report.rules))}
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"archbook-{report.kind}/{report.design}/"},
        "invocations": [_invocation(report)],
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(report: Report) -> Node:
    failed = [
        {"level": "error", "descriptor": {"id": crash.rule}, "message": {"text": f"{crash.rule} failed: {crash.error}"}}
        for crash in report.crashes
    ]
    return {
        "executionSuccessful": not report.crashes,
        "exitCode": report.exit_code,
        "toolExecutionNotifications": failed
        + [{"level": "note", "message": {"text": remark}} for remark in report.remarks],
    }


def _rule(rule: Rule) -> Node:
    after = "; ".join(rule.references)
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": f"{rule.title}. {rule.why}."},
        "help": {
            "text": f"{rule.why}.\n\nDo: {rule.remedy}\n\nAfter: {after}",
            "markdown": f"{rule.why}.\n\n**Do:** {rule.remedy}\n\n**After:** {after}",
        },
        "defaultConfiguration": {"level": LEVELS[rule.severity]},
        "properties": {"principle": rule.principle, "tags": ["architecture", f"principle-{rule.principle}"]},
    }


def _result(finding: Finding, mark: str, index: Mapping[str, int], folder: str) -> Node:
    seen = f" Seen: {'; '.join(finding.evidence)}." if finding.evidence else ""
    result: Node = {
        "ruleId": finding.rule,
        "level": LEVELS[finding.severity],
        "message": {"text": f"{finding.what}. Why: {finding.why}.{seen} Do: {finding.do}."},
        "locations": [_location(finding, folder)],
        "partialFingerprints": {"archbook/v1": mark, "primaryLocationLineHash": f"{mark}:1"},
        "properties": {"cost_per_s": finding.cost, "evidence": list(finding.evidence)},
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.waived:
        result["suppressions"] = [{"kind": "inSource", "status": "accepted", "justification": finding.waived}]
    return result


def _location(finding: Finding, folder: str) -> Node:
    location: Node = {"logicalLocations": [{"fullyQualifiedName": finding.about}]}
    file, _, line = finding.place.rpartition(":") if finding.place[-1:].isdigit() else (finding.place, "", "1")
    if file:
        parts: Sequence[str] = [*filter(None, [folder.strip("/")]), file]
        physical = {"artifactLocation": {"uri": quote("/".join(parts))}, "region": {"startLine": max(1, int(line))}}
        location["physicalLocation"] = physical
    return location
