"""Traffic carried from journeys over the call graph: how often each element is reached, and by whom.

A plan is made once for a design's calls, events, endpoints and traffic. It does not depend on growth, instances,
servers or service times, so that moving those is cheap. Equal work is one *handling*: what one service does for one
request, with the handlings that it calls. Endpoints and events in whose handling a service does the same share them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Any, NamedTuple

from archbook.capacity.formulas import attempts_per_request
from archbook.capacity.network import Network
from archbook.design.contract import Endpoint
from archbook.design.elements import ServiceTime
from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.errors import ArchbookError

DEFAULT_ROWS = 20.0
LEAF = -1


class Leg(NamedTuple):
    """One call (or delivery of an event) within a handling.

    per_visit: first attempts for one visit of the caller. times, times_variance: attempts, of all its repetitions.
    copies: how many run at once when `parallel`. handling: index of the callee's handling, or LEAF.
    """

    target: str
    handling: int
    call: int  # index in design.calls; -1 for the delivery of an event
    per_visit: float
    times: float
    times_variance: float
    sync: bool
    write: bool
    timeout_s: float | None
    parallel: str | None
    copies: int


class Handling(NamedTuple):
    """What one service does for one request. service: empty for an event, which only hands on."""

    service: str
    own_time: ServiceTime | None  # where the endpoint's differs from the service's
    legs: tuple[Leg, ...]


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
            and _misses(mine) == _misses(design)
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
            return tuple(TopologicalSorter(self.waits_for).static_order())
        except CycleError:
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
    builder = _Builder(design)
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


def _misses(design: Design) -> dict[str, float]:
    """Share of look-ups that each cache misses, for caches that calls ask first."""
    asked = {call.unless_hit for call in design.calls if call.unless_hit}
    return {name: 1 - float(design.stores[name].hit_ratio or 0) for name in design.stores if name in asked}


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


class _Builder:
    """Handlings of a design, each made once."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.handlings: list[Handling] = []
        self.events: dict[str, int] = {}
        self.warnings: list[str] = []
        self._known: dict[Handling, int] = {}
        self._legs_known: dict[Leg, Leg] = {}
        self._misses = _misses(design)
        self._counts: dict[tuple[int, float], tuple[float, float, float]] = {}
        self._bit = {name: 1 << i for i, name in enumerate(design.services)}
        self._serving = {endpoint.service for endpoint in design.api.endpoints}
        self._sort_calls()
        self._plain: dict[str, int] = {}
        self._reach: dict[str, int] = {}
        self._build_plain()
        self._build_events()
        self._warn()

    def _sort_calls(self) -> None:
        """Calls by caller: always made, routed by the gateway, or made while something named is handled."""
        gateway = self.design.gateway
        self._always: dict[str, list[int]] = {name: [] for name in self.design.services}
        self._routes: dict[str, list[int]] = {}
        self._while: dict[str, dict[str, list[int]]] = {}
        self._announced: dict[str, dict[str, list[str]]] = {}
        self._per_row = 0
        for i, call in enumerate(self.design.calls):
            if call.per_request == "per row" and not call.on:
                self._per_row |= self._bit[call.from_]
            for name in dict.fromkeys(call.on):
                self._while.setdefault(name, {}).setdefault(call.from_, []).append(i)
            if not call.on and call.from_ == gateway and call.to in self._serving:
                self._routes.setdefault(call.to, []).append(i)
            elif not call.on:
                self._always[call.from_].append(i)
        for name, event in self.design.events.items():
            for cause in dict.fromkeys(event.on):
                self._announced.setdefault(cause, {}).setdefault(event.from_, []).append(name)

    def _build_plain(self) -> None:
        """What each service does when nothing conditional is asked of it."""
        services = self.design.services
        graph = {
            name: [self.design.calls[i].to for i in calls if self.design.calls[i].to in services]
            for name, calls in self._always.items()
        }
        for name in _sorted(graph):
            self._reach[name] = self._bit[name]
            for callee in graph[name]:
                self._reach[name] |= self._reach[callee]
            self._plain[name] = self._handling(name, None, self._legs(self._always[name], DEFAULT_ROWS, {}))

    def _build_events(self) -> None:
        events = self.design.events
        graph: dict[str, list[str]] = {name: [] for name in events}
        for name, event in events.items():
            for cause in event.on:
                if cause in graph:
                    graph[cause].append(name)
        for name in _sorted(graph, "events announce each other in a circle"):
            event = events[name]
            legs = [_delivery(event.broker, LEAF, write=True)] if event.broker else []
            for consumer in event.to:
                if event.broker:
                    legs.append(_delivery(event.broker, LEAF))
                known = consumer in self.design.services
                legs.append(_delivery(consumer, self._in_context(consumer, name) if known else LEAF, write=not known))
            self.events[name] = self._handling("", None, legs, name)

    def enter(self, endpoint: str) -> int:
        """Index of the handling at which requests for an endpoint enter."""
        return self._in_context(self.design.gateway or self.design.endpoint(endpoint).service, endpoint)

    def _in_context(self, entry: str, context: str) -> int:
        """Handling of `entry` while the endpoint or event `context` is handled."""
        endpoint = self.design.endpoint(context) if " " in context else None
        rows = float(endpoint.rows or DEFAULT_ROWS) if endpoint else DEFAULT_ROWS
        special = 0 if rows == DEFAULT_ROWS else self._per_row
        for name in (*self._while.get(context, ()), *self._announced.get(context, ())):
            special |= self._bit[name]
        if endpoint and endpoint.service_time:
            special |= self._bit[endpoint.service]
        if endpoint and self.design.gateway:
            special |= self._bit[self.design.gateway]
        if not self._reach[entry] & special:
            return self._plain[entry]
        return self._special(entry, context, endpoint, rows, special)

    def _special(self, entry: str, context: str, endpoint: Endpoint | None, rows: float, special: int) -> int:
        graph: dict[str, list[str]] = {}
        made: dict[str, list[int]] = {}
        stack = [entry]
        while stack:
            name = stack.pop()
            if name in graph:
                continue
            made[name] = self._made(name, context, endpoint)
            callees = dict.fromkeys(self.design.calls[i].to for i in made[name])
            graph[name] = [c for c in callees if c in self._reach and self._reach[c] & special]
            stack.extend(graph[name])
        done: dict[str, int] = {}
        for name in _sorted(graph):
            own = endpoint.service_time if endpoint and endpoint.service == name else None
            legs = self._legs(made[name], rows, done)
            for event in self._announced.get(context, {}).get(name, ()):
                times = float(self.design.events[event].per_request)
                if times:
                    legs.append(_delivery(event, self.events[event], times=times))
            done[name] = self._handling(name, own, legs)
        return done[entry]

    def _made(self, name: str, context: str, endpoint: Endpoint | None) -> list[int]:
        calls = self._always[name]
        extra = self._while.get(context, {}).get(name, [])
        if endpoint and name == self.design.gateway and endpoint.service != name:
            extra = [*extra, *self._routes.get(endpoint.service, ())]
        return sorted({*calls, *extra}) if extra else calls

    def _legs(self, calls: Iterable[int], rows: float, done: Mapping[str, int]) -> list[Leg]:
        legs = []
        for i in calls:
            call = self.design.calls[i]
            per_visit, times, variance = self._count(i, call, rows)
            if times <= 0:
                continue
            handling = LEAF
            if call.to in self._bit:
                handling = done[call.to] if call.to in done else self._plain[call.to]
            copies = max(1, round(self._repetitions(call, rows))) if call.parallel else 1
            leg = Leg(call.to, handling, i, per_visit, times, variance, call.mode == "sync",
                      call.kind == "write", call.timeout, call.parallel, copies)  # fmt: skip
            legs.append(self._legs_known.setdefault(leg, leg))
        return legs

    def _repetitions(self, call: Call, rows: float) -> float:
        return rows if isinstance(call.per_request, str) else float(call.per_request)

    def _count(self, i: int, call: Call, rows: float) -> tuple[float, float, float]:
        """First attempts, all attempts, and the variance of all attempts for one visit of the caller."""
        if not isinstance(call.per_request, str):
            rows = 0.0
        if (i, rows) not in self._counts:
            repetitions = rows or self._repetitions(call, rows)
            chance = (1 - float(call.hit_ratio or 0)) * self._misses.get(call.unless_hit or "", 1.0)
            mean, variance = _attempts(call)
            per_visit = repetitions * chance
            part = repetitions - math.floor(repetitions)
            spread = repetitions * chance * (1 - chance) + part * (1 - part) * chance * chance
            self._counts[i, rows] = per_visit, per_visit * mean, per_visit * variance + spread * mean * mean
        return self._counts[i, rows]

    def _handling(self, service: str, own: ServiceTime | None, legs: list[Leg], event: str = "") -> int:
        handling = Handling(service, own, tuple(legs))
        if event or handling not in self._known:
            self.handlings.append(handling)
            if event:
                return len(self.handlings) - 1
            self._known[handling] = len(self.handlings) - 1
        return self._known[handling]

    def _warn(self) -> None:
        design = self.design
        for name in self._misses:
            if design.stores[name].hit_ratio is None:
                self.warnings.append(f"{name} has no hit_ratio: every look-up counts as a miss")
        for name, event in design.events.items():
            if not event.on:
                self.warnings.append(f"event {name} names no endpoint or event in `on`, so it is never announced")
        if any(call.hedge_after for call in design.calls):
            self.warnings.append("hedged attempts (hedge_after) are not counted in the load")
        gateway = design.gateway
        for service in sorted(self._serving - {gateway}):
            conditional = any(c.from_ == gateway and c.to == service and c.on for c in design.calls)
            if gateway and service not in self._routes and not conditional:
                self.warnings.append(f"{gateway} calls {service} for none of its endpoints: their requests stop there")


def _attempts(call: Call) -> tuple[float, float]:
    """Mean and variance of the attempts of one call."""
    fails = float(call.failure or 0)
    if not fails or not call.retries:
        return 1.0, 0.0
    mean = attempts_per_request(fails, call.retries)
    if call.retry_budget is not None and mean > 1 + float(call.retry_budget):
        return 1 + float(call.retry_budget), 0.0
    last = call.retries if fails < 0.999 else min(call.retries, 10_000)
    square = sum((2 * k + 1) * fails**k for k in range(min(last, 10_000) + 1))
    return mean, max(0.0, square - mean * mean)


def _delivery(target: str, handling: int, write: bool = False, times: float = 1.0) -> Leg:
    return Leg(target, handling, -1, times, times, 0.0, False, write, None, None, 1)


def _sorted(graph: Mapping[str, Iterable[str]], what: str = "calls go round in a circle") -> Iterable[str]:
    """Names with those that they lead to before them. Raises ArchbookError on a circle."""
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = list(reversed(error.args[1]))
        shown = " → ".join(circle[:8] + (["…", circle[-1]] if len(circle) > 8 else []))
        raise ArchbookError(
            f"{what}: {shown}, so that one request would never end; take one away, "
            "or name in `on` the endpoints for which it is made"
        ) from None
