"""A part of a design as a file has it: plain values, and quantities with their unit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, get_args

from pydantic import WithJsonSchema
from pydantic.fields import FieldInfo

from archbook.design.quantities import Part
from archbook.units import DURATIONS_S, PERIODS_S, SIZES_B, Uncertain, parse_duration, parse_rate, parse_size

_Quantity = tuple[Callable[[object], float], str, Mapping[str, float]]
_QUANTITIES: dict[str, _Quantity] = {
    "Duration": (parse_duration, "", DURATIONS_S),
    "PositiveDuration": (parse_duration, "", DURATIONS_S),
    "Size": (parse_size, "", SIZES_B),
    "Rate": (parse_rate, "/", PERIODS_S),
}


def as_written(part: Part) -> dict[str, Any]:
    """A part as plain values that read back as the same part; keys that have their default are left out.

    >>> from archbook.design.contract import RateLimit
    >>> as_written(RateLimit(limit="100/min", burst=30))
    {'limit': '100/min', 'burst': 30}
    """
    found: dict[str, Any] = {}
    for name, key, default, title in _fields(type(part)):
        value = getattr(part, name)
        if value != default:
            found[key] = _plain(value, title)
    return found


@cache
def _fields(kind: type[Part]) -> list[tuple[str, str, Any, str]]:
    """Each field of a kind of part: name, key in the file, default (no value is that of a required one), quantity."""
    return [
        (name, info.alias or name, info.default, next((title for title in _titles(info) if title in _QUANTITIES), ""))
        for name, info in kind.model_fields.items()
    ]


@cache
def defaults(kind: type[Part]) -> dict[str, Any]:
    """Dotted key → default of each key of a kind of part that has one, as a file would have it.

    >>> from archbook.design.elements import Service
    >>> defaults(Service)["instances"], defaults(Service).get("queue")
    (1, None)
    """
    found: dict[str, Any] = {}
    for _, key, default, title in _fields(kind):
        if isinstance(default, Part):
            found |= {f"{key}.{inner}": value for inner, value in defaults(type(default)).items()}
        elif isinstance(default, str | int | float) and default != "":
            found[key] = _plain(default, title)
    return found


def _plain(value: Any, title: str) -> Any:
    if isinstance(value, Part):
        return as_written(value)
    if isinstance(value, Mapping):
        return {key: _plain(entry, title) for key, entry in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(entry, title) for entry in value]
    if isinstance(value, Uncertain):
        bounds = {"low": value.low, "likely": float(value), "high": value.high}
        return {key: _number(bound, title) for key, bound in bounds.items()}
    return _number(value, title) if isinstance(value, float) else value


@lru_cache(maxsize=4096)
def _number(value: float, title: str) -> str | float:
    """A number with the largest unit in which it is short and reads back as it is."""
    if not title:
        return int(value) if value.is_integer() and abs(value) < 1e15 else float(value)
    parse, sign, scales = _QUANTITIES[title]
    counted = [(f"{value * scale if sign else value / scale:.9g}", f"{sign}{unit}") for unit, scale in scales.items()]
    exact = [(number, unit) for number, unit in counted if parse(number + unit) == value]
    base = next(unit for unit, scale in scales.items() if scale == 1.0)
    number, unit = min(exact, key=lambda told: len(told[0])) if exact else (repr(float(value)), sign + base)
    return number + unit


def _titles(info: FieldInfo) -> Iterator[str]:
    """The titles of the quantity types in a field."""
    waiting: list[Any] = [info.annotation]
    held = list(info.metadata)
    while waiting:
        kind = waiting.pop()
        held += getattr(kind, "__metadata__", ())
        waiting += [inner for inner in get_args(kind) if not isinstance(inner, str)]
    yield from (
        str(data.json_schema.get("title")) for data in held if isinstance(data, WithJsonSchema) and data.json_schema
    )
