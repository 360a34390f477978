"""What an element does for one request, and the calls that it makes: built once, shared where it is the same."""

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


class Leg(NamedTuple):
    """One call (or delivery of an event) within a handling.

    per_visit: first attempts for one visit of the caller. times, times_variance: attempts, of all its repetitions.
    copies: how many run at once when `parallel`.
    """

    handling: int  # of the callee
    call: int  # index in design.calls; -1 for the delivery of an event
    per_visit: float
    times: float
    times_variance: float = 0.0
    sync: bool = False
    write: bool = False
    timeout_s: float = math.inf
    parallel: str | None = None
    copies: int = 1


class Handling(NamedTuple):
    """What one element does for one request. An event is handled too, by an element of its own that only hands on."""

    element: str
    own_time: ServiceTime | None  # where the endpoint's differs from the service's
    legs: tuple[Leg, ...]


class _Context(NamedTuple):
    """The endpoint or event being handled. special: bits of the services that do something else for it."""

    name: str
    endpoint: Endpoint | None
    rows: float
    special: int


def misses(design: Design) -> dict[str, float]:
    """Share of look-ups that each cache misses, for caches that calls ask first; 1 where it is to be computed."""
    return {name: 1 - float(design.stores[name].hit_ratio or 0) for name in asked_first(design)}


def asked_first(design: Design) -> list[str]:
    """Caches that calls ask first."""
    asked = {call.unless_hit for call in design.calls if call.unless_hit}
    return [name for name in design.stores if name in asked]


class Handlings:
    """Handlings of a design, callees before callers, each made once. Raises ArchbookError on a circle of calls."""

    def __init__(self, design: Design, missed: Mapping[str, float] | None = None) -> None:
        self.design = design
        self.handlings: list[Handling] = []
        self.events: dict[str, int] = {}
        self._known: dict[Handling, int] = {}
        self._misses = misses(design) if missed is None else missed
        self._gateway = design.gateway
        self._attempts = [_attempts(call) for call in design.calls]
        self._bit = {name: 1 << i for i, name in enumerate(design.services)}
        self._sort_calls()
        self._plain = {name: self._shared(name) for name in (*design.stores, *design.externals)}
        self._reach = dict(self._bit)
        self._plain |= self._walk(design.services, _Context("", None, DEFAULT_ROWS, special=-1))
        for name in self._plain:
            for callee in self._callees(self._always.get(name, [])):
                self._reach[name] |= self._reach[callee]
        self._build_events()

    def _sort_calls(self) -> None:
        """Calls by caller: always made, routed by the gateway, or made while something named is handled."""
        design = self.design
        serving = {endpoint.service for endpoint in design.api.endpoints}
        self._always: dict[str, list[int]] = {name: [] for name in design.services}
        self._routes: dict[str, list[int]] = {name: [] for name in serving}
        self._while: dict[str, dict[str, list[int]]] = {}
        self._announced: dict[str, dict[str, list[str]]] = {}
        self._per_row = 0
        for i, call in enumerate(design.calls):
            if call.per_request == "per row" and not call.on:
                self._per_row |= self._bit[call.from_]
            for name in dict.fromkeys(call.on):
                self._while.setdefault(name, {}).setdefault(call.from_, []).append(i)
            if not call.on:
                routed = call.from_ == self._gateway and call.to in serving
                (self._routes[call.to] if routed else self._always[call.from_]).append(i)
        for name, event in design.events.items():
            for cause in dict.fromkeys(event.on):
                self._announced.setdefault(cause, {}).setdefault(event.from_, []).append(name)

    def _build_events(self) -> None:
        events = self.design.events
        graph = {name: [e for made in self._announced.get(name, {}).values() for e in made] for name in events}
        for name in ordered(graph, "events announce each other in a circle"):
            event = events[name]
            legs = [Leg(self._plain[event.broker], -1, 1.0, 1.0, write=True)] if event.broker else []
            for consumer in event.to:
                if event.broker:
                    legs.append(Leg(self._plain[event.broker], -1, 1.0, 1.0))
                legs.append(Leg(self._in_context(consumer, name), -1, 1.0, 1.0, write=consumer not in self._bit))
            self.events[name] = self._shared(f"event {name}", None, legs)

    def enter(self, endpoint: str) -> int:
        """Index of the handling at which requests for an endpoint enter."""
        return self._in_context(self._gateway or self.design.endpoint(endpoint).service, endpoint)

    def _in_context(self, entry: str, name: str) -> int:
        """Handling of `entry` while the endpoint or event `name` is handled."""
        endpoint = self.design.endpoint(name) if " " in name else None
        rows = float(endpoint.rows or DEFAULT_ROWS) if endpoint else DEFAULT_ROWS
        special = 0 if rows == DEFAULT_ROWS else self._per_row
        for caller in (*self._while.get(name, ()), *self._announced.get(name, ())):
            special |= self._bit[caller]
        if endpoint and endpoint.service_time:
            special |= self._bit[endpoint.service]
        if endpoint and self._gateway:
            special |= self._bit[self._gateway]
        if not self._reach.get(entry, 0) & special:
            return self._plain[entry]
        return self._walk([entry], _Context(name, endpoint, rows, special))[entry]

    def _walk(self, entries: Iterable[str], context: _Context) -> dict[str, int]:
        """Service → handling, callees first, for `entries` and all below them that lead to something special."""
        made: dict[str, list[int]] = {}
        stack = list(entries)
        while stack:
            name = stack.pop()
            if name not in made:
                made[name] = self._made(name, context)
                stack += [to for to in self._callees(made[name]) if self._reach[to] & context.special]
        done: dict[str, int] = {}
        for name in ordered({name: [c for c in self._callees(calls) if c in made] for name, calls in made.items()}):
            own = context.endpoint.service_time if context.endpoint and context.endpoint.service == name else None
            legs = [leg for i in made[name] if (leg := self._leg(i, context.rows, done)).times > 0]
            for event in self._announced.get(context.name, {}).get(name, ()):
                times = float(self.design.events[event].per_request)
                legs += [Leg(self.events[event], -1, times, times)] if times else []
            done[name] = self._shared(name, own, legs)
        return done

    def _callees(self, calls: Iterable[int]) -> list[str]:
        return [to for i in calls if (to := self.design.calls[i].to) in self._bit]

    def _made(self, name: str, context: _Context) -> list[int]:
        extra = self._while.get(context.name, {}).get(name, [])
        if context.endpoint and name == self._gateway and context.endpoint.service != name:
            extra = extra + self._routes[context.endpoint.service]
        return sorted({*self._always[name], *extra}) if extra else self._always[name]

    def _leg(self, i: int, rows: float, done: Mapping[str, int]) -> Leg:
        call = self.design.calls[i]
        repetitions = rows if isinstance(call.per_request, str) else float(call.per_request)
        chance = (1 - float(call.hit_ratio or 0)) * self._misses.get(call.unless_hit or "", 1.0)
        mean, variance = self._attempts[i]
        per_visit = repetitions * chance
        part = repetitions - math.floor(repetitions)
        spread = per_visit * (1 - chance) + part * (1 - part) * chance * chance
        handling = done[call.to] if call.to in done else self._plain[call.to]
        copies = max(1, round(repetitions)) if call.parallel else 1
        return Leg(handling, i, per_visit, per_visit * mean, per_visit * variance + spread * mean * mean,
                   call.mode == "sync", call.kind == "write", math.inf if call.timeout is None else call.timeout,
                   call.parallel, copies)  # fmt: skip

    def _shared(self, element: str, own: ServiceTime | None = None, legs: Iterable[Leg] = ()) -> int:
        handling = Handling(element, own, tuple(legs))
        index = self._known.setdefault(handling, len(self.handlings))
        self.handlings += [handling] if index == len(self.handlings) else []
        return index

    def warnings(self) -> list[str]:
        """Sentences on what is left out, or counted at its worst."""
        design = self.design
        blind = [name for name in self._misses if design.stores[name].hit_ratio is None]
        lines = [f"{name} has no hit_ratio: every look-up counts as a miss"
                 for name in blind if design.stores[name].keys is None]  # fmt: skip
        lines += [f"event {name} names no endpoint or event in `on`, so it is never announced"
                  for name, event in design.events.items() if not event.on]  # fmt: skip
        if any(call.hedge_after for call in design.calls):
            lines.append("hedged attempts (hedge_after) are not counted in the load")
        if self._gateway:
            reached = {call.to for call in design.calls if call.from_ == self._gateway} | {self._gateway}
            lines += [f"{self._gateway} calls {service} for none of its endpoints: their requests stop there"
                      for service in sorted(set(self._routes) - reached)]  # fmt: skip
        return lines


def _attempts(call: Call) -> tuple[float, float]:
    """Mean and variance of the attempts of one call."""
    fails = float(call.failure or 0)
    if not fails or not call.retries:
        return 1.0, 0.0
    mean = attempts_per_request(fails, call.retries)
    if call.retry_budget is not None and mean > 1 + float(call.retry_budget):
        return 1 + float(call.retry_budget), 0.0
    square = sum((2 * k + 1) * fails**k for k in range(min(call.retries, 10_000) + 1))
    return mean, max(0.0, square - mean * mean)


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
