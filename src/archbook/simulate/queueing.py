"""One queue by itself, as fast as it goes: G/G/c, first come first served, beside the closed forms."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted
from archbook.errors import Saturated
from archbook.simulate import state
from archbook.simulate.compiled import compiled
from archbook.simulate.figures import Figure, figure, percentiles
from archbook.simulate.happening import binned
from archbook.simulate.random import law_of, sample, streams

REPLICATIONS = 10
SHARES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """Waits and responses of one queue (s), each with its 95 % interval. customers: counted after the warm-up."""

    customers: int
    wait_s: Figure
    wait_p50_s: Figure
    wait_p95_s: Figure
    wait_p99_s: Figure
    response_s: Figure
    response_p50_s: Figure
    response_p95_s: Figure
    response_p99_s: Figure


def simulate_queue(
    arrival_rate_per_s: float, service_time_s: float, servers: int = 1, service_scv: float = 1.0,
    arrival_scv: float = 1.0, customers: int = 1_000_000, seed: int = 1,
) -> QueueFigures:  # fmt: skip
    """Waits and responses in a G/G/c queue by simulation (Kiefer and Wolfowitz's recursion on the servers' free times).

    customers: in all, over ten independent replications, the first tenth of each left out. Times between arrivals and
    service times are constant at scv 0, gamma below 1, exponential at 1, hyperexponential above. The same arguments
    give the same figures. Raises InvalidInput, and Saturated where more arrives than the servers can do.
    Source: Kiefer and Wolfowitz, On the theory of queues with many servers, Transactions of the AMS 78 (1955).

    >>> found = simulate_queue(3.6, 1.0, servers=4, customers=200_000)
    >>> found.wait_s.low < 1.969383 < found.wait_s.high  # Erlang C
    True
    """
    rate, time = (checked("arrival_rate_per_s", arrival_rate_per_s, least=1e-9, most=1e9),
                  checked("service_time_s", service_time_s, least=1e-9, most=1e9))  # fmt: skip
    c = counted("servers", servers, most=1e6)
    each = counted("customers", customers, least=1000, most=1e9) // REPLICATIONS
    if rate * time >= c:
        raise Saturated("the queue", rate * time, c)
    laws = np.array([law_of(1 / rate, checked("arrival_scv", arrival_scv, most=1e4)),
                     law_of(time, checked("service_scv", service_scv, most=1e4))]).ravel()  # fmt: skip
    seed = counted("seed", seed, least=0)

    def one(replication: int) -> tuple[float, float, Any, Any]:
        waits, responses = np.zeros(state.BINS, dtype=np.int64), np.zeros(state.BINS, dtype=np.int64)
        chance = streams(seed, 2, replication).ravel()
        wait, response = run_queue(chance, laws, np.zeros(c), each, each // 10, waits, responses)
        return wait, response, waits, responses

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        runs = list(pool.map(one, range(REPLICATIONS)))
    columns = [[run[part] for run in runs] for part in (0, 1)]
    quantiles = [np.array([percentiles(run[part], SHARES, state.BIN_WIDTH, state.LEAST_TIME_S) for run in runs]).T
                 for part in (2, 3)]  # fmt: skip
    wait, response = ((figure(column), *map(figure, rows)) for column, rows in zip(columns, quantiles, strict=True))
    return QueueFigures(REPLICATIONS * (each - each // 10), *wait, *response)


@compiled
def run_queue(n: Any, x: Any, free: Any, customers: int, warm: int, waits: Any, responses: Any) -> tuple[float, float]:
    """Mean wait and mean response (s) of one replication; histograms of both. free: when each server is, in order.

    n: two streams of chance; x: the laws of times between arrivals and of service.
    """
    now = 0.0
    total_wait = 0.0
    total_response = 0.0
    last = len(free) - 1
    for customer in range(customers):
        now += sample(n, 0, x, 0)
        start = max(now, free[0])
        end = start + sample(n, 6, x, 4)
        place = 0
        while place < last and free[place + 1] < end:
            free[place] = free[place + 1]
            place += 1
        free[place] = end
        if customer >= warm:
            total_wait += start - now
            total_response += end - now
            waits[binned(start - now)] += 1
            responses[binned(end - now)] += 1
    return total_wait / (customers - warm), total_response / (customers - warm)
