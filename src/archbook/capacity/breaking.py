"""At which multiple of today's load each element saturates, why, and what would help."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from archbook.capacity.result import Break, Remedy
from archbook.capacity.solving import Solution, System
from archbook.units import show_duration, show_factor, show_rate, significant

COMFORTABLE = 0.85
"""Remedies keep every element at or under this utilisation, above which waits grow fast."""
_PRECISION = 1e-3
_LANES = 64  # loads that are solved together


class Limits:
    """The multiple of today's load at which each element with a known limit saturates (inf: never).

    cause: the element whose queue it waits for, or its own name.
    """

    def __init__(self, system: System) -> None:
        self.system = system
        at = self._without_queues()
        waiting = [i for i, name in enumerate(system.stations) if system.plan.waits_for[name] and math.isfinite(at[i])]
        rows, bounds = np.array(waiting, dtype=int), at[waiting]
        if waiting:
            at[rows] = _roots(system, rows, bounds)
        names = list(system.stations)
        self.at = {name: float(load) for name, load in zip(names, at, strict=True) if not math.isnan(load)}
        by_queue = {names[row] for row, bound in zip(waiting, bounds, strict=True) if at[row] < 0.9 * bound}
        self.cause = self._causes(by_queue)

    def _without_queues(self) -> Any:
        """Where each element would saturate if it never waited for a queue; nan where its time is not known."""
        system = self.system
        limits = np.array([s.rate_limit_per_s or 0.0 for s in system.stations.values()])
        capacity = np.where(limits > 0, limits, system.servers)
        work = np.where(limits > 0, system.network.visits_per_s, system.each_per_s * system.rest.hold[0, :, 0])
        found = np.where((capacity > 0) & (work > 0), capacity / np.where(work > 0, work, 1.0), np.inf)
        return np.where(system.known | (limits > 0), found, np.nan)

    def _causes(self, by_queue: set[str]) -> dict[str, str]:
        """Element → what it waits for that saturates first, if it waits for a queue; else the element itself."""
        stations, waits_for = self.system.stations, self.system.plan.waits_for
        limited = {name for name in self.at if stations[name].servers and name not in by_queue}
        found: dict[str, tuple[float, str]] = {}
        for level in self.system.plan.levels * (len(stations) if self.system.network.circular else 1):
            for name in level:
                below = [found[callee] for callee in waits_for[name] if callee in found]
                own = [(self.at[name], name)] if name in limited else []
                found |= {name: min(below + own)} if below or own else {}
        return {name: found[name][1] if name in by_queue and name in found else name for name in self.at}


def limits_of(system: System) -> Limits:
    """The limits of a system, found once."""
    if "limits" not in system.memo:
        system.memo["limits"] = Limits(system)
    found: Limits = system.memo["limits"]
    return found


def _roots(system: System, rows: Any, bounds: Any) -> Any:
    """Solve utilisation(load) = 1 for many services at once: shared loads first, then each divides what is left."""
    brackets, below = _Brackets(bounds), needed_by(system, rows)
    shared = np.geomspace(bounds.min() / 2, 1.01 * bounds.max(), _LANES)
    places = system.network.places(np.repeat(below.any(axis=1, keepdims=True), _LANES, axis=1))
    found = Solution(system, shared, places=places).utilisation[rows]
    brackets.narrow(np.arange(len(rows)), np.tile(shared, (len(rows), 1)), found)
    cuts = 1 + _LANES // len(rows)
    for part in np.array_split(np.arange(len(rows)), 1 + len(rows) // (8 * _LANES)):
        places, each = system.network.places(np.repeat(below[:, part], cuts, axis=1)), np.repeat(rows[part], cuts)
        solved: Solution | None = None
        while brackets.wide(part):
            loads = np.linspace(*brackets.ends(part), cuts + 2, axis=1)[:, 1:-1]
            solved = solved.solve(loads.ravel()) if solved else Solution(system, loads.ravel(), places=places)
            brackets.narrow(part, loads, solved.utilisation[each, np.arange(len(each))].reshape(loads.shape))
    return brackets.line()


class _Brackets:
    """Loads between which services saturate, with how far each load is from what they carry there.

    That distance, over(g) = g − g / utilisation(g), is −bound at 0 and rises at least as fast as g: the load at which
    it is 0 is never further away than |over|.
    """

    def __init__(self, bounds: Any) -> None:
        self.low, self.below = 0 * bounds, bounds.copy()
        self.high, self.above = np.full((2, len(bounds)), np.inf)

    def narrow(self, part: Any, loads: Any, utilisation: Any) -> None:
        """Take in what was found for each service in `part` at rising loads within its bracket."""
        with np.errstate(divide="ignore"):
            over = loads - loads / utilisation
        loads = np.column_stack([self.low[part], loads, self.high[part]])
        over = np.column_stack([-self.below[part], over, self.above[part]])
        each, last = np.arange(len(part)), (over[:, :-1] < 0).sum(axis=1) - 1
        self.low[part], self.below[part] = loads[each, last], -over[each, last]
        self.high[part], self.above[part] = loads[each, last + 1], over[each, last + 1]

    def ends(self, part: Any) -> tuple[Any, Any]:
        """Least and most load at which each can saturate."""
        low, high = self.low[part], self.high[part]
        return np.maximum(low, high - self.above[part]), np.minimum(high, low + self.below[part])

    def wide(self, part: Any) -> bool:
        """Whether some are not yet narrow enough for a straight line."""
        low, high = self.ends(part)
        return bool((high - low > _PRECISION * high).any())

    def line(self) -> Any:
        """Where a straight line between the ends passes 0."""
        share = self.below / np.maximum(self.below + self.above, 1e-300)
        return np.clip(self.low + share * (self.high - self.low), *self.ends(slice(None)))


def needed_by(system: System, rows: Any) -> Any:
    """Elements by services: whether the service is it or waits for it."""
    found = np.zeros((len(system.stations), len(rows)), dtype=bool)
    found[rows, np.arange(len(rows))] = True
    plan, index = system.plan, system.network.index
    known = -1
    while known != (known := int(found.sum())):
        for name in (name for level in reversed(plan.levels) for name in level):
            for callee in plan.waits_for[name]:
                found[index[callee]] |= found[index[name]]
    return found


def breaks(limits: Limits, target: float, changes: Iterable[Remedy]) -> tuple[Break, ...]:
    """Elements that saturate, first to last; one that only waits for another stands behind it.

    changes: what would reach `target` times today's load.
    """
    first: dict[str, float] = {}
    cause, at = limits.cause, limits.at
    for name in cause:
        first[cause[name]] = min(at[name], first.get(cause[name], math.inf))
    names = [name for name, load in at.items() if math.isfinite(load)]
    names.sort(key=lambda n: (first[cause[n]], cause[n], cause[n] != n, at[n], n))
    needed = {remedy.element: remedy for remedy in changes}
    return tuple(Break(name, at[name], _why(limits, name, needed, target)) for name in names)


def _why(limits: Limits, name: str, needed: Mapping[str, Remedy], target: float) -> str:
    system, at, cause = limits.system, limits.at[name], limits.cause[name]
    row, station = system.network.index[name], system.stations[name]
    rate = float(system.network.visits_per_s[row])
    if station.rate_limit_per_s is not None:
        reach = f"; agree on {show_rate(rate * target)} for {show_factor(target)}" if at < target else ""
        return f"its owner accepts {show_rate(station.rate_limit_per_s)} from us{reach}"
    if cause != name:
        return (
            f"waits for {cause}: its {significant(station.servers)} threads are held until that answers; "
            f"mend {cause} first"
        )
    help_ = f"; {_help(needed[name])} for {show_factor(target)}" if name in needed and at < target else ""
    if station.kind == "store":
        spread = f", reads spread over {station.copies} copies" if station.copies > 1 else ""
        taken = f"a request takes {show_duration(float(system.rest.hold[0, row, 0]))}"
        return f"{taken} and {significant(station.servers)} run at once{spread}{help_}"
    holding = station.servers / (rate * at)
    waiting = holding - (station.own[0] if station.own else holding)
    mostly = _longest_wait(system, name) if waiting > 0.02 * holding else ""
    detail = f", {show_duration(waiting)} of it waiting for {mostly}" if mostly else ""
    threads = f"holds one of {significant(station.servers)} threads {show_duration(holding)} for each request"
    return threads + detail + help_


def _help(remedy: Remedy) -> str:
    more = remedy.needed - remedy.now
    noun = "instance" if remedy.what == "instances" else "server"
    return f"{significant(more)} more {noun}{'s' if more > 1 else ''}"


def _longest_wait(system: System, service: str) -> str:
    """The callee that accounts for most of the waiting, as words."""
    waiting: dict[str, float] = {}
    plan, answer = system.plan, system.rest.answer[0, :, 0]
    for index in plan.handled_by[service]:
        for group in system.network.groups[index]:
            for row, leg in group.parts:
                callee = plan.handlings[leg.handling].element
                time = plan.handling_per_s[index] * leg.times * float(answer[row])
                waiting[callee] = waiting.get(callee, 0.0) + time
    most = max(waiting, key=lambda name: waiting[name], default="")
    if not most or not waiting[most]:
        return ""
    return most if waiting[most] > 0.8 * sum(waiting.values()) else f"its callees, mostly {most}"


def remedies(solution: Solution, lane: int) -> Iterator[Remedy]:
    """The changes that `solution`, solved with `most` COMFORTABLE, has made; callees are mended before callers."""
    system = solution.system
    for row, (name, station) in enumerate(system.stations.items()):
        rate, servers = (
            float(system.network.visits_per_s[row] * solution.growths[lane]),
            int(solution.servers[row, lane]),
        )
        if station.rate_limit_per_s is not None:
            if rate > station.rate_limit_per_s:
                yield Remedy(name, "rate_limit", math.floor(station.rate_limit_per_s), math.ceil(rate))
        elif system.known[row] and servers > station.servers:
            what = "instances" if station.kind == "service" else "servers"
            now, needed = station.servers // station.unit, servers // station.unit
            yield Remedy(name, what, now, needed, float(solution.utilisation[row, lane]))
