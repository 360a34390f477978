"""A plan as arrays, so that many multiples of the load are solved at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from archbook.capacity.flow import Plan
    from archbook.capacity.handlings import Leg


@dataclass(frozen=True, slots=True)
class Level:
    """Services that wait only for services of earlier levels, and their handlings, sorted by service."""

    services: Any  # rows of elements
    handlings: Any  # rows of handlings
    weights: Any  # share of its service's visits of each handling
    service_starts: Any  # first handling of each service
    legs: Any  # rows of the legs that these handlings make
    terms: Any  # rows of legs that add up, sorted by handling
    term_starts: Any
    with_terms: Any  # handlings (positions in this level) that have terms
    parallel: tuple[tuple[int, tuple[int, ...]], ...]  # position of a handling, and legs of which the longest counts


class Network:
    """Elements, handlings and synchronous legs of a plan in rows. Nothing depends on growth or capacities."""

    def __init__(self, plan: Plan) -> None:
        design = plan.design
        self.elements = [*design.services, *design.stores, *design.externals]
        self.index = {name: i for i, name in enumerate(self.elements)}
        self.leaves = np.arange(len(design.services), len(self.elements))
        self.circular = plan.circular
        self.reads_per_s = np.array([plan.reads_per_s[name] for name in self.elements])
        self.writes_per_s = np.array([plan.writes_per_s[name] for name in self.elements])
        self._read_handlings(plan)
        self._read_legs(plan)
        self.levels = tuple(self._level(plan, services) for services in _levels(plan))

    def _read_handlings(self, plan: Plan) -> None:
        own = [h.own_time for h in plan.handlings]
        self.service = np.array([self.index.get(h.service, 0) for h in plan.handlings], dtype=int)
        self.own_mean = np.array([float(t.mean) if t else np.nan for t in own])
        self.own_variance = np.array([float(t.scv) * float(t.mean) ** 2 if t else np.nan for t in own])
        self.needs_time = np.zeros(len(self.elements), dtype=bool)  # some busy handling has no time of its own
        self.timed_by_endpoints = np.zeros(len(self.elements), dtype=bool)
        for handling, rate, time in zip(plan.handlings, plan.handling_per_s, own, strict=True):
            if handling.service and rate:
                (self.needs_time if time is None else self.timed_by_endpoints)[self.index[handling.service]] = True

    def _read_legs(self, plan: Plan) -> None:
        rows: dict[int, int] = {}
        legs: list[Leg] = []
        for index in range(len(plan.handlings)):
            for leg in (leg for group in plan.groups(index) for leg in group):
                if id(leg) not in rows:
                    rows[id(leg)] = len(legs)
                    legs.append(leg)
        self.leg_row, self.leg_count = rows, len(legs)
        self.leg_target = np.array([self.index[leg.target] for leg in legs], dtype=int)
        self.leg_handling = np.array([leg.handling for leg in legs], dtype=int)
        self.leg_copies = np.array([leg.copies for leg in legs], dtype=int)
        self.leg_times = np.array([leg.times / leg.copies for leg in legs])
        self.leg_spread = np.array([leg.times_variance / leg.copies for leg in legs])
        self.leg_timeout = np.array([np.inf if leg.timeout_s is None else leg.timeout_s for leg in legs])

    def _level(self, plan: Plan, services: Iterable[str]) -> Level:
        handlings: list[int] = []
        starts, weights, elements = [], [], []
        for name in services:
            mine = plan.handled_by[name]
            rates = [plan.handling_per_s[i] for i in mine]
            visits = sum(rates)
            starts.append(len(handlings))
            elements.append(self.index[name])
            handlings += mine
            weights += [rate / visits for rate in rates] if visits else [1.0] + [0.0] * (len(mine) - 1)
        return Level(
            np.array(elements, dtype=int), np.array(handlings, dtype=int), np.array(weights),
            np.array(starts, dtype=int), *self._terms(plan, handlings),
        )  # fmt: skip

    def _terms(self, plan: Plan, handlings: list[int]) -> tuple[Any, Any, Any, Any, Any]:
        terms: list[int] = []
        starts, having, parallel = [], [], []
        legs: dict[int, None] = {}
        for position, index in enumerate(handlings):
            before = len(terms)
            for group in plan.groups(index):
                rows = tuple(self.leg_row[id(leg)] for leg in group)
                legs.update(dict.fromkeys(rows))
                if len(group) == 1 and group[0].copies == 1:
                    terms += rows
                else:
                    parallel.append((position, rows))
            if len(terms) > before:
                starts.append(before)
                having.append(position)
        rows_of, added, first, owners = (np.array(part, dtype=int) for part in (list(legs), terms, starts, having))
        return rows_of, added, first, owners, tuple(parallel)


def _levels(plan: Plan) -> list[list[str]]:
    if plan.circular:
        return [list(plan.order)]
    depth: dict[str, int] = {}
    levels: list[list[str]] = []
    for name in plan.order:
        depth[name] = 1 + max((depth[callee] for callee in plan.waits_for[name]), default=-1)
        levels += [[]] if depth[name] == len(levels) else []
        levels[depth[name]].append(name)
    return levels
