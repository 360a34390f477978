"""Times known by mean and variance: cut by a timeout, the longest of several, and percentiles.

A time is a pair ``(mean, variance)`` in s and s². Where a whole distribution is needed, two moments choose one:
a shifted exponential up to scv 1, else a mixture of two exponentials with balanced means (Tijms, A First Course in
Stochastic Models, appendix B); for percentiles of sums along a path, a gamma distribution.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

Moments = tuple[float, float]
Branch = tuple[float, float, float]
"""Probability, shift and mean of one exponential branch."""

NOTHING: Moments = (0.0, 0.0)
ENDLESS: Moments = (math.inf, math.inf)
_LARGEST_SCV = 100.0


def branches(time: Moments) -> tuple[Branch, ...]:
    """The distribution that two moments choose: one shifted exponential, or two exponentials.

    >>> branches((2.0, 1.0))
    ((1.0, 1.0, 1.0),)
    """
    mean, variance = time
    scv = variance / (mean * mean)
    if scv <= 1.0000001:
        deviation = min(math.sqrt(variance), mean)
        return ((1.0, mean - deviation, deviation),)
    chance = (1 + math.sqrt((scv - 1) / (scv + 1))) / 2
    return ((chance, 0.0, mean / (2 * chance)), (1 - chance, 0.0, mean / (2 * (1 - chance))))


def capped(time: Moments, timeout_s: float) -> Moments:
    """Mean and variance of min(time, timeout): what a caller waits that gives up.

    >>> mean, variance = capped((1.0, 1.0), timeout_s=1.0)
    >>> round(mean, 6)  # 1 − 1/e
    0.632121
    """
    mean, variance = time
    if timeout_s > mean and (timeout_s - mean) ** 2 > 900 * variance * max(1.0, variance / (mean * mean or 1.0)):
        return time  # not one in 10¹² is cut
    if math.isinf(mean):
        return timeout_s, 0.0
    first = second = 0.0
    for chance, shift, scale in branches(time):
        if timeout_s <= shift or scale < 1e-12 * timeout_s:
            cut = min(shift + scale, timeout_s)
            square = cut * cut
        else:
            ratio = (timeout_s - shift) / scale
            over = math.exp(-ratio)
            beyond = scale * (1 - over)
            square = 2 * scale * scale * (1 - over * (1 + ratio)) + shift * (2 * beyond + shift)
            cut = shift + beyond
        first += chance * cut
        second += chance * square
    return first, max(0.0, second - first * first)


def longest(times: Sequence[tuple[Moments, int]]) -> Moments:
    """Mean and variance of the longest of independent times; each comes with how many there are of it.

    ∫(1 − ΠF) by Gauss–Laguerre quadrature over the distributions that the moments choose.

    >>> mean, variance = longest([((1.0, 1.0), 3)])
    >>> round(mean, 4)  # 1 + 1/2 + 1/3
    1.8333
    """
    if any(math.isinf(time[0]) for time, _ in times):
        return ENDLESS
    parts = [(branches(time), copies) for time, copies in times if time[0] > 0]
    if len(parts) == 1 and parts[0][1] == 1:
        return next(time for time, _ in times if time[0] > 0)
    if not parts:
        return NOTHING
    start = max(shift for part, _ in parts for _, shift, _ in part)
    scale = max(scale for part, _ in parts for _, _, scale in part)
    if scale <= 1e-9 * start:
        return start + scale, 0.0
    return _longest_beyond(parts, start, scale)


def _longest_beyond(parts: Sequence[tuple[tuple[Branch, ...], int]], start: float, unit: float) -> Moments:
    import numpy as np

    nodes, weights = _laguerre()
    below = np.ones_like(nodes)
    for part, copies in parts:
        above = sum(
            chance * np.exp(-(start - shift + unit * nodes) / max(scale, 1e-12 * unit)) for chance, shift, scale in part
        )
        below *= (1 - above) ** copies
    rest = (1 - below) * weights
    mean = start + unit * float(rest.sum())
    square = start * start + 2 * unit * float((rest * (start + unit * nodes)).sum())
    return mean, max(0.0, square - mean * mean)


@functools.cache
def _laguerre() -> tuple[Any, Any]:
    import numpy as np

    nodes, weights = np.polynomial.laguerre.laggauss(64)
    return nodes, weights * np.exp(nodes)


def percentiles(time: Moments) -> tuple[float, float, float]:
    """p50, p95 and p99 of a gamma distribution with these moments, from a table made at first use.

    Within 1e-4 of the exact gamma quantile; a larger scv than 100 counts as 100, below 0.01 the quantile is
    Wilson and Hilferty's (1931).

    >>> [round(value, 3) for value in percentiles((1.0, 1.0))]
    [0.693, 2.996, 4.605]
    """
    mean, variance = time
    if math.isinf(mean) or math.isnan(mean):
        return mean, mean, mean
    if mean <= 0 or variance <= 1e-18 * mean * mean:
        return mean, mean, mean
    scv = min(variance / (mean * mean), _LARGEST_SCV)
    if scv < 0.01:
        p50, p95, p99 = (mean * (1 - scv / 9 + normal * math.sqrt(scv) / 3) ** 3 for normal in _NORMAL.values())
        return p50, p95, p99
    return _from_table(mean, scv)


_NORMAL = {0.5: 0.0, 0.95: 1.644854, 0.99: 2.326348}
_STEPS = 30  # points of the table a decade of scv


def _from_table(mean: float, scv: float) -> tuple[float, float, float]:
    place = (math.log10(scv) + 2) * _STEPS
    left = min(max(int(place), 1), 4 * _STEPS - 2)
    x = place - left
    cubic = (-x * (x - 1) * (x - 2) / 6, (x + 1) * (x - 1) * (x - 2) / 2,
             -(x + 1) * x * (x - 2) / 2, (x + 1) * x * (x - 1) / 6)  # fmt: skip
    p50, p95, p99 = (mean * math.exp(sum(w * row[left - 1 + i] for i, w in enumerate(cubic))) for row in _gamma_table())
    return p50, p95, p99


@functools.cache
def _gamma_table() -> tuple[tuple[float, ...], ...]:
    """Logarithms of the quantiles 0.5, 0.95 and 0.99 of gamma distributions with mean 1, by scv."""
    import numpy as np

    shape = 1 / np.logspace(-2, 2, 4 * _STEPS + 1)
    return tuple(tuple(np.log(gamma_quantile(shape, share) / shape)) for share in _NORMAL)


def gamma_quantile(shape: Any, share: float) -> Any:
    """Quantile of gamma distributions with unit scale: an array of shapes in, an array out (dimensionless).

    Newton's method on ln P against ln x, P by its power series (Abramowitz and Stegun 6.5.29).

    >>> import numpy as np
    >>> gamma_quantile(np.array([1.0]), 0.95).round(6)
    array([2.995732])
    """
    import numpy as np

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
            if (term < 1e-17 * total).all():
                break
        log_p = k * log_x - x - log_gamma + np.log(total)
        step = (math.log(share) - log_p) / (k / total)
        log_x = log_x + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-13:
            break
    return np.exp(log_x)
