"""Waits and holding times at one multiple of today's load, callees before callers.

A service's server is held while its synchronous callees answer, so its holding time contains their waits; those
follow from their own load. One pass from the callees upwards solves this; where two services wait for each other
(for different endpoints), passes are repeated until nothing moves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from archbook.capacity.flow import LEAF, Leg, Plan
from archbook.capacity.formulas import delay_probability, variability
from archbook.capacity.moments import ENDLESS, NOTHING, Moments, capped, longest
from archbook.capacity.result import Kind
from archbook.design.elements import External, Service, ServiceTime, Store
from archbook.design.model import Design

ELASTIC = frozenset({"s3", "gcs", "azure-blob", "cdn", "sqs", "sns", "pubsub", "dynamodb"})
"""Engines whose owner adds servers: no limit is known unless the design sets `servers`."""
_PASSES = 200


@dataclass(slots=True)
class Station:
    """What an element can do. servers: 0 where no limit is known. own: None where no service_time is given."""

    name: str
    kind: Kind
    servers: int
    own: Moments | None
    unit: int = 1  # servers that one more instance brings
    copies: int = 1  # copies among which reads are spread; each applies every write
    rate_limit_per_s: float | None = None


@dataclass(slots=True)
class Load:
    """State of one element. busy_per_s: requests that one copy gets."""

    busy_per_s: float
    servers: int
    holding: Moments
    utilisation: float
    waits: float  # probability that a request must wait
    wait: Moments
    rate_per_s: float = 0.0

    @property
    def response(self) -> Moments:
        return self.wait[0] + self.holding[0], self.wait[1] + self.holding[1]


@dataclass(slots=True)
class State:
    """All loads at one multiple of today's load, and the time of every handling (without its own wait)."""

    growth: float
    loads: dict[str, Load] = field(default_factory=dict)
    handlings: dict[int, Moments] = field(default_factory=dict)
    legs: dict[int, Moments] = field(default_factory=dict)  # by identity: equal legs of a plan are the same object

    def answer(self, leg: Leg) -> Moments:
        """Time until one attempt of a leg is answered, before any timeout."""
        load = self.loads.get(leg.target)
        if load is None:
            return NOTHING
        if leg.handling == LEAF:
            return load.response
        mean, variance = self.handlings[leg.handling]
        return load.wait[0] + mean, load.wait[1] + variance


def stations(design: Design) -> dict[str, Station]:
    """What each element can do, by name."""
    found: dict[str, Station] = {}
    for name, service in design.services.items():
        found[name] = Station(name, "service", service.instances * service.concurrency, _own(service),
                              unit=service.concurrency)  # fmt: skip
    for name, store in design.stores.items():
        elastic = store.engine in ELASTIC and "servers" not in store.model_fields_set
        found[name] = Station(name, "store", 0 if elastic else store.servers, _own(store), copies=1 + store.replicas)
    for name, external in design.externals.items():
        limit = None if external.rate_limit is None else float(external.rate_limit)
        found[name] = Station(name, "external", 0, _own(external), rate_limit_per_s=limit)
    return found


def _own(element: Service | Store | External) -> Moments | None:
    return moments_of(element.service_time) if element.service_time else None


def moments_of(time: ServiceTime) -> Moments:
    """Mean (s) and variance (s²) of a service time."""
    mean = float(time.mean)
    return mean, float(time.scv) * mean * mean


def solve(
    plan: Plan,
    known: dict[str, Station],
    growth: float,
    services: Iterable[str] | None = None,
    most: float | None = None,
) -> State:
    """Waits and holding times at `growth` times today's load.

    services: only these, callees first, and only what happens in the journeys; all when None.
    most: add servers until no utilisation is above this (`Load.servers` says how many it takes).
    """
    state = State(growth)
    for name, station in known.items():
        if station.kind != "service" and station.own is not None:
            state.loads[name] = _serve(plan, station, growth, station.own, most)
    order = tuple(plan.order if services is None else services)
    indexes = plan.handled_by if services is None else plan.busy
    if not plan.circular:
        for name in order:
            _solve_service(plan, known[name], state, most, indexes[name])
        return state
    return _solve_circular(plan, known, state, order, most)


def _solve_circular(plan: Plan, known: dict[str, Station], state: State, order: tuple[str, ...],
                    most: float | None) -> State:  # fmt: skip
    for name in order:
        own = known[name].own
        for index in plan.handled_by[name]:
            state.handlings[index] = own or NOTHING
        if own is not None:
            state.loads[name] = Load(0.0, known[name].servers, own, 0.0, 0.0, NOTHING)
    before: list[float] = []
    for _ in range(_PASSES):
        state.legs.clear()
        for name in order:
            _solve_service(plan, known[name], state, most, plan.handled_by[name])
        now = [state.loads[name].utilisation for name in order if name in state.loads]
        if before and all(a == b or abs(a - b) <= 1e-9 * b for a, b in zip(before, now, strict=True)):
            return state
        before = now
    return state


def _solve_service(plan: Plan, station: Station, state: State, most: float | None, indexes: Iterable[int]) -> None:
    first = second = visits = 0.0
    unknown = False
    for index in indexes:
        handling = plan.handlings[index]
        own = moments_of(handling.own_time) if handling.own_time else station.own
        mean, variance = _handle(own or NOTHING, plan.groups(index), state)
        state.handlings[index] = mean, variance
        rate = plan.handling_per_s[index]
        if rate:
            unknown = unknown or own is None
            visits += rate
            first += rate * mean
            second += rate * (variance + mean * mean)
    if unknown or (not visits and station.own is None):
        state.loads.pop(station.name, None)
        return
    if visits:
        holding = (first / visits, second / visits - (first / visits) ** 2) if math.isfinite(first) else ENDLESS
    else:
        holding = state.handlings.get(plan.handled_by[station.name][0], station.own or NOTHING)
    state.loads[station.name] = _serve(plan, station, state.growth, (holding[0], max(0.0, holding[1])), most)


def _handle(own: Moments, groups: list[list[Leg]], state: State) -> Moments:
    """Own work and waiting for synchronous callees: serial parts add, parallel ones take the longest."""
    mean, variance = own
    known = state.legs
    for legs in groups:
        first = legs[0]
        if len(legs) > 1 or first.copies > 1:
            part = longest([(attempted(leg, state), leg.copies) for leg in legs])
        else:
            part = known[id(first)] if id(first) in known else attempted(first, state)
        mean += part[0]
        variance += part[1]
    return mean, variance


def attempted(leg: Leg, state: State) -> Moments:
    """Time of all attempts of a leg, one after the other; of one of its copies where they run at once."""
    mean, variance = state.answer(leg)
    if leg.timeout_s is not None:
        mean, variance = capped((mean, variance), leg.timeout_s)
    if not math.isinf(mean) and (leg.times != 1 or leg.times_variance):
        times, spread = leg.times / leg.copies, leg.times_variance / leg.copies
        mean, variance = times * mean, times * variance + spread * mean * mean
    state.legs[id(leg)] = mean, variance
    return mean, variance


def _serve(plan: Plan, station: Station, growth: float, holding: Moments, most: float | None) -> Load:
    reads, writes = plan.reads_per_s[station.name] * growth, plan.writes_per_s[station.name] * growth
    rate = reads + writes
    each = writes + reads / station.copies if station.copies > 1 else rate
    servers = station.servers
    if not servers:
        limit = station.rate_limit_per_s
        return Load(each, 0, holding, rate / limit if limit else 0.0, 0.0, NOTHING, rate)
    load = each * holding[0] if each else 0.0
    if most is not None and load > most * servers and math.isfinite(load):
        servers = math.ceil(load / most / station.unit - 1e-9) * station.unit
    if load >= servers:
        return Load(each, servers, holding, load / servers, 1.0, ENDLESS, rate)
    if load <= 0:
        return Load(each, servers, holding, 0.0, 0.0, NOTHING, rate)
    waits = delay_probability(servers, load)
    scv = holding[1] / (holding[0] * holding[0])
    mean = waits * holding[0] / (servers - load) * variability(servers, load / servers, scv)
    square = 2 * mean * mean / waits if waits else 0.0
    return Load(each, servers, holding, load / servers, waits, (mean, max(0.0, square - mean * mean)), rate)
