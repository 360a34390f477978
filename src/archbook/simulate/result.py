"""What a simulation answers: every number with its 95 % interval, beside the formula."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from archbook.capacity.rendering import plain
from archbook.capacity.result import Estimate
from archbook.design.model import Design
from archbook.evidence import Evidence, found
from archbook.simulate.claims import Claim, claims
from archbook.simulate.figures import Figure, figure
from archbook.simulate.measured import Measured
from archbook.simulate.program import Program
from archbook.tables import Table, as_columns
from archbook.units import show_count, show_duration, show_factor, show_rate, show_share, significant

RARE = 0.01
"""Endpoints with a smaller share of the requests show their interval, but nothing runs longer for them."""
KEEPS_UP = 0.99
"""An element that is busier than this while requests pile up does not keep up."""


@dataclass(frozen=True, slots=True)
class ElementFigures:
    """One service, store or external system. Times in s; utilisation and turned_away (shed or refused) are shares."""

    name: str
    load_per_s: Figure
    utilisation: Figure  # nan where nothing limits how many requests it serves at once
    wait_s: Figure
    response_s: Figure
    p50_s: Figure
    p95_s: Figure
    p99_s: Figure
    wait_p95_s: Figure
    turned_away: Figure


@dataclass(frozen=True, slots=True)
class EndpointFigures:
    """One endpoint: times of its answered requests in s, and the share that failed."""

    name: str
    load_per_s: Figure
    failed: Figure
    mean_s: Figure
    p50_s: Figure
    p95_s: Figure
    p99_s: Figure


@dataclass(frozen=True, slots=True)
class CallFigures:
    """One call of the design. attempts: a call; timeouts: share of attempts; failed_fast, hits: shares of calls."""

    from_: str
    to: str
    attempts: Figure
    timeouts: Figure
    failed_fast: Figure
    hits: Figure


@dataclass(frozen=True, slots=True)
class Numbers:
    """Figures of everything in a design, from its replications."""

    elements: Mapping[str, ElementFigures]
    endpoints: Mapping[str, EndpointFigures]
    calls: tuple[CallFigures, ...]


def numbers(program: Program, runs: list[Measured]) -> Numbers:
    """Means over the replications, each with its interval."""
    elements, endpoints, calls = (np.array([getattr(run, part) for run in runs]) for part in
                                  ("elements", "endpoints", "calls"))  # fmt: skip
    return Numbers(
        {name: ElementFigures(name, *_figures(elements, i)) for i, name in enumerate(program.stations)},
        {name: EndpointFigures(name, *_figures(endpoints, i)) for i, name in enumerate(program.endpoints)},
        tuple(CallFigures(call.from_, call.to, *_figures(calls, i)) for i, call in enumerate(program.design.calls)),
    )


def _figures(table: Any, row: int) -> list[Figure]:
    return [figure(column) for column in table[:, row].T]


class Numbered:
    """What has figures of everything in a design: they can be asked for by name."""

    numbers: Numbers

    @property
    def elements(self) -> Mapping[str, ElementFigures]:
        """Services, stores and external systems by name."""
        return self.numbers.elements

    @property
    def endpoints(self) -> Mapping[str, EndpointFigures]:
        """Endpoints by name."""
        return self.numbers.endpoints

    @property
    def calls(self) -> tuple[CallFigures, ...]:
        """Calls in the order of the design."""
        return self.numbers.calls


@dataclass(frozen=True, eq=False)
class Simulation(Numbered):
    """A design in steady state at one multiple of today's load.

    requests: counted after the warm-up; spent: simulated in all. precision: half the interval of the mean response
    over itself, of the least precise endpoint with 1 % of the requests or more. per_replication: the raw numbers.
    """

    subject: Design
    growth: float
    seed: int
    requests_per_s: float
    asked_precision: float
    precision: float
    settled: bool
    warm_s: float
    length_s: float
    requests: int
    spent: int
    numbers: Numbers
    estimate: Estimate
    per_replication: tuple[Measured, ...]

    @property
    def precise(self) -> bool:
        """Whether the precision asked for was reached."""
        return self.settled and self.precision <= self.asked_precision

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The formula beside each simulated number."""
        return tuple(claims(self, self.estimate))

    @cached_property
    def mean_s(self) -> Figure:
        """Mean response over all answered requests of clients."""
        return figure([mean_response(run.endpoints) for run in self.per_replication])

    @cached_property
    def failed(self) -> Figure:
        """Share of all requests of clients that fail."""
        return figure([failed_share(run.endpoints) for run in self.per_replication])

    @property
    def busiest(self) -> ElementFigures | None:
        """The element with the highest utilisation."""
        known = [e for e in self.elements.values() if not math.isnan(e.utilisation.value)]
        return max(known, key=lambda e: e.utilisation.value, default=None)

    @property
    def answer(self) -> str:
        """The result in a few sentences."""
        at = "today's peak" if self.growth == 1 else f"{show_factor(self.growth)} today's peak"
        load = f"At {at} ({show_rate(self.requests_per_s)})"
        busiest = self.busiest
        busy = (
            f"; {busiest.name} is the busiest, {busiest.utilisation.shown(show_share)} of it in use" if busiest else ""
        )
        if not self.settled:
            what, watched = "requests pile up for as long as it was watched", show_duration(self.length_s)
            if busiest and busiest.utilisation.value < KEEPS_UP:
                what = "nothing has settled within the budget (raise `budget`): requests still pile up"
            return f"{load} {what} ({watched}){busy}. No figure settles, so none is claimed."
        failed = (
            "no request fails" if not self.failed.value else f"{self.failed.shown(show_share)} of the requests fail"
        )
        text = f"{load} a request takes {self.mean_s.shown(show_duration)} on average and {failed}{busy}."
        if math.isnan(self.mean_s.value):
            text = f"{load} no request is answered{busy}: no time is claimed."
        elif not self.precise:
            text += (f" The budget of {significant(self.spent)} requests gives ±{show_share(self.precision)}, not the "
                     f"±{show_share(self.asked_precision)} asked for: raise `budget`.")  # fmt: skip
        return f"{text} {self._agreement()}"

    def _agreement(self) -> str:
        told = [claim for claim in self.claims if claim.agrees is not None]
        if not told:
            return "No number is precise enough to hold a formula against."
        apart = [claim for claim in told if not claim.agrees]
        text = f"Formula and simulation agree in {len(told) - len(apart)} of {show_count(len(told), 'number')}"
        if not apart:
            return f"{text}."
        worst = max(apart, key=lambda c: abs(math.log(max(c.computed, 1e-9) / max(c.figure.value, 1e-9))))
        return (f"{text}; furthest apart is the {worst.what} of {worst.about} ({worst.shown(worst.computed)} computed, "
                f"{worst.figure.shown(worst.shown)} simulated): {worst.because}.")  # fmt: skip

    def table(self) -> Table:
        """Elements: utilisation, mean wait and p95, computed and simulated."""
        by_name: dict[str, dict[str, Claim]] = {}
        for claim in self.claims:
            by_name.setdefault(claim.about, {})[claim.what] = claim
        rows = []
        for name, element in self.elements.items():
            if not element.load_per_s.value:
                continue
            told = by_name.get(name, {})
            row: list[object] = [name, show_rate(element.load_per_s.value)]
            for what, number, show in (("utilisation", element.utilisation, show_share),
                                       ("mean wait", element.wait_s, show_duration),
                                       ("p95", element.p95_s, show_duration)):  # fmt: skip
                computed = told.get(what)
                row += [
                    None if math.isnan(number.value) else number.shown(show),
                    computed and computed.shown(computed.computed),
                ]
            rows.append([*row, _verdicts(told)])
        heads = ("element", ">load", ">utilisation", ">computed", ">mean wait", ">computed", ">p95", ">computed",
                 "formula")  # fmt: skip
        return as_columns(heads, rows, f"At {show_factor(self.growth)} today's peak (simulated, 95 % intervals)")

    def endpoint_table(self) -> Table:
        """Endpoints that were asked for: mean, percentiles and failures."""
        by_name = {(claim.about, claim.what): claim for claim in self.claims}
        rows: list[list[object]] = []
        for name, found_ in self.endpoints.items():
            if found_.load_per_s.value:
                told = {what: by_name[name, what] for what in ("mean", "p95")}
                cells = [None if math.isnan(f.value) else f.shown(show_duration)
                         for f in (found_.mean_s, found_.p50_s, found_.p95_s, found_.p99_s)]  # fmt: skip
                rows.append([name, show_rate(found_.load_per_s.value), *cells, told["p95"].shown(told["p95"].computed),
                             found_.failed.shown(show_share), _verdicts(told)])  # fmt: skip
        heads = ("endpoint", ">load", ">mean", ">p50", ">p95", ">p99", ">p95 computed", ">failed", "formula")
        return as_columns(heads, rows, f"Endpoints at {show_factor(self.growth)} today's peak (simulated)")

    def claim_table(self) -> Table:
        """Every formula beside its simulation, those that disagree first."""
        order = {"disagrees": 0, "no claim": 1, "close": 2, "agrees": 3}
        rows = [(f"{c.about}, {c.what}", c.formula, c.shown(c.computed), c.figure.shown(c.shown), c.verdict, c.because)
                for c in sorted(self.claims, key=lambda c: order[c.verdict])]  # fmt: skip
        return as_columns(("number", "formula", ">computed", ">simulated", "verdict", "because"), rows)

    def _promises(self) -> tuple[str, Figure] | None:
        """How the promises of a p95 are kept, as a sentence, and the share of its promise that the worst one takes.

        None where an endpoint that gets 1 % of the requests or more has too few of them for a percentile.
        """
        promises = {name: target for name, e in self.estimate.endpoints.items() if (target := e.slo_p95_s)}
        asked = {name: self.endpoints[name] for name in promises if self.endpoints[name].load_per_s.value}
        known = {name: Figure(*(number / promises[name] for number in found_.p95_s))
                 for name, found_ in asked.items() if not math.isnan(found_.p95_s.value)}  # fmt: skip
        rare = [found_.load_per_s.value / self.requests_per_s for name, found_ in asked.items() if name not in known]
        if not known or max(rare, default=0.0) >= RARE:
            return None
        name = max(known, key=lambda name: known[name].value)
        missed = sum(share.value > 1 for share in known.values())
        kept = f"{missed} of {len(known)} promises of a p95 are missed" if missed else (
            f"{show_count(len(known), 'promise of a p95 is', 'promises of a p95 are')} kept")  # fmt: skip
        nearest = f"{self.endpoints[name].p95_s.shown(show_duration)} of {show_duration(promises[name])}"
        left = f"; {show_count(len(rare), 'endpoint')} with {show_share(sum(rare))} of the requests asked too rarely"
        said = f"{kept}, {'worst' if missed else 'nearest'} {name} with {nearest}{left if rare else ''},"
        return said, known[name]

    def evidence(self, design: Design | None = None) -> list[Evidence]:
        """Mean, busiest element, and the p95 nearest to its promise, to keep in the folder; none where none settles."""
        subject, busiest = design or self.subject, self.busiest
        if not self.precise:
            return []
        rest = {
            "how": "simulation",
            "about": "design",
            "seed": self.seed,
            "sample": self.requests,
            "engine": "archbook",
            "source": f"archbook simulate, at {show_factor(self.growth)} today's peak",
        }
        kept = [("mean", f"A request takes {self.mean_s.shown(show_duration)} on average", self.mean_s, "s")]
        if busiest:
            text = f"{busiest.name} is the busiest, {busiest.utilisation.shown(show_share)} in use"
            kept.append(("busiest", text, busiest.utilisation, "share"))
        at = f"at {show_factor(self.growth)} today's peak"
        if promises := self._promises():
            kept.append(("p95", *promises, "share"))
        details = {
            "busiest": {"elements": {e.name: {"utilisation": e.utilisation.value} for e in self.elements.values()
                                     if not math.isnan(e.utilisation.value)}},
            "p95": {"endpoints": {e.name: {"p50_s": e.p50_s.value, "p95_s": e.p95_s.value, "p99_s": e.p99_s.value}
                                  for e in self.endpoints.values() if not math.isnan(e.p95_s.value)}},
        }  # fmt: skip
        return [found(subject, id=f"simulate-{significant(self.growth)}x-{key}", claim=f"{text} {at}", value=f.value,
                      low=f.low, high=f.high, unit=unit, details=details.get(key, {}), **rest)
                for key, text, f, unit in kept]  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        """A plain dict; times in s, null where nothing is known."""
        document = {"design": self.subject.name, "growth": self.growth, "seed": self.seed, "answer": self.answer,
                    "settled": self.settled, "precision": self.precision, "asked_precision": self.asked_precision,
                    "warm_up_s": self.warm_s, "replication_s": self.length_s,
                    "replications": len(self.per_replication), "requests": self.requests, "mean_s": self.mean_s,
                    "failed": self.failed, "elements": self.elements, "endpoints": self.endpoints,
                    "calls": self.calls, "claims": self.claims}  # fmt: skip
        plain_document: dict[str, Any] = plain(_named(document))
        return plain_document

    def how(self) -> str:
        """How the numbers came about, in two sentences."""
        runs = show_count(len(self.per_replication), "independent replication")
        warm = f"after a warm-up of {show_duration(self.warm_s)} (MSER-5)"
        return (f"{runs} of {show_duration(self.length_s)} each {warm}, "
                f"{significant(self.requests)} requests, seed {self.seed}; intervals are Student's t at 95 % over the "
                "replications. Arrivals are Poisson; service times are gamma below scv 1, exponential at 1, "
                "hyperexponential above.")  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        parts = [f'<p style="font-size:1.1em;font-weight:600">{html.escape(self.answer)}</p>', self.table().html()]
        folded = {"Where formula and simulation differ, and why": self.claim_table().html(),
                  "How was this simulated?": f"<p>{html.escape(self.how())}</p>"}  # fmt: skip
        parts += [f"<details><summary>{head}</summary>{body}</details>" for head, body in folded.items()]
        return {"text/html": "".join(parts), "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n\n".join([self.answer, self.table().text(), self.how()])


def _named(value: Any) -> Any:
    """Figures as records with names, so that JSON says which number is which."""
    if isinstance(value, Figure):
        return value._asdict()
    if hasattr(value, "__dataclass_fields__"):
        return {name.rstrip("_"): _named(getattr(value, name)) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {name: _named(item) for name, item in value.items()}
    return [_named(item) for item in value] if isinstance(value, tuple | list) else value


def _verdicts(told: Mapping[str, Claim]) -> str | None:
    apart = [claim.what for claim in told.values() if claim.verdict == "disagrees"]
    if apart:
        return f"disagrees: {', '.join(apart)}"
    return None if not told else "agrees" if any(claim.agrees for claim in told.values()) else "no claim"


def mean_response(endpoints: Any) -> float:
    """Mean response over all endpoints, by their answered requests."""
    load, failed, mean = endpoints[:, 0], endpoints[:, 1], endpoints[:, 2]
    known = ~np.isnan(mean)
    weights = load[known] * (1 - failed[known])
    return float(np.average(mean[known], weights=weights)) if weights.sum() else math.nan


def failed_share(endpoints: Any) -> float:
    """Share of all requests that failed."""
    load = endpoints[:, 0]
    return float(np.nansum(load * endpoints[:, 1]) / load.sum()) if load.sum() else math.nan
