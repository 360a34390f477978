"""The estimate: load, waits and percentiles of every element and endpoint at a multiple of today's load."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from archbook.capacity.breaking import Limits, breaks, remedies
from archbook.capacity.explained import FORMULAS
from archbook.capacity.flow import Plan
from archbook.capacity.flow import plan as make_plan
from archbook.capacity.formulas import checked, response_quantile
from archbook.capacity.moments import percentiles
from archbook.capacity.paths import Path, Paths
from archbook.capacity.pools import pool_warnings, shedding
from archbook.capacity.result import (
    Break,
    CallEstimate,
    ElementEstimate,
    EndpointEstimate,
    Estimate,
    Remedy,
)  # fmt: skip
from archbook.capacity.solving import Load, Solution, Station, stations
from archbook.capacity.storage import storage
from archbook.design.model import Design
from archbook.units import show_share, significant

RowSizes = Mapping[tuple[str, str], float]


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
    plan = plan if plan is not None and plan.fits(design) else make_plan(design)
    known = stations(design)
    solution = Solution(plan, known, loads)
    return [_estimate(design, plan, known, solution, lane, row_sizes or {}) for lane in range(len(loads))]


def _estimate(
    design: Design, plan: Plan, known: dict[str, Station], solution: Solution, lane: int, row_sizes: RowSizes
) -> Estimate:
    growth = float(solution.growths[lane])
    limits, order = _limits(plan, design, known)
    loads = {name: solution.load(name, lane) for name in known}
    elements = {name: _element(plan, known[name], loads[name], growth, limits) for name in known}
    ingress, egress, unsized = _edge(design, plan, growth)
    warnings = [*plan.warnings, *_unknown(elements), *pool_warnings(design, plan, loads, growth), *unsized]
    return Estimate(
        design=design.title or design.name,
        growth=growth,
        target_growth=float(design.traffic.growth),
        sessions_per_s=design.sessions_per_s(growth),
        requests_per_s=growth * sum(plan.asked_per_s.values()),
        elements=elements,
        calls=_calls(design, plan, growth),
        endpoints=_endpoints(design, plan, solution, lane),
        storage=storage(plan, growth, row_sizes),
        ingress_b_per_s=ingress,
        egress_b_per_s=egress,
        breaks=order,
        formulas=FORMULAS,
        warnings=tuple(warnings),
        remedies=_remedies(plan, design, known, max(float(design.traffic.growth), growth)),
    )


def remedies_at(design: Design, growth: float, plan: Plan | None = None) -> tuple[Remedy, ...]:
    """The fewest instances (services) and servers (stores) that keep every element at or under 85 % at `growth`.

    A rate limit of an external system that is exceeded is listed too: it must be agreed on with its owner.
    """
    growth = checked("growth", growth, above=0, most=1e9)
    plan = plan if plan is not None and plan.fits(design) else make_plan(design)
    return remedies(plan, stations(design), growth)


def _capacities(plan: Plan, design: Design) -> dict[Any, Any]:
    """What has been computed with this plan for these capacities; forgotten when they change."""
    parts = (design.services, design.stores, design.externals)
    if not all(a is b for a, b in zip(plan.memo.get("parts", (None,) * 3), parts, strict=True)):
        plan.memo.clear()
        plan.memo["parts"] = parts
    return plan.memo


def _limits(plan: Plan, design: Design, known: dict[str, Station]) -> tuple[Limits, tuple[Break, ...]]:
    memo = _capacities(plan, design)
    if "limits" not in memo:
        found = Limits(plan, known)
        target = float(design.traffic.growth)
        memo["limits"] = found, breaks(found, target, _remedies(plan, design, known, target))
    answer: tuple[Limits, tuple[Break, ...]] = memo["limits"]
    return answer


def _remedies(plan: Plan, design: Design, known: dict[str, Station], target: float) -> tuple[Remedy, ...]:
    memo = _capacities(plan, design)
    if ("remedies", target) not in memo:
        memo["remedies", target] = remedies(plan, known, target)
    answer: tuple[Remedy, ...] = memo["remedies", target]
    return answer


def _element(plan: Plan, station: Station, load: Load | None, growth: float, limits: Limits) -> ElementEstimate:
    name = station.name
    breaks_at = limits.at.get(name, math.nan)
    if load is None:
        rate = (plan.reads_per_s[name] + plan.writes_per_s[name]) * growth
        share = rate / station.rate_limit_per_s if station.rate_limit_per_s else math.nan
        nan = math.nan
        return ElementEstimate(name, station.kind, rate, 0, nan, nan, share, nan, nan, nan, nan, nan, breaks_at,
                               "unknown", ("not estimated: no service_time",))  # fmt: skip
    formula, (p50, p95, p99) = _percentiles(station, load)
    external = plan.design.externals.get(name)
    if external is not None and external.p99 is not None:
        p99 = float(external.p99)
    own = station.own[0] if station.own else load.holding[0]
    return ElementEstimate(
        name, station.kind, load.rate_per_s, load.servers, own, load.holding[0], load.utilisation, load.wait[0],
        load.response[0], p50, p95, p99, breaks_at, formula, _doubts(plan.design, station, load),
    )  # fmt: skip


def _percentiles(station: Station, load: Load) -> tuple[str, tuple[float, float, float]]:
    mean, variance = load.holding
    if not load.servers:
        return ("rate_limit" if station.rate_limit_per_s else "delay"), percentiles(load.response)
    if math.isfinite(mean) and abs(variance - mean * mean) < 1e-9 * mean * mean:
        if load.utilisation >= 1:
            return "mmc", (math.inf, math.inf, math.inf)
        drain = load.servers * (1 - load.utilisation)
        p50, p95, p99 = (mean * response_quantile(load.waits, drain, above) for above in (0.5, 0.05, 0.01))
        return "mmc", (p50, p95, p99)
    return ("mg1" if load.servers == 1 else "mgc"), percentiles(load.response)


def _doubts(design: Design, station: Station, load: Load) -> tuple[str, ...]:
    """Where the formula is rough or does not hold."""
    doubts = []
    mean, variance = load.holding
    scv = variance / (mean * mean) if 0 < mean < math.inf else 1.0
    if 0.95 < load.utilisation < 1:
        doubts.append(f"at {show_share(load.utilisation)} utilisation a small error in the load changes the wait much")
    if scv > 4 and load.servers > 1:
        doubts.append(f"scv of the holding time is {significant(scv)}: the wait is a rough approximation above 4")
    if station.kind == "external" and load.utilisation > 1:
        doubts.append(f"asked {significant(load.utilisation)} times what its rate_limit allows")
    service = design.services.get(station.name)
    if service is not None and service.queue is not None and load.utilisation >= 0.95:
        doubts.append(shedding(service, load))
    return tuple(doubts)


def _unknown(elements: Mapping[str, ElementEstimate]) -> list[str]:
    names = [e.name for e in elements.values() if e.formula == "unknown" and e.arrival_rate_per_s]
    return [f"not estimated, because no service_time is given: {', '.join(names)}"] if names else []


def _endpoints(design: Design, plan: Plan, solution: Solution, lane: int) -> dict[str, EndpointEstimate]:
    paths = Paths(plan, solution, lane)
    growth = float(solution.growths[lane])
    found = {}
    for endpoint in design.api.endpoints:
        index = plan.entries[endpoint.name]
        response = paths.response(index)
        p50, p95, p99 = percentiles(response)
        slo = endpoint.slo or design.services[endpoint.service].slo
        promised = None if slo is None or slo.p95 is None else float(slo.p95)
        found[endpoint.name] = EndpointEstimate(
            endpoint.name, plan.asked_per_s[endpoint.name] * growth, response[0], p50, p95, p99, promised,
            Path(paths, index), "path", paths.warnings(index),
        )  # fmt: skip
    return found


def _calls(design: Design, plan: Plan, growth: float) -> tuple[CallEstimate, ...]:
    found = []
    for i, call in enumerate(design.calls):
        sizes = [float(size) for size in (call.request_size, call.response_size) if size is not None]
        attempts = plan.attempts_per_s[i] * growth
        bandwidth = attempts * sum(sizes) if sizes else math.nan
        found.append(CallEstimate(i, call.from_, call.to, plan.calls_per_s[i] * growth, attempts, bandwidth))
    return tuple(found)


def _edge(design: Design, plan: Plan, growth: float) -> tuple[float, float, list[str]]:
    """Bytes a second from and to clients, and a sentence on endpoints whose sizes are missing."""
    ingress = egress = 0.0
    missing = 0
    for endpoint in design.api.endpoints:
        rate = plan.asked_per_s[endpoint.name] * growth
        ingress += rate * float(endpoint.request_size or 0)
        egress += rate * float(endpoint.response_size or 0)
        missing += bool(rate) and endpoint.response_size is None
    lines = [f"bandwidth at the edge leaves out {missing} endpoints without a response_size"] if missing else []
    return ingress, egress, lines
