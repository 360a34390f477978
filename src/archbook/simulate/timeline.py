"""What happens to a system while it is watched: outages, slowness, spikes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from archbook.capacity.formulas import checked, sequence
from archbook.design.elements import Service
from archbook.errors import InvalidInput, UnknownName, shown
from archbook.simulate import state
from archbook.simulate.program import Program

HEALTH_CHECK_S = 10.0
"""Health checks take an instance out this long after it began to refuse (two checks, 5 s apart), and put it back
as long after it recovered."""


@dataclass(frozen=True, slots=True)
class Outage:
    """An element answers nothing for a while. mode: `refuse` fails at once, `hang` lets requests wait.

    instance: only that one (from 0); all by default. checked: whether health checks take it out, `noticed_after_s`
    later; by default as the design says.
    """

    element: str
    at_s: float
    for_s: float
    mode: Literal["refuse", "hang"] = "hang"
    instance: int | None = None
    checked: bool | None = None
    noticed_after_s: float = HEALTH_CHECK_S


@dataclass(frozen=True, slots=True)
class Slow:
    """An element, or one instance of it, takes `factor` times as long for a while."""

    element: str
    at_s: float
    for_s: float
    factor: float
    instance: int | None = None


@dataclass(frozen=True, slots=True)
class Spike:
    """Clients ask `factor` times as often for a while."""

    at_s: float
    for_s: float
    factor: float


@dataclass(frozen=True, slots=True)
class Flush:
    """A cache that has `keys` forgets everything at once."""

    element: str
    at_s: float
    for_s: float = 0.0


Happening = Outage | Slow | Spike | Flush


@dataclass(frozen=True, slots=True)
class Timeline:
    """Happenings as tables. speeds: rows of (from, speed); at: instance → its first row. rates: (from, factor)."""

    changes_s: Any
    changes: Any
    speeds: Any
    speeds_at: dict[int, int]
    rates: tuple[tuple[float, float], ...]


def in_order(happenings: Sequence[Happening], until_s: float = math.inf) -> tuple[Happening, ...]:
    """Happenings by their beginnings, all of them before `until_s`. Raises InvalidInput."""
    found = sequence("happenings", happenings)
    for happening in found:
        if not isinstance(happening, Happening):
            raise InvalidInput(f'{shown(happening)} is no happening; write it like `Outage("bank", at_s=10, for_s=10)`')
        if checked("at_s", happening.at_s) >= until_s:
            raise InvalidInput(f"`at_s` is {happening.at_s:g}; it is watched for {until_s:g} s only: begin before, "
                               "or give a longer `duration_s`")  # fmt: skip
    return tuple(sorted(found, key=lambda happening: float(happening.at_s)))


def timeline(program: Program, happenings: Sequence[Happening] = ()) -> Timeline:
    """The tables of happenings. Raises UnknownName and InvalidInput."""
    changes: list[tuple[float, int, int, int]] = []
    slow: dict[int, list[tuple[float, float, float]]] = {}
    spikes: list[tuple[float, float, float]] = []
    for happening in happenings:
        start = checked("at_s", happening.at_s)
        if isinstance(happening, Flush):
            changes.append((start, state.FLUSH, _cache(program, happening.element), 1))
            continue
        end = start + checked("for_s", happening.for_s, above=0)
        if isinstance(happening, Spike):
            spikes.append((start, end, checked("factor", happening.factor, most=1000)))
            continue
        rows = _rows(program, happening.element, happening.instance)
        if isinstance(happening, Slow):
            factor = checked("factor", happening.factor, above=0, most=1e6)
            for row in rows:
                slow.setdefault(row, []).append((start, end, 1 / factor))
        else:
            changes += _outage(program, happening, rows, start, end, slow)
    changes.sort(key=lambda change: change[0])
    speeds, speeds_at = _speeds(slow)
    times = np.array([change[0] for change in changes] + [math.inf])
    table = np.array([(*change[1:], 0) for change in changes] or [(0, 0, 0, 0)], dtype=np.int64)
    return Timeline(times, table, speeds, speeds_at, _rates(spikes))


def _outage(
    program: Program, outage: Outage, rows: Iterable[int], start: float, end: float, slow: dict[int, Any]
) -> list[tuple[float, int, int, int]]:
    changes: list[tuple[float, int, int, int]] = []
    if outage.mode not in ("refuse", "hang"):
        raise InvalidInput(f"`mode` is `{outage.mode}`; it is `refuse` or `hang`")
    element = program.design.element(outage.element)
    watched = bool(isinstance(element, Service) and element.health_check)
    watched = watched if outage.checked is None else outage.checked
    noticed_s = checked("noticed_after_s", outage.noticed_after_s)
    for row in rows:
        if outage.mode == "refuse":
            changes += [(start, state.REFUSE, row * state.WIDE, 1), (end, state.REFUSE, row * state.WIDE, 0)]
        else:
            slow.setdefault(row, []).append((start, end, 0.0))
        if watched and outage.instance is not None and end - start > noticed_s:
            at = row * state.WIDE
            changes += [(start + noticed_s, state.TAKE_OUT, at, 1), (end + noticed_s, state.TAKE_OUT, at, 0)]
    return changes


def _rows(program: Program, element: str, instance: int | None) -> Sequence[int]:
    if element not in program.stations:
        raise UnknownName("element", element, program.stations)
    rows = program.rows_of(element)
    if instance is None:
        return rows
    if isinstance(instance, bool) or not isinstance(instance, int) or not 0 <= instance < len(rows):
        raise InvalidInput(f"`instance` is {shown(instance)}; {element} has {len(rows)}, counted from 0")
    return [rows[instance]]


def _cache(program: Program, element: str) -> int:
    """The place of a cache in the tables."""
    caches = list(program.plan.hit_ratios)
    if element not in caches:
        raise UnknownName("cache with `keys`", element, caches)
    return caches.index(element) * state.WIDE


def _speeds(slow: dict[int, list[tuple[float, float, float]]]) -> tuple[Any, dict[int, int]]:
    """Speed of each touched instance as steps; overlapping happenings multiply."""
    rows: list[tuple[float, float]] = []
    at: dict[int, int] = {}
    for instance, parts in slow.items():
        at[instance] = len(rows)
        for start, factor in _steps(parts):
            rows.append((start, factor))
        rows.append((math.inf, 1.0))
    return np.array(rows or [(0.0, 1.0)]), at


def _rates(spikes: list[tuple[float, float, float]]) -> tuple[tuple[float, float], ...]:
    return tuple(_steps(spikes))


def _steps(parts: Iterable[tuple[float, float, float]]) -> list[tuple[float, float]]:
    """(start, end, factor) as steps of the product of all factors, from 0 on."""
    parts = list(parts)
    edges = sorted({0.0, *(edge for start, end, _ in parts for edge in (start, end))})
    return [(edge, math.prod(factor for start, end, factor in parts if start <= edge < end)) for edge in edges]
