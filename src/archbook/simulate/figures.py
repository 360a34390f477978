"""Numbers with their 95 % interval over independent replications."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120,
      2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045)  # fmt: skip
"""Student's t at 97.5 % for 1 to 29 degrees of freedom; beyond, the normal quantile corrected for them."""


class Figure(NamedTuple):
    """A simulated number with its 95 % interval; nan bounds where one replication gives none."""

    value: float
    low: float
    high: float

    @property
    def precision(self) -> float:
        """Half the interval over the value; inf where there is none."""
        if not self.value or math.isnan(self.low):
            return 0.0 if self.value == self.low == self.high == 0 else math.inf
        return (self.high - self.low) / 2 / abs(self.value)

    def shown(self, show: Callable[[float], str]) -> str:
        """The value with its interval in brackets, the unit only once where it is the same.

        >>> Figure(0.0124, 0.0119, 0.0130).shown(lambda seconds: f"{1000 * seconds:.1f} ms")
        '12.4 ms (11.9–13.0)'
        """
        if math.isnan(self.value):
            return "unknown"
        texts = [show(number) for number in self if not math.isnan(number)]
        if len(set(texts)) == 1:
            return texts[0]
        units = {text.partition(" ")[2] for text in texts}
        low, high = (text.partition(" ")[0] if len(units) == 1 else text for text in texts[1:])
        return f"{texts[0]} ({low}–{high})"


def t_quantile(freedom: int) -> float:
    """Student's t at 97.5 %.

    >>> t_quantile(9), round(t_quantile(60), 2)
    (2.262, 2.0)
    """
    return _T[freedom - 1] if freedom < 30 else 1.959964 + 2.3723 / freedom


def figure(values: Any) -> Figure:
    """Mean of one number a replication, with its interval by Student's t; those that are nan are left out.

    >>> figure([1.0, 2.0, 3.0]).value
    2.0
    """
    found = np.asarray(values, dtype=float)
    found = found[~np.isnan(found)]
    if not len(found):
        return Figure(math.nan, math.nan, math.nan)
    mean = float(found.mean())
    if len(found) < 2:
        return Figure(mean, math.nan, math.nan)
    half = t_quantile(len(found) - 1) * float(found.std(ddof=1)) / math.sqrt(len(found))
    return Figure(mean, max(mean - half, 0.0) if found.min() >= 0 else mean - half, mean + half)


def percentiles(histogram: Any, shares: tuple[float, ...], bin_width: float, least_s: float) -> list[float]:
    """Percentiles (s) of a histogram of logarithms; nan where it is empty. Within half a bin (0.25 %)."""
    total = histogram.sum()
    if not total:
        return [math.nan] * len(shares)
    upto = np.cumsum(histogram)
    found = []
    for share in shares:
        bin_ = int(np.searchsorted(upto, share * total))
        if bin_ == 0:
            found.append(0.0)
            continue
        inside = (share * total - upto[bin_ - 1]) / histogram[bin_]
        found.append(least_s * math.exp((bin_ - 1 + inside) * bin_width))
    return found
