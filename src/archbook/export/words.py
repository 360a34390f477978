"""How the document says numbers and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from archbook.capacity.result import ElementEstimate
from archbook.evidence import Evidence
from archbook.units import (
    show_count,
    show_duration,
    show_factor,
    show_rate,
    show_share,
    show_size,
    significant,
    with_range,
)

ORIGINS = {"formula": "computed", "simulation": "simulated", "measurement": "measured"}
_SHOWN = {"s": show_duration, "B": show_size, "×": show_factor, "share": show_share}
T = TypeVar("T")


def with_unit(value: float, unit: str) -> str:
    """A value as a person says it.

    >>> with_unit(0.0124, "s"), with_unit(1430.2, "×"), with_unit(12.0, "rows")
    ('12.4 ms', '1\\u202f430×', '12 rows')
    """
    if unit in _SHOWN:
        return _SHOWN[unit](value)
    return show_rate(value, unit[:-2]) if unit.endswith("/s") else f"{significant(value)} {unit}".strip()


def with_interval(evidence: Evidence) -> str:
    """The value of a piece of evidence, with its interval in brackets where there is one."""
    value = with_unit(evidence.value, evidence.unit)
    if evidence.low is None or evidence.high is None:
        return value
    return with_range(value, *(with_unit(end, evidence.unit) for end in (evidence.low, evidence.high)))


def load_of(element: ElementEstimate) -> str:
    """Utilisation in a word, or why there is none."""
    if not element.servers:
        return "no limit known"
    if element.utilisation >= 1:
        return f"saturated ({significant(element.utilisation)} times its capacity)"
    return show_share(element.utilisation)


def time_of(seconds: float) -> str:
    """A response time; a saturated element has none."""
    return show_duration(seconds) if seconds < float("inf") else "saturated"


def optional(value: T | None, show: Callable[[T], str]) -> str | None:
    """A value that may be absent, as a cell."""
    return None if value is None else show(value)


def duration(seconds: float | None) -> str | None:
    """A duration that may be absent, as a cell."""
    return optional(seconds, show_duration)


def per_minute(rate_per_s: float) -> str:
    """A rate as limits are written: ``100/min``."""
    return f"{significant(rate_per_s * 60)}/min"


def joined(*parts: str) -> str:
    """What is said, with commas between."""
    return ", ".join(filter(None, parts))


def count(number: int, one: str) -> str:
    """A number of things, in a sentence.

    >>> count(1, "store"), count(0, "store")
    ('1 store', 'no stores')
    """
    return show_count(number, one) if number else f"no {one}s"


def headline(text: str) -> str:
    """A count at the head of a sentence; a name keeps its own case."""
    return "N" + text[1:] if text.startswith("no ") else text


def listed(values: Iterable[str], limit: int = 4) -> str:
    """Names in a sentence: the first few, and how many more.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 1)
    ('a, b and c', 'a and 2 more')
    """
    everything = list(values)
    shown = everything[:limit] if len(everything) > limit else everything[:-1]
    last = f"{len(everything) - limit} more" if len(everything) > limit else "".join(everything[-1:])
    return f"{', '.join(shown)} and {last}" if shown else last
