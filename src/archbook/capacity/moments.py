"""Times known by mean and variance: cut by a timeout, the longest of several, and percentiles.

A time is a pair ``(mean, variance)`` in s and s²; each may be a number or an array. Where a whole distribution is
needed, two moments choose one: a shifted exponential up to scv 1, else a mixture of two exponentials with balanced
means (Tijms, A First Course in Stochastic Models, appendix B); for percentiles of sums along a path, a gamma.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

Moments = tuple[float, float]
Times = Any
"""Mean and variance of many times at once: two arrays, or one of two rows."""

_LARGEST_SCV = 100.0


def fitted(time: Times) -> tuple[Any, Any, Any, Any]:
    """Chance of the first branch, its shift and mean, and the mean of the second: the distribution of two moments.

    >>> [float(part) for part in fitted((2.0, 1.0))][:3]
    [1.0, 1.0, 1.0]
    """
    mean, variance = np.maximum(time[0], 1e-300), np.maximum(time[1], 0.0)
    scv = variance / (mean * mean)
    wide = scv > 1.0000001
    spread = np.where(wide, scv, 1.0)
    chance = np.where(wide, (1 + np.sqrt((spread - 1) / (spread + 1))) / 2, 1.0)
    deviation = np.minimum(np.sqrt(variance), mean)
    shift = np.where(wide, 0.0, mean - deviation)
    first = np.where(wide, mean / (2 * chance), np.maximum(deviation, 1e-12 * mean))
    second = np.where(wide, mean / (2 * np.where(wide, 1 - chance, 1.0)), mean)
    return chance, shift, first, second


def capped(time: Times, timeout_s: Any) -> Times:
    """Mean and variance of min(time, timeout): what a caller waits that gives up.

    >>> mean, variance = capped((1.0, 1.0), timeout_s=1.0)
    >>> round(float(mean), 6)  # 1 − 1/e
    0.632121
    """
    endless = np.isinf(time[0])
    chance, shift, first, second = fitted((np.where(endless, 1.0, time[0]), np.where(endless, 0.0, time[1])))
    left = np.maximum(timeout_s - shift, 0.0)
    mean_1, square_1 = _cut(left, first)
    mean_2, square_2 = _cut(left, second)
    beyond = chance * mean_1 + (1 - chance) * mean_2
    square = chance * square_1 + (1 - chance) * square_2
    low = np.minimum(shift, timeout_s)
    return np.where(endless, timeout_s, low + beyond), np.where(endless, 0.0, np.maximum(square - beyond * beyond, 0.0))


def exceeds(time: Times, limit_s: Any) -> Any:
    """Probability that a time is longer than a limit; 1 where the time is endless.

    >>> round(float(exceeds((1.0, 1.0), limit_s=1.0)), 6)  # 1/e
    0.367879
    """
    endless = np.isinf(time[0])
    chance, shift, first, second = fitted((np.where(endless, 1.0, time[0]), np.where(endless, 0.0, time[1])))
    left = np.maximum(limit_s - shift, 0.0)
    over = chance * np.exp(-left / first) + (1 - chance) * np.exp(-left / second)
    return np.where(endless | (limit_s < shift), 1.0, over)


def _cut(limit: Any, scale: Any) -> tuple[Any, Any]:
    """First and second moment of min(exponential, limit)."""
    ratio = limit / scale
    over = np.exp(-ratio)
    return scale * (1 - over), 2 * scale * scale * (1 - over * (1 + np.minimum(ratio, 1e6)))


def longest(times: Sequence[tuple[Times, int]]) -> Times:
    """Mean and variance of the longest of independent times; each comes with how many there are of it.

    ∫(1 − ΠF) by Gauss–Laguerre quadrature over the distributions that the moments choose.

    >>> mean, variance = longest([((1.0, 1.0), 3)])
    >>> round(float(mean), 4)  # 1 + 1/2 + 1/3
    1.8333
    """
    if len(times) == 1 and times[0][1] == 1:
        return times[0][0]
    endless = functools.reduce(np.logical_or, (np.isinf(time[0]) for time, _ in times))
    parts = [(fitted((np.where(endless, 1.0, t[0]), np.where(endless, 0.0, t[1]))), copies) for t, copies in times]
    start = functools.reduce(np.maximum, (part[1] for part, _ in parts))
    unit = functools.reduce(np.maximum, (np.where(part[0] < 1, part[3], part[2]) for part, _ in parts))
    nodes, weights = _laguerre()
    after = np.asarray(unit)[..., None] * nodes
    below: Any = 1.0
    for (chance, shift, first, second), copies in parts:
        chance, first, second = (np.asarray(value)[..., None] for value in (chance, first, second))
        gap = np.asarray(start - shift)[..., None] + after
        above = chance * np.exp(-gap / first) + (1 - chance) * np.exp(-gap / second)
        below = below * (1 - above) ** copies
    rest = (1 - below) * weights
    beyond = unit * rest.sum(axis=-1)
    square = 2 * unit * (rest * after).sum(axis=-1)
    return np.where(endless, np.inf, start + beyond), np.where(endless, np.inf, np.maximum(square - beyond**2, 0.0))


@functools.cache
def _laguerre() -> tuple[Any, Any]:
    nodes, weights = np.polynomial.laguerre.laggauss(64)
    return nodes, weights * np.exp(nodes)


SHARES = (0.5, 0.95, 0.99)
_NORMAL = {0.5: 0.0, 0.95: 1.644854, 0.99: 2.326348}


def quantile(time: Times, share: Any) -> Any:
    """Quantile of gamma distributions with these moments, infinite where the mean is; share: one or more of `SHARES`.

    Within 1e-4 of the exact gamma quantile; a larger scv than 100 counts as 100, below 0.01 the quantile is
    Wilson and Hilferty's (1931).

    >>> [round(float(quantile((1.0, 1.0), share)), 3) for share in SHARES]
    [0.693, 2.996, 4.605]
    """
    mean, variance, share = np.broadcast_arrays(time[0], time[1], share)
    plain = np.isfinite(mean) & (mean > 0)
    scv = np.clip(np.where(plain, variance, 0.0) / np.where(plain, mean * mean, 1.0), 0.0, _LARGEST_SCV)
    root, (roots, table) = np.sqrt(scv), _gamma_table()
    found = np.zeros_like(root)
    for each, normal in _NORMAL.items():
        here = share == each
        if here.any():
            narrow = (1 - scv[here] / 9 + normal * root[here] / 3) ** 3
            found[here] = np.where(scv[here] > 0.01, np.exp(np.interp(root[here], roots, table[each])), narrow)
    return mean * found


@functools.cache
def _gamma_table() -> tuple[Any, dict[float, Any]]:
    """Square roots of scv, and logarithms of the quantiles of gamma distributions with mean 1."""
    roots = np.linspace(0.1, 10.0, 601)
    return roots, {share: np.log(gamma_quantile(roots**-2, share) * roots**2) for share in SHARES}


def gamma_quantile(shape: Any, share: float) -> Any:
    """Quantile of gamma distributions with unit scale: an array of shapes in, an array out (dimensionless).

    Newton's method on ln P against ln x, P by its power series (Abramowitz and Stegun 6.5.29).

    >>> import numpy as np
    >>> gamma_quantile(np.array([1.0]), 0.95).round(6)
    array([2.995732])
    """
    k = np.asarray(shape, dtype=float)
    log_gamma = np.array([math.lgamma(value + 1) for value in k])
    wilson_hilferty = k * np.maximum(1 - 1 / (9 * k) + _NORMAL.get(share, 0.0) / (3 * np.sqrt(k)), 0.05) ** 3
    small = (math.log(share) + log_gamma) / k
    log_x = np.where(k < 0.6, np.minimum(small, np.log(k + 4)), np.log(wilson_hilferty))
    for _ in range(40):
        x = np.exp(log_x)
        total = term = np.ones_like(x)
        for n in range(1, 2000):
            term = term * x / (k + n)
            total = total + term
            if n % 16 == 0 and (term < 1e-17 * total).all():
                break
        log_p = k * log_x - x - log_gamma + np.log(total)
        step = (math.log(share) - log_p) / (k / total)
        log_x = log_x + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-13:
            break
    return np.exp(log_x)
