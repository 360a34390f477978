"""The design review: rules in data, findings with their evidence, why and remedy.

A rule is one file in `archbook.review.rules` with a `RULE`; nothing else must be told about it.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from pkgutil import iter_modules

from archbook.design.loading import collector_at_rest
from archbook.design.model import Design, place_in
from archbook.evidence import Evidence
from archbook.findings import Finding, Rule, apply, worst_first
from archbook.findings.report import Report
from archbook.findings.waivers import PlacedWaiver, settle
from archbook.review.lints import every_lint_rule, lint_rules, linted, unsaid
from archbook.review.subject import Subject
from archbook.units import show_count

_ROOM = import_module("archbook.review.rules")  # before `rules` below, which would else be replaced by this package

__all__ = ["Report", "Subject", "review", "rules"]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules, in the order of their ids."""
    found = (import_module(f"{_ROOM.__name__}.{module.name}").RULE for module in iter_modules(_ROOM.__path__))
    return tuple(sorted(found, key=lambda rule: rule.id))


def review(
    design: Design,
    evidence: Iterable[Evidence] = (),
    *,
    only: Sequence[Rule] | None = None,
    lints: bool | None = None,
    today: datetime.date | None = None,
    growth: float | None = None,
) -> Report:
    """Look at a design with every rule (or with `only` some), and with the lints of its DDL and its API.

    evidence: what has been measured, to be cited. lints: False leaves them out, as `only` does unless they are asked
    for. today: the day against which dates in the design are held. growth: the multiple of today's load at which
    findings are looked for and ranked; the one that the design is made for unless given.
    Never fails for a rule's fault: that is a crash in the report.
    """
    subject = Subject(design, evidence, today, growth)
    chosen = rules() if only is None else tuple(only)
    own = {rule.id for rule in rules()}
    linting = lint_rules(own)
    looked = linting if lints or (lints is None and only is None) else ()
    with collector_at_rest():
        findings, crashes = apply(chosen, subject, partial(place_in, design.source.places))
        findings = [_backed(finding, subject) for finding in findings]
        reports = list(linted(subject, looked)) if looked else []
    waivers = list(_waivers(design, {rule.id for rule in every_lint_rule()} - own))
    still_open, waived, remarks = settle(findings, waivers, (*chosen, *linting), subject.day)
    return Report(
        design=design.called,
        findings=tuple(worst_first([*still_open, *(f for report in reports for f in unsaid(report, still_open))])),
        waived=(*waived, *(finding for report in reports for finding in report.waived)),
        crashes=(*subject.crashes[:1], *crashes, *(crash for report in reports for crash in report.crashes)),
        remarks=(*remarks, *(told for report in reports for told in report.remarks), *_remarks(subject)),
        looked_at=f"{_counted(chosen, looked)} looked at {design.counted()}"
        + (f", {subject.peak}" if subject.grown else ""),
        rules=(*chosen, *looked),
    )


def _backed(finding: Finding, subject: Subject) -> Finding:
    """A finding that cites what is kept of the measurement that its rule names."""
    if not finding.measured_by or not subject.evidence:
        return finding
    bearing = subject.bearing(finding.measured_by, finding.about)
    return replace(finding, evidence=tuple(dict.fromkeys((*finding.evidence, *bearing))))


def _counted(chosen: Sequence[Rule], looked: Sequence[Rule]) -> str:
    own = show_count(len(chosen), "rule")
    return f"{own}, and {len(looked)} of the lints of DDL and API," if looked else own


def _waivers(design: Design, elsewhere: Collection[str]) -> Iterator[PlacedWaiver]:
    """The design's waivers, but for those of the lints' rules, which look after them."""
    for index, waiver in enumerate(design.waivers):
        if waiver.rule not in elsewhere:
            yield f"{design.place(('waivers', index))} `waivers[{index}]`".lstrip(), waiver


def _remarks(subject: Subject) -> Iterator[str]:
    """What is no rule's finding, but nobody should miss."""
    if subject.no_estimate:
        yield f"no number behind any finding, for the load cannot be estimated: {subject.no_estimate}"
