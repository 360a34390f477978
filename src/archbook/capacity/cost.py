"""What a design costs a month, line by line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from archbook.tables import Table, as_columns
from archbook.units import show_factor, show_money, significant


@dataclass(frozen=True, slots=True)
class CostLine:
    """Cost of one element a month: nan where unknown. low, high: by the cheapest and dearest provider of the table."""

    element: str
    what: str  # what is paid for
    per_month: float
    low: float
    high: float
    source: str  # stated, or price table with its month, or why it is unknown


@dataclass(frozen=True, slots=True)
class Cost:
    """Cost of a design a month at one multiple of today's load; `per_month` is the sum of what is known.

    Assumptions: all instances run all month (730 h) at list prices; storage is what is kept today, and
    `storage_at_horizon` adds what it will cost then; requests and bytes come at the mean rate of the day; what external
    systems ask is not counted. Source: the design's `monthly_cost`, else `data/prices.csv`.
    """

    currency: str
    growth: float
    lines: tuple[CostLine, ...]
    storage_at_horizon: float = 0.0  # more a month, for stores that are paid by what they keep

    @property
    def per_month(self) -> float:
        """The sum of all lines that are known."""
        return sum(line.per_month for line in self.lines if not math.isnan(line.per_month))

    @property
    def range(self) -> tuple[float, float]:
        """The same by the cheapest and by the dearest provider of the price table."""
        known = [line for line in self.lines if not math.isnan(line.per_month)]
        return sum(line.low for line in known), sum(line.high for line in known)

    @property
    def unknown(self) -> tuple[str, ...]:
        """Elements whose cost is not known."""
        return tuple(line.element for line in self.lines if math.isnan(line.per_month))

    def of(self, element: str) -> float:
        """Cost of one element a month; nan where unknown."""
        return next((line.per_month for line in self.lines if line.element == element), math.nan)

    def table(self) -> Table:
        """One line an element."""
        rows = [(line.element, line.what, money(line, self.currency), line.source) for line in self.lines]
        return as_columns(("element", "what", ">a month", "price"), rows, str(self))

    def __str__(self) -> str:
        if not self.lines or len(self.unknown) == len(self.lines):
            return "Cost unknown: state `monthly_cost` or `cpu` and `memory` in the design."
        low, high = self.range
        total = f"{show_money(self.per_month, self.currency)}{_between(self.per_month, low, high)}"
        missing = f", without {_listed(self.unknown)}, of unknown cost" if self.unknown else ""
        load = "today's load" if self.growth == 1 else f"{show_factor(self.growth)} today's load"
        return f"Cost at {load}: {total}{missing}."


def money(line: CostLine, currency: str) -> str:
    """A line's cost with its range."""
    return show_money(line.per_month, currency) + _between(line.per_month, line.low, line.high)


def _between(value: float, low: float, high: float) -> str:
    return f" ({significant(low)}–{significant(high)})" if low < 0.995 * value or high > 1.005 * value else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:4]) + (f" and {len(names) - 4} others" if len(names) > 4 else "")


NO_COST = Cost("USD", 1.0, ())
