"""The formula beside the simulation: whether they agree, and where they do not, why."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archbook.capacity.result import ElementEstimate, Estimate
from archbook.design.elements import Service, Store
from archbook.design.model import Design
from archbook.simulate.figures import Figure
from archbook.units import show_duration, show_share

if TYPE_CHECKING:
    from archbook.simulate.result import CallFigures, Simulation

Verdict = Literal["agrees", "close", "disagrees", "no claim"]
CLOSE = 0.05
"""A formula outside the interval but within 5 % of the simulated value, or 0.1 ms, or one point of utilisation, is
called close: it is good enough to decide by."""
MATTERS = 0.01
"""Timeouts, shedding and fast failures under 1 % are not what a difference comes from."""
VAGUE = 0.2
"""An interval wider than ±20 % claims nothing."""


@dataclass(frozen=True, slots=True)
class Claim:
    """One number of the estimate against the simulation. computed: by `formula`, in s or as a share."""

    about: str
    what: str
    formula: str
    computed: float
    figure: Figure
    verdict: Verdict
    because: str

    @property
    def agrees(self) -> bool | None:
        """Whether the formula can be relied on here; None where nothing is claimed."""
        return None if self.verdict == "no claim" else self.verdict != "disagrees"

    def shown(self, number: float) -> str:
        """A number of this claim with its unit."""
        if math.isinf(number):
            return "unbounded"
        return show_share(number) if self.what == "utilisation" else show_duration(number)

    def __str__(self) -> str:
        beside = f"{self.about}, {self.what}: {self.shown(self.computed)} computed ({self.formula})"
        return f"{beside}, {self.figure.shown(self.shown)} simulated: {self.verdict}, {self.because}"


_MIXED = "its times are a mixture of what it is asked for; the formula fits one gamma by mean and variance"


def claims(simulation: Simulation, estimate: Estimate) -> Iterator[Claim]:
    """Every number of the estimate that was simulated too, elements first."""
    design = simulation.subject
    for name, found in simulation.elements.items():
        computed = estimate.elements[name]
        if not computed.servers or not found.load_per_s.value or computed.formula == "unknown":
            continue
        mixed = found.wait_s.value < 0.01 * found.response_s.value
        for what, number, figure in (
            ("utilisation", computed.utilisation, found.utilisation),
            ("mean wait", computed.mean_wait_s, found.wait_s),
            ("p95", computed.p95_s, found.p95_s),
        ):
            formula = "holding" if what == "utilisation" else computed.formula
            why = _MIXED if mixed and what == "p95" else _why_element(design, computed, simulation)
            why = (what == "utilisation" and _why_held(design, name, simulation, estimate)) or why
            yield _claim(name, what, formula, number, figure, simulation.settled, why)
    for name, response in simulation.endpoints.items():
        if not response.load_per_s.value:
            continue
        path = estimate.endpoints[name]
        on_path = [part for part, _ in path.path if part != design.gateway]
        busy = [part for part in on_path if estimate.elements[part].utilisation >= 1]
        off = _most_off(on_path, simulation, estimate)
        why = "its parts are not independent, or more than two moments matter: the formula adds means and variances"
        why = f"on its path is {off}" if off else why
        why = f"{busy[0]} on its path is over its limit, where the formula knows no bound" if busy else why
        for what, number, figure in (("mean", path.mean_s, response.mean_s), ("p95", path.p95_s, response.p95_s)):
            yield _claim(name, what, path.formula, number, figure, simulation.settled, why)


def _claim(about: str, what: str, formula: str, computed: float, figure: Figure, settled: bool, why: str) -> Claim:
    verdict, because = _verdict(what, computed, figure, settled)
    return Claim(about, what, formula, computed, figure, verdict, because or why)


def _verdict(what: str, computed: float, figure: Figure, settled: bool) -> tuple[Verdict, str]:
    unit = 0.01 if what == "utilisation" else 1e-4
    if math.isnan(figure.low) or math.isnan(computed):
        return "no claim", "too few requests came by"
    if not settled:
        return "no claim", "requests pile up, so that no number settles"
    off = abs(computed - figure.value)
    if figure.low <= computed <= figure.high and figure.precision <= VAGUE:
        return "agrees", "the formula lies in the interval"
    if off <= max(CLOSE * figure.value, unit):
        share = "" if off <= unit else f", {show_share(off / figure.value)} off"
        return "close", f"too near to matter{share}"
    if figure.low <= computed <= figure.high:
        return "no claim", f"the interval is too wide (±{show_share(figure.precision)})"
    return "disagrees", ""


def _why_element(design: Design, computed: ElementEstimate, simulation: Simulation) -> str:
    """The assumption of the formula that this element departs from most, with what was counted."""
    element = design.element(computed.name)
    own = simulation.elements[computed.name]
    if own.turned_away.value > MATTERS:
        return (
            f"{show_share(own.turned_away.value)} of its requests are turned away, which the formula does not take off"
        )
    calls = [call for call in simulation.calls if call.from_ == computed.name]
    fast = max(calls, key=lambda call: call.failed_fast.value, default=None)
    if fast and fast.failed_fast.value > MATTERS:
        share = show_share(fast.failed_fast.value)
        return f"{share} of its calls of {fast.to} fail at once (breaker or bulkhead), which shortens its work"
    late = max((c for c in simulation.calls if computed.name in (c.from_, c.to)), key=_timeouts, default=None)
    if late and _timeouts(late) > MATTERS:
        return (
            f"{show_share(_timeouts(late))} of the attempts {late.from_} → {late.to} run into the timeout and end alone"
        )
    shed = [n for n, e in simulation.elements.items() if e.turned_away.value > MATTERS]
    if shed and own.load_per_s.value < (1 - MATTERS) * computed.arrival_rate_per_s:
        away = show_share(simulation.elements[shed[0]].turned_away.value)
        return f"{shed[0]} turns {away} away, so that less arrives here"
    if isinstance(element, Service) and element.instances > 1:
        return (f"each of its {element.instances} instances has its own queue ({element.balancing.replace('_', ' ')}); "
                "the formula knows one queue for all")  # fmt: skip
    if isinstance(element, Store) and element.replicas:
        return f"each of its {1 + element.replicas} copies has its own queue; the formula knows one for all"
    return "requests come in bunches, one after the other from the same caller; the formula assumes Poisson arrivals"


def _why_held(design: Design, name: str, simulation: Simulation, estimate: Estimate) -> str:
    """The callee whose answers take another time than computed, where that is what holds the servers."""
    callees = {call.to for call in design.calls if call.from_ == name and call.mode == "sync"}
    off = _most_off(callees, simulation, estimate)
    return off and f"it waits for {off}"


def _most_off(names: Iterable[str], simulation: Simulation, estimate: Estimate) -> str:
    """Which of some elements takes another time than computed, and how long; empty where all are close."""
    off = {to: simulation.elements[to].response_s.value - estimate.elements[to].mean_response_s for to in names}
    most = max(off, key=lambda to: 0.0 if math.isnan(off[to]) else abs(off[to]), default=None)
    if most is None or not abs(off[most]) > CLOSE * estimate.elements[most].mean_response_s:
        return ""
    takes, computed = simulation.elements[most].response_s.shown(show_duration), estimate.elements[most].mean_response_s
    return f"{most}, which takes {takes} against {show_duration(computed)} computed"


def _timeouts(call: CallFigures) -> float:
    return 0.0 if math.isnan(call.timeouts.value) else call.timeouts.value
