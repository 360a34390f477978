"""One replication: the tables of a program with fresh state, clients' requests, and a run to the end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.simulate import engine, state
from archbook.simulate.caches import cache_tables
from archbook.simulate.program import Program
from archbook.simulate.random import streams
from archbook.simulate.state import World
from archbook.simulate.timeline import Timeline

MOST_ROWS = 4_000_000
"""Requests and calls under way at once above which a run stops: the system does not keep up."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What one replication does. slots: parts into which its course is cut."""

    growth: float
    warm_s: float
    end_s: float
    slots: int
    seed: int


def arrivals(program: Program, timeline: Timeline, growth: float, end_s: float, chance: Any) -> tuple[Any, Any]:
    """Times (s) and endpoints of clients' requests: Poisson, with the rate of each moment.

    Times of a unit-rate process are mapped by the inverse of the expected count, so that the same seed at another
    load has the same requests, closer together.
    """
    rates = np.array([program.plan.arriving_per_s[name] for name in program.endpoints]) * growth
    total = rates.sum()
    starts = np.array([start for start, _ in timeline.rates])
    factors = np.array([factor for _, factor in timeline.rates])
    counts = np.concatenate([[0.0], np.cumsum(np.diff(np.append(starts, max(end_s, starts[-1]))) * factors * total)])
    expected = float(np.interp(end_s, np.append(starts, max(end_s, starts[-1])), counts))
    count = int(expected + 6 * math.sqrt(expected) + 20)
    units = np.cumsum(chance.standard_exponential(count))
    part = np.clip(np.searchsorted(counts, units, side="right") - 1, 0, len(starts) - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = starts[part] + (units - counts[part]) / (factors[part] * total)
    shares = np.cumsum(rates) / total
    endpoints = np.searchsorted(shares, chance.random(count)).clip(0, len(shares) - 1)
    kept = times < end_s
    return np.append(times[kept], math.inf), np.append(endpoints[kept], 0).astype(np.int64)


def world_of(program: Program, timeline: Timeline, plan: Plan, replication: int) -> World:
    """Fresh state for one replication."""
    times, endpoints = arrivals(program, timeline, plan.growth, plan.end_s,
                                np.random.default_rng([plan.seed, replication]))  # fmt: skip
    stations, count, rows = len(program.stations), len(program.endpoints), max(4096, 4 * program.spare)
    instances_x = np.zeros((len(program.instances), state.WIDE))
    instances_x[:, state.IX_SINCE], instances_x[:, state.IX_SPEEDS] = plan.warm_s, -1
    for row, first in timeline.speeds_at.items():
        instances_x[row, state.IX_SPEEDS] = first
    policies, whole = len(program.tables["policies"]), np.int64
    sizes = {"clients": program.clients * state.WIDE, "clients_x": program.clients * state.WIDE,
             "by_endpoint": (count, 2), "by_endpoint_x": count, "by_station": (stations, state.WIDE),
             "by_station_x": (stations, state.WIDE), "by_policy": (policies, state.WIDE),
             "responses": (count, state.BINS), "waits": (stations, state.BINS), "times": (stations, state.BINS),
             "course": (plan.slots, 4), "reached": (plan.slots, stations)}  # fmt: skip
    world = World({
        **program.tables, **{name: np.zeros(size, dtype=whole) for name, size in sizes.items()},
        "instances_x": instances_x, "speeds_x": timeline.speeds, "arrivals": endpoints, "arrivals_x": times,
        "changes": timeline.changes, "changes_x": timeline.changes_s,
        "streams": streams(plan.seed, state.R_STATIONS + stations, replication + 1),
        **cache_tables(program.caches, np.random.default_rng([plan.seed, replication, 1])), **_pool(rows),
    })  # fmt: skip
    first = int(world.n[state.STREAMS]) + 6 * state.R_STATIONS
    world.stations[:, state.S_STREAM] = first + 6 * np.arange(stations)
    world.n[[state.Z_FREE, state.Z_SLOTS, state.Z_STATIONS, state.Z_HEAP_SIZE]] = rows, plan.slots, stations, 4 * rows
    world.x[[state.F_WARM, state.F_END, state.F_SLOT]] = plan.warm_s, plan.end_s, plan.end_s / plan.slots
    return world


def _pool(rows: int) -> dict[str, Any]:
    return {"pool": np.zeros((rows, state.ROW), dtype=np.int64), "pool_x": np.zeros((rows, state.ROW)),
            "free": state.ROW * np.arange(rows, dtype=np.int64), "stack": np.zeros(rows, dtype=np.int64),
            "heap": np.zeros(4 * rows, dtype=np.int64), "heap_x": np.zeros(4 * rows)}  # fmt: skip


def grown(world: World) -> World:
    """The same world with twice the rows for jobs, calls and events."""
    rows, tables = len(world.pool), {name: getattr(world, name) for name in world.shapes}
    for name, table in _pool(rows).items():
        tables[name] = np.concatenate([tables[name], table])
    left = int(world.n[state.Z_FREE])
    tables["free"][left : left + rows] = state.ROW * np.arange(rows, 2 * rows)
    larger = World(tables)
    larger.n[:16], larger.x[:8] = world.n[:16], world.x[:8]
    larger.n[state.Z_FREE], larger.n[state.Z_HEAP_SIZE] = left + rows, 8 * rows
    first = int(larger.n[state.STREAMS]) + 6 * state.R_STATIONS
    larger.stations[:, state.S_STREAM] = first + 6 * np.arange(len(larger.stations))
    return larger


def replicate(program: Program, timeline: Timeline, plan: Plan, replication: int) -> tuple[World, bool]:
    """Run one replication; whether it came to its end, or stopped because requests piled up without bound."""
    world = world_of(program, timeline, plan, replication)
    for until in (plan.warm_s, plan.end_s):
        while engine.run(world.n, world.x, program.spare, float(until)) == state.FULL:
            if 2 * len(world.pool) > MOST_ROWS:
                return world, False
            world = grown(world)
        if until == plan.warm_s:
            world.by_policy[:] = 0  # the one table that counts from the start
    return world, True
