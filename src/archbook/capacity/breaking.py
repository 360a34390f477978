"""At which multiple of today's load each element saturates, why, and what would help."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.flow import Plan
from archbook.capacity.handlings import LEAF
from archbook.capacity.result import Break, Remedy
from archbook.capacity.solving import Solution, Station
from archbook.units import show_duration, show_factor, show_rate, significant

COMFORTABLE = 0.85
"""Remedies keep every element at or under this utilisation, above which waits grow fast."""
_PRECISION = 1e-5
_EXACT = 48  # services, first to saturate, whose load is found to five digits
_PASSES = 12


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an element saturates. cause: the element whose queue it waits for, or its own name."""

    at: float
    cause: str


class Limits:
    """The multiple of today's load at which each element with a known limit saturates (inf: never)."""

    def __init__(self, plan: Plan, known: Mapping[str, Station]) -> None:
        self.plan, self.known, self.net = plan, known, plan.network
        self.rest = Solution(plan, known, [0.0])
        bounds = {name: self._bound(station) for name, station in known.items()}
        self.at = {name: bound for name, bound in bounds.items() if bound is not None}
        waiting = [name for name in self.at if known[name].kind == "service" and self._waits(name)]
        waiting = [name for name in waiting if math.isfinite(self.at[name])]
        bound_of = np.array([self.at[name] for name in waiting])
        if waiting:
            rows = np.array([self.net.index[name] for name in waiting])
            for name, at in zip(waiting, self._roots(rows, bound_of), strict=True):
                self.at[name] = float(at)
        by_queue = {n for n, bound in zip(waiting, bound_of, strict=True) if self.at[n] < 0.9 * bound}
        self.cause = {name: self._cause(name, by_queue) for name in self.at}

    def _bound(self, station: Station) -> float | None:
        """Where it would saturate if it never waited for a queue; None where its time is not known."""
        row = self.net.index[station.name]
        if station.rate_limit_per_s is not None:
            rate = self.net.reads_per_s[row] + self.net.writes_per_s[row]
            return float(station.rate_limit_per_s / rate) if rate else math.inf
        if not self.rest.known[row]:
            return None
        each = self.net.writes_per_s[row] + self.net.reads_per_s[row] / station.copies
        work = float(each * self.rest.hold_mean[row, 0])
        return station.servers / work if station.servers and work else math.inf

    def _waits(self, service: str) -> bool:
        return any(self.plan.groups(index) for index in self.plan.handled_by[service])

    def _roots(self, rows: Any, bounds: Any) -> Any:
        """Solve utilisation(growth) = 1 for many services at once; each pass narrows all brackets.

        How far a load is above what the element carries with the holding time that it has there,
        g − g / utilisation(g), rises with the load g; it is −bound at 0. Past the first `_EXACT` services to saturate,
        an interpolation between the loads of the first pass (about a fifth apart) has to do.
        """
        loads, over = np.zeros(1), -bounds[:, None]
        low, high, guess = np.zeros(len(rows)), bounds.copy(), bounds.copy()
        todo = np.arange(len(rows))
        for step in range(_PASSES):
            lanes = _around(guess[todo], step) if step else self._first_lanes(bounds)
            utilisation = Solution(self.plan, self.known, lanes).utilisation[rows]
            with np.errstate(divide="ignore"):
                added = lanes - lanes / utilisation
            loads, order = np.unique(np.concatenate([loads, lanes]), return_index=True)
            over = np.concatenate([over, added], axis=1)[:, order]
            for i in todo:
                low[i], high[i], guess[i] = _narrowed(loads, over[i], bounds[i], step)
            todo = np.array(sorted(todo, key=lambda i: guess[i])[:_EXACT], dtype=int)
            todo = todo[(high - low)[todo] > _PRECISION * high[todo]]
            if not len(todo):
                break
        return guess

    def _first_lanes(self, bounds: Any) -> Any:
        """Loads at which something may change: the limits of leaves, the bounds, and loads between."""
        top = float(bounds.max())
        leaves = [at for name, at in self.at.items() if self.known[name].kind != "service" and at < top]
        bottom = min([float(bounds.min()), *leaves]) / 4
        spread = np.geomspace(bottom, top, 24 if len(bounds) < _EXACT else 64)
        return np.unique(np.concatenate([spread, _quantiles(bounds, 24), _quantiles(np.array(leaves), 16)]))

    def _cause(self, name: str, by_queue: set[str]) -> str:
        """The element that it waits for and that saturates first, or itself where queues cost it little."""
        if name not in by_queue:
            return name
        reached, stack = {name}, [name]
        while stack:
            service = stack.pop()
            legs = (leg for i in self.plan.handled_by[service] for leg in self.plan.handlings[i].legs if leg.sync)
            for leg in legs:
                if leg.target not in reached:
                    reached.add(leg.target)
                    stack += [leg.target] if leg.handling != LEAF else []
        limited = [n for n in reached if n in self.at and self.known[n].servers and n not in by_queue]
        return min(limited, key=lambda n: (self.at[n], n), default=name)


def _around(guesses: Any, step: int) -> Any:
    """Loads to solve next: the guesses and, where they are few, a little to both sides to pin them down."""
    near = 10.0 ** -(1 + 2 * step)
    if len(guesses) <= _EXACT // 3:
        guesses = np.concatenate([guesses * (1 - near), guesses, guesses * (1 + near)])
    return np.unique(guesses)


def _quantiles(values: Any, count: int) -> Any:
    """All values, or `count` of them evenly by rank."""
    values = np.unique(values)
    return values if len(values) <= count else values[np.linspace(0, len(values) - 1, count).astype(int)]


def _narrowed(loads: Any, over: Any, bound: float, step: int) -> tuple[float, float, float]:
    """Bracket and next guess of one service, from all loads that have been solved."""
    right = int(np.searchsorted(over, 0.0))
    low, high = float(loads[right - 1]), min(float(loads[right]), bound)
    below, above = float(over[right - 1]), float(over[right])
    for x, f in ((low, below), (float(loads[right]), above)):
        if abs(f) <= _PRECISION * x:
            return x, x, x
    if step % 4 == 3:
        return low, high, (low + high) / 2
    guess = low - below * (float(loads[right]) - low) / (above - below)
    for third in (right + 1, right - 2):
        if 0 <= third < len(loads) and over[third] not in (below, above):
            x3, f3 = float(loads[third]), float(over[third])
            curved = _inverse((low, below), (float(loads[right]), above), (x3, f3))
            guess = curved if low < curved < high else guess
            break
    margin = 1e-7 * high
    return low, high, min(max(guess, low + margin), high - margin)


def _inverse(*points: tuple[float, float]) -> float:
    """x at f = 0 on the parabola x(f) through three points."""
    total = 0.0
    for i, (x, f) in enumerate(points):
        for j, (_, other) in enumerate(points):
            x *= other / (other - f) if i != j else 1.0
        total += x
    return total


def breaks(limits: Limits, target: float, changes: Iterable[Remedy]) -> tuple[Break, ...]:
    """Elements that saturate, first to last; one that only waits for another stands behind it.

    changes: what would reach `target` times today's load.
    """
    first: dict[str, float] = {}
    cause = limits.cause
    for name in cause:
        first[cause[name]] = min(limits.at[name], first.get(cause[name], math.inf))
    names = [name for name, at in limits.at.items() if math.isfinite(at)]
    names.sort(key=lambda n: (first[cause[n]], cause[n], cause[n] != n, limits.at[n], n))
    needed = {remedy.element: remedy for remedy in changes}
    return tuple(Break(name, limits.at[name], _why(limits, name, needed.get(name), target)) for name in names)


def _why(limits: Limits, name: str, remedy: Remedy | None, target: float) -> str:
    station, at = limits.known[name], limits.at[name]
    row = limits.net.index[name]
    rate = float(limits.net.reads_per_s[row] + limits.net.writes_per_s[row])
    if station.rate_limit_per_s is not None:
        reach = f"; agree on {show_rate(rate * target)} for {show_factor(target)}" if at < target else ""
        return f"its owner accepts {show_rate(station.rate_limit_per_s)} from us{reach}"
    if limits.cause[name] != name:
        held = f"its {significant(station.servers)} threads are held until that answers"
        return f"waits for {limits.cause[name]}: {held}; mend {limits.cause[name]} first"
    help_ = f"; {_help(remedy)} for {show_factor(target)}" if remedy and at < target else ""
    if station.kind == "store":
        spread = f", reads spread over {station.copies} copies" if station.copies > 1 else ""
        taken = f"a request takes {show_duration(float(limits.rest.hold_mean[row, 0]))}"
        return f"{taken} and {significant(station.servers)} run at once{spread}{help_}"
    holding = station.servers / (rate * at)
    waiting = holding - (station.own[0] if station.own else holding)
    mostly = _longest_wait(limits, name) if waiting > 0.02 * holding else ""
    detail = f", {show_duration(waiting)} of it waiting for {mostly}" if mostly else ""
    threads = f"holds one of {significant(station.servers)} threads {show_duration(holding)} for each request"
    return threads + detail + help_


def _help(remedy: Remedy) -> str:
    more = remedy.needed - remedy.now
    noun = "instance" if remedy.what == "instances" else "server"
    return f"{significant(more)} more {noun}{'s' if more > 1 else ''}"


def _longest_wait(limits: Limits, service: str) -> str:
    """The callee that accounts for most of the waiting, as words."""
    waiting: dict[str, float] = {}
    for index in limits.plan.handled_by[service]:
        rate = limits.plan.handling_per_s[index]
        for group in limits.plan.groups(index) if rate else ():
            for leg in group:
                time = float(limits.rest.leg_mean[limits.net.leg_row[id(leg)], 0]) * leg.copies
                waiting[leg.target] = waiting.get(leg.target, 0.0) + rate * time
    most = max(waiting, key=lambda name: waiting[name], default="")
    if not most or not waiting[most]:
        return ""
    return most if waiting[most] > 0.8 * sum(waiting.values()) else f"its callees, mostly {most}"


def remedies(plan: Plan, known: Mapping[str, Station], growth: float) -> tuple[Remedy, ...]:
    """The fewest instances (services) and servers (stores) that keep all at or under 85 % at `growth`.

    Callees are mended first, so that a caller is sized for the waits that remain.
    """
    solution = Solution(plan, known, [growth], most=COMFORTABLE)
    return tuple(_changes(known, solution, growth))


def _changes(known: Mapping[str, Station], solution: Solution, growth: float) -> Iterable[Remedy]:
    net = solution.network
    for name, station in known.items():
        row = net.index[name]
        if station.rate_limit_per_s is not None:
            rate = float(net.reads_per_s[row] + net.writes_per_s[row]) * growth
            if rate > station.rate_limit_per_s:
                yield Remedy(name, "rate_limit", math.floor(station.rate_limit_per_s), math.ceil(rate))
        elif solution.known[row] and solution.servers[row, 0] > station.servers:
            what = "instances" if station.kind == "service" else "servers"
            needed = int(solution.servers[row, 0]) // station.unit
            yield Remedy(name, what, station.servers // station.unit, needed, float(solution.utilisation[row, 0]))
