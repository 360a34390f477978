"""A plan as arrays, so that many multiples of the load are solved at once."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from archbook.capacity.flow import Plan
    from archbook.capacity.handlings import Handling, Leg


class Group(NamedTuple):
    """Synchronous calls that a handling makes at once; most often a single one.

    row: of the answer that it waits for (the longest, in a group of several). parts: each call and its own answer.
    """

    row: int
    parts: tuple[tuple[int, Leg], ...]
    alone: bool


@dataclass(frozen=True, slots=True)
class Level:
    """Elements that wait only for elements of earlier levels, and their handlings, sorted by element."""

    elements: Any
    handlings: Any
    weights: Any  # share of its element's visits of each handling
    of: Any  # the element of each handling: its position in this level
    groups: tuple[Group, ...]  # of which the longest counts
    terms: Any  # rows of answers that add up; how many of them; the variance of that
    times: Any
    spread: Any
    into: Any  # the handling of each term: its position in this level
    answers: Any  # rows of the answers that these elements give


class Network:
    """Elements, handlings and answers of a plan in rows. Nothing depends on growth or capacities.

    An answer is what a caller waits for: a handling with a timeout.
    """

    def __init__(self, plan: Plan) -> None:
        self.elements = plan.elements
        self.index = {name: i for i, name in enumerate(self.elements)}
        self.circular = plan.circular
        self.reads_per_s = np.array([plan.reads_per_s[name] for name in self.elements])
        self.writes_per_s = np.array([plan.writes_per_s[name] for name in self.elements])
        self.visits_per_s = self.reads_per_s + self.writes_per_s
        self.element = np.array([self.index.get(h.element, 0) for h in plan.handlings], dtype=int)
        self.handled = np.array(plan.handling_per_s) > 0
        self._everywhere: dict[int, list[Place]] = {}
        self._rows: dict[Hashable, int] = {}
        self._handling: list[int] = []
        self._timeout: list[float] = []
        self.groups = [self._groups(handling) for handling in plan.handlings]
        callee = [plan.handlings[h].element for h in self._handling]
        given: dict[str, list[int]] = {}
        for key, row in self._rows.items():
            if isinstance(key, tuple) and isinstance(key[0], int):
                given.setdefault(callee[row], []).append(row)
        self.levels = [self._level(plan, names, [r for n in names for r in given.get(n, ())]) for names in plan.levels]
        self.handling, self.timeout = np.array(self._handling, dtype=int), np.array(self._timeout)

    def _groups(self, handling: Handling) -> list[Group]:
        groups: dict[object, list[Leg]] = {}
        for i, leg in enumerate(handling.legs):
            if leg.sync:
                groups.setdefault(leg.parallel or i, []).append(leg)
        return [self._group(legs) for legs in groups.values()]

    def _group(self, legs: list[Leg]) -> Group:
        parts = tuple((self._row((leg.handling, leg.timeout_s), leg.handling, leg.timeout_s), leg) for leg in legs)
        alone = len(legs) == 1 and legs[0].copies == 1
        return Group(parts[0][0] if alone else self._row(tuple(legs), 0, math.inf), parts, alone)

    def _row(self, key: Hashable, handling: int, timeout_s: float) -> int:
        if key not in self._rows:
            self._rows[key] = len(self._handling)
            self._handling.append(handling)
            self._timeout.append(timeout_s)
        return self._rows[key]

    def _level(self, plan: Plan, names: Sequence[str], answers: list[int]) -> Level:
        handlings: list[int] = []
        of: list[int] = []
        weights: list[float] = []
        for position, name in enumerate(names):
            mine = plan.handled_by[name]
            rates = [plan.handling_per_s[i] for i in mine]
            visits = sum(rates)
            of += [position] * len(mine)
            handlings += mine
            weights += [rate / visits for rate in rates] if visits else [1.0] + [0.0] * (len(mine) - 1)
        terms: list[tuple[float, ...]] = []
        for position, index in enumerate(handlings):
            for row, ((_, leg), *_), alone in self.groups[index]:
                terms.append((row, leg.times, leg.times_variance, position) if alone else (row, 1.0, 0.0, position))
        together = dict.fromkeys(group for index in handlings for group in self.groups[index] if not group.alone)
        rows, times, spread, into = np.array(terms).reshape(-1, 4).T
        elements = [self.index[name] for name in names]
        return Level(np.array(elements), np.array(handlings), np.array(weights), np.array(of), tuple(together),
                     rows.astype(int), times, spread, into.astype(int), np.array(answers, dtype=int))  # fmt: skip

    def everywhere(self, lanes: int) -> list[Place]:
        """Places of all elements in all lanes."""
        if lanes not in self._everywhere:
            self._everywhere[lanes] = self.places(np.ones((len(self.elements), lanes), dtype=bool), idle=True)
        return self._everywhere[lanes]

    def places(self, needed: Any, idle: bool = False) -> list[Place]:
        """Level by level, where the elements (rows) that are needed in each lane have something to compute.

        idle: also for what is handled in no journey of the design.
        """
        return [Place(self, level, needed, self.handled | idle) for level in self.levels]


class Place:
    """A level with the lanes in which its elements are needed. What is not called rows or lanes counts both."""

    def __init__(self, net: Network, level: Level, needed: Any, handled: Any) -> None:
        self.level, lanes = level, needed.shape[1]
        position, self.lanes = np.nonzero(needed[level.elements])
        self.element_rows = level.elements[position]
        self.elements = self.element_rows * lanes + self.lanes
        wanted = needed[net.element[level.handlings]] & handled[level.handlings, None]
        position, lane = np.nonzero(wanted)
        self.handling_rows, self.weights = level.handlings[position], level.weights[position]
        self.handlings = self.handling_rows * lanes + lane
        self.of = _counted(needed[level.elements])[level.of[position], lane]
        term, lane = np.nonzero(wanted[level.into])
        self.terms, self.times, self.spread = level.terms[term] * lanes + lane, level.times[term], level.spread[term]
        self.into = _counted(wanted)[level.into[term], lane]
        callees = net.handling[level.answers]
        position, lane = np.nonzero(needed[net.element[callees]] & handled[callees, None])
        rows, callees = level.answers[position], callees[position]
        self.answers, self.answering = rows * lanes + lane, callees * lanes + lane
        self.callee_rows = net.element[callees]
        self.callees = self.callee_rows * lanes + lane
        self.cut = np.flatnonzero(np.isfinite(net.timeout[rows]))
        self.timeout, self.cut_lanes = net.timeout[rows[self.cut]], lane[self.cut]


def _counted(wanted: Any) -> Any:
    """Position of each pair of row and lane among those that are wanted."""
    return (np.cumsum(wanted) - 1).reshape(wanted.shape)
