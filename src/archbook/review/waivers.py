"""Findings that were looked at and accepted."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

from archbook.design.contract import Waiver
from archbook.design.model import Design
from archbook.errors import suggestion
from archbook.findings import Finding, Rule


def settle(
    findings: Sequence[Finding], design: Design, rules: Sequence[Rule], today: datetime.date
) -> tuple[list[Finding], list[Finding], list[str]]:
    """Open findings, waived ones (with their reason), and what is to be said about the waivers themselves.

    A waiver past its `until` no longer waives: its finding is open again.
    """
    reasons: dict[tuple[str, str], str] = {}
    remarks = []
    places = {_key(finding.rule, finding.about) for finding in findings}
    for index, waiver in enumerate(design.waivers):
        key = _key(waiver.rule, waiver.about)
        trouble = _trouble(waiver, key in places, findings, rules, today)
        if trouble:
            place = design.place(("waivers", index))
            remarks.append(f"{place + ' ' if place else ''}`waivers[{index}]`: {trouble}")
        else:
            reasons[key] = waiver.why
    still_open, waived = [], []
    for finding in findings:
        why = reasons.get(_key(finding.rule, finding.about))
        waived.append(replace(finding, waived=why)) if why else still_open.append(finding)
    return still_open, waived, remarks


def _trouble(
    waiver: Waiver, matches: bool, findings: Sequence[Finding], rules: Sequence[Rule], today: datetime.date
) -> str:
    known = [rule.id for rule in rules]
    if waiver.rule not in known:
        return f"no rule `{waiver.rule}`; {suggestion(waiver.rule, known)}"
    if not matches:
        places = [finding.about for finding in findings if finding.rule == waiver.rule]
        if not places:
            return f"{waiver.rule} finds nothing any more; remove the waiver"
        return f"{waiver.rule} finds nothing at `{waiver.about}`; {suggestion(waiver.about, places)}"
    if waiver.until and datetime.date.fromisoformat(waiver.until) < today:
        return f"was to be looked at again on {waiver.until}; the finding is open until mended or the day moved"
    return ""


def _key(rule: str, about: str) -> tuple[str, str]:
    return rule, " ".join(about.replace("->", "→").replace("→", " → ").split())
