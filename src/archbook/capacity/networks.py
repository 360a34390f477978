"""Closed queueing networks, exactly: a fixed number of customers circulates between stations and a think time."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted, listed
from archbook.errors import InvalidInput

MOST_CUSTOMERS = 1_000_000
"""Above this a closed network is at its bound: the throughput of its bottleneck."""


@dataclass(frozen=True, slots=True)
class ClosedNetwork:
    """A closed network in steady state; the tuples follow the order of the stations."""

    throughput_per_s: float  # of the whole network; of a station: times its visits
    response_s: float  # one pass through all stations, without the think time
    queue_lengths: tuple[float, ...]  # mean number at each station, waiting or in service
    residence_times_s: tuple[float, ...]  # mean time at each station in one pass, all visits together
    utilisations: tuple[float, ...]  # mean share of the servers that is busy; 0 at delay stations


def mva_closed(
    demands_s: Iterable[float], servers: Iterable[float | None], think_time_s: float, customers: int
) -> ClosedNetwork:
    """Throughput, response time and queues of a closed network: exact, as by mean value analysis.

    X(N) = G(N − 1)/G(N) with the normalising constants G, convolved station by station in logarithms: all terms are
    positive, so that it stays stable where the recursion of multi-server mean value analysis does not.
    demands_s: visits × service time of each station, in seconds. servers: of each station; None or infinity for a
    delay station, where nobody waits. customers: 1 to 1 000 000. Exponential service and first come first served,
    or any service with processor sharing.
    Source: Bolch et al., Queueing Networks and Markov Chains, 2nd ed., sections 8.1 and 8.2; Buzen, CACM 16 (1973).

    >>> found = mva_closed([0.02, 0.08, 0.08, 0.06], servers=[1, 1, 1, 1], think_time_s=0, customers=6)
    >>> round(found.throughput_per_s, 3), [round(length, 3) for length in found.queue_lengths]
    (9.92, [0.244, 2.261, 2.261, 1.234])
    """
    demands = [checked(f"demands_s[{i}]", demand) for i, demand in enumerate(listed("demands_s", demands_s))]
    places = [_servers(i, count) for i, count in enumerate(listed("servers", servers))]
    if len(demands) != len(places):
        raise InvalidInput(f"`demands_s` has {len(demands)} stations and `servers` {len(places)}; give one a station")
    think, number = checked("think_time_s", think_time_s), counted("customers", customers)
    if number > MOST_CUSTOMERS:
        raise InvalidInput(
            f"`customers` is {number}; at most {MOST_CUSTOMERS} are computed: take the bound of the bottleneck, "
            "servers / demand"
        )
    if think + sum(demands) == 0:
        raise InvalidInput("`demands_s` and `think_time_s` are all 0; at least one must be more")
    return _solved(demands, places, think, number)


def _servers(station: int, count: float | None) -> float:
    return math.inf if count is None or count == math.inf else counted(f"servers[{station}]", count)  # type: ignore[arg-type]


def _solved(demands: list[float], servers: list[float], think: float, customers: int) -> ClosedNetwork:
    """With c servers, Σ f(n) zⁿ = q(z)/(1 − z D/c) with positive q of degree c − 1: short sums and one recursion."""
    queues = [i for i, demand in enumerate(demands) if demand and servers[i] < customers]
    delay = think + sum(demand for i, demand in enumerate(demands) if i not in queues)
    scale = max([demands[i] / servers[i] for i in queues], default=delay / customers)
    heads = {i: _head(demands[i] / scale, int(servers[i])) for i in queues}
    number = np.arange(customers + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(number[1:]))))
    shared = number * math.log(delay / scale) - factorials if delay else np.where(number == 0, 0.0, -np.inf)
    for i in queues:
        slope = number * math.log(demands[i] / scale / servers[i])
        shared = slope + np.logaddexp.accumulate(shared - slope)
    constants = shared
    for head in heads.values():
        constants = _convolved(constants, head)
    rate = math.exp(constants[-2] - constants[-1]) / scale
    lengths = [rate * demand for demand in demands]
    for i in queues:
        tail = number[1:] * math.log(demands[i] / scale / servers[i]) + constants[-2::-1]
        lengths[i] = float(np.exp(tail - constants[-1]).sum())
        if len(heads[i]) > 1:
            others = shared
            for j in queues:
                others = others if j == i else _convolved(others, heads[j])
            ahead = np.arange(1, len(heads[i]))
            lengths[i] += float(ahead @ np.exp(heads[i][1:] + others[-1 - ahead] - constants[-1]))
    return ClosedNetwork(
        throughput_per_s=rate,
        response_s=sum(lengths) / rate,
        queue_lengths=tuple(lengths),
        residence_times_s=tuple(length / rate for length in lengths),
        utilisations=tuple(rate * demand / count for demand, count in zip(demands, servers, strict=True)),
    )


def _head(demand: float, servers: int) -> Any:
    """Logarithms of q: q(0) = 1, q(n) = Dⁿ/(n − 1)! · (1/n − 1/c) for n below c."""
    count = np.arange(1, servers)
    weights = np.cumsum(np.log(demand / np.maximum(count - 1, 1))) + np.log(1 / count - 1 / servers)
    return np.concatenate(([0.0], weights))


def _convolved(constants: Any, head: Any) -> Any:
    total = constants + head[0]
    for ahead in range(1, len(head)):
        total[ahead:] = np.logaddexp(total[ahead:], constants[:-ahead] + head[ahead])
    return total
