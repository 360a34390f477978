"""How the document says numbers and where they come from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from archbook.capacity.result import ElementEstimate
from archbook.evidence import Evidence
from archbook.units import (
    show_duration,
    show_factor,
    show_rate,
    show_share,
    show_size,
    significant,
)  # fmt: skip

ORIGINS = {"formula": "computed", "simulation": "simulated", "measurement": "measured"}
NONE = "–"
_SHOWN = {"s": show_duration, "B": show_size, "×": show_factor, "share": show_share}


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
    low, high = with_unit(evidence.low, evidence.unit), with_unit(evidence.high, evidence.unit)
    unit = _parted(value)[1]
    if _parted(low)[1] == _parted(high)[1] == unit:
        return f"{value} ({_parted(low)[0]}–{_parted(high)[0]})"
    return f"{value} ({low}–{high})"


def _parted(text: str) -> tuple[str, str]:
    """The number and the unit of a value as it is said."""
    unit = text.lstrip("-0123456789.,\u202f")
    return text.removesuffix(unit), unit


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


def optional(value: float | None, show: Callable[[float], str] = significant) -> str:
    """A value that may be absent."""
    return NONE if value is None else show(value)


def per_minute(rate_per_s: float) -> str:
    """A rate as limits are written: ``100/min``."""
    return f"{significant(rate_per_s * 60)}/min"


def yes(flag: bool | None) -> str:
    """A flag in a table."""
    return NONE if flag is None else "yes" if flag else "no"


def names(values: Iterable[str]) -> str:
    """Names in a cell."""
    return ", ".join(values) or NONE


def count(number: int, one: str, many: str = "") -> str:
    """A number of things, in a sentence.

    >>> count(1, "store"), count(0, "store"), count(3, "entry", "entries")
    ('1 store', 'no stores', '3 entries')
    """
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def headline(text: str) -> str:
    """A count at the head of a sentence; a name keeps its own case."""
    return "N" + text[1:] if text.startswith("no ") else text


def listed(values: Iterable[str], limit: int = 4) -> str:
    """Names in a sentence: the first few, and how many more.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], 1)
    ('a, b and c', 'a and 2 more')
    """
    everything = list(values)
    shown, rest = everything[:limit], len(everything) - limit
    if rest > 0:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))
