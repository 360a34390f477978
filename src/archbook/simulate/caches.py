"""Caches over whole-number keys, held in flat arrays: one step a request, many caches side by side.

`a` and `b` are where a cache begins in the whole and in the real numbers. Least recently used goes first; a cache
with a time to live forgets what is older than that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archbook.errors import InvalidInput
from archbook.simulate.compiled import inner

_ITEMS, _CAPACITY, _HELD, _HEAD = 0, 1, 2, 3  # then `next` and `previous` of every key, and of the ring's own place


def new_cache(items: int, capacity: int, ttl_s: float = math.inf) -> tuple[Any, Any]:
    """An empty cache for keys 0 to items − 1 that holds `capacity` of them, each for at most `ttl_s`.

    The two arrays are parts of one state. Raises InvalidInput.

    >>> whole, real = new_cache(items=10, capacity=2)
    >>> len(whole), len(real)
    (25, 11)
    """
    if not (items >= 1 and capacity >= 1 and ttl_s > 0):
        raise InvalidInput(f"a cache of {capacity} among {items} keys for {ttl_s} s cannot be; each must be above 0")
    whole = np.full(_HEAD + 2 * (items + 1), -1, dtype=np.int64)
    whole[_ITEMS], whole[_CAPACITY], whole[_HELD] = items, min(items, capacity), 0
    whole[_HEAD + items] = whole[_HEAD + 2 * items + 1] = items
    return whole, np.concatenate([[ttl_s], np.zeros(items)])


@inner
def _unlink(n: Any, a: int, key: int) -> None:
    following, before = a + _HEAD, a + _HEAD + n[a] + 1
    n[following + n[before + key]], n[before + n[following + key]] = n[following + key], n[before + key]
    n[following + key] = -1
    n[a + _HELD] -= 1


@inner
def _link(n: Any, a: int, key: int) -> None:
    """Put a key first in the ring, whose own place is `items`."""
    following, before, ring = a + _HEAD, a + _HEAD + n[a] + 1, n[a]
    first = n[following + ring]
    n[following + key], n[before + key] = first, ring
    n[before + first], n[following + ring] = key, key
    n[a + _HELD] += 1


@inner
def cache_look(n: Any, x: Any, a: int, b: int, key: int, now: float) -> bool:
    """Whether the cache has a key that is still fresh; it is then the one most recently used."""
    if n[a + _HEAD + key] < 0:
        return False
    _unlink(n, a, key)
    if now >= x[b + 1 + key]:
        return False
    _link(n, a, key)
    return True


@inner
def cache_fill(n: Any, x: Any, a: int, b: int, key: int, now: float) -> None:
    """Keep a key from now on; the least recently used one makes room."""
    if n[a + _HEAD + key] >= 0:
        _unlink(n, a, key)
    elif n[a + _HELD] >= n[a + _CAPACITY]:
        _unlink(n, a, n[a + _HEAD + n[a] + 1 + n[a]])
    _link(n, a, key)
    x[b + 1 + key] = now + x[b]


@inner
def cache_flush(n: Any, a: int) -> None:
    """Forget everything."""
    ring = n[a]
    while n[a + _HEAD + ring] != ring:
        _unlink(n, a, n[a + _HEAD + ring])
