"""The field types of the design format: text with a unit in the file, SI floats in the model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StringConstraints, WithJsonSchema

from archbook import units


class Part(BaseModel):
    """Base of every part of a design: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", protected_namespaces=())


def _quantity(
    parse: Callable[[object], float], examples: list[Any], above: float | None = None, least: float = 0.0
) -> Any:
    def check(number: float, *key: str) -> float:
        if above is not None and not number > above:
            raise ValueError(f"must be more than {above:g}", *key)
        if number < least:
            raise ValueError(f"must be at least {least:g}", *key)
        if not math.isfinite(number):
            raise ValueError("must be finite", *key)
        return number

    def read(value: object) -> float:
        if isinstance(value, Mapping):
            interval = units.uncertain(value, parse)
            check(interval.low, "low")
            return interval
        return check(parse(value))

    plain: dict[str, Any] = {"type": ["string", "number"], "examples": examples}
    bounds = {"type": "object", "required": ["low", "likely", "high"], "additionalProperties": False,
              "properties": dict.fromkeys(("low", "likely", "high"), plain)}  # fmt: skip
    return Annotated[float, PlainValidator(read), WithJsonSchema({"anyOf": [plain, bounds], "examples": examples})]


if TYPE_CHECKING:
    Duration = float
    PositiveDuration = float
    Size = float
    Rate = float
    Share = float
    Number = float
    PositiveNumber = float
    MultipleOfToday = float
else:
    Duration = _quantity(units.parse_duration, ["12ms", "5min", "2h"])
    PositiveDuration = _quantity(units.parse_duration, ["12ms", "800ms"], above=0.0)
    Size = _quantity(units.parse_size, ["4KB", "200MB"])
    Rate = _quantity(units.parse_rate, ["100/min", "20/s"], above=0.0)
    Share = _quantity(units.parse_share, [0.05, "99.9%"])
    Number = _quantity(units.parse_number, [1.5, "200k"])
    PositiveNumber = _quantity(units.parse_number, [1.5, "200k"], above=0.0)
    MultipleOfToday = _quantity(units.parse_number, [10], least=1.0)
Count = Annotated[int, Field(ge=1, le=10_000_000, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, le=10_000_000, strict=True)]
Flag = Annotated[bool, Field(strict=True)]

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,62}$", strict=True)]
EndpointName = Annotated[
    str, StringConstraints(pattern=r"^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS) /[^\s?#]{0,300}$", strict=True)
]
Text = Annotated[str, StringConstraints(max_length=20_000, strict=True)]
Label = Annotated[str, StringConstraints(max_length=200, strict=True)]
Day = Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$", strict=True)]
