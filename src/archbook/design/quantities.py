"""The field types of the design format: text with a unit in the file, SI floats in the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from archbook import units


class Part(BaseModel):
    """Base of every part of a design: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


_TINY = 1e-18
_DIGITS = r"[-+]?(\d[\d_]*\.?\d*|\.\d+)([eE][-+]?\d{1,3})?"
_DURATION = rf"^\s*(0|{_DIGITS}\s*({'|'.join(units.DURATIONS_S)}))\s*$"
_SIZE = rf"^\s*(0|{_DIGITS}\s*({'|'.join(units.SIZES_B)}))\s*$"
_RATE = rf"^\s*{_DIGITS}\s*(k|K|M|G|bn)?\s*/\s*({'|'.join(units.PERIODS_S)})\s*$"
_SHARE = rf"^\s*{_DIGITS}\s*%?\s*$"
_NUMBER = rf"^\s*{_DIGITS}\s*(k|K|M|G|bn)?\s*$"


def _quantity(
    title: str,
    parse: Callable[[object], float],
    pattern: str,
    examples: list[Any],
    above: float | None = None,
    least: float = 0.0,
    most: float = 1e18,
) -> Any:
    """A field type: text that `parse` reads, checked against bounds; in JSON Schema, text of that pattern."""

    def check(number: float, *key: str) -> float:
        if above is not None and not number > above:
            raise ValueError(f"must be more than {above:g}", *key)
        if number < least:
            raise ValueError(f"must be at least {least:g}", *key)
        if not math.isfinite(number):
            raise ValueError("must be finite", *key)
        if number > most:
            raise ValueError(f"must be at most {most:g}", *key)
        if 0 < number < _TINY:
            raise ValueError(f"must be 0 or at least {_TINY:g}", *key)
        return number

    def read(value: object) -> float:
        if isinstance(value, Mapping):
            interval = units.uncertain(value, parse)
            check(interval.low, "low")
            check(interval.high, "high")
            return interval
        return check(parse(value))

    plain: dict[str, Any] = {"type": ["string", "number"], "pattern": pattern, "examples": examples}
    plain |= {"minimum": least} if above is None else {"exclusiveMinimum": above}
    plain |= {"maximum": most}
    plain |= {"maximum": 0} if pattern in (_DURATION, _SIZE, _RATE) else {"maximum": 1} if pattern == _SHARE else {}
    bounds = {"type": "object", "required": ["low", "likely", "high"], "additionalProperties": False,
              "properties": dict.fromkeys(("low", "likely", "high"), plain)}  # fmt: skip
    return Annotated[float, PlainValidator(read), WithJsonSchema({"title": title, "anyOf": [plain, bounds]})]


if TYPE_CHECKING:
    Duration = float
    PositiveDuration = float
    Size = float
    Rate = float
    Share = float
    Number = float
    PositiveNumber = float
    MultipleOfToday = float
    Variability = float
    Unevenness = float
else:
    Duration = _quantity("Duration", units.parse_duration, _DURATION, ["12ms", "5min", "2h"])
    PositiveDuration = _quantity("PositiveDuration", units.parse_duration, _DURATION, ["12ms", "800ms"], above=0.0)
    Size = _quantity("Size", units.parse_size, _SIZE, ["4KB", "200MB"])
    Rate = _quantity("Rate", units.parse_rate, _RATE, ["100/min", "20/s"], above=0.0)
    Share = _quantity("Share", units.parse_share, _SHARE, [0.05, "99.9%"])
    Number = _quantity("Number", units.parse_number, _NUMBER, [1.5, "200k"])
    PositiveNumber = _quantity("PositiveNumber", units.parse_number, _NUMBER, [1.5, "200k"], above=0.0)
    MultipleOfToday = _quantity("MultipleOfToday", units.parse_number, _NUMBER, [10], least=1.0)
    Variability = _quantity("Variability", units.parse_number, _NUMBER, [0.5, 1, 4], most=1000.0)
    Unevenness = _quantity("Unevenness", units.parse_number, _NUMBER, [0.8, 1], most=10.0)
MOST_RETRIES = 100


def _sensible(retries: int) -> int:
    if retries > MOST_RETRIES:
        raise ValueError(f"must be at most {MOST_RETRIES}; so many only keep an overload going: take 1 to 3, with a "
                         "`retry_budget`")  # fmt: skip
    return retries


Count = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Retries = Annotated[
    int, Field(ge=0, strict=True, json_schema_extra={"maximum": MOST_RETRIES}), AfterValidator(_sensible)
]
Flag = Annotated[bool, Field(strict=True)]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$", strict=True)]
EndpointName = Annotated[
    str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[^\s?#]{0,300}$", strict=True)
]
Text = Annotated[str, StringConstraints(max_length=20_000, strict=True)]
Label = Annotated[str, StringConstraints(max_length=200, strict=True)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$", strict=True)]
