"""One cache in front of a store, in closed form: hit ratio with a time to live, and what a flush does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted
from archbook.design.elements import Store
from archbook.errors import InvalidInput

EXACT_RANKS, GROUPS = 2000, 500
"""The most popular keys are summed one by one, the others in groups of neighbours of the same mean."""
USUAL = 1.1
"""After a flush the store is back when it sees at most this multiple of its usual load."""


@dataclass(frozen=True, slots=True)
class CacheEstimate:
    """What an LRU cache of `capacity` of `items` Zipf keys does, each kept at most `ttl_s`; see `cache_estimate`.

    hit_ratio: share of requests that it answers. store_rate_per_s: what goes on to the store. kept_s: how long an
    unused key stays (Che's characteristic time), which is also how long an empty cache takes to fill; inf where all
    keys fit. back_s: how long after a flush the store sees more than 1.1 times its usual load.
    """

    zipf_exponent: float
    items: int
    capacity: int
    request_rate_per_s: float
    ttl_s: float
    hit_ratio: float
    kept_s: float
    _rates: Any = field(repr=False)  # requests/s of a key
    _many: Any = field(repr=False)  # how many keys have that rate

    @property
    def store_rate_per_s(self) -> float:
        """Requests that the cache does not answer, per second."""
        return self.request_rate_per_s * (1 - self.hit_ratio)

    def after_flush_per_s(self, elapsed_s: float) -> float:
        """What the store sees so long after the cache was emptied: Σ λᵢ e^(−λᵢt) until it is full again.

        Without a time to live that is its usual load. With one it is less until the first values expire; then they
        expire together, and the load swings about the usual one, given here. A simulated trace has the swings.
        """
        return self._cold_per_s(elapsed_s) if elapsed_s < self.ttl_s else self.store_rate_per_s

    def _cold_per_s(self, elapsed_s: float) -> float:
        return float(self._many @ (self._rates * np.exp(-self._rates * min(elapsed_s, self.kept_s))))

    @property
    def back_s(self) -> float:
        """Time (s) after a flush until the store sees at most 1.1 times its usual load, or 1 % of requests."""
        wanted = max(USUAL * self.store_rate_per_s, 0.01 * self.request_rate_per_s)
        if self.request_rate_per_s <= wanted:
            return 0.0
        until = 1 / self.request_rate_per_s
        while self._cold_per_s(until) > wanted:  # ends before the first values expire: e^(−λt) < 1 / (1 + λt)
            until *= 2
        return _crossing(lambda time: wanted - self._cold_per_s(time), 0.0, until)


def cache_estimate(
    zipf_exponent: float, items: int, capacity: int, request_rate_per_s: float, ttl_s: float = math.inf
) -> CacheEstimate:
    """Hit ratio of an LRU cache whose entries live for a fixed time, and what reaches the store behind it.

    A key asked for λ times a second is hit h times for each fetch, h / (1 + h) of its requests. With Che's
    characteristic time T: h = e^(λT) − 1 without a time to live; h = λ·ttl where ttl ≤ T; up to ttl = 2T the chance
    that no gap was longer than T is written out; beyond, it falls as an exponential with the same total. An entry
    that has expired keeps its place until it is asked for or pushed out, so T does not change.
    Independent requests, items of one size, fetches that take no time.
    Raises InvalidInput.
    Source: Che, Tung and Wang, IEEE JSAC 20 (2002), and renewal theory; held against simulation in the tests.

    >>> found = cache_estimate(1.0, items=10_000, capacity=1000, request_rate_per_s=1000)
    >>> round(found.hit_ratio, 4), round(found.store_rate_per_s), round(found.kept_s, 1)
    (0.6756, 324, 2.4)
    """
    rate, size = checked("request_rate_per_s", request_rate_per_s, above=0), counted("capacity", capacity)
    ttl = ttl_s if isinstance(ttl_s, float) and ttl_s == math.inf else checked("ttl_s", ttl_s, above=0)
    share, many = _popularity(zipf_exponent, items)
    kept = math.inf
    if size < items:
        high = math.log(size)  # a key at most for each request
        while many @ -np.expm1(-share * math.exp(high)) < size:
            high += 2
        filled = _crossing(lambda log: float(many @ -np.expm1(-share * math.exp(log))) - size, high - 3, high)
        kept = math.exp(filled) / rate
    ratio = float(_hits(share * rate, kept, ttl) @ (share * many))
    return CacheEstimate(zipf_exponent, items, size, rate, ttl, ratio, kept, share * rate, many)


def fitting(store: Store) -> int:
    """How many keys of a cache fit: its `capacity` over the size of one; all where either is not stated."""
    keys = store.keys
    if keys is None:
        raise InvalidInput("this store has no `keys`: nothing says what it is asked for")
    items = max(1, round(float(keys.items)))
    if keys.size is None or store.capacity is None or not keys.size:
        return items
    return min(items, max(1, int(float(store.capacity) / float(keys.size))))


def hit_ratio(store: Store, request_rate_per_s: float) -> float:
    """Share of look-ups that a cache answers, from its `keys`, `capacity` and `ttl`, asked so often.

    lru: as `cache_estimate`; lfu: the most popular keys that fit, each λ·ttl / (1 + λ·ttl) of the time where they have
    a time to live, which is the most that counting can reach: one that counts only while it holds a key is some
    points below (simulate it). It rises with the load only where a time to live ends before a key is pushed out.
    """
    keys, capacity = store.keys, fitting(store)
    if keys is None or request_rate_per_s <= 0:
        return 0.0
    ttl = float(store.ttl) if store.ttl else math.inf
    items = max(1, round(float(keys.items)))
    if keys.policy == "lru":
        return cache_estimate(float(keys.zipf), items, capacity, request_rate_per_s, ttl).hit_ratio
    share, many = _popularity(float(keys.zipf), items)
    held = np.clip(capacity - (np.cumsum(many) - many), 0, many)
    return float(_hits(share * request_rate_per_s, math.inf, ttl) @ (share * held))


def cache_curve(
    zipf_exponent: float, items: int, request_rate_per_s: float, ttl_s: float = math.inf
) -> tuple[Any, Any]:
    """Capacities (keys, rising) and the hit ratios of caches so large, as `cache_estimate` has them."""
    share, many = _popularity(zipf_exponent, items)
    rates, times = share * request_rate_per_s, np.geomspace(0.5, 10 / share[-1], 40)
    size = np.array([many @ -np.expm1(-share * time) for time in times])
    inside = size < 0.9999 * items
    ratios = [_hits(rates, time / request_rate_per_s, ttl_s) @ (share * many) for time in times[inside]]
    whole = float(_hits(rates, math.inf, ttl_s) @ (share * many))
    return np.append(size[inside], items), np.append(ratios, whole)


def random_hit_ratio(zipf_exponent: float, items: int, capacity: int) -> float:
    """Share of requests that a full cache answers that forgets keys at random.

    A key asked for λ times a second is hit λT/(1 + λT) of the time, as with a mean life of T, for which
    Σ λT/(1 + λT) = capacity. Independent requests, items of one size. Raises InvalidInput.
    Source: Fricker, Robert and Roberts, A versatile and accurate approximation for LRU cache performance (2012).

    >>> round(random_hit_ratio(1.0, items=3, capacity=3), 3), round(random_hit_ratio(0.0, items=10, capacity=4), 3)
    (1.0, 0.4)
    """
    size = counted("capacity", capacity)
    share, many = _popularity(zipf_exponent, items)
    if size >= items:
        return 1.0

    def hits(life: float) -> float:
        return float(_hits(share, math.inf, life) @ (share * many))

    return hits(math.exp(_crossing(lambda log: (1 - hits(math.exp(log))) * math.exp(log) - size, -50, 50)))


def _popularity(exponent: float, items: int) -> tuple[Any, Any]:
    """Share of requests of one key, and how many keys have that share, most popular first."""
    power, last = 1 - checked("zipf_exponent", exponent, most=10), counted("items", items)
    weight = np.arange(1.0, min(last, EXACT_RANKS) + 1) ** (power - 1)
    many = np.ones_like(weight)
    if last > EXACT_RANKS:
        edges = np.unique(np.geomspace(EXACT_RANKS + 1, last + 1, GROUPS).round()) - 0.5
        groups = np.diff(edges)
        total = np.diff(np.log(edges)) if abs(power) < 1e-9 else np.diff(edges**power) / power
        weight, many = np.append(weight, total / groups), np.append(many, groups)
    return weight / (weight @ many), many


def _crossing(rising: Callable[[float], float], low: float, high: float) -> float:
    """Where a rising function passes 0, by halving; `high` where it does not."""
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return high


def _hits(rates: Any, kept_s: float, ttl_s: float) -> Any:
    """Share of the requests of each key that are hits."""
    if ttl_s <= kept_s:
        hits = rates * ttl_s
        return np.ones_like(rates) if ttl_s == math.inf else hits / (1 + hits)
    while_kept = rates * kept_s
    if ttl_s == math.inf:
        return -np.expm1(-while_kept)
    x, more = np.minimum(while_kept, 700.0), rates * (ttl_s - kept_s)
    first = np.minimum(more, x)
    hits = x + first - np.exp(-x) * (first + first**2 / 2)
    tail = np.maximum(np.expm1(x) - 2 * x + np.exp(-x) * (x + x * x / 2), x * x * x / 6)
    slope = np.where(x > 1e-4, 1 - np.exp(-x) * (1 + x), x**2 / 2) / tail
    hits = hits - tail * np.expm1(-np.maximum(more - x, 0.0) * slope)
    return hits / (1 + hits)
