"""The estimate: load, waits and percentiles of every element and endpoint at a multiple of today's load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from archbook.capacity.bandwidth import calls, edge
from archbook.capacity.breaking import COMFORTABLE, breaks, limits_of, remedies
from archbook.capacity.costing import Bill
from archbook.capacity.explained import FORMULAS
from archbook.capacity.feedback import feedback, sentences
from archbook.capacity.flow import Plan
from archbook.capacity.formulas import checked
from archbook.capacity.later import LaterDict, LaterTuple
from archbook.capacity.moments import Moments
from archbook.capacity.paths import endpoints, missed
from archbook.capacity.pools import pool_warnings, shedding
from archbook.capacity.result import Break, ElementEstimate, Estimate, Remedy
from archbook.capacity.solving import Solution, Station, System, system_of
from archbook.capacity.storage import fullness, storage
from archbook.capacity.uncertainty import Uncertainty
from archbook.design.loading import collector_at_rest
from archbook.design.model import Design
from archbook.units import show_share, significant

RowSizes = Mapping[tuple[str, ...], float]


def estimate(
    design: Design, growth: float = 1.0, row_sizes: RowSizes | None = None, plan: Plan | None = None
) -> Estimate:
    """Capacity of a design at `growth` times today's load.

    row_sizes: (store, table) → bytes, for storage growth where the design gives no size. plan: from
    `archbook.capacity.plan`, to save time when only growth, instances, servers or service times move; one that does
    not fit the design is made anew.
    Raises InvalidInput for a growth that is not above 0, ArchbookError when calls go round in a circle.
    """
    return curve(design, [growth], row_sizes, plan)[0]


def curve(
    design: Design, growths: Iterable[float], row_sizes: RowSizes | None = None, plan: Plan | None = None
) -> list[Estimate]:
    """Estimates at several multiples of today's load, solved together. Raises as `estimate` does."""
    loads = [checked("growth", growth, above=0, most=1e9) for growth in growths]
    with collector_at_rest():
        solution, target = Solution(system_of(design, plan), loads), float(design.traffic.growth)
        mended = [target, *(load for load in loads if load > target)]
        return [_estimate(design, solution, lane, row_sizes or {}, mended) for lane in range(len(loads))]


def remedies_at(design: Design, growth: float, plan: Plan | None = None) -> tuple[Remedy, ...]:
    """The fewest instances (services) and servers (stores) that keep every element at or under 85 % at `growth`.

    A rate limit of an external system that is exceeded is listed too: it must be agreed on with its owner.
    """
    return _mend(system_of(design, plan), [checked("growth", growth, above=0, most=1e9)])[0][0]


def _estimate(design: Design, solution: Solution, lane: int, row_sizes: RowSizes, mended: list[float]) -> Estimate:
    """mended: all growths whose remedies may be looked at."""
    system, growth = solution.system, float(solution.growths[lane])
    plan, target = system.plan, float(design.traffic.growth)
    elements = LaterDict(lambda: _elements(solution, lane))
    ingress, egress, unsized = edge(design, plan, growth)
    kept = storage(design, plan, growth, row_sizes)
    changes, late = (LaterTuple(partial(_mended, system, max(target, growth), mended, part)) for part in (0, 1))
    again = LaterDict(lambda: feedback(system, growth))
    return Estimate(
        design=design.title or design.name,
        growth=growth,
        target_growth=target,
        sessions_per_s=design.sessions_per_s(growth),
        requests_per_s=growth * sum(plan.asked_per_s.values()),
        elements=elements,
        calls=LaterTuple(lambda: calls(design, plan, growth)),
        endpoints=LaterDict(lambda: endpoints(solution, lane)),
        storage=kept,
        ingress_b_per_s=ingress,
        egress_b_per_s=egress,
        breaks=LaterTuple(lambda: _breaks(system, target, mended)),
        formulas=FORMULAS,
        warnings=LaterTuple(
            lambda: (
                *plan.warnings,
                *_unknown(elements),
                *pool_warnings(design, plan, elements, growth),
                *unsized,
                *fullness(design, kept),
                *sentences(again.values(), growth),
            )
        ),
        cost=Bill(design, plan, growth, kept, egress).total(),
        remedies=changes,
        missed_after_remedies=late,
        feedback=again,
        uncertain=Uncertainty(design, growth, target, row_sizes),
        basis=(design, plan),
    )


def _breaks(system: System, target: float, mended: list[float]) -> tuple[Break, ...]:
    if ("breaks", target) not in system.memo:
        system.memo["breaks", target] = breaks(limits_of(system), target, _mended(system, target, mended, 0))
    found: tuple[Break, ...] = system.memo["breaks", target]
    return found


def _mended(system: System, growth: float, growths: list[float], part: int) -> tuple[Any, ...]:
    """A part of what `_mend` finds for one of the growths, when all of them have been mended together."""
    _mend(system, growths)
    return _mend(system, [growth])[0][part]


def _mend(system: System, growths: list[float]) -> list[tuple[tuple[Remedy, ...], tuple[str, ...]]]:
    """What keeps every element at or under 85 %, and the endpoints that break their p95 promise all the same."""
    new = sorted({growth for growth in growths if growth not in system.memo})
    if new:
        solution = Solution(system, new, most=COMFORTABLE)
        made = [tuple(remedies(solution, lane)) for lane in range(len(new))]
        late = missed(solution) if any(made) else [()] * len(new)
        system.memo |= {
            at: (changes, some if changes else ()) for at, changes, some in zip(new, made, late, strict=True)
        }
    return [system.memo[growth] for growth in growths]


def _elements(solution: Solution, lane: int) -> dict[str, ElementEstimate]:
    system = solution.system
    limits = LaterDict(lambda: limits_of(system).at)
    rates = (system.network.visits_per_s * solution.growths[lane]).tolist()
    columns = [part[..., lane].T.tolist() for part in (solution.servers, solution.hold, solution.utilisation,
               solution.wait, solution.percentiles[0], solution.exponential)]  # fmt: skip
    rows = zip(system.stations.values(), rates, system.known.tolist(), *columns, strict=True)
    return {row[0].name: _element(system.design, limits, *row) for row in rows}


def _element(
    design: Design, limits: Mapping[str, float], station: Station, rate: float, known: bool, servers: float,
    holding: Moments, utilisation: float, wait: Moments, percentiles: tuple[float, float, float], exponential: bool,
) -> ElementEstimate:  # fmt: skip
    limit = station.rate_limit_per_s
    if not known:
        nan = math.nan
        return ElementEstimate(station.name, station.kind, rate, 0, nan, nan, rate / limit if limit else nan, nan, nan,
                               nan, nan, nan, limits, "unknown", ("not estimated: no service_time",))  # fmt: skip
    p50, p95, p99 = percentiles
    external = design.externals.get(station.name)
    found = ElementEstimate(
        station.name, station.kind, rate, int(servers), station.own[0] if station.own else holding[0], holding[0],
        rate / limit if limit else utilisation, wait[0], wait[0] + holding[0], p50, p95,
        p99 if external is None or external.p99 is None else float(external.p99), limits,
        _formula(station, exponential),
    )  # fmt: skip
    doubts = _doubts(design, found, holding)
    return replace(found, warnings=doubts) if doubts else found


def _formula(station: Station, exponential: bool) -> str:
    if not station.servers:
        return "rate_limit" if station.rate_limit_per_s else "delay"
    return "mmc" if exponential else "mg1" if station.servers == 1 else "mgc"


def _doubts(design: Design, element: ElementEstimate, holding: Moments) -> tuple[str, ...]:
    """Where the formula is rough or does not hold."""
    doubts = []
    mean, variance = holding
    scv = variance / (mean * mean) if 0 < mean < math.inf else 1.0
    used = element.utilisation
    if 0.95 < used < 1:
        doubts.append(f"at {show_share(used)} utilisation a small error in the load changes the wait much")
    if scv > 4 and element.servers > 1:
        doubts.append(f"scv of the holding time is {significant(scv)}: the wait is a rough approximation above 4")
    if element.kind == "external" and used > 1:
        doubts.append(f"asked {significant(used)} times what its rate_limit allows")
    service = design.services.get(element.name)
    if service is not None and service.queue is not None and used >= 0.95:
        doubts.append(shedding(service, element))
    return tuple(doubts)


def _unknown(elements: Mapping[str, ElementEstimate]) -> list[str]:
    names = [e.name for e in elements.values() if e.formula == "unknown" and e.arrival_rate_per_s]
    return [f"not estimated, because no service_time is given: {', '.join(names)}"] if names else []
