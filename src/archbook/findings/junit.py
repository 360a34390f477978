"""A report as JUnit XML, which build servers show beside the tests: a case a finding, or a rule that found none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from archbook.findings import Finding
from archbook.findings.report import Report, told

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
Case = tuple[str, str, str, str, str]
"""Rule, name, and the element that says how it ended, with its message and text; none where all is well."""


def to_junit(report: Report) -> str:
    """Open findings fail, waived and known ones are skipped with the reason, a rule that crashed is an error."""
    cases = list(_cases(report))
    ends = [end for _, _, end, _, _ in cases]
    counts = {"tests": len(cases), "failures": ends.count("failure"), "errors": ends.count("error"),
              "skipped": ends.count("skipped")}  # fmt: skip
    root = ElementTree.Element("testsuites", {name: str(count) for name, count in counts.items()})
    suite = ElementTree.SubElement(root, "testsuite", {"name": _plain(f"archbook {report.kind}: {report.design}")})
    suite.attrib |= root.attrib
    for rule, name, end, message, text in cases:
        case = ElementTree.SubElement(suite, "testcase", {"classname": _plain(rule), "name": _plain(name)})
        if end:
            ElementTree.SubElement(case, end, {"message": _plain(message)}).text = _plain(text) or None
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _cases(report: Report) -> Iterator[Case]:
    for finding in report.findings:
        lines = [f"{label}: {text}" for label, text in told(finding)]
        head = f"{finding.severity}  {finding.place}".strip()
        yield finding.rule, _name(finding), "failure", finding.what, "\n".join([head, *lines])
    for finding in report.known or ():
        yield finding.rule, _name(finding), "skipped", "known, in the baseline", ""
    for finding in report.waived:
        yield finding.rule, _name(finding), "skipped", f"waived: {finding.waived}", ""
    for crash in report.crashes:
        yield crash.rule, "failed while it looked", "error", crash.error, ""
    found = {f.rule for f in (*report.findings, *(report.known or ()), *report.waived)}
    silent = found | {crash.rule for crash in report.crashes}
    for rule in report.rules:
        if rule.id not in silent:
            yield rule.id, "finds nothing", "", "", ""


def _name(finding: Finding) -> str:
    return f"{finding.about}: {finding.what}"


def _plain(text: str) -> str:
    """Text without characters that XML cannot hold."""
    return _NO_XML.sub("�", text)
