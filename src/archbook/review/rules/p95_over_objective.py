"""A promise that the estimate says cannot be kept."""

from collections.abc import Mapping

from archbook.capacity.result import EndpointEstimate
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed, show_duration


def late(subject: Subject) -> Hits:
    """An endpoint whose p95 is over its promise: by the estimate, today or at the growth the design is for.

    Where something saturates before that, only what is late also after that is mended counts.
    """
    if subject.today is None or subject.grown is None:
        return
    saturated = any(element.utilisation >= 1 for element in subject.grown.elements.values())
    later: Mapping[str, EndpointEstimate] = subject.grown.endpoints
    for index, endpoint in enumerate(subject.design.api.endpoints):
        now, then = subject.today.endpoints.get(endpoint.name), later.get(endpoint.name)
        if now and now.meets_slo is False:
            yield _hit(subject, index, now, "today", now)
        elif saturated and now and endpoint.name in subject.grown.missed_after_remedies:
            yield _hit(subject, index, None, f"{subject.peak}, also when what saturates is mended", now)
        elif not saturated and then and then.meets_slo is False:
            yield _hit(subject, index, then, subject.peak, then)


def _hit(subject: Subject, index: int, late: EndpointEstimate | None, when: str, seen: EndpointEstimate) -> Hit:
    promise = show_duration(seen.slo_p95_s or 0.0)
    takes = show_duration(late.p95_s) if late and late.p95_s < float("inf") else f"more than {promise}"
    longest = seen.path[:2]  # largest first
    spent = listed(f"{show_duration(seconds)} in {element}" for element, seconds in longest if seconds > 0)
    hit = subject.at_endpoint(
        index,
        f"{seen.name} promises a p95 of {promise} and takes {takes} {when}",
        f"api.endpoints[{index}]: ask {longest[0][0] if longest else 'what it waits for'} less often, at the same "
        "time as the others (`parallel`), or after the answer; or promise what can be kept with `slo:`",
        f"of its mean {show_duration(seen.mean_s)} it spends {spent} (computed: sum along its path)",
        *subject.cited(seen.name),
    )
    return Hit(hit.about, hit.what, hit.do, hit.where, hit.evidence, hit.cost, None if when == "today" else "medium")


RULE = Rule(
    id="p95-over-objective",
    severity="high",
    principle=5,
    why="A promise that the sum of its parts cannot keep is broken each day, however well each part does",
    remedy="Shorten what it waits for, or promise what can be kept.",
    references=("Google SRE book, ch. 4 Service Level Objectives", "Dean and Barroso, The Tail at Scale"),
    check=late,
    fires="api: {endpoints: {1: {slo: {p95: 150ms, p99: 2s}}}}",
    quiet="api: {endpoints: {1: {slo: {p95: 900ms, p99: 2s}}}}",
    measured_by="archbook load DESIGN",
)
