"""The design review: rules in data, findings with their evidence, why and remedy.

A rule is one file in `archbook.review.rules` with a `RULE`; nothing else must be told about it.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from archbook.design.model import Design
from archbook.evidence import Evidence
from archbook.findings import Rule, apply
from archbook.review.report import Report
from archbook.review.subject import Subject
from archbook.review.waivers import settle
from archbook.units import show_factor

_ROOM = import_module("archbook.review.rules")  # before `rules` below, which would else be replaced by this package

__all__ = ["Report", "Subject", "review", "rules"]


def rules() -> list[Rule]:
    """All rules, in the order of their ids."""
    return list(_rules())


@cache
def _rules() -> tuple[Rule, ...]:
    found = (import_module(f"{_ROOM.__name__}.{module.name}").RULE for module in iter_modules(_ROOM.__path__))
    return tuple(sorted(found, key=lambda rule: rule.id))


def review(
    design: Design,
    evidence: Iterable[Evidence] = (),
    *,
    only: Sequence[Rule] | None = None,
    today: datetime.date | None = None,
) -> Report:
    """Look at a design with every rule (or with `only` some).

    evidence: what has been measured, to be cited. today: the day on which waivers are held against their `until`.
    Never fails for a rule's fault: that is a crash in the report.
    """
    subject = Subject(design, evidence)
    chosen = rules() if only is None else list(only)
    findings, crashes = apply(chosen, subject, design.place)
    still_open, waived, remarks = settle(findings, design, chosen, today or datetime.date.today())
    remarks += _limits(subject)
    if subject.no_estimate:
        remarks.append(f"no number behind any finding, for the load cannot be estimated: {subject.no_estimate}")
    stale = sum(entry.stale(design) for entry in subject.evidence)
    if stale:
        remarks.append(f"{stale} of {len(subject.evidence)} kept measurements are stale: their subject has changed")
    return Report(
        design=design.name,
        findings=tuple(still_open),
        waived=tuple(waived),
        crashes=(*subject.crashes[:1], *crashes),
        remarks=tuple(remarks),
        looked_at=_looked_at(design, chosen) + (f", {subject.peak}" if subject.grown else ""),
    )


def _looked_at(design: Design, chosen: Sequence[Rule]) -> str:
    counts = {
        "rules": len(chosen),
        "services": len(design.services),
        "stores": len(design.stores),
        "calls": len(design.calls),
        "events": len(design.events),
        "endpoints": len(design.api.endpoints),
        "decisions": len(design.decisions),
    }
    first, *rest = (f"{n} {name[:-1] if n == 1 else name}" for name, n in counts.items() if n)
    return f"{first} looked at {', '.join(rest)}"


def _limits(subject: Subject) -> list[str]:
    """What breaks before the growth that the design is for: no rule's finding, but nobody should miss it."""
    growth = subject.design.traffic.growth
    first = next((b for b in subject.grown.breaks if b.at < growth), None) if subject.grown else None
    if first is None:
        return []
    return [f"{first.element} saturates at {show_factor(first.at)} today's load, before the {show_factor(growth)} "
            f"that the design is for: {first.why}"]  # fmt: skip
