"""Retries that feed load back: attempts after timeouts raise the load, which makes more attempts time out.

Seen from what an element is offered, x times today's load, its responses are known, hence the attempts m(x) that one
planned visit becomes, and so the load of clients that leads there: g(x) = x / m(x). Where g falls, no state is stable;
a load that g reaches twice has a calm and a congested state, and a short disturbance leads from the one to the other.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from archbook.capacity.breaking import limits_of, needed_by
from archbook.capacity.formulas import checked, counted
from archbook.capacity.moments import exceeds
from archbook.capacity.result import Feedback
from archbook.capacity.solving import Solution, System
from archbook.design.interactions import Call
from archbook.units import show_factor, show_rate, significant

_NOTICED = 0.01  # a second state nearer to the first than this, or fewer extra attempts, are not worth a sentence


def recovery_threshold_per_s(capacity_per_s: float, retries: int, retry_budget: float | None = None) -> float:
    """Load below which a server always recovers from an overload that retries keep going, per second.

    capacity / (1 + retries), or capacity / (1 + retry_budget) where that is more: above it, all attempts timing out
    keep the server as busy as it can be with work for callers that have given up.
    capacity_per_s: attempts that the server works off. retry_budget: retries as a share of calls at most.
    Assumes an unbounded first-come-first-served queue. Raises InvalidInput.
    Source: Bronson et al., Metastable Failures in Distributed Systems, HotOS (2021).

    >>> recovery_threshold_per_s(capacity_per_s=300, retries=1)
    150.0
    >>> round(recovery_threshold_per_s(100, retries=3, retry_budget=0.1), 1)
    90.9
    """
    most = float(counted("retries", retries, least=0))
    if retry_budget is not None:
        most = min(most, checked("retry_budget", retry_budget))
    return checked("capacity_per_s", capacity_per_s) / (1 + most)


def feedback(system: System, growth: float) -> dict[str, Feedback]:
    """Element → what retries of its callers do to it at `growth` times today's load, for those that time out.

    Calls with a breaker are left out: it stops them while the element fails. Elements without a limit are left out too.
    """
    curves: dict[str, _Curve] | None = system.memo.get("feedback")
    if curves is None:
        curves = system.memo["feedback"] = dict(_curves(system))
    return {name: curve.at(name, growth) for name, curve in curves.items()}


def sentences(found: Iterable[Feedback], growth: float) -> list[str]:
    """What to be careful about."""
    lines = []
    for one in found:
        twice = one.recovers_at < (1 - _NOTICED) * one.tips_at
        times = f"{significant(one.congested)} attempts for each planned one"
        if growth >= one.tips_at and twice:
            lines.append(f"{one.element}: retries keep it overloaded ({times}); it tips over at "
                         f"{show_factor(one.tips_at)} and recovers below {show_factor(one.recovers_at)}")  # fmt: skip
        elif one.congested > one.amplification * (1 + _NOTICED):
            lines.append(
                f"{one.element}: after a short outage it may never recover: retries then keep it overloaded ({times}, "
                f"{show_rate(one.offered_per_s)}). It recovers below {show_factor(one.recovers_at)}, capacity ÷ "
                "attempts when all fail; a retry_budget, a breaker or a bounded queue prevents it"
            )
        elif one.amplification > 1 + _NOTICED:
            lines.append(f"{one.element}: retries after timeouts raise its load "
                         f"{significant(one.amplification)} times")  # fmt: skip
    return lines


class _Curve:
    """The load of clients that leads to each load offered: `offered` and `clients` are multiples of today's."""

    def __init__(self, offered: Any, more: Any, calls: tuple[int, ...], visits_per_s: float) -> None:
        self.offered, self.clients = offered, offered / more
        self.calls, self.visits_per_s = calls, visits_per_s
        highest = np.maximum.accumulate(self.clients)
        falls = np.nonzero(self.clients < (1 - _NOTICED) * highest)[0]
        self.tips_at = float(highest[falls[0]]) if len(falls) else math.inf
        self.recovers_at = float(self.clients[falls[0] :].min()) if len(falls) else math.inf

    def at(self, name: str, growth: float) -> Feedback:
        calm = self._offered(growth, int(np.argmax(self.clients >= growth)))
        left = np.nonzero(self.clients < growth)[0]
        worst = self._offered(growth, int(left[-1]) + 1 if len(left) else 0)
        return Feedback(name, self.calls, calm / growth, worst / growth, worst * self.visits_per_s, self.tips_at,
                        self.recovers_at)  # fmt: skip

    def _offered(self, growth: float, i: int) -> float:
        """Load offered where clients make `growth`, between points i − 1 and i; ends go on straight."""
        if self.clients[-1] < growth:
            return float(growth * self.offered[-1] / self.clients[-1])
        if i == 0 or i == len(self.clients):
            return float(
                growth * self.offered[min(i, len(self.offered) - 1)] / self.clients[min(i, len(self.clients) - 1)]
            )
        return float(np.interp(growth, self.clients[i - 1 : i + 1], self.offered[i - 1 : i + 1]))


def _curves(system: System) -> Iterable[tuple[str, _Curve]]:
    found: dict[str, list[int]] = {}
    calls, plan = system.plan.design.calls, system.plan
    for i, call in enumerate(calls):
        if call.retries and call.timeout is not None and not call.breaker and plan.calls_per_s[i]:
            found.setdefault(call.to, []).append(i)
    limits = limits_of(system).at if found else {}
    for name, made in found.items():
        if math.isfinite(limits.get(name, math.inf)) and system.stations[name].servers:
            yield name, _curve(system, name, made, limits[name])


def _curve(system: System, name: str, made: list[int], limit: float) -> _Curve:
    plan, row = system.plan, system.network.index[name]
    visits = float(system.network.visits_per_s[row])
    calls = [plan.design.calls[i] for i in made]
    others = visits - sum(plan.attempts_per_s[i] for i in made)
    most = others + sum(plan.calls_per_s[i] * float(attempts(call, 1.0)) for i, call in zip(made, calls, strict=True))
    near = 1 - np.geomspace(0.1, 1e-4, 40)
    past = np.geomspace(1.0001, 1.05 * max(most / visits, 1.0), 60)
    offered = limit * np.concatenate([np.linspace(0.01, 0.89, 30), near, past])
    needed = np.repeat(needed_by(system, np.array([row])), len(offered), axis=1)
    solution = Solution(system, offered, places=system.network.places(needed))
    with np.errstate(all="ignore"):
        time, shed = _time(solution, row, name)
        more = np.full(len(offered), others / visits)
        for i, call in zip(made, calls, strict=True):
            answered = (1 - float(call.failure or 0)) * (1 - exceeds(time, float(call.timeout or 0))) * (1 - shed)
            more += plan.calls_per_s[i] / visits * attempts(call, 1 - answered)
    return _Curve(offered, more, tuple(made), visits)


def _time(solution: Solution, row: int, name: str) -> tuple[Any, Any]:
    """Mean and variance of the response, and the share that a bounded queue turns away (all that is too much)."""
    wait, hold = solution.wait[:, row], solution.hold[:, row]
    service = solution.system.design.services.get(name)
    if service is None or service.queue is None:
        return wait + hold, 0.0
    longest = service.queue * service.instances * hold[0] / solution.servers[row]
    full = ~(wait[0] < longest) & np.isfinite(longest)  # a wait for that many departures
    wait = np.where(full, [longest, longest * hold[0] / solution.servers[row]], wait)
    return wait + hold, np.maximum(0.0, 1 - 1 / np.maximum(solution.utilisation[row], 1e-300))


def attempts(call: Call, fails: Any) -> Any:
    """Mean attempts of a call when each fails with these probabilities (arrays or numbers)."""
    fails = np.asarray(fails, dtype=float)
    sure = fails >= 1
    many = np.where(sure, call.retries + 1.0, (1 - fails ** (call.retries + 1)) / np.where(sure, 1.0, 1 - fails))
    return many if call.retry_budget is None else np.minimum(many, 1 + float(call.retry_budget))
