"""Findings that were looked at and accepted."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import replace

from archbook.design.contract import Waiver
from archbook.errors import suggestion
from archbook.findings import Finding, Rule

PlacedWaiver = tuple[str, Waiver]
"""A waiver, after the place that is named when something is wrong with it."""


def settle(
    findings: Sequence[Finding], waivers: Iterable[PlacedWaiver], rules: Sequence[Rule], today: datetime.date
) -> tuple[list[Finding], list[Finding], list[str]]:
    """Open findings, waived ones (with their reason), and what is to be said about the waivers themselves.

    A waiver past its `until` no longer waives: its finding is open again.
    """
    reasons: dict[tuple[str, str], str] = {}
    remarks = []
    for place, waiver in waivers:
        places = [finding.about for finding in findings if finding.rule == waiver.rule]
        if trouble := _trouble(waiver, places, [rule.id for rule in rules], today):
            remarks.append(f"{place}: {trouble}")
        else:
            reasons[waiver.rule, plain(waiver.about)] = waiver.why
    if not reasons:
        return list(findings), [], remarks
    still_open: list[Finding] = []
    waived: list[Finding] = []
    for finding in findings:
        why = reasons.get((finding.rule, plain(finding.about)))
        (waived if why else still_open).append(replace(finding, waived=why) if why else finding)
    return still_open, waived, remarks


def _trouble(waiver: Waiver, places: Sequence[str], rules: Sequence[str], today: datetime.date) -> str:
    if waiver.rule not in rules:
        return f"no rule `{waiver.rule}`; {suggestion(waiver.rule, rules)}"
    if not waiver.why.strip():
        return f"{waiver.rule} at `{waiver.about}` is waived without a reason; say why, or mend it"
    if not places:
        return f"{waiver.rule} finds nothing any more; remove the waiver"
    if plain(waiver.about) not in map(plain, places):
        return f"{waiver.rule} finds nothing at `{waiver.about}`; {suggestion(waiver.about, places)}"
    if waiver.until and datetime.date.fromisoformat(waiver.until) < today:
        return f"was to be looked at again on {waiver.until}; the finding is open until mended or the day moved"
    return ""


def plain(about: str) -> str:
    """An element's name, however its arrow is typed.

    >>> plain("order-service->payment-service")
    'order-service → payment-service'
    """
    return " ".join(about.replace("->", "→").replace("→", " → ").split())
