"""At which multiple of today's load each element saturates, why, and what would help."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archbook.capacity.flow import LEAF, Plan
from archbook.capacity.result import Break, Remedy
from archbook.capacity.solving import State, Station, solve
from archbook.units import show_duration, show_factor, show_rate, significant

COMFORTABLE = 0.85
"""Remedies keep every element at or under this utilisation, above which waits grow fast."""
_PRECISION = 1e-5
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Limit:
    """Where an element saturates. cause: the element whose queue it waits for, or its own name."""

    at: float
    cause: str
    state: State | None  # what holds there; None where no server is held by waiting


def limits(plan: Plan, known: dict[str, Station]) -> dict[str, Limit]:
    """The multiple of today's load at which each element with a known limit saturates (inf: never)."""
    found: dict[str, Limit] = {}
    at_rest = solve(plan, known, 0.0)
    for name in [n for n in known if known[n].kind != "service"] + [n for n in plan.order if n in known]:
        bound = _bound(plan, known[name], at_rest)
        if bound is None:
            continue
        if known[name].kind != "service" or not (plan.waits_for[name] or _waits_for_stores(plan, name)):
            found[name] = Limit(bound, name, None)
        else:
            found[name] = _root(plan, known, name, bound, found)
    return found


def _bound(plan: Plan, station: Station, at_rest: State) -> float | None:
    """Where it would saturate if it never waited for a queue; None where its time is not known."""
    load = at_rest.loads.get(station.name)
    rate = plan.reads_per_s[station.name] + plan.writes_per_s[station.name]
    if station.rate_limit_per_s is not None:
        return station.rate_limit_per_s / rate if rate else math.inf
    if load is None:
        return None
    each = plan.writes_per_s[station.name] + plan.reads_per_s[station.name] / station.copies
    return station.servers / (each * load.holding[0]) if station.servers and each else math.inf


def _waits_for_stores(plan: Plan, service: str) -> bool:
    return any(leg.sync and leg.handling == LEAF for i in plan.handled_by[service] for leg in plan.handlings[i].legs)


def _below(plan: Plan, service: str) -> tuple[tuple[str, ...], set[str]]:
    """The services that `service` waits for, directly or not, callees first; and the other elements."""
    reached, stack = {service}, [service]
    while stack:
        new = set(plan.waits_for[stack.pop()]) - reached
        reached |= new
        stack.extend(new)
    leaves = {
        leg.target
        for name in reached
        for index in plan.handled_by[name]
        for leg in plan.handlings[index].legs
        if leg.sync and leg.handling == LEAF
    }
    return tuple(name for name in plan.order if name in reached), leaves


def _root(plan: Plan, known: dict[str, Station], name: str, bound: float, found: dict[str, Limit]) -> Limit:
    """Solve utilisation(growth) = 1, which rises with growth."""
    if math.isinf(bound):
        return Limit(bound, name, None)
    order, leaves = _below(plan, name)
    few = {n: known[n] for n in (*order, *leaves)}
    states: dict[float, State] = {}

    def over(growth: float) -> float:
        """How far `growth` is above what the element could carry with the holding time that it has there."""
        states[growth] = solve(plan, few, growth, order)
        return growth - growth / states[growth].loads[name].utilisation

    high = min([bound, *(found[n].at for n in (*order, *leaves) if n in found and n != name)])
    above = over(high)
    if above < -_PRECISION * high:  # timeouts cut its callees off: only its own bound holds
        high, above = bound, over(bound)
    at = high if above <= _PRECISION * high else _zero(over, (0.0, -bound), (high, above))
    return Limit(at, _cause(name, at, bound, states[at], found), states[at])


def _zero(f: Callable[[float], float], low: Point, high: Point) -> float:
    """Where a rising function crosses zero: Chandrupatla's method (Advances in Engineering Software 28, 1997).

    Where he halves the bracket, every other time a straight line through its ends is tried first.
    """
    (a, fa), (b, fb) = low, high
    part, straight = fa / (fa - fb), True
    for _ in range(100):
        x = a + part * (b - a)
        fx = f(x)
        if abs(fx) <= _PRECISION * x or abs(b - a) <= 1e-12 * x:
            break
        if (fx > 0) == (fa > 0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = x, fx
        xi, phi = (a - b) / (c - b), (fa - fb) / (fc - fb)
        part, straight = (fa / (fa - fb), False) if straight else (0.5, True)
        if phi * phi < xi and (1 - phi) * (1 - phi) < 1 - xi:
            part = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
    return x


def _cause(name: str, at: float, bound: float, state: State, found: dict[str, Limit]) -> str:
    """The callee in whose queue most of the time goes, or the service itself when little goes there."""
    if at > 0.9 * bound:
        return name
    others = [n for n, load in state.loads.items() if n != name and load.servers]
    worst = max(others, key=lambda n: state.loads[n].wait[0] * state.loads[n].rate_per_s, default=name)
    return found[worst].cause if worst in found else worst


def breaks(plan: Plan, known: dict[str, Station], found: dict[str, Limit], target: float) -> tuple[Break, ...]:
    """Elements that saturate, first to last; one that only waits for another stands behind it."""
    first: dict[str, float] = {}
    for limit in found.values():
        first[limit.cause] = min(limit.at, first.get(limit.cause, math.inf))
    named = [(name, limit) for name, limit in found.items() if math.isfinite(limit.at)]
    named.sort(key=lambda pair: (first[pair[1].cause], pair[1].cause, pair[1].cause != pair[0], pair[1].at, pair[0]))
    at_rest = solve(plan, known, 0.0)
    needed = {remedy.element: remedy for remedy in remedies(plan, known, target)}
    return tuple(
        Break(name, limit.at, _why(plan, known[name], limit, at_rest, needed.get(name), target))
        for name, limit in named
    )


def _why(plan: Plan, station: Station, limit: Limit, at_rest: State, remedy: Remedy | None, target: float) -> str:
    if station.rate_limit_per_s is not None:
        return (
            f"it accepts {show_rate(station.rate_limit_per_s)} from us; "
            f"agree on {show_rate(_rate(plan, station) * target)} for {show_factor(target)}"
        )
    if limit.cause != station.name:
        held = f"its {_some(station.servers)} threads are held until that answers"
        return f"waits for {limit.cause}: {held}; mend {limit.cause} first"
    help_ = f"; {_help(remedy)} for {show_factor(target)}" if remedy and limit.at < target else ""
    holding = (limit.state or at_rest).loads[station.name].holding[0]
    if station.kind == "store":
        spread = f", reads spread over {station.copies} copies" if station.copies > 1 else ""
        return f"a statement takes {show_duration(holding)} and {_some(station.servers)} run at once{spread}{help_}"
    waiting = holding - (station.own[0] if station.own else 0.0)
    target_of_wait = _longest_wait(plan, station.name, limit.state or at_rest) if waiting > 0.02 * holding else ""
    detail = f", {show_duration(waiting)} of it waiting for {target_of_wait}" if target_of_wait else ""
    return f"holds one of {_some(station.servers)} threads {show_duration(holding)} for each request{detail}{help_}"


def _some(count: int) -> str:
    return significant(count)


def _help(remedy: Remedy) -> str:
    more = remedy.needed - remedy.now
    noun = "instance" if remedy.what == "instances" else "server"
    return f"{more} more {noun}{'s' if more > 1 else ''}"


def _rate(plan: Plan, station: Station) -> float:
    return plan.reads_per_s[station.name] + plan.writes_per_s[station.name]


def _longest_wait(plan: Plan, service: str, state: State) -> str:
    """The callees that account for the waiting, the largest first, as words."""
    waiting: dict[str, float] = {}
    for index in plan.busy[service]:
        for legs in plan.groups(index):
            for leg in legs:
                mean = state.answer(leg)[0] * leg.times * plan.handling_per_s[index]
                waiting[leg.target] = waiting.get(leg.target, 0.0) + mean
    ranked = sorted(waiting, key=lambda name: -waiting[name])
    if not ranked or not waiting[ranked[0]]:
        return ""
    return ranked[0] if waiting[ranked[0]] > 0.8 * sum(waiting.values()) else "its callees, mostly " + ranked[0]


def remedies(plan: Plan, known: dict[str, Station], growth: float) -> tuple[Remedy, ...]:
    """The fewest instances (services) and servers (stores) that keep all at or under 85 % at `growth`.

    Callees are mended first, so that a caller is sized for the waits that remain.
    """
    state = solve(plan, known, growth, most=COMFORTABLE)
    changes = []
    for name, station in known.items():
        load = state.loads.get(name)
        if station.rate_limit_per_s is not None:
            rate = _rate(plan, station) * growth
            if rate > station.rate_limit_per_s:
                changes.append(Remedy(name, "rate_limit", math.floor(station.rate_limit_per_s), math.ceil(rate)))
        elif load is not None and load.servers > station.servers:
            what = "instances" if station.kind == "service" else "servers"
            now, needed = station.servers // station.unit, load.servers // station.unit
            changes.append(Remedy(name, what, now, needed, load.utilisation))
    return tuple(changes)


def unreachable(changes: Sequence[Remedy]) -> list[Remedy]:
    """Changes that are not ours to make: limits of external systems."""
    return [change for change in changes if change.what == "rate_limit"]
