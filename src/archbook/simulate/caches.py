"""Caches over whole-number keys, held in flat arrays: one step a request, many caches side by side.

`a` and `b` are where a cache begins in the whole and in the real numbers. When it is full, the least recently used
key goes first (`lru`), or the one that came first (`fifo`), or the one asked for least often since it came and, among
those, least recently (`lfu`). A cache with a time to live forgets what is older than that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.errors import InvalidInput, UnknownName
from archbook.simulate.compiled import compiled, inner

CACHE_POLICIES = ("lru", "fifo", "lfu")
_LRU, _FIFO, _LFU = range(3)
_ITEMS, _CAPACITY, _HELD, _POLICY, _BARE, _HEAD = range(6)
"""After the head come pairs (next, previous): of every key, and of every ring's own place; next is −1 where a key is
not held. lru and fifo have one ring, the newest first. lfu has a ring for each frequency in use; after the pairs come
the ring of every key, and for every ring its frequency and the rings of the next higher and lower one. Ring 0 has
frequency 0 and stays empty; rings that are not in use form a chain that begins at _BARE.
"""


def new_cache(items: int, capacity: int, ttl_s: float = math.inf, policy: str = "lru") -> tuple[Any, Any]:
    """An empty cache for keys 0 to items − 1 that holds `capacity` of them, each for at most `ttl_s`.

    The two arrays are parts of one state. Raises InvalidInput and UnknownName.

    >>> whole, real = new_cache(items=10, capacity=2)
    >>> len(whole), len(real)
    (27, 11)
    """
    if not (items >= 1 and capacity >= 1 and ttl_s > 0):
        raise InvalidInput(f"a cache of {capacity} among {items} keys for {ttl_s} s cannot be; each must be above 0")
    if policy not in CACHE_POLICIES:
        raise UnknownName("cache policy", policy, CACHE_POLICIES)
    held = min(items, capacity)
    rings = held + 2 if policy == "lfu" else 1
    pairs = np.full((items + rings, 2), -1, dtype=np.int64)
    pairs[items:] = np.arange(items, items + rings)[:, None]
    parts = [np.array([items, held, 0, CACHE_POLICIES.index(policy), 1]), pairs.ravel()]
    if policy == "lfu":
        frequencies = np.zeros((rings, 3), dtype=np.int64)
        frequencies[1:, 1] = np.arange(2, rings + 1)
        parts += [np.zeros(items, dtype=np.int64), frequencies.ravel()]
    return np.concatenate(parts), np.concatenate([[ttl_s], np.zeros(items)])


@dataclass(frozen=True, slots=True)
class KeyedCache:
    """A cache inside a simulated design: Zipf keys, how many fit, how long each is kept, which goes first.

    coalesce: who misses a key that is being fetched waits for that fetch, and ends as it does (single flight).
    """

    items: int
    zipf_exponent: float
    capacity: int
    ttl_s: float = math.inf
    policy: str = "lru"
    coalesce: bool = False


def cache_tables(caches: Sequence[KeyedCache], chance: Any = None) -> dict[str, Any]:
    """The tables of a world that hold these caches: empty, or with a generator as they are after a long time.

    A leg asks the i-th of them first where its L_CACHE is 8 i. `fetches`: the call that fetches each key of the caches
    that coalesce, or −1. Raises InvalidInput and UnknownName.
    """
    whole, real, sums = [np.zeros(1, dtype=np.int64)], [np.zeros(1)], [np.zeros(1)]
    places, fetches = np.full((max(len(caches), 1), 8), -1, dtype=np.int64), 1
    for row, cache in zip(places, caches, strict=False):
        row[:3] = sum(map(len, whole)), sum(map(len, real)), sum(map(len, sums))
        new_whole, new_real = new_cache(cache.items, cache.capacity, cache.ttl_s, cache.policy)
        weights = np.arange(1.0, cache.items + 1) ** -cache.zipf_exponent
        if chance is not None:
            _prefill(new_whole, new_real, *_usual(cache, weights, chance))
        whole.append(new_whole)
        real.append(new_real)
        sums.append(np.cumsum(weights))
        row[3] = cache.items
        if cache.coalesce:
            row[4], fetches = fetches, fetches + cache.items
    return {"caches": np.concatenate(whole), "caches_x": np.concatenate(real), "popularity_x": np.concatenate(sums),
            "cache_at": places, "fetches": np.full(fetches, -1, dtype=np.int64)}  # fmt: skip


def _usual(cache: KeyedCache, weights: Any, chance: Any) -> tuple[Any, Any]:
    """Keys that a cache holds after a long time, last used last, and when each was fetched (s, before 0).

    lru: those whose last request is least long ago; ages are exponential, so this is exact without a time to live.
    lfu: the most popular.
    """
    ages = np.arange(cache.items) if cache.policy == "lfu" else chance.standard_exponential(cache.items) / weights
    keys = np.argsort(ages, kind="stable")[: cache.capacity][::-1].astype(np.int64)
    fetched = np.zeros(len(keys)) if cache.ttl_s == math.inf else -cache.ttl_s * chance.random(len(keys))
    return keys, fetched


@inner
def _unlink(n: Any, a: int, key: int) -> None:
    at = a + _HEAD + 2 * key
    following, before = n[at], n[at + 1]
    n[a + _HEAD + 2 * before], n[a + _HEAD + 2 * following + 1] = following, before
    n[at] = -1


@inner
def _link(n: Any, a: int, key: int, own: int) -> None:
    """Put a key first in the ring whose own place is `own`."""
    at, ring = a + _HEAD + 2 * key, a + _HEAD + 2 * own
    first = n[ring]
    n[at], n[at + 1] = first, own
    n[a + _HEAD + 2 * first + 1], n[ring] = key, key


@inner
def _rings(n: Any, a: int) -> int:
    """Where an lfu cache keeps the ring of every key."""
    return a + _HEAD + 2 * (n[a + _ITEMS] + n[a + _CAPACITY] + 2)


@inner
def _forget(n: Any, a: int, key: int) -> None:
    _unlink(n, a, key)
    n[a + _HELD] -= 1
    if n[a + _POLICY] == _LFU:
        _free_if_empty(n, a, n[_rings(n, a) + key])


@inner
def _free_if_empty(n: Any, a: int, ring: int) -> None:
    """Take a ring without keys out of the order of frequencies."""
    own = n[a + _ITEMS] + ring
    if ring == 0 or n[a + _HEAD + 2 * own] != own:
        return
    table = _rings(n, a) + n[a + _ITEMS]
    higher, lower = n[table + 3 * ring + 1], n[table + 3 * ring + 2]
    n[table + 3 * lower + 1], n[table + 3 * higher + 2] = higher, lower
    n[table + 3 * ring + 1], n[a + _BARE] = n[a + _BARE], ring


@inner
def _count(n: Any, a: int, key: int, ring: int) -> None:
    """Put a key, taken out of `ring`, first among those asked for once more."""
    of_keys = _rings(n, a)
    table = of_keys + n[a + _ITEMS]
    higher, frequency = n[table + 3 * ring + 1], n[table + 3 * ring] + 1
    if higher == 0 or n[table + 3 * higher] != frequency:
        bare = n[a + _BARE]
        n[a + _BARE] = n[table + 3 * bare + 1]
        n[table + 3 * bare], n[table + 3 * bare + 1], n[table + 3 * bare + 2] = frequency, higher, ring
        n[table + 3 * ring + 1], n[table + 3 * higher + 2] = bare, bare
        higher = bare
    _link(n, a, key, n[a + _ITEMS] + higher)
    n[of_keys + key] = higher
    _free_if_empty(n, a, ring)


@inner
def cache_look(n: Any, x: Any, a: int, b: int, key: int, now: float) -> bool:
    """Whether the cache has a key that is still fresh; it is then the one most recently used."""
    if n[a + _HEAD + 2 * key] < 0:
        return False
    if x[b] < math.inf and now >= x[b + 1 + key]:
        _forget(n, a, key)
        return False
    policy = n[a + _POLICY]
    if policy == _LRU:
        _unlink(n, a, key)
        _link(n, a, key, n[a + _ITEMS])
    elif policy == _LFU:
        _unlink(n, a, key)
        _count(n, a, key, n[_rings(n, a) + key])
    return True


@inner
def cache_fill(n: Any, x: Any, a: int, b: int, key: int, now: float) -> None:
    """Keep a key from now on; another makes room."""
    if x[b] < math.inf:
        x[b + 1 + key] = now + x[b]
    policy, own = n[a + _POLICY], n[a + _ITEMS]
    if n[a + _HEAD + 2 * key] >= 0:
        if policy == _LRU:
            _unlink(n, a, key)
            _link(n, a, key, own)
        return
    if n[a + _HELD] >= n[a + _CAPACITY]:
        lowest = n[_rings(n, a) + own + 1] if policy == _LFU else 0
        _forget(n, a, n[a + _HEAD + 2 * (own + lowest) + 1])
    n[a + _HELD] += 1
    if policy == _LFU:
        _count(n, a, key, 0)
    else:
        _link(n, a, key, own)


@inner
def cache_flush(n: Any, a: int) -> None:
    """Forget everything."""
    for key in range(n[a + _ITEMS]):
        if n[a + _HEAD + 2 * key] >= 0:
            _forget(n, a, key)


@compiled
def _prefill(n: Any, x: Any, keys: Any, fetched: Any) -> None:
    for i in range(len(keys)):
        cache_fill(n, x, 0, 0, keys[i], fetched[i])
