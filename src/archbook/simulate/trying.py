"""The closed form of a cache put to the test: hit ratios and a flush, simulated over several seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.caching import CacheEstimate, cache_estimate
from archbook.capacity.formulas import checked, counted, sequence
from archbook.simulate.figures import Figure, figure
from archbook.simulate.tracing import cache_trace, zipf_weights
from archbook.units import significant

BUDGET, LEAST = 600_000, 60_000
"""The most requests of one run, and the fewest that are counted."""


@dataclass(frozen=True, slots=True)
class CacheTrial:
    """What was simulated. hit_ratios: capacity → share of requests answered. after_flush: (seconds since the flush,
    requests/s that reach the store). too_long: capacities, and whether the flush, that would take more than the budget.
    """

    hit_ratios: dict[int, Figure]
    after_flush: tuple[tuple[float, Figure], ...]
    too_long: tuple[str, ...]
    seeds: int
    requests: int


def cache_trial(
    estimate: CacheEstimate, capacities: Sequence[int], span_s: float, slots: int = 20, seed: int = 1, seeds: int = 6
) -> CacheTrial:
    """Simulate the cache of an estimate at some capacities, and `span_s` after a flush, in `slots` parts.

    Each run begins with the most popular keys in the cache and is not counted until a time to live and the time that
    unused keys stay have passed. All capacities meet the same requests.
    Raises InvalidInput.

    >>> from archbook.capacity.caching import cache_estimate
    >>> found = cache_trial(cache_estimate(1.0, 1000, 100, 500.0), [100], span_s=2.0)
    >>> round(found.hit_ratios[100].value, 2), len(found.after_flush)
    (0.58, 20)
    """
    rate, span = estimate.request_rate_per_s, checked("span_s", span_s, above=0)
    slots, seeds = counted("slots", slots, most=10_000), counted("seeds", seeds, least=2, most=1000)
    capacities = [counted("capacities", capacity) for capacity in sequence("capacities", capacities)]
    seed = counted("seed", seed, least=0)
    warm = {capacity: _warm_s(estimate, capacity) for capacity in {*capacities, estimate.capacity}}
    fits = [capacity for capacity in capacities if 2 * warm[capacity] * rate <= BUDGET]
    flushes = (warm[estimate.capacity] + span) * rate <= BUDGET
    ratios: dict[int, list[float]] = {capacity: [] for capacity in fits}
    course, longest = [], max([2 * warm[capacity] for capacity in fits], default=0.0)
    until = max(longest, (LEAST / rate) + longest / 2, (warm[estimate.capacity] + span) if flushes else 0.0)
    upto = np.cumsum(zipf_weights(estimate.zipf_exponent, estimate.items))
    for each in range(seeds if fits or flushes else 0):
        chance = np.random.default_rng([seed, each])
        times = np.sort(chance.random(chance.poisson(rate * until)) * until)
        keys = np.searchsorted(upto[:-1], chance.random(len(times)), side="right")
        for capacity in fits:
            run = _run(estimate, capacity, keys, times, [warm[capacity], until], ())
            ratios[capacity].append(float(run.window_hit_ratio[1]))
        if flushes:
            start = warm[estimate.capacity]
            ends = [start, *(start + span * (slot + 1) / slots for slot in range(slots)), math.nextafter(until, 1e300)]
            run = _run(estimate, estimate.capacity, keys, times, ends, (start,))
            course.append((run.window_requests - run.window_hits)[1 : slots + 1] * slots / span)
    middles = span * (np.arange(slots) + 0.5) / slots
    after = tuple(zip(middles.tolist(), map(figure, np.array(course).T), strict=True)) if course else ()
    too_long = [f"{significant(capacity)} keys" for capacity in capacities if capacity not in fits] + ["the flush"] * (
        not flushes
    )
    return CacheTrial({c: figure(r) for c, r in ratios.items()}, after, tuple(too_long), seeds, int(rate * until))


def _warm_s(estimate: CacheEstimate, capacity: int) -> float:
    """How long until a cache that began full does not remember how it began."""
    other = cache_estimate(estimate.zipf_exponent, estimate.items, min(capacity, estimate.items),
                           estimate.request_rate_per_s, estimate.ttl_s)  # fmt: skip
    return max(time for time in (other.kept_s, other.ttl_s, 1 / other.request_rate_per_s) if time < math.inf)


def _run(estimate: CacheEstimate, capacity: int, keys: Any, times: Any, ends: Any, flush_at: Any) -> Any:
    held = np.arange(min(capacity, estimate.items))[::-1]
    return cache_trace(
        np.concatenate([held, keys]), capacity, ttl_s=None if estimate.ttl_s == math.inf else estimate.ttl_s,
        times_s=np.concatenate([np.zeros(len(held)), times]), windows=ends, flush_at=flush_at,
    )  # fmt: skip
