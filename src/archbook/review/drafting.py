"""What is known of the elements that a decision is about: numbers, what was measured, findings, older decisions."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from archbook.capacity.result import ElementEstimate, EndpointEstimate
from archbook.design.contract import Decision
from archbook.findings.report import Report
from archbook.review.subject import Subject
from archbook.units import show_duration, show_factor, show_rate, show_share, significant

MOST_CITED, MOST_FINDINGS = 3, 3


def facts(subject: Subject, report: Report, about: Sequence[str]) -> list[str]:
    """What bears on a decision about some elements, endpoints or events, each with how it was found.

    report: the review of the design, whose open findings are told.
    """
    return [fact for name in about for fact in (*_numbers(subject, name), *subject.cited(name)[:MOST_CITED],
                                                *_findings(report, name))]  # fmt: skip


def context(subject: Subject, report: Report, about: Sequence[str]) -> str:
    """The same as a text to begin the context of a decision with; empty where nothing is known."""
    return " ".join(f"{fact.rstrip('.')}." for fact in facts(subject, report, about))


def rivals(decisions: Sequence[Decision], about: Sequence[str]) -> list[str]:
    """Decisions in force about some of the same, each as a sentence; those that share most come first."""
    in_force = [each for each in decisions if each.status in ("accepted", "proposed") and each.superseded_by is None]
    shared = [(each, [name for name in about if name in each.about]) for each in in_force]
    shared.sort(key=lambda found: (-len(found[1]), found[0].id))
    return [
        f"decision {each.id}, *{each.title}*, is {each.status} and about {', '.join(names)} too"
        for each, names in shared if names
    ]  # fmt: skip


def _numbers(subject: Subject, name: str) -> Iterator[str]:
    estimate = subject.grown
    if estimate is None:
        return
    if endpoint := estimate.endpoints.get(name):
        yield f"{name} is asked {show_rate(endpoint.rate_per_s)} {subject.peak} and {_answers(endpoint)} (computed)"
    elif element := estimate.elements.get(name):
        yield f"{name} takes {show_rate(element.arrival_rate_per_s)} {subject.peak}{_load(element)} (computed)"
    elif (event := subject.design.events.get(name)) and estimate.basis:
        rate = estimate.basis[1].events_per_s[name] * estimate.growth
        takers = ", ".join(event.to) or "nobody"
        yield f"{name} is announced {show_rate(rate, 'times')} {subject.peak} and taken by {takers} (computed)"


def _load(element: ElementEstimate) -> str:
    holds = f", and holds to {show_factor(element.breaks_at)} today's" if math.isfinite(element.breaks_at) else ""
    if element.utilisation >= 1:
        return f", which is {significant(element.utilisation)} times its capacity{holds}"
    busy = f", is {show_share(element.utilisation)} busy" if element.utilisation else ""
    speed = f", answers 95 of 100 within {show_duration(element.p95_s)}" if math.isfinite(element.p95_s) else ""
    return busy + speed + holds


def _answers(endpoint: EndpointEstimate) -> str:
    promised = f", promised {show_duration(endpoint.slo_p95_s)}" if endpoint.slo_p95_s is not None else ""
    if not math.isfinite(endpoint.p95_s):
        return f"is saturated there{promised}"
    return f"answers 95 of 100 within {show_duration(endpoint.p95_s)}{promised}"


def _findings(report: Report, name: str) -> Iterator[str]:
    own = [finding for finding in report.findings if name in finding.about.split(" → ")]
    yield from (f"the review finds: {finding.what} ({finding.rule})" for finding in own[:MOST_FINDINGS])
    if len(own) > MOST_FINDINGS:
        yield f"and {len(own) - MOST_FINDINGS} more findings about {name}"
