"""A design over time, while things happen to it: does it recover by itself?"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity import plan as planned
from archbook.capacity.flow import Plan as Flow
from archbook.capacity.formulas import checked, counted
from archbook.design.model import Design
from archbook.errors import InvalidInput
from archbook.evidence import Evidence, found
from archbook.simulate import running
from archbook.simulate.figures import Figure, figure, t_quantile
from archbook.simulate.measured import Measured
from archbook.simulate.program import program_of
from archbook.simulate.result import Numbered, Numbers, numbers
from archbook.simulate.running import Progress
from archbook.simulate.timeline import Happening, Spike, in_order, timeline
from archbook.simulate.world import Plan
from archbook.tables import Table, as_columns
from archbook.units import show_duration, show_factor, show_rate, show_share, significant

SLOTS = 120
MOST_REQUESTS = 20_000_000
FEWEST = 20
GOOD = 0.9
"""Recovered: nine tenths of the share of requests that were answered before it all began."""


@dataclass(frozen=True, slots=True)
class Course:
    """One rate (per second) over the slots: mean of the replications, and its 95 % band. Arrays of shape (slots,)."""

    mean: Any
    low: Any
    high: Any

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        return np.array(self.mean, dtype=dtype)

    def __len__(self) -> int:
        return len(self.mean)


@dataclass(frozen=True, eq=False)
class Replay(Numbered):
    """What happened, slot by slot. times_s: the ends of the slots. Rates are per second, as `Course`.

    offered_per_s: requests of clients; goodput_per_s: those answered, at the moment of the answer; failed_per_s the
    rest; attempts_per_s: what each element is asked for, retries included. recoveries: replications that answer as
    before in the last fifth of the time. recovers_at_s: when, over those that do; nan where none does.
    """

    subject: Design
    growth: float
    requests_per_s: float
    seed: int
    duration_s: float
    happenings: tuple[Happening, ...]
    times_s: Any
    offered_per_s: Course
    goodput_per_s: Course
    failed_per_s: Course
    attempts_per_s: Mapping[str, Course]
    in_system: Course
    recoveries: int
    replications: int
    recovers_at_s: Figure
    answered: Figure
    numbers: Numbers
    per_replication: tuple[Measured, ...]

    @property
    def recovered(self) -> bool:
        """Whether every replication answers as before at the end."""
        return self.recoveries == self.replications

    @property
    def too_few(self) -> bool:
        """Whether so few requests come in five slots that chance looks like an outage."""
        return self.requests_per_s * 5 * self.duration_s / SLOTS < FEWEST

    @property
    def ends_s(self) -> float:
        """When the last happening ends (s); 0 where nothing happens."""
        return max((happening.at_s + happening.for_s for happening in self.happenings), default=0.0)

    @property
    def outcome(self) -> str:
        """How it ended, in half a sentence."""
        if not self.happenings:
            return f"{self.answered.shown(show_share)} of the requests are answered"
        if not self.answered.value > 0:
            return "no request is answered at any time"
        if self.ends_s >= self.duration_s:
            return "that lasts to the end of the watch, which tells nothing of recovery (give a longer `duration_s`)"
        if self.too_few:
            return "too few requests come to tell whether it recovers (watch it longer, or at a higher `growth`)"
        if self.recovered:
            at = self.recovers_at_s.value
            if at - self.ends_s > self.duration_s / SLOTS:
                return f"it recovers by itself, {show_duration(at - self.ends_s)} after the end"
            return "it recovers at once when that ends" if at > self.happenings[0].at_s else "it holds all the time"
        if self.recoveries:
            return f"it recovers in {self.recoveries} of {self.replications} runs"
        last = float(np.mean(self.goodput_per_s.mean[-SLOTS // 5 :]))
        after = show_duration(self.duration_s - self.ends_s)
        return f"it does not recover: {after} after the end {show_rate(last)} are answered"

    @property
    def answer(self) -> str:
        """The result in two sentences."""
        load = f"At {show_factor(self.growth)} today's peak ({show_rate(self.requests_per_s)})"
        if not self.happenings:
            return f"{load} {self.outcome}."
        most = self.most_asked
        gain = self._gain(self.attempts_per_s[most])
        more = f" {most} is asked up to {significant(gain)} times as often as before." if gain > 1.5 else ""
        return f"{load} {self.outcome}; {self.answered.shown(show_share)} of all requests are answered.{more}"

    @property
    def most_asked(self) -> str:
        """The element whose load grows most while things happen; the busiest where nothing does."""
        courses = self.attempts_per_s
        return max(courses, key=lambda name: self._gain(courses[name]) if self.happenings else courses[name].mean.sum())

    def _gain(self, course: Course) -> float:
        """The most that an element is asked for over five slots, over what it was asked for before it all began."""
        first = int(self.happenings[0].at_s / self.duration_s * SLOTS)
        usual = float(np.mean(course.mean[: max(first, 1)]))
        return float(_smooth(course.mean)[first:].max()) / usual if usual > 1 else 0.0

    def table(self) -> Table:
        """Offered, answered and failed requests in twelve parts of the time."""
        part = len(self.times_s) // 12
        rows = []
        for start in range(0, 12 * part, part):
            cells = [show_rate(float(np.mean(course.mean[start : start + part]))) for course in
                     (self.offered_per_s, self.goodput_per_s, self.failed_per_s)]  # fmt: skip
            rows.append([f"to {show_duration(float(self.times_s[start + part - 1]))}", *cells])
        return as_columns(("time", ">offered", ">answered", ">failed"), rows, "Over time (simulated)")

    def evidence(self, design: Design | None = None) -> list[Evidence]:
        """Whether it recovered, to keep in the design's folder."""
        what = "; ".join(_told(happening) for happening in self.happenings) or "nothing happens"
        sample = sum(run.requests for run in self.per_replication)
        return [found(design or self.subject, id=f"replay-{significant(self.growth)}x", how="simulation",
                      claim=f"{what}: {self.answer}", value=self.answered.value, low=self.answered.low,
                      high=self.answered.high, unit="share", about="design", engine="archbook", seed=self.seed,
                      sample=sample)]  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        answer = f'<p style="font-size:1.1em;font-weight:600">{html.escape(self.answer)}</p>'
        return {"text/html": answer + self.table().html(), "text/plain": str(self)}

    def __str__(self) -> str:
        return f"{self.answer}\n\n{self.table().text()}"


def replay(
    design: Design, growth: float = 1.0, duration_s: float = 60.0, happenings: Sequence[Happening] = (), seed: int = 1,
    replications: int = 10, *, flow: Flow | None = None, progress: Progress | None = None,
) -> Replay:  # fmt: skip
    """A design from its first request on, while `happenings` (Outage, Slow, Spike, Flush) come and go.

    duration_s: how long it is watched, in 120 slots. The same arguments give the same numbers, and the same seed meets
    other designs with the same requests. Raises InvalidInput, UnknownName for an element that is not there, and
    ArchbookError when calls go round in a circle.
    """
    load, watched_s = checked("growth", growth, above=0, most=1e6), checked("duration_s", duration_s, above=0, most=1e6)
    number = counted("replications", replications, least=1)
    carried = flow if flow is not None and flow.fits(design) else planned(design)
    per_s = running.arriving_per_s(design, carried, load)
    ordered = in_order(happenings, watched_s)
    program = program_of(design, carried)
    happened = timeline(program, ordered)
    more = sum(max(spike.factor - 1, 0) * min(spike.for_s, watched_s) for spike in ordered if isinstance(spike, Spike))
    requests = per_s * (watched_s + more) * number
    if requests > MOST_REQUESTS:
        many, most = significant(requests), significant(MOST_REQUESTS)
        raise InvalidInput(f"{many} requests are more than {most}: shorten `duration_s` or take fewer `replications`")
    plan = Plan(load, 0.0, watched_s, SLOTS, counted("seed", seed, least=0))
    runs = []
    for run in running.replications(program, happened, plan, range(number)):
        runs.append(run)
        if progress:
            progress(len(runs), number, "simulating")
    slot_s = watched_s / SLOTS
    first = ordered[0].at_s / slot_s if ordered else SLOTS
    backs = [_back(run, first) for run in runs]
    ended = [at for at in backs if at < SLOTS * 4 / 5]
    course = np.array([run.course for run in runs]) / slot_s
    reached = np.array([run.reached for run in runs]) / slot_s
    return Replay(
        subject=design, growth=load, requests_per_s=per_s, seed=plan.seed, duration_s=watched_s, happenings=ordered,
        times_s=slot_s * np.arange(1, SLOTS + 1), offered_per_s=_course(course[:, :, 0]),
        goodput_per_s=_course(course[:, :, 1]), failed_per_s=_course(course[:, :, 2]),
        attempts_per_s={name: _course(reached[:, :, i]) for i, name in enumerate(program.stations)},
        in_system=_course(np.array([run.in_system for run in runs])), recoveries=len(ended), replications=number,
        recovers_at_s=figure([slot_s * at for at in ended]),
        answered=figure([min(run.course[:, 1].sum() / max(run.course[:, 0].sum(), 1), 1.0) for run in runs]),
        numbers=numbers(program, runs), per_replication=tuple(runs),
    )  # fmt: skip


def _back(run: Measured, first: float) -> float:
    """The slot from which on requests are answered as before the first happening, for good; the last where never."""
    offered, good = _smooth(run.course[:, 0]), _smooth(run.course[:, 1])
    before = slice(0, max(int(first), 1))
    usual = min(1.0, run.course[before, 1].sum() / max(run.course[before, 0].sum(), 1)) if first >= 5 else 1.0
    low = np.flatnonzero(good[:-2] < GOOD * usual * offered[:-2])
    low = low[low >= int(first)]
    return float(low[-1] + 1) if len(low) else 0.0


def _course(values: Any) -> Course:
    mean = values.mean(axis=0)
    if len(values) < 2:
        return Course(mean, np.full(len(mean), math.nan), np.full(len(mean), math.nan))
    half = t_quantile(len(values) - 1) * values.std(axis=0, ddof=1) / math.sqrt(len(values))
    return Course(mean, np.maximum(mean - half, 0.0), mean + half)


def _smooth(values: Any) -> Any:
    """Means over five slots."""
    return np.convolve(values, np.ones(5) / 5, "same")


def _told(happening: Happening) -> str:
    name = getattr(happening, "element", "load")
    what = type(happening).__name__.lower()
    return f"{what} of {name} from {show_duration(happening.at_s)} for {show_duration(happening.for_s)}"
