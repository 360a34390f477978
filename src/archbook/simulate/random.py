"""Random numbers in numbered streams, the same compiled and in plain Python: MRG32k3a in whole numbers.

A stream is one row of six int64. Each source of chance in a simulation has its own, so that two scenarios with the
same seed meet the same arrivals and the same service times (common random numbers).
Source: L'Ecuyer, Good parameters and implementations for combined multiple recursive random number generators,
Operations Research 47 (1999).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from archbook.simulate.compiled import inner

_M1, _M2 = 4294967087, 4294944443
CONSTANT, GAMMA, EXPONENTIAL, HYPEREXPONENTIAL = 0.0, 1.0, 2.0, 3.0


def streams(seed: int, count: int, replication: int = 0) -> Any:
    """`count` streams of their own, int64 of shape (count, 6). The same arguments give the same streams.

    >>> streams(7, 2).shape
    (2, 6)
    """
    words = np.random.SeedSequence([seed, replication]).generate_state(6 * count, np.uint64).reshape(count, 6)
    limits = np.array([_M1, _M1, _M1, _M2, _M2, _M2], dtype=np.uint64)
    return (words % (limits - np.uint64(1)) + np.uint64(1)).astype(np.int64)


@inner
def uniform(n: Any, at: int) -> float:
    """The next number, in (0, 1), of the stream whose six numbers begin at n[at]."""
    first = (1403580 * n[at + 1] - 810728 * n[at]) % 4294967087
    n[at], n[at + 1], n[at + 2] = n[at + 1], n[at + 2], first
    second = (527612 * n[at + 5] - 1370589 * n[at + 3]) % 4294944443
    n[at + 3], n[at + 4], n[at + 5] = n[at + 4], n[at + 5], second
    return ((first - second) % 4294967087 + 1) * 2.328306549295728e-10


@inner
def exponential(n: Any, at: int) -> float:
    """An exponential number with mean 1."""
    return -math.log(uniform(n, at))


@inner
def normal(n: Any, at: int) -> float:
    """A standard normal number (Box and Muller)."""
    return math.sqrt(-2.0 * math.log(uniform(n, at))) * math.cos(6.283185307179586 * uniform(n, at))


@inner
def gamma(n: Any, at: int, shape: float) -> float:
    """A gamma number with mean `shape`, shape >= 1. Source: Marsaglia and Tsang, ACM TOMS 26 (2000)."""
    d = shape - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    while True:
        x = normal(n, at)
        v = 1.0 + c * x
        if v > 0.0:
            v = v * v * v
            if math.log(uniform(n, at)) < 0.5 * x * x + d - d * v + d * math.log(v):
                return d * v


@inner
def sample(n: Any, at: int, x: Any, law: int) -> float:
    """A time (s) of the law that begins at x[law], as `law_of` makes it."""
    kind = x[law]
    if kind == 2.0:
        return x[law + 1] * exponential(n, at)
    if kind == 0.0:
        return x[law + 1]
    if kind == 1.0:
        return x[law + 1] * gamma(n, at, x[law + 2])
    return (x[law + 2] if uniform(n, at) < x[law + 1] else x[law + 3]) * exponential(n, at)


def law_of(mean_s: float, scv: float) -> tuple[float, float, float, float]:
    """The law of times with this mean (s) and squared coefficient of variation, as `sample` takes it.

    scv 0 (below 1e-9): constant; below 1: gamma; 1: exponential; above: two exponentials with balanced means (Tijms,
    A First Course in Stochastic Models, appendix B).

    >>> law_of(2.0, 1.0)
    (2.0, 2.0, 0.0, 0.0)
    """
    if scv < 1e-9 or mean_s <= 0:
        return CONSTANT, mean_s, 0.0, 0.0
    if abs(scv - 1) < 1e-9:
        return EXPONENTIAL, mean_s, 0.0, 0.0
    if scv < 1:
        return GAMMA, mean_s * scv, 1 / scv, 0.0
    chance = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    return HYPEREXPONENTIAL, chance, mean_s / (2 * chance), mean_s / (2 * (1 - chance))
