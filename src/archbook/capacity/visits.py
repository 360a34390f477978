"""How often one request, or one event, visits some services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from archbook.capacity.flow import Plan
from archbook.design.model import Design

Counts = defaultdict[str, float]


class Visits(NamedTuple):
    """Visits of some services in the handling of one endpoint or event.

    of: service → visits. entered: those of them that come from elsewhere, not from another of these services. total:
    all that come from elsewhere; an event that several of them hear comes once. per_s: how often the endpoint or event
    is handled, at today's peak.
    """

    of: Counts
    entered: Counts
    total: float
    per_s: float


def visits(design: Design, flow: Plan, services: Collection[str]) -> dict[str, Visits]:
    """Endpoint or event → visits of `services`, for those that reach one of them.

    A call from one of them to another counts its first attempt only: its retries are the network's.
    """
    below: list[tuple[Counts, Counts]] = []  # handling → visits in those that it calls; callees come first
    for handling in flow.handlings:
        of, entered = Counts(float), Counts(float)
        for leg in handling.legs:
            if leg.call >= 0:
                inside = handling.element in services
                both = inside and flow.handlings[leg.handling].element in services
                _add(flow, leg.handling, leg.per_visit if both else leg.times, below, services, of, entered, inside)
        below.append((of, entered))
    found = {name: _from(flow, [entry], below, services, flow.arriving_per_s[name])
             for name, entry in flow.entries.items()}  # fmt: skip
    for name, event in design.events.items():
        legs = [leg for index in flow.handled_by.get(f"event {name}", ()) for leg in flow.handlings[index].legs]
        heard = [leg.handling for leg in legs if flow.handlings[leg.handling].element in event.to]
        found[name] = _from(flow, heard, below, services, flow.events_per_s[name])
    return {name: some for name, some in found.items() if some.total}


def _add(
    flow: Plan, handling: int, times: float, below: list[tuple[Counts, Counts]], services: Collection[str],
    of: Counts, entered: Counts, inside: bool,
) -> None:  # fmt: skip
    """Add `times` visits of a handling, and all that follows from them. inside: they come from one of `services`."""
    element, (deeper, more) = flow.handlings[handling].element, below[handling]
    for name, count in deeper.items():
        of[name] += times * count
    for name, count in more.items():
        entered[name] += times * count
    if element in services:
        of[element] += times
        entered[element] += 0.0 if inside else times


def _from(
    flow: Plan, roots: Iterable[int], below: list[tuple[Counts, Counts]], services: Collection[str], per_s: float
) -> Visits:
    of, entered = Counts(float), Counts(float)
    heard = [root for root in roots if flow.handlings[root].element in services]
    for root in roots:
        _add(flow, root, 1.0, below, services, of, entered, inside=False)
    return Visits(of, entered, sum(entered.values()) - max(0, len(heard) - 1), per_s)
