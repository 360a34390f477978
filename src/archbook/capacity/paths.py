"""Response time of an endpoint along its path, and where it goes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from archbook.capacity.flow import Plan
from archbook.capacity.handlings import LEAF, Leg
from archbook.capacity.moments import Moments, longest
from archbook.capacity.solving import Solution

Share = dict[str, float]


class Path(Sequence[tuple[str, float]]):
    """Elements with their share of the mean response (s), largest first; worked out when first looked at."""

    __slots__ = ("_index", "_paths", "_shares")

    def __init__(self, paths: Paths, index: int) -> None:
        self._paths, self._index = paths, index
        self._shares: tuple[tuple[str, float], ...] | None = None

    def _all(self) -> tuple[tuple[str, float], ...]:
        if self._shares is None:
            self._shares = self._paths.ranked(self._index)
        return self._shares

    def __getitem__(self, place: Any) -> Any:
        return self._all()[place]

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and self._all() == tuple(other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def __reduce__(self) -> tuple[type[tuple[Any, ...]], tuple[Any]]:
        return tuple, (self._all(),)


class Paths:
    """Responses of handlings at one multiple of the load, and the elements in which their time goes."""

    def __init__(self, plan: Plan, solution: Solution, lane: int) -> None:
        net = plan.network
        self.plan, self.rows = plan, net.leg_row
        self.known = dict(zip(net.elements, solution.known.tolist(), strict=True))
        self.full = dict(zip(net.elements, (solution.utilisation[:, lane] >= 1).tolist(), strict=True))
        self.mean = solution.handling_mean[:, lane].tolist()
        self.variance = solution.handling_variance[:, lane].tolist()
        self.own = solution.handling_own[0][:, 0].tolist()
        self.wait = dict(zip(net.elements, _pairs(solution.wait_mean, solution.wait_variance, lane), strict=True))
        self.legs = _pairs(solution.leg_mean, solution.leg_variance, lane)
        self.answers = solution.answers(np.arange(net.leg_count))[0][:, lane].tolist() if net.leg_count else []
        self._shares: dict[int, Share] = {}
        self.doubtful = self._doubtful()

    def response(self, index: int) -> Moments:
        """Mean and variance of the time until a handling answers, its own wait included (s, s²)."""
        name = self.plan.handlings[index].service
        if not self.known[name]:
            return self.mean[index], self.variance[index]
        wait = self.wait[name]
        return wait[0] + self.mean[index], wait[1] + self.variance[index]

    def warnings(self, index: int) -> tuple[str, ...]:
        """What makes this response doubtful: elements on the path without a time, or saturated."""
        if not self.doubtful[index]:
            return ()
        names = sorted(self._share(index))
        found = [f"without the time of {name}, which has no service_time" for name in names if not self.known[name]]
        return (*found, *(f"{name} is saturated" for name in names if self.full[name]))

    def ranked(self, index: int) -> tuple[tuple[str, float], ...]:
        """Elements with their share of the mean response (s), largest first."""
        shares = ((name, time) for name, time in self._share(index).items() if self.known[name])
        return tuple(sorted(shares, key=lambda share: (-share[1], share[0])))

    def _doubtful(self) -> list[bool]:
        bad = {name for name, known in self.known.items() if not known or self.full[name]}
        found: list[bool] = []
        for index, handling in enumerate(self.plan.handlings):
            legs = (leg for group in self.plan.groups(index) for leg in group)
            below = any(leg.target in bad or (leg.handling != LEAF and found[leg.handling]) for leg in legs)
            found.append(handling.service in bad or below)
        return found

    def _share(self, index: int) -> Share:
        stack = [index]
        while stack:  # callees first, without recursion: call chains may be long
            top = stack[-1]
            if top not in self._shares:
                legs = (leg for group in self.plan.groups(top) for leg in group if leg.handling != LEAF)
                missing = [leg.handling for leg in legs if leg.handling not in self._shares]
                if missing:
                    stack.extend(missing)
                    continue
                self._shares[top] = self._add_up(top)
            stack.pop()
        return self._shares[index]

    def _add_up(self, index: int) -> Share:
        service = self.plan.handlings[index].service
        own = self.own[index] + (self.wait[service][0] if self.known[service] else 0.0)
        shares: Share = {service: own}
        for group in self.plan.groups(index):
            parts = [self.legs[self.rows[id(leg)]] for leg in group]
            if len(group) == 1 and group[0].copies == 1:
                self._spread(shares, group[0], parts[0][0])
                continue
            total = float(longest([(part, leg.copies) for part, leg in zip(parts, group, strict=True)])[0])
            together = sum(part[0] for part in parts)
            for leg, part in zip(group, parts, strict=True):
                portion = part[0] if math.isinf(total) or not together else total * part[0] / together
                self._spread(shares, leg, portion)
        return shares

    def _spread(self, shares: Share, leg: Leg, time: float) -> None:
        """Give the time of a leg to the elements in which it goes."""
        answer = self.answers[self.rows[id(leg)]]
        if leg.handling == LEAF or not answer or (math.isinf(answer) and math.isfinite(time)):
            shares[leg.target] = shares.get(leg.target, 0.0) + time
            return
        factor = leg.times if math.isinf(answer) else time / answer
        for name, part in self._shares[leg.handling].items():
            shares[name] = shares.get(name, 0.0) + part * factor


def _pairs(mean: Any, variance: Any, lane: int) -> list[Moments]:
    return list(zip(mean[:, lane].tolist(), variance[:, lane].tolist(), strict=True))
