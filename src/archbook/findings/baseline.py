"""Findings that a team has decided to live with for now: only what is new beside them fails a build."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from archbook.errors import ArchbookError, shown
from archbook.findings import Finding
from archbook.findings.report import Report
from archbook.units import show_count

FORMAT, KEY = 1, "archbook_baseline"


def fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """What stays the same of each finding when its line moves, its load grows or its wording is mended.

    Rule and element make it; where a rule finds several things at one element, they are numbered in their order.
    """
    times: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        key = finding.rule, finding.about
        times[key] += 1
        yield hashlib.sha256("\0".join((*key, str(times[key]))).encode()).hexdigest()[:32]


def write_baseline(report: Report, path: Path) -> None:
    """Write the open findings, one a line, so that a difference can be read. Raises ArchbookError."""
    findings = (*report.findings, *(report.known or ()))
    lines = sorted(json.dumps({"rule": f.rule, "about": f.about}, ensure_ascii=False) for f in findings)
    text = f'{{"{KEY}": {FORMAT}, "findings": [\n' + ",\n".join(lines) + "\n]}\n"
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ArchbookError(f"{path}: cannot be written ({error.strerror})") from None


def since(report: Report, path: Path) -> Report:
    """The report with the findings of a baseline set apart as known. Raises ArchbookError where it is none."""
    left = _read(path)
    new: list[Finding] = []
    known: list[Finding] = []
    for finding in report.findings:
        key = finding.rule, finding.about
        (known if left[key] > 0 else new).append(finding)
        left[key] -= 1
    gone = sum(times for times in left.values() if times > 0)
    told = (f"{show_count(gone, 'finding')} of {path.name} found no more: write it anew",) if gone else ()
    return replace(report, findings=tuple(new), known=tuple(known), remarks=(*report.remarks, *told))


def _read(path: Path) -> Counter[tuple[str, str]]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data[KEY] != FORMAT:
            raise ArchbookError(f"{path}: is a baseline of format {shown(data[KEY])}; write it anew")
        return Counter((str(entry["rule"]), str(entry["about"])) for entry in data["findings"])
    except OSError as error:
        remedy = "write it with `--write-baseline`"
        raise ArchbookError(f"{path}: cannot be read ({error.strerror}); {remedy}") from None
    except (ValueError, KeyError, TypeError):
        raise ArchbookError(f"{path}: is no baseline; write one with `--write-baseline`") from None
