"""Response times of endpoints along their paths, and where they go."""

from __future__ import annotations

import functools
import math
from operator import itemgetter

from archbook.capacity.later import LaterTuple
from archbook.capacity.result import EndpointEstimate
from archbook.capacity.solving import Solution
from archbook.design.contract import Endpoint
from archbook.design.model import Design

Shares = dict[str, float]
Path = tuple[tuple[str, float], ...]


def endpoints(solution: Solution, lane: int) -> dict[str, EndpointEstimate]:
    """Rate, response and path of every endpoint at one multiple of the load."""
    plan, design, growth = solution.system.plan, solution.system.design, float(solution.growths[lane])
    mean = solution.response[0, :, lane].tolist()
    percentiles = solution.percentiles[1][:, :, lane].T.tolist()
    known, full = solution.system.known.tolist(), (solution.utilisation[:, lane] >= 1).tolist()
    unknown = {name for name, is_known in zip(plan.elements, known, strict=True) if not is_known}
    saturated = {name for name, is_full in zip(plan.elements, full, strict=True) if is_full}
    shares = functools.cache(lambda: _shares(solution, lane))
    paths = functools.cache(lambda index: _path(shares()[index], unknown, saturated))
    found = {}
    for endpoint in design.api.endpoints:
        index = plan.entries[endpoint.name]
        path, warnings = (LaterTuple(functools.partial(lambda i, part: paths(i)[part], index, part)) for part in (0, 1))
        p50, p95, p99 = percentiles[index]
        found[endpoint.name] = EndpointEstimate(
            endpoint.name, plan.asked_per_s[endpoint.name] * growth, mean[index], p50, p95, p99,
            _promised(design, endpoint), path, "path", warnings,
        )  # fmt: skip
    return found


def missed(solution: Solution) -> list[tuple[str, ...]]:
    """Endpoints whose p95 is above what they promise, at each multiple of the load."""
    design, entries = solution.system.design, solution.system.plan.entries
    p95 = solution.percentiles_at(0.95)[1][0]
    late = [(e.name, p95[entries[e.name]] > (_promised(design, e) or math.inf)) for e in design.api.endpoints]
    return [tuple(name for name, over in late if over[lane]) for lane in range(len(solution.growths))]


def _promised(design: Design, endpoint: Endpoint) -> float | None:
    slo = endpoint.slo or design.services[endpoint.service].slo
    return None if slo is None or slo.p95 is None else float(slo.p95)


def _path(shares: Shares, unknown: set[str], saturated: set[str]) -> tuple[Path, tuple[str, ...]]:
    """Elements with their share of the mean (s), largest first, and what makes the response doubtful."""
    path = sorted(shares.items(), key=itemgetter(1), reverse=True)
    path = [share for share in path if share[0] not in unknown] if unknown else path
    warnings = [f"without the time of {name}, which has no service_time" for name in sorted(unknown & shares.keys())]
    return tuple(path), (*warnings, *(f"{name} is saturated" for name in sorted(saturated & shares.keys())))


def _shares(solution: Solution, lane: int) -> list[Shares]:
    """Handling → element → its share of the mean response (s), callees first."""
    system, net = solution.system, solution.network
    wait, answer = solution.wait[0, :, lane].tolist(), solution.answer[0, :, lane].tolist()
    own, response = system.handling_own[0].tolist(), solution.response[0, :, lane].tolist()
    known = system.known.tolist()
    found: list[Shares] = []
    for index, handling in enumerate(system.plan.handlings):
        row = net.index.get(handling.element)
        shares: Shares = {} if row is None else {handling.element: own[index] + wait[row] if known[row] else 0.0}
        for group in net.groups[index]:
            times = [leg.times * answer[part] for part, leg in group.parts]
            together = sum(times)
            scale = answer[group.row] / together if not group.alone and 0 < together < math.inf else 1.0
            for (_, leg), time in zip(group.parts, times, strict=True):
                name, answered = system.plan.handlings[leg.handling].element, response[leg.handling]
                if 0 < answered < math.inf:
                    _spread(shares, found[leg.handling], time * scale / answered)
                else:  # endless: all of it is spread, but for a timeout, which is the callee's
                    _spread(shares, found[leg.handling] if time == math.inf else {name: time / leg.times}, leg.times)
        found.append(shares)
    return found


def _spread(shares: Shares, callee: Shares, times: float) -> None:
    for name, share in callee.items():
        shares[name] = shares.get(name, 0.0) + share * times
