"""The power of d choices: each arrival joins the shortest of d queues that it looks at."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted
from archbook.errors import InvalidInput, Saturated

CHAINS, EVENTS, SEED = 1000, 6_000_000, 1
"""So many copies of the system side by side, and events of all of them together, in which the finite case is found."""
MOST_SERVERS, MOST_CHOICES = 10_000, 100


def power_of_d_mean_response(load: float, choices: int, servers: int | None = None) -> float:
    """Mean response, in mean service times, where each arrival joins the shortest of `choices` random queues.

    servers None: the limit of many servers, Σ over i from 1 of load^((dⁱ − d)/(d − 1)). It is too kind to few servers
    at high load: 2.3 times at ten servers and 0.99.
    servers a number: simulated with a fixed seed, good to about 1 %. Balance of the squared number of requests N gives
    E[N] = load/(1 − load) + E[N·I]/E[I] with I idle servers; only the last term is simulated, which states near
    emptiness decide, so that a short run does. Choices are independent: two of them may be the same server.
    load: utilisation, below 1. Poisson arrivals, exponential service, first come first served.
    Raises Saturated, and InvalidInput for more than 10 000 servers or 100 choices of a number of them.
    Source: Mitzenmacher, The power of two choices in randomized load balancing (1996).

    >>> [round(power_of_d_mean_response(load, 2), 4) for load in (0.5, 0.9, 0.99)]
    [1.2657, 2.6141, 5.432]
    >>> round(power_of_d_mean_response(0.9, choices=2, servers=10), 1)
    3.1
    """
    busy, d = checked("load", load), counted("choices", choices)
    if busy >= 1:
        raise Saturated("each queue", busy, 1)
    if servers is None:
        return _limit(busy, d)
    n = counted("servers", servers)
    if n > MOST_SERVERS:
        raise InvalidInput(f"`servers` is {n}; above {MOST_SERVERS} take the limit: `servers=None`")
    if d > MOST_CHOICES:
        raise InvalidInput(f"`choices` is {d}; above {MOST_CHOICES} take the limit: `servers=None`")
    if d == 1 or n == 1 or busy == 0:
        return 1 / (1 - busy)
    return (busy / (1 - busy) + _seen_by_idle(busy, d, n)) / (busy * n)


def _limit(load: float, choices: int) -> float:
    if choices == 1:
        return 1 / (1 - load)
    total, exponent = 0.0, 0.0  # (dⁱ − d)/(d − 1): 0, d, d + d², …
    while load and (term := load**exponent) > 1e-18:
        total += term
        exponent = choices * (exponent + 1)
    return total or 1.0


def _seen_by_idle(load: float, choices: int, servers: int) -> float:
    """E[N·I]/E[I]: requests in the system, weighted with its idle servers, over a uniformised Markov chain.

    Queues begin as in the limit of many servers; the first fifth is left out.
    """
    chance, chains = np.random.default_rng(SEED), max(1, min(CHAINS, EVENTS // (40 * servers)))
    queues = _begin(load, choices, servers, chains, chance)
    number, idle = queues.sum(axis=1), (queues == 0).sum(axis=1)
    weighted = weight = 0.0
    rows, steps = np.arange(chains), EVENTS // chains
    for step in range(steps):
        arrives = chance.random(chains) < load / (1 + load)
        at = chance.integers(0, servers, chains)
        length = queues[rows, at]
        for _ in range(choices - 1):
            other = chance.integers(0, servers, chains)
            shorter = arrives & (queues[rows, other] < length)
            at = np.where(shorter, other, at)
            length = queues[rows, at]
        change = np.where(arrives, 1, -(length > 0).astype(np.int64))
        queues[rows, at] = length + change
        number += change
        idle += (length + change == 0) & (length == 1)
        idle -= (length == 0) & (change == 1)
        if step >= steps // 5:
            weighted += float(number @ idle)
            weight += float(idle.sum())
    return weighted / weight if weight else math.nan


def _begin(load: float, choices: int, servers: int, chains: int, chance: Any) -> Any:
    """Queue lengths of the limit: P(at least i) = load^((dⁱ − 1)/(d − 1))."""
    tails, exponent = [], 1.0
    while load**exponent > 1e-9:
        tails.append(load**exponent)
        exponent = choices * exponent + 1
    return (chance.random((chains, servers))[:, :, None] < np.array(tails)).sum(axis=2)
