"""Timeout budgets: whether a caller waits long enough for what its callee is allowed to do."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from archbook.capacity.flow import Plan, plan
from archbook.capacity.handlings import Leg
from archbook.design.model import Design
from archbook.tables import Table, as_columns
from archbook.units import show_duration


@dataclass(frozen=True, slots=True)
class TimeoutBudget:
    """One call (its number in the design) of a service that calls others. Times in s; inf where nothing ends it.

    longest_s: the longest of the callee's own calls, with its retries; longest_call: which that is. in_a_row_s: all of
    them, one after the other.
    """

    call: int
    from_: str
    to: str
    timeout_s: float
    longest_s: float
    in_a_row_s: float
    longest_call: int

    @property
    def verdict(self) -> str:
        """`outlived` where one inner call alone may take longer, `tight` where only all of them together may."""
        if self.longest_s > self.timeout_s * (1 + 1e-9):
            return "outlived"
        return "tight" if self.in_a_row_s > self.timeout_s * (1 + 1e-9) else "fits"


def timeout_budgets(design: Design) -> tuple[TimeoutBudget, ...]:
    """Each synchronous call of a service against the time that this service's own calls may take before they end.

    A call may take (1 + retries) × timeout; calls with the same `parallel` label count once, the longest of them.
    Pauses between attempts and own work are left out. The worst request of each call counts.
    Source: Nygard, Release It!, 2nd ed., ch. 5 (Timeouts).
    """
    found: dict[int, TimeoutBudget] = {}
    planned: Plan = plan(design)
    needs: dict[int, tuple[float, float, int]] = {}
    for handling in planned.handlings:
        for leg in handling.legs:
            inner = planned.handlings[leg.handling].legs
            if leg.call < 0 or not leg.sync or not any(deeper.sync for deeper in inner):
                continue
            if leg.handling not in needs:
                needs[leg.handling] = _needed(design, inner)
            longest, in_a_row, which = needs[leg.handling]
            known = found.get(leg.call)
            if known is None or in_a_row > known.in_a_row_s:
                call = design.calls[leg.call]
                limit = float(call.timeout or math.inf)
                found[leg.call] = TimeoutBudget(leg.call, call.from_, call.to, limit, longest, in_a_row, which)
    return tuple(found[number] for number in sorted(found))


def _needed(design: Design, legs: Iterable[Leg]) -> tuple[float, float, int]:
    """The longest of the synchronous calls, all in a row (s), and which is the longest."""
    groups: dict[object, float] = {}
    longest, which = 0.0, -1
    for number, leg in enumerate(legs):
        if not leg.sync or leg.call < 0:
            continue
        call = design.calls[leg.call]
        attempts = float(call.timeout or math.inf) * (1 + call.retries)
        if attempts > longest:
            longest, which = attempts, leg.call
        group: object = leg.parallel or number
        times = 1 if leg.parallel else max(1, math.ceil(leg.per_visit))
        groups[group] = max(groups.get(group, 0.0), attempts * times)
    return longest, sum(groups.values()), which


def timeout_table(budgets: Iterable[TimeoutBudget]) -> Table:
    """Timeout budgets, the worst first."""
    order = {"outlived": 0, "tight": 1, "fits": 2}
    rows = [(f"{b.from_} → {b.to}", _shown(b.timeout_s), _shown(b.longest_s), _shown(b.in_a_row_s), b.verdict)
            for b in sorted(budgets, key=lambda b: order[b.verdict])]  # fmt: skip
    heads = ("call", ">timeout", ">longest inner call", ">inner calls in a row", "verdict")
    return as_columns(heads, rows, "Timeout budgets (computed; retries counted, pauses not)")


def _shown(seconds: float) -> str:
    return show_duration(seconds) if math.isfinite(seconds) else "no end"
