"""Traffic carried from journeys over the call graph: how often each element is reached, and by whom.

A plan is made once for a design's calls, events, endpoints and traffic. It does not depend on growth, instances,
servers or service times, so that moving those is cheap. Equal work is one *handling*: what one service does for one
request, with the handlings that it calls. Endpoints and events in whose handling a service does the same share them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archbook.capacity.handlings import LEAF, Handling, Handlings, Leg, misses, ordered
from archbook.capacity.network import Network
from archbook.design.model import Design
from archbook.errors import ArchbookError


@dataclass(frozen=True, eq=False)
class Plan:
    """Rates at today's peak of everything in a design, per second, and the handlings behind them."""

    design: Design
    handlings: tuple[Handling, ...]  # callees before callers
    entries: Mapping[str, int]  # endpoint → handling at which its requests enter
    asked_per_s: Mapping[str, float]  # endpoint → requests of clients
    arriving_per_s: Mapping[str, float]  # endpoint → those that no client cache or CDN answers
    handling_per_s: tuple[float, ...]
    reads_per_s: Mapping[str, float]  # element → visits that read
    writes_per_s: Mapping[str, float]
    calls_per_s: tuple[float, ...]  # first attempts of each call
    attempts_per_s: tuple[float, ...]
    events_per_s: Mapping[str, float]
    warnings: tuple[str, ...]
    memo: dict[Any, Any] = field(default_factory=dict)  # what depends on capacities: breaks and remedies

    def fits(self, design: Design) -> bool:
        """Whether this plan also holds for `design`: only capacities and times differ."""
        mine = self.design
        return (
            mine.calls is design.calls
            and mine.events is design.events
            and mine.api is design.api
            and mine.traffic is design.traffic
            and list(mine.services) == list(design.services)
            and mine.gateway == design.gateway
            and misses(mine) == misses(design)
        )

    def visits(self, endpoint: str) -> dict[str, float]:
        """Visits of every element for one request of `endpoint` that arrives, asynchronous work included."""
        per_handling = {self.entries[endpoint]: 1.0}
        visits: dict[str, float] = {}
        for index in range(self.entries[endpoint], -1, -1):
            rate = per_handling.get(index)
            if rate is None:
                continue
            handling = self.handlings[index]
            if handling.service:
                visits[handling.service] = visits.get(handling.service, 0.0) + rate
            for leg in handling.legs:
                if leg.handling != LEAF:
                    per_handling[leg.handling] = per_handling.get(leg.handling, 0.0) + rate * leg.times
                else:
                    visits[leg.target] = visits.get(leg.target, 0.0) + rate * leg.times
        return visits

    def groups(self, index: int) -> list[list[Leg]]:
        """Synchronous legs of a handling in order; those that happen at once stand together."""
        return self._groups[index]

    @cached_property
    def _groups(self) -> list[list[list[Leg]]]:
        found = []
        for handling in self.handlings:
            groups: dict[object, list[Leg]] = {}
            for i, leg in enumerate(handling.legs):
                if leg.sync:
                    groups.setdefault(leg.parallel or i, []).append(leg)
            found.append(list(groups.values()))
        return found

    @cached_property
    def handled_by(self) -> dict[str, list[int]]:
        """Service → its handlings."""
        by_service: dict[str, list[int]] = {name: [] for name in self.design.services}
        for index, handling in enumerate(self.handlings):
            if handling.service:
                by_service[handling.service].append(index)
        return by_service

    @cached_property
    def network(self) -> Network:
        """The plan as arrays."""
        return Network(self)

    @cached_property
    def waits_for(self) -> dict[str, tuple[str, ...]]:
        """Service → services for whose answer it waits."""
        edges: dict[str, dict[str, None]] = {name: {} for name in self.design.services}
        for handling in self.handlings:
            for leg in handling.legs:
                if leg.sync and leg.handling != LEAF:
                    edges[handling.service][leg.target] = None
        return {name: tuple(callees) for name, callees in edges.items()}

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Services, callees before callers where the calls of all endpoints together allow it."""
        try:
            return tuple(ordered(self.waits_for))
        except ArchbookError:
            first = {name: min(indexes, default=0) for name, indexes in self.handled_by.items()}
            return tuple(sorted(first, key=lambda name: first[name]))

    @cached_property
    def circular(self) -> bool:
        """Whether two services wait for each other, though for different endpoints."""
        place = {name: i for i, name in enumerate(self.order)}
        return any(place[callee] >= place[name] for name, callees in self.waits_for.items() for callee in callees)


def plan(design: Design) -> Plan:
    """Carry the traffic of a design over its call graph.

    Raises ArchbookError when calls go round in a circle.
    """
    builder = Handlings(design)
    entries = {endpoint.name: builder.enter(endpoint.name) for endpoint in design.api.endpoints}
    asked = _asked(design)
    arriving = {e.name: asked[e.name] * (1 - float(e.hit_ratio or 0)) for e in design.api.endpoints}
    handlings = tuple(builder.handlings)
    rates = [0.0] * len(handlings)
    for name, index in entries.items():
        rates[index] += arriving[name]
    reads, writes = dict.fromkeys(_elements(design), 0.0), dict.fromkeys(_elements(design), 0.0)
    calls, attempts = [0.0] * len(design.calls), [0.0] * len(design.calls)
    for index in range(len(handlings) - 1, -1, -1):
        rate, handling = rates[index], handlings[index]
        if not rate:
            continue
        for leg in handling.legs:
            if leg.handling != LEAF:
                rates[leg.handling] += rate * leg.times
            if leg.target in reads:
                kind = writes if leg.write else reads
                kind[leg.target] += rate * leg.times
            if leg.call >= 0:
                calls[leg.call] += rate * leg.per_visit
                attempts[leg.call] += rate * leg.times
    for name, index in entries.items():
        reads[handlings[index].service] += arriving[name]
    events = {name: rates[index] for name, index in builder.events.items()}
    return Plan(
        design, handlings, entries, asked, arriving, tuple(rates), reads, writes, tuple(calls), tuple(attempts),
        events, (*builder.warnings, *_never(design, arriving, calls, events)),
    )  # fmt: skip


def _asked(design: Design) -> dict[str, float]:
    rates = dict.fromkeys((e.name for e in design.api.endpoints), 0.0)
    sessions = design.sessions_per_s()
    for journey in design.traffic.journeys.values():
        for name, times in design.steps(journey):
            rates[design.endpoint(name).name] += sessions * float(journey.share) * float(times)
    return rates


def _elements(design: Design) -> Iterable[str]:
    return [*design.services, *design.stores, *design.externals]


def _never(
    design: Design, arriving: Mapping[str, float], calls: Sequence[float], events: Mapping[str, float]
) -> list[str]:
    """Sentences on what no request of these journeys ever reaches."""
    if not any(arriving.values()):
        return ["no request arrives: no journey of the design makes a step that reaches the system"]
    lines = []
    idle = [f"{c.from_} → {c.to}" for c, rate in zip(design.calls, calls, strict=True) if not rate]
    if idle:
        names = ", ".join(idle[:4]) + (f" and {len(idle) - 4} more" if len(idle) > 4 else "")
        lines.append(f"never made in these journeys: {names}")
    lines += [f"event {name} is never announced in these journeys" for name, rate in events.items() if not rate]
    return lines
