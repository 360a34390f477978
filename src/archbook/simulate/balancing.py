"""Which instance of a station takes a request: the balancing policies of the design."""

from __future__ import annotations

import math
from typing import Any

from archbook.simulate.compiled import inner
from archbook.simulate.random import uniform
from archbook.simulate.state import (
    HASHED,
    I_BUSY,
    I_QUEUE,
    I_STATE,
    INSTANCES,
    LEAST,
    OUT,
    R_BALANCE,
    RANDOM,
    RING,
    RING_X,
    S_COUNT,
    S_FIRST,
    S_NEXT,
    S_POLICY,
    S_RING,
    S_RING_END,
    STATIONS,
    STICKY,
    STREAMS,
    TWO_CHOICES,
    WIDE,
)

BOUND = 1.25
"""Consistent hashing with bounded load: none holds more than this multiple of the mean (Mirrokni et al. 2018)."""


@inner
def _load(n: Any, instance: int) -> int:
    at = n[INSTANCES] + instance
    return n[at + I_BUSY] + n[at + I_QUEUE]


@inner
def _out(n: Any, instance: int) -> bool:
    return n[n[INSTANCES] + instance + I_STATE] & OUT != 0


@inner
def below(n: Any, stream: int, count: int) -> int:
    """A whole number from 0 to count − 1."""
    return min(int(uniform(n, n[STREAMS] + 6 * stream) * count), count - 1)


@inner
def _least(n: Any, first: int, count: int) -> int:
    """The instance with the fewest requests; ties are broken at random by where the search begins."""
    start = below(n, R_BALANCE, count)
    best, fewest = -1, 0
    for step in range(count):
        instance = first + (start + step) % count * WIDE
        load = _load(n, instance)
        if not _out(n, instance) and (best < 0 or load < fewest):
            best, fewest = instance, load
    return best if best >= 0 else first + start * WIDE


@inner
def _on_ring(n: Any, x: Any, station: int, first: int, count: int, key: int) -> int:
    """The first instance clockwise from the key that is not above its bound."""
    held = 1
    for i in range(count):
        held += _load(n, first + i * WIDE)
    most = math.ceil(BOUND * held / count)
    start, end = n[station + S_RING], n[station + S_RING_END]
    low, high, place = start, end, (key * 0.6180339887498949) % 1.0
    while low < high:
        middle = (low + high) >> 1
        if x[n[RING_X] + middle] < place:
            low = middle + 1
        else:
            high = middle
    for step in range(end - start):
        instance = n[n[RING] + start + (low - start + step) % (end - start)]
        if not _out(n, instance) and _load(n, instance) < most:
            return instance
    return _least(n, first, count)


@inner
def chosen(n: Any, x: Any, station: int, key: int) -> int:
    """The instance that takes a request of the session `key`; one that health checks took out gets none."""
    station += n[STATIONS]
    first, count = n[station + S_FIRST], n[station + S_COUNT]
    if count == 1:
        return first
    policy = n[station + S_POLICY]
    if policy == LEAST:
        return _least(n, first, count)
    if policy == HASHED:
        return _on_ring(n, x, station, first, count, key)
    if policy == TWO_CHOICES:
        one = below(n, R_BALANCE, count)
        other = (one + 1 + below(n, R_BALANCE, count - 1)) % count
        one, other = first + one * WIDE, first + other * WIDE
        if not _out(n, other) and (_out(n, one) or _load(n, other) < _load(n, one)):
            return other
        return _least(n, first, count) if _out(n, one) else one
    for step in range(count):
        if policy == RANDOM:
            instance = first + below(n, R_BALANCE, count) * WIDE
        elif policy == STICKY:
            instance = first + (key + step) % count * WIDE
        else:
            instance = first + n[station + S_NEXT] % count * WIDE
            n[station + S_NEXT] += 1
        if not _out(n, instance):
            return instance
    return _least(n, first, count)
