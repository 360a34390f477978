"""Response time of an endpoint along its path, and where it goes."""

from __future__ import annotations

import math

from archbook.capacity.flow import LEAF, Leg, Plan
from archbook.capacity.moments import NOTHING, Moments, longest
from archbook.capacity.solving import State, Station, attempted

Share = dict[str, float]


class Paths:
    """Responses of handlings and the elements in which their time goes; each handling is looked at once."""

    def __init__(self, plan: Plan, known: dict[str, Station], state: State) -> None:
        self.plan, self.known, self.state = plan, known, state
        self._shares: dict[int, Share] = {}
        self._paths: dict[int, tuple[tuple[tuple[str, float], ...], tuple[str, ...]]] = {}

    def response(self, index: int) -> Moments:
        """Mean and variance of the time until a handling answers, its own wait included (s, s²)."""
        load = self.state.loads.get(self.plan.handlings[index].service)
        wait = load.wait if load else NOTHING
        mean, variance = self.state.handlings[index]
        return wait[0] + mean, wait[1] + variance

    def path(self, index: int) -> tuple[tuple[tuple[str, float], ...], tuple[str, ...]]:
        """Elements with their share of the mean response (s), largest first, and warnings."""
        if index not in self._paths:
            shares = self._share(index)
            unknown = sorted(name for name in shares if name not in self.state.loads)
            full = sorted(name for name, time in shares.items() if math.isinf(time))
            warnings = [f"without the time of {name}, which has no service_time" for name in unknown]
            warnings += [f"{name} is saturated" for name in full]
            known = ((name, time) for name, time in shares.items() if name in self.state.loads)
            ranked = tuple(sorted(known, key=lambda pair: (-pair[1], pair[0])))
            self._paths[index] = ranked, tuple(warnings)
        return self._paths[index]

    def _share(self, index: int) -> Share:
        stack = [index]
        while stack:  # callees first, without recursion: call chains may be long
            top = stack[-1]
            legs = [leg for group in self.plan.groups(top) for leg in group if leg.handling != LEAF]
            missing = [leg.handling for leg in legs if leg.handling not in self._shares]
            if missing and top not in self._shares:
                stack.extend(missing)
                continue
            if top not in self._shares:
                self._shares[top] = self._add_up(top)
            stack.pop()
        return self._shares[index]

    def _add_up(self, index: int) -> Share:
        handling = self.plan.handlings[index]
        shares: Share = {}
        waited = 0.0
        for group in self.plan.groups(index):
            parts = [attempted(leg, self.state) for leg in group]
            if len(group) == 1 and group[0].copies == 1:
                total = parts[0][0]
            else:
                total = longest([(part, leg.copies) for part, leg in zip(parts, group, strict=True)])[0]
            sum_of_parts = sum(part[0] for part in parts)
            waited += total
            for leg, part in zip(group, parts, strict=True):
                self._spread(shares, leg, _portion(total, part[0], sum_of_parts))
        mean = self.state.handlings[index][0]
        load = self.state.loads.get(handling.service)
        own = mean - waited if math.isfinite(mean) else (self.known[handling.service].own or NOTHING)[0]
        shares[handling.service] = shares.get(handling.service, 0.0) + own + (load.wait[0] if load else 0.0)
        return shares

    def _spread(self, shares: Share, leg: Leg, time: float) -> None:
        """Give the time of a leg to the elements in which it goes."""
        answer = self.state.answer(leg)[0]
        inner = self._shares[leg.handling] if leg.handling != LEAF else {leg.target: answer}
        if not answer or (math.isinf(answer) and math.isfinite(time)):
            shares[leg.target] = shares.get(leg.target, 0.0) + time
            return
        factor = leg.times if math.isinf(answer) else time / answer
        for name, part in inner.items():
            shares[name] = shares.get(name, 0.0) + part * factor


def _portion(total: float, part: float, sum_of_parts: float) -> float:
    if math.isinf(total):
        return part
    return total * part / sum_of_parts if sum_of_parts else 0.0
