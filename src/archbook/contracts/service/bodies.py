"""What clients send, held against the schemas of the OpenAPI document: the first thing that is wrong, in one sentence.

The check is pydantic's: the part of JSON Schema that our own documents use is turned into its core schema.
"""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import CoreSchema, PydanticCustomError, SchemaValidator, ValidationError, core_schema, from_json

from archbook.errors import nearest

Shape = Mapping[str, Any]
_INTEGER, _NUMBER = re.compile(r"-?[0-9]{1,30}"), re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)*")
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d):(\d\d)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII)


class Wrong(Exception):
    """What a client sent is not as the document says. status: 400 (cannot be read) or 422 (read, and not allowed)."""

    def __init__(self, status: int, message: str, field: str | None = None) -> None:
        self.status, self.message, self.field = status, message, field
        super().__init__(message)


class Body:
    """A JSON body of a shape."""

    def __init__(self, shape: Shape, parts: Mapping[str, Shape]) -> None:
        self._known = sorted(_resolved(shape, parts).get("properties", {}))
        self._check = SchemaValidator(_core(shape, parts))

    def read(self, body: bytes) -> dict[str, Any]:
        """The body as a value. Raises Wrong."""
        try:
            value = from_json(body, allow_inf_nan=False)
        except ValueError as error:
            raise Wrong(400, f"the body is no JSON: {error}") from None
        if not isinstance(value, dict):
            raise Wrong(422, "the body is to be a JSON object")
        checked: dict[str, Any] = _checked(self._check, value, "", self._known)
        return checked


class Parameter:
    """A part of a path, query or header that is text there and may be a number."""

    def __init__(self, name: str, shape: Shape, parts: Mapping[str, Shape], required: bool = False) -> None:
        self.name, self.required, self.default = name, required, shape.get("default")
        self._kind = _resolved(shape, parts).get("type")
        self._check = SchemaValidator(_core(shape, parts))

    def read(self, text: str) -> Any:
        """The value of a text. Raises Wrong."""
        value: Any = text
        if self._kind == "integer" and _INTEGER.fullmatch(text):
            value = int(text)
        elif self._kind == "number" and _NUMBER.fullmatch(text):
            value = float(text)
        elif self._kind == "boolean" and text in ("true", "false"):
            value = text == "true"
        return _checked(self._check, value, self.name, ())


def _checked(check: SchemaValidator, value: Any, place: str, known: Any) -> Any:
    try:
        return check.validate_python(value, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(filter(None, [place, *map(str, first["loc"])]))[:200]
    what = {"missing": "is needed", "extra_forbidden": "is not known here"}.get(
        first["type"], first["msg"].replace("Input should", "should", 1)
    )
    if first["type"] == "extra_forbidden" and (near := nearest(field, known)):
        what += f"; did you mean `{near}`?"
    raise Wrong(422, f"`{field}` {what}" if field else f"the body {what}", field or None)


def _resolved(shape: Shape, parts: Mapping[str, Shape]) -> Shape:
    name = str(shape.get("$ref", "")).rpartition("/")[2]
    return parts[name] if name else shape


def _core(shape: Shape, parts: Mapping[str, Shape]) -> CoreSchema:
    """A schema of our own documents as pydantic checks it."""
    shape = _resolved(shape, parts)
    kinds = shape.get("type")
    if isinstance(kinds, list):
        values = [value for value in shape.get("enum", ()) if value is not None]
        plain = {**shape, "type": kinds[0], **({"enum": values} if values else {})}
        return core_schema.nullable_schema(_core(plain, parts))
    if "enum" in shape:
        return core_schema.literal_schema(list(shape["enum"]))
    makers: dict[str, Callable[[Shape, Mapping[str, Shape]], CoreSchema]] = {
        "object": _object, "string": _string, "array": _array, "integer": _integer,
        "number": lambda s, _: core_schema.float_schema(
            strict=True, allow_inf_nan=False, ge=s.get("minimum"), le=s.get("maximum"), gt=s.get("exclusiveMinimum"),
            lt=s.get("exclusiveMaximum")),
        "boolean": lambda *_: core_schema.bool_schema(strict=True),
    }  # fmt: skip
    return makers[kinds](shape, parts) if kinds in makers else core_schema.any_schema()


def _object(shape: Shape, parts: Mapping[str, Shape]) -> CoreSchema:
    least, most = shape.get("minProperties"), shape.get("maxProperties")
    if "properties" not in shape:
        return core_schema.dict_schema(min_length=least, max_length=most, strict=True)
    needed = set(shape.get("required", ()))
    fields = {
        name: core_schema.typed_dict_field(_core(held, parts), required=name in needed)
        for name, held in shape["properties"].items()
    }
    extra: Any = "forbid" if shape.get("additionalProperties") is False else "ignore"
    schema: CoreSchema = core_schema.typed_dict_schema(fields, extra_behavior=extra, strict=True)
    if least:
        schema = core_schema.no_info_after_validator_function(_at_least(least), schema)
    return schema


def _at_least(least: int) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def see(value: dict[str, Any]) -> dict[str, Any]:
        if len(value) < least:
            raise PydanticCustomError("too_short", "should say at least one thing that is to change")
        return value

    return see


def _array(shape: Shape, parts: Mapping[str, Shape]) -> CoreSchema:
    return core_schema.list_schema(
        _core(shape.get("items", {}), parts), min_length=shape.get("minItems"), max_length=shape.get("maxItems"),
        strict=True,
    )  # fmt: skip


def _integer(shape: Shape, _: object) -> CoreSchema:
    checked = core_schema.int_schema(strict=True, ge=shape.get("minimum"), le=shape.get("maximum"))
    return core_schema.no_info_before_validator_function(
        lambda value: int(value) if isinstance(value, float) and value.is_integer() else value, checked
    )


def _string(shape: Shape, _: object) -> CoreSchema:
    schema: CoreSchema = core_schema.str_schema(
        strict=True, min_length=shape.get("minLength"), max_length=shape.get("maxLength")
    )
    pattern, form = str(shape.get("pattern", "")), str(shape.get("format", ""))
    if pattern.endswith("$") and not pattern.endswith("\\$"):
        pattern = pattern[:-1] + r"\Z"  # in JSON Schema $ is the end, in Python also what is before the last line end
    searched = re.compile(pattern)

    def see(value: str) -> str:
        if "\0" in value:
            raise PydanticCustomError("nul", "should have no character NUL")
        if not searched.search(value):
            raise PydanticCustomError("pattern", "should match the pattern {pattern}", {"pattern": shape["pattern"]})
        if form in _FORMATS and not _FORMATS[form][1](value):
            raise PydanticCustomError("format", "should be {what}", {"what": _FORMATS[form][0]})
        return value

    return core_schema.no_info_after_validator_function(see, schema)


def _is_moment(text: str) -> bool:
    found = _MOMENT.fullmatch(text)
    if found is None or found[3] > "59":
        return False
    return _parses(datetime.datetime.fromisoformat, f"{found[1]}T{found[2]}")


def _parses(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_FORMATS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "uuid": ("a UUID, such as 0198c0de-7a1b-7c3d-8e4f-5a6b7c8d9e0f", lambda t: len(t) == 36 and _parses(uuid.UUID, t)),
    "date": ("a date, such as 2026-11-26", lambda t: len(t) == 10 and _parses(datetime.date.fromisoformat, t)),
    "date-time": ("a time with its offset, such as 2026-11-26T09:30:00Z (RFC 3339)", _is_moment),
    "time": ("a time of day with its offset, such as 09:30:00Z", lambda t: bool(_TIME.fullmatch(t))),
    "email": ("an e-mail address, such as ann@example.com", lambda t: bool(_EMAIL.fullmatch(t))),
}
