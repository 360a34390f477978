"""What `{low, likely, high}` in a design means for each answer: the estimate again at sampled inputs.

Each uncertain input is drawn from a triangular distribution: it needs only the three numbers that a person gives, and
has more weight near the ends than PERT's, on the safe side of people who are too sure. Draws are stratified (one in
each of as many equal shares of probability) and seeded, so that all growths and all variants of a design see the same
ones. Inputs are taken to be independent of each other.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from pydantic import BaseModel

from archbook.capacity.bandwidth import edge
from archbook.capacity.breaking import limits_of
from archbook.capacity.costing import Bill
from archbook.capacity.flow import Plan
from archbook.capacity.flow import plan as make_plan
from archbook.capacity.solving import Solution, System, system_of
from archbook.capacity.storage import storage
from archbook.design.model import Design, Where
from archbook.units import Uncertain, show_factor, show_rate, show_share, significant

SAMPLES, FEWEST, WORK = 200, 40, 100_000  # fewer samples where samples × rows would exceed the last
SHARES = (0.05, 0.95)
_STEP = 1.1  # ratio of the loads between which a limit is interpolated
_PARTS = ("traffic", "services", "stores", "externals", "calls", "events", "api")
_PLAIN = frozenset({str, bool, int, float, type(None)})
Draws = Mapping[Where, Any]


class Span(NamedTuple):
    """5 % of the cases are below `low`, 5 % above `high`."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Ranges:
    """The 5–95 % range of each answer over the sampled cases, in the units of the estimate's fields of that name.

    first: element → share of cases in which it is the first to saturate, most often first. drivers: input → rank
    correlation (Spearman) with `holds_to`, or with the load where nothing saturates, strongest first.
    """

    samples: int
    requests_per_s: Span
    holds_to: Span  # multiple of today's load at which the first element saturates
    elements: Mapping[str, Mapping[str, Span]]
    endpoints: Mapping[str, Mapping[str, Span]]
    storage: Mapping[str, Span]  # "store · holding" → bytes at the horizon
    egress_b_per_s: Span
    cost_per_month: Span
    first: Mapping[str, float]
    drivers: Mapping[str, float]

    @property
    def answer(self) -> str:
        """What breaks first, how often, and between which loads."""
        if not self.first:
            low, high = map(show_rate, self.requests_per_s)
            return f"Over its uncertain inputs {low} to {high} arrive."
        (name, share), *others = self.first.items()
        rest = f"; else {' or '.join(other for other, _ in others[:3])}" if others else ""
        low, high = map(show_factor, self.holds_to)
        return (
            f"Over its uncertain inputs {name} breaks first in {show_share(share)} of cases{rest}, at {low} to {high}."
        )

    def __str__(self) -> str:
        name, strength = next(iter(self.drivers.items()))
        of = "that limit" if self.first else "the load"
        return (
            f"{self.answer} What moves {of} most is {name} (rank correlation {significant(strength, 2)}); "
            f"ranges hold 90 % of {self.samples} sampled cases."
        )


def uncertain_inputs(design: Design) -> dict[Where, Uncertain]:
    """Every input given as `{low, likely, high}` by its place, but for the growth that the design is made for."""
    if "uncertain" not in design.memo:
        found: dict[Where, Uncertain] = {}
        for part in _PARTS:
            _look(getattr(design, part), (part,), found)
        found.pop(("traffic", "growth"), None)
        design.memo["uncertain"] = dict(sorted(found.items(), key=lambda item: named(item[0])))
    inputs: dict[Where, Uncertain] = design.memo["uncertain"]
    return inputs


def _look(part: Any, where: Where, found: dict[Where, Uncertain]) -> None:
    items: Any
    if isinstance(part, BaseModel):
        values = part.__dict__
        items = [(key, values[key]) for key in part.__pydantic_fields_set__]  # defaults are certain
    else:
        items = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in items:
        kind = type(value)
        if kind is Uncertain:
            found[*where, key] = value
        elif value and kind not in _PLAIN:
            _look(value, (*where, key), found)


def drawn(inputs: Mapping[Where, Uncertain], samples: int, seed: int = 1) -> dict[Where, Any]:
    """Draws of each input, by its own stream of random numbers.

    >>> import numpy as np
    >>> values = drawn({("x",): Uncertain(2.0, low=1.0, high=3.0)}, samples=1000)["x",]
    >>> [round(float(value), 2) for value in (values.mean(), np.quantile(values, 0.5))]
    [2.0, 2.0]
    """
    found = {}
    for where, value in inputs.items():
        generator = np.random.default_rng([seed, zlib.crc32(named(where).encode())])
        share = (generator.permutation(samples) + 0.5) / samples
        likely, width = float(value), value.high - value.low
        rising = value.low + np.sqrt(share * width * (likely - value.low))
        falling = value.high - np.sqrt((1 - share) * width * (value.high - likely))
        found[where] = np.where(share * width < likely - value.low, rising, falling)
    return found


def named(where: Where) -> str:
    """A place as a person writes it.

    >>> named(("calls", 2, "timeout"))
    'calls[2].timeout'
    """
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in where).removeprefix(".")


class Uncertainty:
    """The ranges of one estimate, worked out when they are first asked for."""

    def __init__(
        self, design: Design, growth: float, target: float, row_sizes: Mapping[tuple[str, ...], float]
    ) -> None:
        self.design, self.growth, self.target, self.row_sizes = design, growth, target, row_sizes

    @property
    def inputs(self) -> dict[Where, Uncertain]:
        """What is uncertain."""
        return uncertain_inputs(self.design)

    @cached_property
    def ranges(self) -> Ranges | None:
        """The estimate at sampled inputs; None where all are certain."""
        return _Sampled(self).ranges() if self.inputs else None


class _Sampled:
    """Answers of every case: arrays whose last axis is the case."""

    def __init__(self, of: Uncertainty) -> None:
        self.design, self.growth, self.row_sizes = of.design, of.growth, of.row_sizes
        self.system = system_of(self.design)
        inputs, net = uncertain_inputs(self.design), self.system.network
        rows = len(net.elements) + len(net.element) + len(net.handling)
        at_once = all(map(_scales, inputs))
        self.samples = max(FEWEST, min(SAMPLES if at_once else SAMPLES // 2, WORK // rows))
        self.draws = drawn(inputs, self.samples)
        self.cases = [_case(self.design, self.draws, i) for i in range(self.samples)]
        self.likely = limits_of(self.system)
        lowest = min(self.likely.at.values(), default=1.0)
        lowest = lowest if math.isfinite(lowest) else 1.0
        steps = math.ceil(math.log(16 * max(of.target / lowest, 2.0)) / math.log(_STEP))
        self.loads = lowest * np.array([1e-3, *(0.25 * _STEP**step for step in range(steps))])
        self.scale = np.ones(self.samples)
        if at_once:
            self._solve_at_once()
        else:
            self._solve_one_by_one()

    def _solve_at_once(self) -> None:
        """Only load and service times move: every case is a lane."""
        system, today = self.system, self.design.sessions_per_s()
        self.scale = np.array([case.sessions_per_s() for case in self.cases]) / today
        self.plans: Sequence[Plan] = [system.plan] * self.samples
        own = np.repeat(system.handling_own[:, :, None], self.samples, axis=2)
        moving = {where[1] for where in self.draws if "service_time" in where}
        for row, handling in enumerate(system.plan.handlings):
            if handling.element in moving and handling.own_time is None:
                times: list[Any] = [case.element(handling.element).service_time for case in self.cases]
                own[:, row] = np.array([(time.mean, time.scv * time.mean**2) for time in times]).T
        solution = Solution(system, self.growth * self.scale, own=own)
        self._keep([solution])
        steps = [solution.solve(load * self.scale).utilisation.copy() for load in self.loads]
        self._limits(np.stack(steps, axis=-1), system.network.visits_per_s[:, None] * self.scale)

    def _solve_one_by_one(self) -> None:
        """Something that shapes the flow moves: every case has a plan of its own."""
        systems = [System(make_plan(case), case) for case in self.cases]
        self.plans = [system.plan for system in systems]
        self._keep([Solution(system, [self.growth]) for system in systems])
        steps = [Solution(system, self.loads).utilisation for system in systems]
        self._limits(np.stack(steps, axis=1), np.stack([s.network.visits_per_s for s in systems], axis=1))

    def _keep(self, solved: Sequence[Solution]) -> None:
        """Response times and utilisation at the estimate's growth."""
        names = [endpoint.name for endpoint in self.design.api.endpoints]
        rows = [[each.system.plan.entries[name] for name in names] for each in solved]
        self.used = np.concatenate([each.utilisation for each in solved], axis=1)
        self.times = np.concatenate([each.percentiles[0] for each in solved], axis=2)
        self.times[:, ~self.system.known] = np.nan
        self.answers = np.concatenate([s.percentiles[1][:, row] for s, row in zip(solved, rows, strict=True)], axis=2)

    def _limits(self, used: Any, visits: Any) -> None:
        """Where each element saturates in each case: between two loads on a straight line of g − g / utilisation."""
        with np.errstate(divide="ignore", invalid="ignore"):
            over = self.loads - self.loads / used  # element, case, load
            after = np.argmax(over >= 0, axis=-1)[..., None]
            before = np.maximum(after - 1, 0)
            low, high = (np.take_along_axis(over, at, axis=-1)[..., 0] for at in (before, after))
            start, end = self.loads[before[..., 0]], self.loads[after[..., 0]]
            found = start - low * (end - start) / np.where(high > low, high - low, np.inf)
            beyond = (over < 0).all(axis=-1)
            found = np.where(beyond, self.loads[-1] - over[..., -1], found)
            self.at = np.where(self.system.known[:, None], found, np.nan)
            for row, station in enumerate(self.system.stations.values()):
                external = self.design.externals.get(station.name)
                if external is not None and external.rate_limit is not None:
                    limit = np.array([float(case.externals[station.name].rate_limit or 0) for case in self.cases])
                    self.at[row], self.used[row] = limit / visits[row], visits[row] * self.growth / limit
                if external is not None and external.p99 is not None:
                    self.times[2, row] = np.nan  # stated by its owner
        self.rates = visits * self.growth

    def ranges(self) -> Ranges:
        """5–95 % of every answer."""
        growths = (self.growth * self.scale).tolist()
        per_case = [
            _plain_answers(*each, self.growth, self.row_sizes)
            for each in zip(self.cases, self.plans, growths, strict=True)
        ]
        asked, egress, costs = (np.array(column) for column in zip(*(case[:3] for case in per_case), strict=True))
        kept = np.array([case[3] for case in per_case]).reshape(self.samples, -1).T
        names, limited = list(self.system.stations), np.where(np.isnan(self.at), np.inf, self.at)
        cause = self.likely.cause  # what only waits for another is not what breaks
        own = np.array([cause.get(name) == name for name in names])
        holds_to, firsts = limited.min(axis=0), np.where(own[:, None], limited, np.inf).argmin(axis=0)
        counted = np.bincount(firsts[np.isfinite(holds_to)], minlength=len(names)) / self.samples
        order = [row for row in np.argsort(-counted, kind="stable") if counted[row]]
        holdings = [f"{name} · {key}" for name, store in self.design.stores.items() for key in store.holds]
        asked_of = [np.array([plan.asked_per_s[e.name] for plan in self.plans]) * growths
                    for e in self.design.api.endpoints]  # fmt: skip
        return Ranges(
            self.samples, span(asked), span(holds_to),
            {name: {"arrival_rate_per_s": span(self.rates[row]), "utilisation": span(self.used[row]),
                    "breaks_at": span(self.at[row])} | _percentiles(self.times[:, row])
             for row, name in enumerate(names)},
            {e.name: {"rate_per_s": span(asked_of[row])} | _percentiles(self.answers[:, row])
             for row, e in enumerate(self.design.api.endpoints)},
            {name: span(sizes) for name, sizes in zip(holdings, kept, strict=True)}, span(egress), span(costs),
            {names[row]: float(counted[row]) for row in order},
            _drivers(self.draws, holds_to if len(order) and np.isfinite(holds_to).all() else asked),
        )  # fmt: skip


_NO_FLOW = frozenset({"request_size", "response_size", "monthly_cost", "cpu", "memory"})


def _scales(where: Where) -> bool:
    """Whether an input only scales the load or a service time, or is no matter of flow."""
    scaling = where[0] == "traffic" and len(where) == 2
    timing = where[0] in ("services", "stores", "externals") and "service_time" in where
    return scaling or timing or "holds" in where or where[-1] in _NO_FLOW


def _case(design: Design, draws: Draws, index: int) -> Design:
    """The design with one draw of each input; shares of journeys still add up to 1."""
    made = design.changed({where: float(values[index]) for where, values in draws.items()})
    if any(where[:2] == ("traffic", "journeys") and where[-1] == "share" for where in draws):
        journeys = made.traffic.journeys
        total = sum(journey.share for journey in journeys.values())
        made = made.changed({("traffic", "journeys", n, "share"): j.share / total for n, j in journeys.items()})
    return made


def _plain_answers(
    case: Design, plan: Plan, growth: float, paid: float, row_sizes: Mapping[tuple[str, ...], float]
) -> tuple[float, float, float, list[float]]:
    """Requests/s, bytes/s to clients, cost a month, and bytes of each holding at the horizon."""
    kept, (_, egress, _) = storage(case, plan, growth, row_sizes), edge(case, plan, growth)
    sizes = [math.nan if entry.size_at_horizon_b is None else entry.size_at_horizon_b for entry in kept]
    bill = Bill(case, plan, growth, kept, egress, paid).total()
    return growth * sum(plan.asked_per_s.values()), egress, bill.per_month, sizes


def span(values: Any) -> Span:
    """The 5–95 % range of values, which may be infinite; nan where they are unknown."""
    if np.isnan(values).any():
        return Span(math.nan, math.nan)
    ordered = np.sort(values)
    below = math.ceil(SHARES[0] * len(ordered)) - 1
    return Span(float(ordered[below]), float(ordered[-1 - below]))


def _percentiles(times: Any) -> dict[str, Span]:
    return {name: span(times[i]) for i, name in enumerate(("p50_s", "p95_s", "p99_s"))}


def _drivers(draws: Draws, answer: Any) -> dict[str, float]:
    """Input → rank correlation with an answer, strongest first."""
    found = {named(where): _rank_correlation(values, answer) for where, values in draws.items()}
    return dict(sorted(found.items(), key=lambda item: -abs(item[1])))


def _rank_correlation(one: Any, other: Any) -> float:
    if one.min() == one.max() or other.min() == other.max():
        return 0.0
    first, second = (np.argsort(np.argsort(values, kind="stable")) for values in (one, other))
    return float(np.corrcoef(first, second)[0, 1])
