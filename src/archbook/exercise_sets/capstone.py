"""Exercises of `12_ecommerce_capstone`: would you sign it?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

from archbook.capacity import Estimate, estimate
from archbook.capacity.result import EndpointEstimate, StorageEstimate
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.review import review
from archbook.schema import row_sizes
from archbook.units import show_duration, show_factor, show_rate, show_share, show_size, significant

CASES = [(([0.5],), 4383.0), (([0.999] * 5,), 43.742459), (([],), 0.0), (([0.99, 0.9995],), 91.99917)]  # by hand


def grown(design: Design) -> Estimate:
    """The estimate at the growth that the design is made for."""
    return estimate(design, growth=design.traffic.growth, row_sizes=row_sizes(design))


def requests_at_growth(design: Design) -> float:
    """Every step of every journey, weighted with its share of the sessions."""
    steps = 0.0
    for journey in design.traffic.journeys.values():
        steps += journey.share * sum(times for _, times in design.steps(journey))
    return design.sessions_per_s(design.traffic.growth) * steps


def promised(design: Design) -> list[EndpointEstimate]:
    """Endpoints with a promise and with traffic."""
    found = [e for e in grown(design).endpoints.values() if e.slo_p95_s is not None and e.rate_per_s > 0]
    if not found:
        raise ArchbookError(f"no endpoint of {design.name} promises a p95, so this exercise has no answer for it")
    return found


def weakest(design: Design) -> list[EndpointEstimate]:
    """The endpoint whose p95 is the largest multiple of what it promises (several, where they tie)."""
    endpoints = promised(design)
    worst = max(map(_times_promise, endpoints))
    return [endpoint for endpoint in endpoints if _times_promise(endpoint) > 0.99 * worst]


def weakest_one(design: Design) -> str:
    """The largest p95 in multiples of the promise."""
    return max(promised(design), key=lambda endpoint: endpoint.p95_s / (endpoint.slo_p95_s or math.inf)).name


def largest(design: Design) -> StorageEstimate:
    """The holding with the most bytes at the horizon."""
    known = [holding for holding in grown(design).storage if holding.size_at_horizon_b]
    if not known:
        raise ArchbookError(f"no holding of {design.name} has a size, so this exercise has no answer for it")
    return max(known, key=lambda holding: holding.size_at_horizon_b or 0.0)


def largest_size(design: Design) -> float:
    """Items at the horizon × the size of one."""
    return max(s.items_at_horizon * s.item_size_b for s in grown(design).storage if s.item_size_b)


def hours_lost(_: Design) -> Callable[[Iterable[float]], float]:
    """A request needs every one of them, so the availabilities multiply; 365.25 days are 8 766 hours."""
    return lambda availabilities: (1 - math.prod(availabilities)) * 8766


def missing(design: Design) -> str:
    """What still stands against a signature at the design's growth; empty when nothing does."""
    found = grown(design)
    for element in found.elements.values():
        if element.breaks_at < found.growth:
            return f"`{element.name}` saturates at {show_factor(element.breaks_at)}."
    for endpoint in found.endpoints.values():
        if endpoint.meets_slo is False:
            most, time_s = max(endpoint.path, key=lambda part: part[1])
            promise = f"`{endpoint.name}` promises {show_duration(endpoint.slo_p95_s or 0.0)} (p95)"
            return f"{promise} and takes {show_duration(endpoint.p95_s)}, {show_duration(time_s)} of it in `{most}`."
    return ""


def lacks(before: Design, after: Design) -> str:
    """Whether the load and the promises stand as they did, and are met."""
    kept = [design.model_dump(include={"traffic": True, "api": True}) for design in (before, after)]
    promises = [{name: service.slo for name, service in design.services.items()} for design in (before, after)]
    if kept[0] != kept[1] or promises[0] != promises[1]:
        return "The load and the promises stay as they are; change what carries them."
    return missing(after)


def enough(design: Design) -> dict[Where, int]:
    """What carries the load; then one more instance where the late endpoints spend their time, until all is met."""
    changes: dict[Where, int] = {("services", change.element, "instances"): change.needed
                                 for change in grown(design).remedies if change.what == "instances"}  # fmt: skip
    for _ in range(200):  # where instances do not help, it ends
        after = design.changed(changes)
        if not missing(after):
            return changes
        late = [endpoint for endpoint in grown(after).endpoints.values() if endpoint.meets_slo is False]
        parts = [(time_s, part) for endpoint in late for part, time_s in endpoint.path if part in design.services]
        if parts:
            slowest = max(parts)[1]
            changes["services", slowest, "instances"] = after.services[slowest].instances + 1
    raise ArchbookError(f"more instances alone do not keep the promises of {design.name}")


def found_newly(before: Design, after: Design) -> list[str]:
    """What the review finds in the changed design and not in the other."""
    old = {(finding.rule, finding.about) for finding in review(before).findings}
    return [finding.what for finding in review(after).findings if (finding.rule, finding.about) not in old]


def without_why(design: Design) -> dict[Where, str]:
    """The first decision, without its why."""
    if not design.decisions:
        raise ArchbookError(f"{design.name} holds no decision, so there is no why to remove")
    return {("decisions", 0, "why"): ""}


def what_is_enough(design: Design) -> str:
    parts = [f"{significant(count)} of `{where[1]}`" for where, count in enough(design).items()]
    return f"More instances alone do it too: {', '.join(parts) or 'none is needed'}. Which of the ways is cheaper?"


def _times_promise(endpoint: EndpointEstimate) -> float:
    return endpoint.p95_s / (endpoint.slo_p95_s or math.inf)


def about_weakest(design: Design) -> str:
    worst = weakest(design)[0]
    return (f"`{worst.name}` answers in {show_duration(worst.p95_s)} (p95) at the planned growth and promises "
            f"{show_duration(worst.slo_p95_s or 0.0)}: {show_share(_times_promise(worst))} of it.")  # fmt: skip


def about_largest(design: Design) -> str:
    holding = largest(design)
    return (f"`{holding.holding}` in `{holding.store}`: {show_size(holding.size_at_horizon_b or 0.0)} after "
            f"{show_duration(design.traffic.horizon)}; what is never archived only grows.")  # fmt: skip


EXERCISES = (
    Exercise(
        "12.1", "Requests a second", "How many requests a second do clients send at peak, at the planned growth?",
        Value(lambda design: grown(design).requests_per_s, "rate"),
        ("Sessions a second × requests that one session makes.",
         "`design.traffic.journeys` has the share of each journey and its steps; `design.steps(journey)` gives each "
         "endpoint with its times.",
         "`design.sessions_per_s(growth)` × the sum over journeys of share × times."),
        requests_at_growth,
        lambda design: f"{show_rate(requests_at_growth(design))}; what the CDN answers never reaches you.",
    ),
    Exercise(
        "12.2", "The weakest promise", "At the planned growth, which endpoint is farthest from its promised p95?",
        Choice(lambda design: [e.name for e in promised(design)],
               lambda design: [e.name for e in weakest(design)]),
        ("Compare each p95 with its own promise, not with each other.",
         "`ab.estimate(design, growth).endpoint_table()` has both.",
         "Divide p95 by the promise; look at the endpoints of the service that saturates."),
        weakest_one, about_weakest,
    ),
    Exercise(
        "12.3", "What grows", "How large is the largest table, bucket or key family at the end of the planned horizon?",
        Value(lambda design: largest(design).size_at_horizon_b or 0.0, "size", tolerance=0.1),
        ("It is not the one with the most items.",
         "`ab.estimate(design, growth).storage_table()` has items and sizes at the horizon.",
         "Items at the horizon × size of one, for each; take the largest."),
        largest_size, about_largest,
    ),
    Exercise(
        "12.4", "Hours of downtime",
        "Write a function of a list of availabilities: the hours a year (8 766 h) in which a request fails that needs "
        "all of them.",
        Function(lambda _: CASES, tolerance=1e-5),
        ("All must work at once: availabilities in series multiply.",
         "The share of time in which it fails is one minus the product.",
         "`(1 - math.prod(availabilities)) * 8766`."),
        hours_lost,
        lambda design: "Five services at 99.9 % are away {} h a year, one is {} h.".format(
            *(significant(hours_lost(design)([0.999] * count)) for count in (5, 1))),
    ),
    Exercise(
        "12.5", "Keep every promise",
        "Change the design so that nothing saturates and every endpoint keeps its promised p95 at the planned growth.",
        Change(lacks),
        ("Mend what saturates first: what waits for it recovers too.",
         "Then look at where an endpoint that is too slow spends its time: `endpoint.path`.",
         "`{(\"services\", NAME, \"instances\"): N}` for the service that saturates first; then the next."),
        enough, what_is_enough,
    ),
    Exercise(
        "12.6", "Break it on purpose", "Change one thing so that the review finds what it does not find now.",
        Change(lambda before, after: "" if found_newly(before, after) else
               "The review finds nothing in it that it did not find before."),
        ("Any of the rules will do: `ab.review.rules()` lists them.",
         "A decision without its why is a finding.",
         "`{(\"decisions\", 0, \"why\"): \"\"}`."),
        without_why,
        lambda design: f"Without its why: {'; '.join(found_newly(design, design.changed(without_why(design))))}.",
    ),
)  # fmt: skip
