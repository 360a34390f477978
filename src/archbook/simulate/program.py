"""A design as the tables that the engine runs: handlings, legs, policies, stations, instances."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.caching import fitting
from archbook.capacity.flow import Plan
from archbook.capacity.handlings import Handling
from archbook.capacity.solving import ELASTIC
from archbook.design.elements import External, Service, ServiceTime, Store
from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.errors import InvalidInput
from archbook.simulate import state
from archbook.simulate.caches import KeyedCache
from archbook.simulate.random import law_of
from archbook.units import significant

POLICIES = {"random": state.RANDOM, "round_robin": state.ROUND_ROBIN, "least_connections": state.LEAST,
            "power_of_two": state.TWO_CHOICES, "sticky": state.STICKY, "consistent_hash": state.HASHED}  # fmt: skip
BACKOFFS = {"none": state.NO_BACKOFF, "fixed": state.FIXED, "exponential": state.EXPONENTIAL,
            "jittered": state.JITTERED}  # fmt: skip
VIRTUAL_NODES = 100
MOST_INSTANCES, MOST_KEYS, MOST_CALLS = 20_000, 10_000_000, 20_000
"""What is simulated at most: instances in all, keys of one cache, calls of one request to its next."""


@dataclass(frozen=True, slots=True)
class Program:
    """The constant tables of a design, and what their rows stand for. spare: rows that one event takes at most."""

    design: Design
    plan: Plan
    tables: dict[str, Any]
    stations: tuple[str, ...]
    instances: tuple[tuple[str, int], ...]  # element and number of each instance
    endpoints: tuple[str, ...]
    clients: int
    spare: int
    caches: tuple[KeyedCache, ...] = ()

    def row(self, element: str) -> int:
        """The row of a service, store or external system."""
        return self.stations.index(element)

    def rows_of(self, element: str) -> range:
        """The rows of the instances of an element."""
        station = self.tables["stations"][self.row(element)]
        first = int(station[state.S_FIRST]) // state.WIDE
        return range(first, first + int(station[state.S_COUNT]))


def program_of(design: Design, plan: Plan) -> Program:
    """The tables of a design. Elements without a service time take none, as in the estimate.

    Raises InvalidInput where a number of it is too large to simulate.
    """
    _refuse_too_large(design, plan)
    stations, instances, ring = _stations(design)
    policies, clients = _policies(design)
    legs = _Legs(design, plan)
    handlings = [legs.add(handling) for handling in plan.handlings]
    names = tuple(plan.elements)
    rows = {name: i for i, name in enumerate(names)}
    for row, handling in zip(handlings, plan.handlings, strict=True):
        row[state.H_STATION] = rows.get(handling.element, -1) * state.WIDE if handling.element in rows else -1
    endpoints = tuple(endpoint.name for endpoint in design.api.endpoints)
    tables = {
        "handlings": _rows(handlings),
        "laws_x": _rows([_law(design, handling) for handling in plan.handlings], float),
        "legs": _rows(legs.rows),
        "legs_x": _rows(legs.parts, float),
        "policies": _rows(policies[0]),
        "policies_x": _rows(policies[1], float),
        "stations": _rows(stations[0]),
        "stations_x": _rows(stations[1], float),
        "instances": _rows(instances[1]),
        "ring_x": np.array([point for point, _ in ring] or [0.0]),
        "ring": np.array([owner for _, owner in ring] or [0], dtype=np.int64),
        "entries": np.array([plan.entries[name] for name in endpoints], dtype=np.int64) * state.WIDE,
    }
    copies = int(max([1, *tables["stations"][:, state.S_COPIES]]))
    widest = sum(int(row[state.L_REPEAT]) + 1 for row in legs.rows)
    caches = tuple(_cache(design.stores[name]) for name in plan.hit_ratios)
    return Program(design, plan, tables, names, tuple(instances[0]), endpoints, clients, 64 + copies * widest, caches)


def _refuse_too_large(design: Design, plan: Plan) -> None:
    copies: dict[str, float] = {name: service.instances for name, service in design.services.items()}
    copies |= {name: 1 + store.replicas for name, store in design.stores.items()}
    most = max(copies, key=lambda name: copies[name])
    _at_most(sum(copies.values()), MOST_INSTANCES, f"instances in all, {significant(copies[most])} of {most}")
    for name in plan.hit_ratios:
        keys = design.stores[name].keys
        _at_most(float(keys.items) if keys else 0.0, MOST_KEYS, f"`keys` of {name} (give its `hit_ratio` instead)")
    for handling in plan.handlings:
        calls = sum(leg.per_visit for leg in handling.legs)
        _at_most(calls, MOST_CALLS, f"calls for one request to {handling.element} (look at `per_request`)")


def _at_most(number: float, most: int, what: str) -> None:
    if number > most:
        raise InvalidInput(f"{significant(number)} {what} are too many to simulate; at most {significant(most)} are")


def _cache(store: Store) -> KeyedCache:
    assert store.keys  # the plan computed its hit ratio from them
    items, ttl = max(1, round(float(store.keys.items))), float(store.ttl) if store.ttl else math.inf
    return KeyedCache(items, float(store.keys.zipf), fitting(store), ttl, store.keys.policy, store.keys.coalesce)


def _rows(rows: Sequence[Sequence[float]], kind: type = np.int64) -> Any:
    """Rows of any width as a table of the width that all share."""
    table: Any = np.zeros((max(len(rows), 1), state.WIDE), dtype=kind)
    for i, row in enumerate(rows):
        table[i, : len(row)] = row
    return table


def _law(design: Design, handling: Handling) -> tuple[float, float, float, float]:
    own: ServiceTime | None = handling.own_time
    if own is None and not handling.element.startswith("event "):
        own = design.element(handling.element).service_time
    return law_of(float(own.mean), float(own.scv)) if own else law_of(0.0, 0.0)


def _policies(design: Design) -> tuple[tuple[list[list[int]], list[list[float]]], int]:
    """A row a call of the design, and a last one for deliveries of events; and how many client rows they need."""
    rows, limits, clients = [], [], 0
    for call in design.calls:
        rows.append([call.retries, BACKOFFS[call.backoff], call.bulkhead or 0, int(call.breaker),
                     int(call.optional or bool(call.fallback)), clients * state.WIDE])  # fmt: skip
        limits.append(_limits(call))
        clients += design.services[call.from_].instances
    rows.append([0, 0, 0, 0, 1, clients * state.WIDE])
    limits.append([0.0, 0.0, -1.0, 0.0, 0.0, 0.0])
    most = max((service.instances for service in design.services.values()), default=1)
    return (rows, limits), clients + most


def _limits(call: Call) -> list[float]:
    budget = -1.0 if call.retry_budget is None else float(call.retry_budget)
    return [
        float(call.timeout or 0.0),
        float(call.pause),
        budget,
        float(call.failure or 0.0),
        float(call.hedge_after or 0.0),
        10.0,
    ]


class _Legs:
    """Legs in rows, those that are made at once side by side."""

    def __init__(self, design: Design, plan: Plan) -> None:
        self.design, self.plan = design, plan
        self.keyed = tuple(plan.hit_ratios)
        self.rows: list[list[int]] = []
        self.parts: list[list[float]] = []

    def add(self, handling: Handling) -> list[int]:
        """The row of a handling, after its legs."""
        start = len(self.rows)
        groups: dict[Any, list[Any]] = {}
        for i, leg in enumerate(handling.legs):
            groups.setdefault(leg.parallel if leg.parallel and leg.sync else (i,), []).append(leg)
        for legs in groups.values():
            end = len(self.rows) + len(legs)
            for leg in legs:
                self._add(leg, end)
        return [-1, start * state.WIDE, len(self.rows) * state.WIDE]

    def _add(self, leg: Any, end: int) -> None:
        call = self.design.calls[leg.call] if leg.call >= 0 else None
        chance = 1.0
        cache = self.keyed.index(call.unless_hit) if call is not None and call.unless_hit in self.keyed else -1
        if call is not None:
            chance = 1 - float(call.hit_ratio or 0)
            if call.unless_hit and cache < 0:
                chance *= 1 - float(self.design.stores[call.unless_hit].hit_ratio or 0)
        missed = 1 - self.plan.hit_ratios.get(call.unless_hit or "", 0.0) if call is not None else 1.0
        times = leg.per_visit / (chance * missed) if chance * missed > 0 else leg.per_visit
        whole = math.floor(times + 1e-9)
        sync = int(leg.sync)
        policy = leg.call if leg.call >= 0 else len(self.design.calls)
        self.rows.append([leg.handling * state.WIDE, sync, int(leg.write), whole, policy * state.WIDE,
                          end * state.WIDE, cache * state.WIDE if cache >= 0 else -1])  # fmt: skip
        self.parts.append([max(0.0, times - whole), chance])


def _stations(design: Design) -> tuple[tuple[Any, Any], tuple[Any, Any], list[tuple[float, int]]]:
    """Rows of stations (whole numbers and others), instances (names and rows), and the points of the rings."""
    rows, limits, names, instances, ring = [], [], [], [], []  # type: ignore[var-annotated]
    elements: dict[str, Service | Store | External] = {**design.services, **design.stores, **design.externals}
    for station, (name, element) in enumerate(elements.items()):
        first = len(instances)
        count, servers, most, policy, copies, limit = _capacity(element)
        points = sorted(_points(first, count)) if policy == state.HASHED else []
        rows.append([first * state.WIDE, count, policy, 0, copies, len(ring), len(ring) + len(points)])
        limits.append([limit, 0.0])
        ring += points
        for number in range(count):
            names.append((name, number))
            instances.append([station * state.WIDE, servers, 0, 0, most, -1, -1, state.WELL])
    return (rows, limits), (names, instances), ring


def _capacity(element: Service | Store | External) -> tuple[int, int, int, int, int, float]:
    """Instances, servers of each (0: no limit), places to wait (−1: no limit), policy, copies, interval of a limit."""
    if isinstance(element, Service):
        most = -1 if element.queue is None else element.queue
        return element.instances, element.concurrency, most, POLICIES[element.balancing], 1, 0.0
    if isinstance(element, Store):
        elastic = element.engine in ELASTIC and "servers" not in element.model_fields_set
        copies = 1 + element.replicas
        return copies, 0 if elastic else element.servers, -1, state.RANDOM, copies, 0.0
    return 1, 0, -1, state.RANDOM, 1, 1 / float(element.rate_limit) if element.rate_limit else 0.0


def _points(first: int, count: int) -> list[tuple[float, int]]:
    chance = np.random.default_rng(first + count)
    return [(float(point), (first + i) * state.WIDE) for i in range(count) for point in chance.random(VIRTUAL_NODES)]
