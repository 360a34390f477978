"""What a load run found: times of each endpoint beside the estimate, a comparison, and the evidence a design keeps."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from archbook.capacity.result import EndpointEstimate
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found
from archbook.schema.outcome import ratio_interval
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_duration, show_factor, show_rate, significant

if TYPE_CHECKING:
    from archbook.contracts.clients import Asked

SAMPLE = 2000
"""Times of a variant from which the interval of a ratio is resampled."""
KEEPS_UP = 0.9
"""Of the rate that was asked for; below, requests are left over."""
ABOUT_THE_ESTIMATE = (
    "The estimate is of the design's machines, at its peak, with its own work and calls between services; the "
    "measurement is of one Python process on this machine, on generated rows, that does the reading and none of the "
    "business. Where they differ, neither is wrong: trust the order of the endpoints and the effect of a change."
)


@dataclass(frozen=True, slots=True)
class Times:
    """Times of many answers, in seconds. low and high: 95 % interval of p95, from the ranks of the times."""

    count: int
    p50_s: float
    p95_s: float
    p99_s: float
    low_s: float
    high_s: float


@dataclass(frozen=True, slots=True)
class EndpointLoad:
    """One endpoint in one variant. estimate_*: of the same design; NaN where there is none."""

    name: str
    variant: str
    times: Times
    failures: int
    estimate_p50_s: float
    estimate_p95_s: float


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """Times by endpoint, and of all together by variant.

    ratio: how many times longer the first variant's median is than the last one's, with its 95 % interval; 1 where
    nothing is compared.
    """

    design: str
    clients: int
    rate_per_s: float | None
    seconds: float
    engine: str
    rows: int
    seed: int
    endpoints: tuple[EndpointLoad, ...]
    together: Mapping[str, Times]
    ratio: float
    ratio_low: float
    ratio_high: float
    left_out: Mapping[str, str]

    @property
    def per_s(self) -> Mapping[str, float]:
        """Answers a second, of each variant."""
        return {name: times.count / self.seconds for name, times in self.together.items()}

    @property
    def failures(self) -> int:
        """Answers that were errors."""
        return sum(endpoint.failures for endpoint in self.endpoints)

    def table(self) -> Table:
        """Times by endpoint beside the estimate."""
        several = len(self.together) > 1
        rows = []
        for one in self.endpoints:
            row = (one.name, one.times.count, *map(show_duration, (one.times.p50_s, one.times.p95_s, one.times.p99_s)),
                   _known(one.estimate_p50_s), _known(one.estimate_p95_s))  # fmt: skip
            rows.append((one.name, one.variant, *row[1:]) if several else row)
        columns = ["endpoint", ">answers", ">p50", ">p95", ">p99", ">estimated p50", ">estimated p95"]
        return as_columns([columns[0], "variant", *columns[1:]] if several else columns, rows)

    @property
    def verdict(self) -> str:
        """What was found, in one or two sentences."""
        asked = f"at {show_rate(self.rate_per_s)}" if self.rate_per_s else "each asking again at once"
        who = f"{show_count(self.clients, 'client')}, {asked}"
        if len(self.together) > 1:
            (first, before), (last, after) = list(self.together.items())[:: len(self.together) - 1]
            same = self.ratio_low <= 1 <= self.ratio_high
            factor = self.ratio if self.ratio >= 1 else 1 / self.ratio
            ends = sorted(1 / end if self.ratio < 1 else end for end in (self.ratio_low, self.ratio_high))
            interval = f"{show_factor(ends[0])} to {show_factor(ends[1])}"
            change = f"{show_factor(factor)} {'faster' if self.ratio > 1 else 'slower'} ({interval}) than with {first}"
            change = f"no difference, within the spread from {first}" if same else change
            return (
                f"With {last}: {change}: half of all answers within {show_duration(after.p50_s)} instead of "
                f"{show_duration(before.p50_s)}, 95 % within {show_duration(after.p95_s)} instead of "
                f"{show_duration(before.p95_s)} ({who})."
            )
        (times,), (rate,) = self.together.values(), self.per_s.values()
        behind = self.rate_per_s is not None and rate < KEEPS_UP * self.rate_per_s
        failed = " It could not keep up with that rate, so the times grow with the run." if behind else ""
        failed += (
            f" {show_count(self.failures, 'answer was an error', 'answers were errors')}." if self.failures else ""
        )
        return (
            f"{who}: {show_rate(rate)} answered; 95 % within {show_duration(times.p95_s)} "
            f"({show_duration(times.low_s)} to {show_duration(times.high_s)}), half of them within "
            f"{show_duration(times.p50_s)}.{failed}"
        )

    @property
    def notes(self) -> tuple[str, ...]:
        """What to know beside."""
        writes = sum(why == "it writes" for why in self.left_out.values())
        others = [f"{name}: {why}" for name, why in self.left_out.items() if why != "it writes"]
        said = [ABOUT_THE_ESTIMATE, f"{self.engine}, {significant(self.rows)} rows a table; the design's rate limits "
                "are off, as all clients have one address."]  # fmt: skip
        if writes:
            said.append(f"Only reads are asked; {show_count(writes, 'endpoint writes', 'endpoints write')}.")
        return (*said, *(f"Left out: {other}." for other in others))

    def to_json(self) -> dict[str, Any]:
        """Everything, in plain types."""
        return {**asdict(self), "verdict": self.verdict}

    def evidence(self, design: Design) -> tuple[Evidence, ...]:
        """The p95 of all answers or, of a comparison, the ratio; about the API of the design."""
        name, times = list(self.together.items())[-1]
        compared = len(self.together) > 1
        by_endpoint = {
            f"{one.name} {one.variant}".strip(): {"p50_s": one.times.p50_s, "p95_s": one.times.p95_s,
                                                  "p99_s": one.times.p99_s, "answers": one.times.count}
            for one in self.endpoints
        }  # fmt: skip
        entry = found(
            design,
            id=f"load.{name.replace(' ', '_')}" if compared else "load",
            claim=self.verdict,
            value=self.ratio if compared else times.p95_s,
            low=self.ratio_low if compared else times.low_s,
            high=self.ratio_high if compared else times.high_s,
            unit="×" if compared else "s",
            how="measurement",
            about="api",
            source=f"archbook load, {self.clients} clients on this machine, {self.rows:,} generated rows a table",
            engine=self.engine,
            seed=self.seed,
            sample=sum(times.count for times in self.together.values()),
            details={"endpoints": by_endpoint, "notes": list(self.notes)},
        )
        return (entry,)

    def __str__(self) -> str:
        notes = "".join(f"\n- {note}" for note in self.notes)
        return f"{self.verdict}\n\n{self.table()}\n\nTo know beside:{notes}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        import html

        notes = "".join(f"<p>{html.escape(note)}</p>" for note in self.notes)
        return {"text/html": f"<p>{html.escape(self.verdict)}</p>{self.table().html()}{notes}", "text/plain": str(self)}


def outcome_of(
    design: Design,
    asked: Mapping[str, Sequence[Asked]],
    left_out: Mapping[str, str],
    told: Mapping[str, Any],
    estimates: Mapping[str, EndpointEstimate],
) -> LoadOutcome:
    """What the requests of each variant say. Raises ArchbookError where none was answered well."""
    endpoints, together = [], {}
    for variant, parts in asked.items():
        everything = [seconds for part in parts for seconds in part.seconds]
        if not everything:
            raise ArchbookError("no request was answered well in the run; ask for longer, or look at `archbook serve`")
        together[variant] = times_of(everything)
        for part in parts:
            if part.seconds:
                name = part.endpoint.name
                estimated = estimates[name]
                endpoints.append(EndpointLoad(name, variant, times_of(part.seconds), part.failures, estimated.p50_s,
                                              estimated.p95_s))  # fmt: skip
    dice = random.Random(told["seed"])
    samples = [_sample([s for part in parts for s in part.seconds], dice) for parts in asked.values()]
    first, last = (list(together.values())[at].p50_s for at in (0, -1))
    low, high = ratio_interval(samples[0], samples[-1], told["seed"]) if len(samples) > 1 else (1.0, 1.0)
    order = {endpoint.name: number for number, endpoint in enumerate(design.api.endpoints)}
    endpoints.sort(key=lambda one: order[one.name])
    return LoadOutcome(
        design.name, told["clients"], told["rate_per_s"], told["seconds"], told.get("engine", "duckdb"),
        told.get("rows", 1_000), told["seed"], tuple(endpoints), together, first / last if last else 1.0, low, high,
        dict(left_out),
    )  # fmt: skip


def times_of(seconds: Sequence[float]) -> Times:
    """Percentiles of times, by rank.

    >>> times = times_of([n / 1000 for n in range(1, 1001)])
    >>> times.p50_s, times.p95_s, times.low_s, times.high_s
    (0.5, 0.95, 0.937, 0.964)
    """
    ordered, spread = sorted(seconds), 1.96 * math.sqrt(len(seconds) * 0.95 * 0.05)
    at_95 = 0.95 * len(ordered)
    ranks = (0.5 * len(ordered), at_95, 0.99 * len(ordered), at_95 - spread, at_95 + spread)
    return Times(len(ordered), *(ordered[min(max(math.ceil(rank) - 1, 0), len(ordered) - 1)] for rank in ranks))


def _sample(seconds: Sequence[float], dice: random.Random) -> Sequence[float]:
    return seconds if len(seconds) <= SAMPLE else dice.sample(seconds, SAMPLE)


def _known(seconds: float) -> str | None:
    return show_duration(seconds) if math.isfinite(seconds) else None
