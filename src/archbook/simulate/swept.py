"""What a sweep answers: one scenario a point, with intervals, and paired differences between them."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from archbook.capacity.rendering import leading, plain
from archbook.errors import InvalidInput
from archbook.simulate.figures import Figure, figure, t_quantile
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_duration, show_factor, show_share, significant

What = Literal["mean_s", "p95_s", "failed", "utilisation"]
UNKNOWN = Figure(math.nan, math.nan, math.nan)


@dataclass(frozen=True, slots=True, eq=False)
class Scenario:
    """One point of a sweep. The lists hold one number a replication, in their order; times in s, the rest shares.

    point: path → value that it sets. settled: False where requests pile up, so that no time is claimed. precise: the
    precision asked for was reached. p95_s: of each endpoint. utilisation: of each element.
    """

    point: Mapping[str, Any]
    growth: float
    seed: int
    settled: bool
    precise: bool
    requests_per_s: float
    requests: int
    spent: int
    mean_s: list[float]
    failed: list[float]
    p95_s: Mapping[str, list[float]]
    utilisation: Mapping[str, list[float]]

    @property
    def label(self) -> str:
        """The point in words."""
        return labelled(self.point)

    @property
    def slowest(self) -> str:
        """The endpoint with the highest p95; empty where none is known."""
        return _highest(self.p95_s)

    @property
    def busiest(self) -> str:
        """The element with the highest utilisation; empty where none is known."""
        return _highest(self.utilisation)

    def figure(self, what: What) -> Figure:
        """Mean response, p95 of the slowest endpoint, share that fails, or utilisation of the busiest element, with its
        interval; a time is unknown where nothing settles.
        """
        return figure(self._series(what, self)) if self.settled or what == "utilisation" else UNKNOWN

    def _series(self, what: What, named: Scenario) -> list[float]:
        if what == "p95_s":
            return self.p95_s.get(named.slowest, [])
        if what == "utilisation":
            return self.utilisation.get(named.busiest, [])
        series: list[float] = getattr(self, what)
        return series


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """A design simulated at many points with the same random numbers. digest: of the design as it was.

    left_out: endpoints with too few requests for a p95 at some point; the slowest is sought among the others.
    """

    design: str
    digest: str
    precision: float
    budget: int
    scenarios: tuple[Scenario, ...]
    left_out: tuple[str, ...] = ()

    @property
    def axes(self) -> dict[str, list[Any]]:
        """The paths that vary, and their values in the order given."""
        paths = {path: list({str(s.point[path]): s.point[path] for s in self.scenarios}.values())
                 for path in self.scenarios[0].point}  # fmt: skip
        return {path: values for path, values in paths.items() if len(values) > 1}

    def difference(self, a: int, b: int, what: What = "mean_s") -> Figure:
        """How much more scenario `b` has than scenario `a` (their numbers, from 0), with its paired 95 % interval.

        what: of the endpoint or the element that is the slowest or the busiest in `a`. Replications of the same number
        have the same random numbers, and are paired; the first of each, where one has more. Unknown where either does
        not settle. Raises InvalidInput for a number that no scenario has.
        Source: Law, Simulation Modeling and Analysis, 5th ed., 10.2.1 and 11.2 (paired t, common random numbers).
        """
        if not all(isinstance(i, int) and 0 <= i < len(self.scenarios) for i in (a, b)):
            raise InvalidInput(f"scenarios are numbered 0 to {len(self.scenarios) - 1}, and {a} and {b} were asked for")
        first, second = self.scenarios[a], self.scenarios[b]
        if not (first.settled and second.settled):
            return UNKNOWN
        pairs = list(zip(first._series(what, first), second._series(what, first), strict=False))
        apart = np.array([there - here for here, there in pairs])
        apart = apart[~np.isnan(apart)]
        if len(apart) < 2:
            return UNKNOWN
        mean = float(apart.mean())
        half = t_quantile(len(apart) - 1) * float(apart.std(ddof=1)) / math.sqrt(len(apart))
        return Figure(mean, mean - half, mean + half)

    @property
    def finding(self) -> str:
        """The lowest and the highest p95 of the slowest endpoint, and where."""
        known = [s for s in self.scenarios if not math.isnan(s.figure("p95_s").value)]
        if not known:
            return "nothing settles" if not any(s.settled for s in self.scenarios) else "no p95 is known"
        best, worst = (pick(known, key=lambda s: s.figure("p95_s").value) for pick in (min, max))
        ends = [f"{s.figure('p95_s').shown(show_duration)} at {s.label}" for s in (best, worst)]
        return f"p95 of the slowest endpoint is {ends[0]}" + ("" if best is worst else f", and {ends[1]}")

    @property
    def answer(self) -> str:
        """The result in a few sentences."""
        settled = [s for s in self.scenarios if s.settled]
        piling = [s for s in self.scenarios if not s.settled]
        text = f"{show_count(len(self.scenarios), 'point')} of {self.design} simulated"
        text += f": {self.finding}."
        if piling:
            first = piling[0]
            busy = f" ({first.busiest} is the busiest, {first.figure('utilisation').shown(show_share)} in use)"
            text += f" At {show_count(len(piling), 'point')} requests pile up, first at {first.label}"
            text += f"{busy if first.busiest else ''}: no time is claimed there."
        vague = sum(not s.precise for s in settled)
        if vague:
            text += (f" {show_count(vague, 'point')} did not reach ±{show_share(self.precision)} within the budget of "
                     f"{significant(self.budget)} requests: raise `budget`.")  # fmt: skip
        return text

    def table(self) -> Table:
        """A row a point: its values and headline figures; the last column is paired with the first point."""
        paths = list(self.scenarios[0].point)
        rows: list[list[object]] = []
        for number, s in enumerate(self.scenarios):
            against = self.difference(0, number) if number else UNKNOWN
            times = [s.figure("mean_s"), s.figure("p95_s")]
            shown = [f.shown(show_duration) if s.settled else None for f in times]
            rows.append([*(s.point[path] for path in paths), *shown, s.slowest if s.settled else None,
                         s.busiest or None, s.figure("utilisation").shown(show_share) if s.busiest else None,
                         s.figure("failed").shown(show_share) if s.settled else None,
                         None if math.isnan(against.value) else _signed(against),
                         "yes" if s.precise else "within the budget" if s.settled else "requests pile up"])  # fmt: skip
        heads = (*(f">{path}" for path in paths), ">mean", ">p95", "of the slowest endpoint", "busiest", ">utilisation",
                 ">failed", ">mean against the first", "settled")  # fmt: skip
        return as_columns(heads, rows, f"Sweep of {self.design} (simulated, 95 % intervals)")

    def lines(self) -> dict[str, Any]:
        """What the chart draws: p95 of the slowest endpoint over the first number that varies, a line for the rest.

        Raises InvalidInput where no number varies.
        """
        axis = next((path for path, values in self.axes.items() if all(map(_numeric, values))), None)
        if axis is None:
            raise InvalidInput(
                "a chart of a sweep needs a number that varies, such as `growth`, with two values or more"
            )
        others = [path for path in self.axes if path != axis]
        rows: list[dict[str, Any]] = []
        gaps: list[dict[str, Any]] = []
        for s in self.scenarios:
            line = labelled({path: s.point[path] for path in others}) if others else self.design
            number, at = s.figure("p95_s"), {"x": float(s.point[axis]), "line": line}
            value, low, high = (1000 * seconds for seconds in number)
            if math.isnan(number.low):
                gaps.append(at)
            else:
                rows.append({**at, "y": value, "low": max(low, 0.0), "high": high})
        slowest = ", ".join(dict.fromkeys(s.slowest for s in self.scenarios if s.settled)) or "nothing settles"
        ends = [show_duration(pick(row["y"] for row in rows) / 1000) for pick in (min, max)] if rows else []
        found = f"p95 of the slowest endpoint is {' to '.join(dict.fromkeys(ends))}" if rows else self.finding
        found += f"; at {show_count(len(gaps), 'point')} requests pile up" if gaps and rows else ""
        return {"finding": found,
                "subtitle": f"{slowest}; simulated, bands are 95 % intervals, seed {self.scenarios[0].seed}",
                "x": "multiple of today's peak" if axis == "growth" else axis,
                "y": "p95 of the slowest endpoint, ms", "rows": rows, "gaps": gaps, "gap": "piles up"}  # fmt: skip

    def how(self) -> str:
        """How the numbers came about."""
        requests = significant(sum(s.spent for s in self.scenarios))
        rare = f" Too rare at some point for a p95, and left out of the slowest: {', '.join(self.left_out)}."
        seeds = ", ".join(dict.fromkeys(str(s.seed) for s in self.scenarios))
        text = (
            f"{requests} requests in all. Every point takes the same random numbers (seed {seeds}): differences are "
            "paired by replication, and their intervals are Student's t at 95 % over the pairs."
        )
        return text + rare * bool(self.left_out)

    def to_json(self) -> dict[str, Any]:
        """A plain dict; times in s, null where nothing is known."""
        rows = []
        for number, s in enumerate(self.scenarios):
            whats: tuple[What, ...] = ("mean_s", "p95_s", "failed", "utilisation")
            row: dict[str, Any] = {
                   "point": s.point, "growth": s.growth, "seed": s.seed, "settled": s.settled, "precise": s.precise,
                   "requests_per_s": s.requests_per_s, "requests": s.requests, "slowest": s.slowest,
                   "busiest": s.busiest, **{what: s.figure(what)._asdict() for what in whats},
                   "mean_against_the_first_s": self.difference(0, number)._asdict()}  # fmt: skip
            rows.append(row)
        document: dict[str, Any] = plain({"design": self.design, "digest": self.digest, "answer": self.answer,
                                          "precision": self.precision, "budget": self.budget,
                                          "scenarios": rows})  # fmt: skip
        return document

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        how = f"<details><summary>How was this simulated?</summary><p>{html.escape(self.how())}</p></details>"
        return {"text/html": leading(self.answer) + self.table().html() + how, "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n\n".join([self.answer, self.table().text(), self.how()])


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def labelled(point: Mapping[str, Any]) -> str:
    """A point in words, each path by its end.

    >>> labelled({"growth": 5, "services.pay.instances": 3})
    '5× load, pay.instances 3'
    """
    parts = [f"{show_factor(value)} load" if path == "growth" else f"{'.'.join(path.split('.')[-2:])} {value}"
             for path, value in point.items()]  # fmt: skip
    return ", ".join(parts) or "the design as it stands"


def _highest(series: Mapping[str, list[float]]) -> str:
    return max(series, key=lambda name: figure(series[name]).value, default="")


def _signed(apart: Figure) -> str:
    """A difference in time with its sign and interval."""
    texts = [("−" if seconds < 0 else "+") + show_duration(abs(seconds)) for seconds in apart]
    return f"{texts[0]} ({texts[1]} to {texts[2]})"
