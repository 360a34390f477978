"""Replications of a design in steady state: warm-up found and removed, run until the precision or the budget."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from archbook.capacity import estimate
from archbook.capacity import plan as planned
from archbook.capacity.flow import Plan as Flow
from archbook.capacity.formulas import checked, counted
from archbook.design.model import Design
from archbook.errors import InvalidInput
from archbook.simulate.figures import Figure, figure
from archbook.simulate.measured import ENDPOINT, Measured, measured
from archbook.simulate.program import Program, program_of
from archbook.simulate.result import RARE, Simulation, numbers
from archbook.simulate.timeline import Timeline, timeline
from archbook.simulate.world import Plan, replicate

Progress = Callable[[float, float, str], None]
REPLICATIONS = 10
SLOTS, LEAST_CUT = 200, 10
SMALLEST_BUDGET = 50_000
LOWEST_PER_S, HIGHEST_PER_S = 1e-6, 1e12
_FIRST = 2_000
"""Requests of each replication of the first look; it grows fourfold until the warm-up is behind."""
_MEAN, _LOAD = ENDPOINT.index("mean_s"), ENDPOINT.index("load_per_s")


def simulate(
    design: Design, growth: float = 1.0, seed: int = 1, precision: float = 0.05, budget: int = 2_000_000, *,
    flow: Flow | None = None, row_sizes: Mapping[tuple[str, ...], float] | None = None,
    progress: Progress | None = None,
) -> Simulation:  # fmt: skip
    """A design in steady state at `growth` times today's load, every number with its interval and beside its formula.

    precision: half the 95 % interval of the mean response over itself that each endpoint with 1 % of the requests or
    more shall reach; budget: requests after which it stops all the same, and says so. The same arguments give the same
    numbers. flow, row_sizes: as `archbook.capacity.estimate` takes them; progress: called with (done, total, label).
    Raises InvalidInput, and ArchbookError when calls go round in a circle.
    """
    runs = Runs(design, growth, seed, precision, budget, flow, progress)
    return Simulation(
        subject=design, growth=runs.growth, seed=runs.seed, requests_per_s=runs.per_s, asked_precision=runs.precision,
        precision=runs.reached(), settled=runs.settled, warm_s=runs.warm_s, length_s=runs.length_s,
        requests=sum(run.requests for run in runs.all), spent=runs.spent, numbers=numbers(runs.program, runs.all),
        estimate=estimate(design, runs.growth, row_sizes, runs.flow), per_replication=tuple(runs.all),
    )  # fmt: skip


def arriving_per_s(design: Design, flow: Flow, growth: float) -> float:
    """Requests of clients a second at `growth` times today's load, or InvalidInput where none can be simulated."""
    rate = growth * sum(flow.arriving_per_s.values())
    if not rate:
        raise InvalidInput(f"nothing arrives at {design.name}: no journey of it makes a request to simulate")
    if not LOWEST_PER_S <= rate <= HIGHEST_PER_S:
        raise InvalidInput(f"{rate:.3g} requests/s arrive at {design.name}; {LOWEST_PER_S:g} to {HIGHEST_PER_S:g} can "
                           "be simulated: look at its `traffic` and at `growth`")  # fmt: skip
    return rate


class Runs:
    """The replications of one scenario, and what is known of their course.

    warm_s: what was left out at the start. length_s: what each replication was watched for after it. settled: False
    where requests pile up for as long as it was watched. spent: requests simulated in all.
    """

    def __init__(self, design: Design, growth: float, seed: int, precision: float, budget: int,
                 flow: Flow | None = None, progress: Progress | None = None) -> None:  # fmt: skip
        self.growth = checked("growth", growth, above=0, most=1e6)
        self.precision = checked("precision", precision, above=0, most=1)
        self.seed, self.budget = counted("seed", seed, least=0), counted("budget", budget, least=SMALLEST_BUDGET)
        self.flow = flow if flow is not None and flow.fits(design) else planned(design)
        self.program = program_of(design, self.flow)
        self.happenings = timeline(self.program)
        self.per_s = arriving_per_s(design, self.flow, self.growth)
        self.progress, self.spent, self.all = progress, 0, []  # type: tuple[Progress | None, int, list[Measured]]
        self._settle()
        if self.settled:
            self._measure()

    def _settle(self) -> None:
        """Find the warm-up: look ever longer until it is less than half, or until requests plainly pile up."""
        length = _FIRST
        while True:
            end_s = length / self.per_s
            self.all = self._round(Plan(self.growth, 0.0, end_s, SLOTS, self.seed), range(REPLICATIONS), "warming up")
            cut = warm_up(np.mean([run.in_system for run in self.all], axis=0))
            self.warm_s, self.length_s = max(cut, LEAST_CUT) * end_s / SLOTS, end_s
            rising = rise(self.all)
            self.settled = not rising.low > 1.2 and all(run.ended for run in self.all)
            enough = cut <= SLOTS // 4 and self.settled
            if enough or self.spent + 4 * length * REPLICATIONS > self.budget / 2 or not all(r.ended for r in self.all):
                return
            length *= 4

    def _measure(self) -> None:
        """Replications until every endpoint's mean response is as precise as asked, or the budget is used up."""
        looked = self.length_s * self.per_s
        longest = (self.budget - self.spent) / REPLICATIONS - self.warm_s * self.per_s
        asked = 0.5 * looked * (self.reached() / self.precision) ** 2
        self.length_s = max(min(max(asked, 2 * looked), longest), 0.1 * looked) / self.per_s
        plan = Plan(self.growth, self.warm_s, self.warm_s + self.length_s, SLOTS, self.seed)
        self.all = self._round(plan, range(REPLICATIONS, 2 * REPLICATIONS), "simulating")
        while self.reached() > self.precision and self.spent + 2 * plan.end_s * self.per_s <= self.budget:
            start = REPLICATIONS + len(self.all)
            self.all += self._round(plan, range(start, start + 2), "simulating")

    def reached(self) -> float:
        """Half the 95 % interval of the mean response over itself, of the least precise of the endpoints asked for:
        those that get 1 % of the requests or more.
        """
        tables = np.array([run.endpoints for run in self.all])
        asked = tables[:, :, _LOAD].mean(axis=0) >= RARE * self.per_s
        precisions = [figure(column).precision for column in tables[:, asked, _MEAN].T]
        return min(max(precisions, default=math.inf), 1e3)

    def _round(self, plan: Plan, numbers: range, label: str) -> list[Measured]:
        found = []
        for run in replications(self.program, self.happenings, plan, numbers):
            found.append(run)
            self.spent += int(plan.end_s * self.per_s)
            if self.progress:
                self.progress(min(self.spent, self.budget), self.budget, label)
        return found


def replications(program: Program, happenings: Timeline, plan: Plan, numbers: range) -> Iterator[Measured]:
    """Measured replications in their order, as many at once as there are processors."""

    def one(number: int) -> Measured:
        world, ended = replicate(program, happenings, plan, number)
        return measured(program, world, ended)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(one, numbers)
        finally:
            pool.shutdown(cancel_futures=True)


def warm_up(course: Any) -> int:
    """How many of the first numbers to leave out, by MSER-5: the cut that makes the mean of the rest most certain.

    Source: White, Simulation 69 (1997); batches of five.

    >>> warm_up(np.concatenate([np.arange(50.0), np.full(150, 50.0)]))
    50
    """
    batches = np.asarray(course, dtype=float)[: len(course) // 5 * 5].reshape(-1, 5).mean(axis=1)
    most = len(batches) * 3 // 4
    errors = [float(np.var(batches[cut:])) / (len(batches) - cut) for cut in range(most)]
    return 5 * int(np.argmin(errors))


def rise(runs: list[Measured]) -> Figure:
    """Requests under way in the last third over those in the third before it: 1 in a steady state, 5/3 where they
    pile up at a constant pace from the start.
    """
    found = []
    for run in runs:
        third = len(run.in_system) // 3
        before, last = run.in_system[third : 2 * third].mean(), run.in_system[2 * third :].mean()
        found.append(last / before if before else 1.0)
    return figure(found)
