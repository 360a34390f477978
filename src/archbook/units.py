"""Quantities with units at the file boundary, plain SI floats inside.

A design says ``12ms``, ``4KB``, ``100/min`` or ``99.9%``; the model holds 0.012 (s), 4000 (bytes), 1.667 (per
second) and 0.999. Wherever a number stands, ``{low, likely, high}`` may stand for an uncertain one: it becomes an
`Uncertain`, a float that is its likely value and remembers its bounds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

DURATIONS_S = {
    "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0,
    "d": 86400.0, "day": 86400.0, "days": 86400.0, "w": 604800.0, "y": 31557600.0, "years": 31557600.0,
}  # fmt: skip
SIZES_B = {
    "B": 1.0, "KB": 1e3, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "PB": 1e15,
    "KiB": 1024.0, "MiB": 1024.0**2, "GiB": 1024.0**3, "TiB": 1024.0**4,
}  # fmt: skip
PERIODS_S = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hour": 3600.0, "d": 86400.0, "day": 86400.0}
MULTIPLES = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "bn": 1e9}
_NUMBER = r"([-+]?(?:\d[\d_]{0,30}\.?\d{0,20}|\.\d{1,20})(?:[eE][-+]?\d{1,3})?)"
_QUANTITY = re.compile(_NUMBER + r"\s*([^\d\s/]{0,6})(?:\s*/\s*([a-z]{1,6}))?")


class Uncertain(float):
    """An uncertain number: computes as its likely value and remembers its bounds.

    >>> demand = Uncertain(2.0, low=1.0, high=4.0)
    >>> demand * 10, demand.low, demand.high
    (20.0, 1.0, 4.0)
    """

    low: float
    high: float

    def __new__(cls, likely: float, low: float, high: float) -> Uncertain:
        if not low <= likely <= high:
            raise ValueError("low, likely and high must stand in that order")
        self = super().__new__(cls, likely)
        self.low, self.high = low, high
        return self

    def __repr__(self) -> str:
        return f"{float(self):g} ({self.low:g}–{self.high:g})"

    def __reduce__(self) -> tuple[type[Uncertain], tuple[float, float, float]]:
        return Uncertain, (float(self), self.low, self.high)


def _split(value: object, kind: str, example: str) -> tuple[float, str, str]:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"is not a {kind}; write it like {example}")
    text = str(value).strip() if not isinstance(value, int) or abs(value) < 10**18 else "9" * 40
    match = _QUANTITY.fullmatch(text)
    if not match:
        raise ValueError(f"is not a {kind}; write it like {example}")
    number = float(match[1].replace("_", ""))
    if not math.isfinite(number):
        raise ValueError(f"is not a finite {kind}; write it like {example}")
    return number, match[2] or "", match[3] or ""


def _with_unit(value: object, kind: str, of: str, example: str, units: Mapping[str, float]) -> float:
    number, unit, per = _split(value, kind, example)
    if number == 0 and not unit and not per:
        return 0.0
    if unit not in units or per:
        raise ValueError(f"has no unit of {of}; write it like {example}")
    return number * units[unit]


def parse_duration(value: object) -> float:
    """Seconds. A unit is required, except for 0.

    >>> parse_duration("12ms"), parse_duration("1.5 h")
    (0.012, 5400.0)
    """
    return _with_unit(value, "duration", "time", "`12ms`, `1.5s`, `5min`, `2h` or `30d`", DURATIONS_S)


def parse_size(value: object) -> float:
    """Bytes (decimal prefixes; KiB, MiB and GiB are binary). A unit is required, except for 0.

    >>> parse_size("4KB"), parse_size("1 MiB")
    (4000.0, 1048576.0)
    """
    return _with_unit(value, "size", "size", "`512B`, `4KB`, `2MB` or `1GB`", SIZES_B)


def parse_rate(value: object) -> float:
    """Events per second.

    >>> round(parse_rate("100/min"), 4), parse_rate("2k/s")
    (1.6667, 2000.0)
    """
    number, multiple, period = _split(value, "rate", "`100/min`, `20/s` or `1000/day`")
    if period not in PERIODS_S or multiple not in MULTIPLES:
        raise ValueError("is not a rate; write it like `100/min`, `20/s` or `1000/day`")
    return number * MULTIPLES[multiple] / PERIODS_S[period]


def parse_share(value: object) -> float:
    """A fraction of one: ``0.05`` or ``5%``.

    >>> parse_share("99.9%"), parse_share(0.05)
    (0.9990000000000001, 0.05)
    """
    number, unit, per = _split(value, "share", "`0.05` or `5%`")
    if unit not in ("", "%") or per:
        raise ValueError("is not a share; write it like `0.05` or `5%`")
    share = number / 100 if unit == "%" else number
    if not 0 <= share <= 1:
        raise ValueError("is a share outside 0 to 1; write it like `0.05` or `5%`")
    return share


def parse_number(value: object) -> float:
    """A plain number, with k or M if wanted.

    >>> parse_number("200k"), parse_number(1.5)
    (200000.0, 1.5)
    """
    number, multiple, per = _split(value, "number", "`1.5`, `200k` or `3M`")
    if multiple not in MULTIPLES or per:
        raise ValueError("is not a plain number; write it like `1.5`, `200k` or `3M`")
    return number * MULTIPLES[multiple]


def uncertain(value: Mapping[str, object], parse: Callable[[object], float]) -> Uncertain:
    """``{low, likely, high}`` read with one of the parsers above.

    >>> uncertain({"low": "1ms", "likely": "2ms", "high": "4ms"}, parse_duration)
    0.002 (0.001–0.004)

    A ValueError about one bound carries its key as second argument.
    """
    if set(value) != {"low", "likely", "high"}:
        raise ValueError("is a mapping; an uncertain number is written {low: …, likely: …, high: …}")
    bounds = {key: _placed(key, parse, value[key]) for key in ("low", "likely", "high")}
    return Uncertain(**bounds)


def _placed(key: str, parse: Callable[[object], float], value: object) -> float:
    """Parse one bound of an uncertain number; an error carries its key as the second argument."""
    try:
        return parse(value)
    except ValueError as error:
        raise ValueError(str(error), key) from None


def significant(number: float, digits: int = 3) -> str:
    """A number with `digits` significant digits, thin-spaced thousands, no exponent and no trailing noise.

    >>> significant(1240.4), significant(0.30000000000000004), significant(12.44)
    ('1\u202f240', '0.3', '12.4')
    """
    return _significant(number, digits)


@lru_cache(maxsize=8192)  # the numbers of one design are shown again and again
def _significant(number: float, digits: int) -> str:
    if math.isnan(number):
        return "unknown"
    if math.isinf(number):
        return "unbounded"
    if number == 0:
        return "0"
    places = digits - 1 - math.floor(math.log10(abs(number)))
    rounded = round(number, places)
    if places <= 0:
        return f"{rounded:,.0f}".replace(",", "\u202f")
    text = f"{rounded:,.{min(places, 12)}f}".replace(",", "\u202f")
    return text.rstrip("0").rstrip(".")


_SI = [
    (1e-9, "n"),
    (1e-6, "µ"),
    (1e-3, "m"),
    (1.0, ""),
    (1e3, "k"),
    (1e6, "M"),
    (1e9, "G"),
    (1e12, "T"),
    (1e15, "P"),
]
_TIMES = [
    (1e-9, "ns"),
    (1e-6, "µs"),
    (1e-3, "ms"),
    (1.0, "s"),
    (60.0, "min"),
    (3600.0, "h"),
    (86400.0, "d"),
    (31557600.0, "y"),
]


def _scaled(number: float, scale: list[tuple[float, str]]) -> str:
    size, name = scale[0]
    shown = float(f"{abs(number):.3g}")
    for factor, label in scale:
        if shown >= factor:
            size, name = factor, label
    return f"{significant(number / size)} {name}"


def show_duration(seconds: float) -> str:
    """Seconds as people say them.

    >>> show_duration(0.0124), show_duration(300), show_duration(0), show_duration(6e-14)
    ('12.4 ms', '5 min', '0 s', '< 1 ns')
    """
    if seconds == 0 or not math.isfinite(seconds):
        return "0 s" if seconds == 0 else significant(seconds)
    return _duration(seconds)


@lru_cache(maxsize=8192)
def _duration(seconds: float) -> str:
    return "< 1 ns" if 0 < seconds < 1e-9 else _scaled(seconds, _TIMES)


def show_size(size_b: float) -> str:
    """Bytes with an SI prefix.

    >>> show_size(1.3e9), show_size(512)
    ('1.3 GB', '512 B')
    """
    if abs(size_b) < 1:
        return f"{significant(size_b)} B"
    return _scaled(size_b, _SI[3:]) + "B"


def show_rate(per_s: float, what: str = "req") -> str:
    """Events per second: three digits, SI prefix above 10 000.

    >>> show_rate(412.3), show_rate(25000), show_rate(0.0123)
    ('412 req/s', '25 k req/s', '0.0123 req/s')
    """
    if per_s >= 10_000:
        return f"{_scaled(per_s, _SI[3:])} {what}/s"
    return f"{significant(per_s)} {what}/s"


def show_share(share: float) -> str:
    """A share in percent; more digits near one, where nines matter.

    >>> show_share(0.634), show_share(0.9995)
    ('63.4 %', '99.95 %')
    """
    percent = share * 100
    if 99 < percent < 100:
        return f"{percent:.3f}".rstrip("0").rstrip(".") + " %"
    return f"{significant(percent)} %"


def show_money(per_month: float, currency: str) -> str:
    """Money a month.

    >>> show_money(1243.2, "USD"), show_money(float("nan"), "USD")
    ('1\u202f240 USD/month', 'unknown')
    """
    return significant(per_month) if math.isnan(per_month) else f"{significant(per_month)} {currency}/month"


def show_factor(factor: float) -> str:
    """A ratio, such as ``41×``.

    >>> show_factor(3.21), show_factor(1430.2)
    ('3.21×', '1\u202f430×')
    """
    return f"{significant(factor)}×"


def with_range(value: str, low: str, high: str) -> str:
    """A shown value with the ends of its interval; the unit once, where all share it.

    >>> with_range("12.4 ms", "11.9 ms", "13 ms"), with_range("900 ms", "0.8 s", "1.2 s")
    ('12.4 ms (11.9–13)', '900 ms (0.8 s–1.2 s)')
    """
    unit = re.sub(r"^[-\d.\u202f]+", "", value)
    once = all(re.fullmatch(r"[-\d.\u202f]+" + re.escape(unit), end) for end in (low, high))
    return f"{value} ({'–'.join(end.removesuffix(unit) if once else end for end in (low, high))})"


def show_count(number: int, one: str, many: str = "") -> str:
    """A count with its noun.

    >>> show_count(1, "store"), show_count(3, "store"), show_count(2, "try", "tries")
    ('1 store', '3 stores', '2 tries')
    """
    return f"{number} {one if number == 1 else many or one + 's'}"


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence has them; beyond `most` only counted.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more
