"""What a service does for one request, and the calls that it makes: built once, shared where it is the same."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from archbook.capacity.formulas import attempts_per_request
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


def misses(design: Design) -> dict[str, float]:
    """Share of look-ups that each cache misses, for caches that calls ask first."""
    asked = {call.unless_hit for call in design.calls if call.unless_hit}
    return {name: 1 - float(design.stores[name].hit_ratio or 0) for name in design.stores if name in asked}


class Handlings:
    """Handlings of a design, each made once."""

    def __init__(self, design: Design) -> None:
        self.design = design
        self.handlings: list[Handling] = []
        self.events: dict[str, int] = {}
        self.warnings: list[str] = []
        self._known: dict[Handling, int] = {}
        self._legs_known: dict[Leg, Leg] = {}
        self._misses = misses(design)
        self._gateway = design.gateway
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
        gateway = self._gateway
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
        for name in ordered(graph):
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
        for name in ordered(graph, "events announce each other in a circle"):
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
        return self._in_context(self._gateway or self.design.endpoint(endpoint).service, endpoint)

    def _in_context(self, entry: str, context: str) -> int:
        """Handling of `entry` while the endpoint or event `context` is handled."""
        endpoint = self.design.endpoint(context) if " " in context else None
        rows = float(endpoint.rows or DEFAULT_ROWS) if endpoint else DEFAULT_ROWS
        special = 0 if rows == DEFAULT_ROWS else self._per_row
        for name in (*self._while.get(context, ()), *self._announced.get(context, ())):
            special |= self._bit[name]
        if endpoint and endpoint.service_time:
            special |= self._bit[endpoint.service]
        if endpoint and self._gateway:
            special |= self._bit[self._gateway]
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
        for name in ordered(graph):
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
        if endpoint and name == self._gateway and endpoint.service != name:
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
        if not self._gateway:
            return
        reached = {call.to for call in design.calls if call.from_ == self._gateway and call.on} | set(self._routes)
        for service in sorted(self._serving - reached - {self._gateway}):
            self.warnings.append(
                f"{self._gateway} calls {service} for none of its endpoints: their requests stop there"
            )


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


def ordered(graph: Mapping[str, Sequence[str]], what: str = "calls go round in a circle") -> list[str]:
    """Names with those that they lead to before them. Raises ArchbookError on a circle."""
    done: dict[str, None] = {}
    for root in graph:
        stack, path = [root], dict[str, None]()
        while stack:
            name = stack[-1]
            if name in path or name in done:
                stack.pop()
                if name in path:  # all that it leads to is done
                    path.popitem()
                    done[name] = None
                continue
            path[name] = None
            for following in graph[name]:
                if following in path:
                    raise ArchbookError(_circle([*path], following, what))
                if following not in done:
                    stack.append(following)
    return list(done)


def _circle(path: list[str], again: str, what: str) -> str:
    circle = [*path[path.index(again) :], again]
    shown = " → ".join(circle[:8] + (["…", circle[-1]] if len(circle) > 8 else []))
    return (
        f"{what}: {shown}, so that one request would never end; take one away, "
        "or name in `on` the endpoints for which it is made"
    )
