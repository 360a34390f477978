"""A cache over a trace of keys: which requests it answers, in all and over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted, floats, listed, sequence
from archbook.errors import InvalidInput
from archbook.simulate.caches import cache_fill, cache_flush, cache_look, new_cache
from archbook.simulate.compiled import compiled
from archbook.units import show_share, significant

MOST_KEYS = 10_000_000


@dataclass(frozen=True, slots=True)
class CacheTrace:
    """What a cache did with a trace.

    hits: requests that it answered. ends, window_requests, window_hits: arrays over windows of the trace; `ends` are
    in s where the trace has times, and in requests where not.
    """

    policy: str
    capacity: int
    requests: int
    hits: int
    ends: Any
    window_requests: Any
    window_hits: Any

    @property
    def misses(self) -> int:
        """Requests that went on to the store."""
        return self.requests - self.hits

    @property
    def hit_ratio(self) -> float:
        """Share of requests that the cache answered; nan for an empty trace."""
        return self.hits / self.requests if self.requests else math.nan

    @property
    def window_hit_ratio(self) -> Any:
        """The same in each window."""
        with np.errstate(invalid="ignore"):
            return self.window_hits / self.window_requests

    def __str__(self) -> str:
        return (
            f"{self.policy} of {significant(self.capacity)} keys answers {show_share(self.hit_ratio)} of "
            f"{significant(self.requests)} requests (simulated)"
        )


def zipf_weights(exponent: float, items: int) -> Any:
    """Share of requests for each of `items` keys, most popular first: the k-th is asked for as 1 / k^exponent.

    exponent 0: all alike; 0.6 to 1: usual for web objects (Breslau et al., Web caching and Zipf-like distributions,
    INFOCOM 1999). Raises InvalidInput.

    >>> zipf_weights(1.0, 3).round(3).tolist()
    [0.545, 0.273, 0.182]
    """
    weights = np.arange(1.0, counted("items", items, most=MOST_KEYS) + 1) ** -checked("exponent", exponent, most=10)
    return weights / weights.sum()


def zipf_keys(exponent: float, items: int, count: int, seed: int = 1) -> Any:
    """A trace of `count` independent keys, int64 from 0 (the most popular) to items − 1, with Zipf popularity.

    The same arguments give the same trace. Raises InvalidInput.

    >>> zipf_keys(1.0, 1000, 8, seed=3).tolist()
    [0, 2, 225, 43, 0, 13, 19, 1]
    """
    upto = np.cumsum(zipf_weights(exponent, items))
    numbers = np.random.default_rng(counted("seed", seed, least=0))
    chance = numbers.random(counted("count", count, least=0, most=1e8))
    return np.searchsorted(upto[:-1], chance, side="right")


def cache_trace(
    keys: Any,
    capacity: int,
    policy: str = "lru",
    ttl_s: float | None = None,
    times_s: Any = None,
    windows: int | Sequence[float] = 1,
    flush_at: Sequence[float] = (),
) -> CacheTrace:
    """Run a cache over a trace: each request that misses fetches its key at once, and the cache keeps it.

    keys: whole numbers, one a request. capacity: how many keys fit. policy: `lru`, `fifo` or `lfu` (counts since the
    key came; ties by least recent). ttl_s: a key is forgotten this long after it was fetched; needs `times_s`, the
    time of each request. windows: how many equal parts (of the time, or of the requests) hits are counted in, or the
    ends of the parts; the last takes what is left. flush_at: moments (s, or counts of requests) at which the cache is
    emptied.
    Raises InvalidInput and UnknownName.

    >>> print(cache_trace(zipf_keys(1.0, 100, 900), capacity=10))
    lru of 10 keys answers 39.8 % of 900 requests (simulated)
    """
    keys, times = _trace(keys, times_s)
    if ttl_s is not None and times_s is None:
        raise InvalidInput("`ttl_s` is given and `times_s` is not; a time to live needs the time of each request")
    ttl = math.inf if ttl_s is None else checked("ttl_s", ttl_s, above=0)
    state = new_cache(int(keys.max(initial=0)) + 1, counted("capacity", capacity), ttl, policy)
    last = len(keys) if times_s is None else (float(times[-1]) if len(times) else 0.0)
    if isinstance(windows, int):
        ends = last * np.arange(1, counted("windows", windows, most=1e6) + 1) / windows
    else:
        ends = np.sort([checked("windows", end) for end in listed("windows", windows)])
    stops = np.searchsorted(times, ends, side="left" if times_s is None else "right")
    stops[-1] = len(keys)
    flushes = np.sort([checked("flush_at", moment) for moment in sequence("flush_at", flush_at)])
    flushed = np.searchsorted(times, flushes)
    hits = np.zeros(len(ends), dtype=np.int64)
    _run(*state, keys, times, stops.astype(np.int64), flushed.astype(np.int64), hits)
    return CacheTrace(policy, capacity, len(keys), int(hits.sum()), ends, np.diff(stops, prepend=0), hits)


def _trace(keys: Any, times_s: Any) -> tuple[Any, Any]:
    """Keys as whole numbers from 0 without wide gaps, and the times of their requests (their number, without)."""
    keys = np.asarray(keys)
    if keys.ndim != 1 or (keys.size and keys.dtype.kind not in "iu"):
        raise InvalidInput(
            f"`keys` is an array of {keys.dtype} with shape {keys.shape}; it must be whole numbers in a row"
        )
    if keys.size and (keys.min() < 0 or keys.max() > 4 * keys.size + 1_000_000):
        keys = np.unique(keys, return_inverse=True)[1]
    times = np.arange(keys.size, dtype=float) if times_s is None else floats("times_s", times_s)
    if times.shape != keys.shape:
        raise InvalidInput(f"`times_s` has {times.size} times; it must have one for each of {keys.size} keys")
    return np.ascontiguousarray(keys, dtype=np.int64), np.ascontiguousarray(times)


@compiled
def _run(n: Any, x: Any, keys: Any, times: Any, stops: Any, flushed: Any, hits: Any) -> None:
    """Requests up to each stop; `flushed`: the requests before which the cache is emptied."""
    start, flush = 0, 0
    for window in range(len(stops)):
        found = 0
        for i in range(start, stops[window]):
            while flush < len(flushed) and flushed[flush] == i:
                cache_flush(n, 0)
                flush += 1
            if cache_look(n, x, 0, 0, keys[i], times[i]):
                found += 1
            else:
                cache_fill(n, x, 0, 0, keys[i], times[i])
        hits[window] = found
        start = stops[window]
