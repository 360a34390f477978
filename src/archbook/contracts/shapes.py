"""Tables as JSON Schema: what clients read, what they may create, and what they may change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from archbook.contracts.naming import CASES, cased
from archbook.contracts.resources import SECRET as SECRET
from archbook.contracts.resources import TIMES, Resource, owner_column
from archbook.contracts.resources import columns_read as columns_read
from archbook.design.contract import Endpoint
from archbook.schema.conditions import NOTHING, traits
from archbook.schema.model import Column, Limit, Same
from archbook.schema.patterns import places
from archbook.schema.shapes import INTEGERS, TEXT, length_limit, text_shape

Shape = dict[str, Any]
_MONEY = re.compile(
    r"(.*_)?(price|amount|(sub)?total|cost|fee|tax|balance|salary|discount|refund|deposit)", re.IGNORECASE
)
_RIGHTS = re.compile(
    r"((is|has)_)?(role|admin|staff|superuser|permissions?|privileges?|scopes?)(_(name|id))?", re.IGNORECASE
)
_STATE = re.compile(r"status|state|phase", re.IGNORECASE)
_STAMP = re.compile(r"(created|updated|modified|deleted|changed)(_?(at|on))?", re.IGNORECASE)
_FORMATS = {"uuid": "uuid", "date": "date", "timestamp": "date-time", "timestamptz": "date-time",
            "timetz": "time"}  # fmt: skip
_AS_TEXT: dict[str, Shape] = {  # no format of JSON Schema says what engines write: RFC 3339 has no time without offset
    "time": {"pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,6})?$", "examples": ["09:30:00"]},
    "interval": {"examples": ["1 day"]},
}
_EXAMPLES = {"uuid": "0198c0de-7a1b-7c3d-8e4f-5a6b7c8d9e0f", "date": "2026-11-26", "date-time": "2026-11-26T09:30:00Z",
             "time": "09:30:00Z", "email": "ann@example.com"}  # fmt: skip
_TEXTS = {"first name": "Ann", "last name": "Baker", "name": "Ann Baker", "title": "Blue teapot", "city": "Utrecht",
          "country": "NL", "currency": "EUR", "prose": "As agreed by phone.", "phone": "+31201234567",
          "url": "https://example.com/a", "digits": "35110", "locale": "en", "street": "Canal 1",
          "address": "Canal 1"}  # fmt: skip
MOST_CHARACTERS, MOST_IN_PROSE = 200, 10_000
"""Characters that a client may send where the DDL sets no limit."""


@lru_cache(maxsize=4096)
def property_name(column: str, case: str) -> str:
    """A column's name as clients read it.

    >>> property_name("created_at", "camel"), property_name("address1", "snake")
    ('createdAt', 'address1')
    """
    return column if CASES[case].fullmatch(column) else cased(column, case)


def columns_created(resource: Resource, endpoint: Endpoint) -> list[Column]:
    """The columns that a client sets when it creates or replaces a row: those that nobody else knows.

    Nobody gives rights, an owner or a state to what is their own (OWASP API3, mass assignment).
    """
    owner = owner_column(resource.table) if resource.table and endpoint.ownership else None
    own = endpoint.validated and (endpoint.ownership or endpoint.auth == "none")

    def set_elsewhere(column: Column) -> bool:
        state = endpoint.method == "POST" and bool(_STATE.fullmatch(column.name)) and column.default is not None
        by_right = own and (state or bool(_RIGHTS.fullmatch(column.name)))
        return by_right or column.name in (owner, *resource.path.values()) or _set_by_server(resource, column)

    return [column for column in columns_read(resource) if not set_elsewhere(column)]


def columns_changed(resource: Resource, endpoint: Endpoint) -> list[Column]:
    """The columns that a client may change: those that it may set, without the key and the owner."""
    if resource.table is None:
        return []
    kept = {*resource.table.primary_key, owner_column(resource.table)}
    return [column for column in columns_created(resource, endpoint) if column.name not in kept]


def read_shape(resource: Resource, case: str) -> Shape:
    """What an answer has of one row: every column, always; null where there is no value."""
    if resource.table is None:
        return {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "maxLength": 64}}}
    held = columns_read(resource)
    return _described(resource, {
        "type": "object",
        "required": [property_name(column.name, case) for column in held],
        "properties": _properties(resource, held, case, sent=False),
    })  # fmt: skip


def create_shape(resource: Resource, endpoint: Endpoint, case: str) -> Shape:
    """What a client sends to create or replace one row."""
    if resource.table is None:
        return {"type": "object", "maxProperties": 50, "additionalProperties": True}
    held = columns_created(resource, endpoint)
    needed = [property_name(c.name, case) for c in held if not c.nullable and c.default is None]
    shape: Shape = {"type": "object", "properties": _properties(resource, held, case, sent=True)}
    if any(re.match(r"password|passwd|pwd", column.name, re.IGNORECASE) for column in resource.table.columns):
        shape["properties"]["password"] = {"type": "string", "minLength": 8, "maxLength": 128, "writeOnly": True,
                                           "format": "password"}  # fmt: skip
        needed.append("password")
    if needed:
        shape["required"] = needed
    return shape | {"additionalProperties": False} if endpoint.validated else unbounded(shape)


def patch_shape(resource: Resource, endpoint: Endpoint, case: str) -> Shape:
    """What a client sends to change one row (RFC 7396): what is absent stays, null empties what may be empty."""
    if resource.table is None:
        return {"type": "object", "minProperties": 1, "maxProperties": 50, "additionalProperties": True}
    held = columns_changed(resource, endpoint)
    shape = {"type": "object", "properties": _properties(resource, held, case, sent=True)}
    if not endpoint.validated:
        return unbounded(shape)
    return shape | {"minProperties": 1, "additionalProperties": False}


def extensible(shape: Shape) -> Shape:
    """A shape whose lists of values may grow (Zalando RESTful API guidelines, rule 112).

    >>> extensible({"properties": {"status": {"type": "string", "enum": ["new", "paid"]}}})["properties"]["status"]
    {'type': 'string', 'x-extensible-enum': ['new', 'paid']}
    """
    kept: Shape = {}
    for key, value in shape.items():
        if key == "enum":
            kept["x-extensible-enum"] = [known for known in value if known is not None]
        elif key == "properties":
            kept[key] = {name: extensible(held) for name, held in value.items()}
        else:
            kept[key] = extensible(value) if key == "items" else value
    return kept


def unbounded(shape: Shape) -> Shape:
    """A shape as a service has it that checks nothing: names and types only."""
    kept = {name: {"type": held["type"]} if "type" in held else {} for name, held in shape["properties"].items()}
    return {**shape, "properties": kept}


def column_shape(resource: Resource, column: Column, *, sent: bool = False) -> Shape:
    """The JSON Schema of one column by its type, its checks and its name.

    sent: by a client, so that what the DDL leaves open has a limit too.
    """
    return {**_column_shape(Same(resource.schema), Same(resource.table), Same(column), sent)}


@lru_cache(maxsize=4096)
def _column_shape(schema: Same, table: Same, of: Same, sent: bool) -> Shape:
    resource, column = Resource("", schema.value, table.value), of.value
    base = resource.schema.base(column.type)
    if base.array:
        inner = replace(column, type=replace(base, array=False), nullable=True)
        shape: Shape = {"type": "array", "items": column_shape(resource, inner, sent=sent)}
        shape |= {"maxItems": 100} if sent else {}
    else:
        shape = _scalar(resource, column, sent)
        if (
            shape.get("type") != "object"
            and "examples" not in shape
            and (example := _example(column, shape)) is not None
        ):
            shape["examples"] = [example]
    if column.nullable:
        shape["type"] = [shape["type"], "null"]
        if "enum" in shape:
            shape["enum"] = [*shape["enum"], None]
    return shape | ({"description": column.comment} if column.comment and not sent else {})


def _scalar(resource: Resource, column: Column, sent: bool) -> Shape:
    base, limits = resource.schema.base(column.type), _limits(resource, column)
    values = next((limit.values for limit in limits if limit.values), ())
    if base.name in resource.schema.enums:
        return {"type": "string", "enum": list(resource.schema.enums[base.name].values)}
    if base.name in INTEGERS:
        return _integer(column, base.name, limits) | ({"enum": [int(v) for v in values]} if values else {})
    if base.name == "bool":
        return {"type": "boolean"}
    if base.name in ("json", "jsonb"):
        return {"type": "object", **({"maxProperties": 100} if sent else {})}
    if base.name == "numeric" and (_MONEY.fullmatch(column.name) or base.modifiers[1:] == (2,)):
        return _decimal(base.modifiers, limits)
    if base.name in ("numeric", "float4", "float8"):
        return {"type": "number"} | _range(limits)
    if base.name in _FORMATS:
        return {"type": "string", "format": _FORMATS[base.name]}
    if base.name in _AS_TEXT:
        return {"type": "string", **({"maxLength": 64} if sent else {}), **_AS_TEXT[base.name]}
    if values:
        return {"type": "string", "enum": [str(value) for value in values]}
    return (
        _text(resource, column, sent)
        if base.name in TEXT
        else {"type": "string", **({"maxLength": 64} if sent else {})}
    )


def _limits(resource: Resource, column: Column) -> list[Limit]:
    return resource.schema.limits(resource.table, column) if resource.table else []


def _integer(column: Column, kind: str, limits: Iterable[Limit]) -> Shape:
    most = INTEGERS[kind]
    low, high = (1 if column.identity else -most - 1), most
    for limit in limits:
        if limit.low is not None:
            low = max(low, int(limit.low) + int(limit.low_open))
        if limit.high is not None:
            high = min(high, int(limit.high) - int(limit.high_open))
    return {"type": "integer", "format": "int64" if kind == "int8" else "int32", "minimum": low, "maximum": high}


def _range(limits: Iterable[Limit]) -> Shape:
    shape: Shape = {}
    for limit in limits:
        if limit.low is not None:
            shape["exclusiveMinimum" if limit.low_open else "minimum"] = limit.low
        if limit.high is not None:
            shape["exclusiveMaximum" if limit.high_open else "maximum"] = limit.high
    return shape


def _decimal(modifiers: tuple[int | str, ...], limits: list[Limit]) -> Shape:
    """An exact decimal as a string, because a JSON number is read as a binary fraction that loses cents."""
    digits, scale = (*modifiers, 0) if len(modifiers) == 1 else modifiers[:2] or (15, 4)
    whole, fraction = max(int(digits) - int(scale), 1), int(scale)
    positive = any(limit.low == 0 for limit in limits)
    above = "(?!0+([.]0+)?$)" if any(limit.low == 0 and limit.low_open for limit in limits) else ""
    tail = f"([.][0-9]{{1,{fraction}}})?" if fraction else ""
    pattern = f"^{above}{'' if positive else '-?'}[0-9]{{1,{whole}}}{tail}$"
    return {"type": "string", "format": "decimal", "pattern": pattern, "maxLength": whole + fraction + 2}


def _text(resource: Resource, column: Column, sent: bool) -> Shape:
    kind = text_shape(column).kind
    trait = traits(resource.schema, resource.table).get(column.name, NOTHING) if resource.table else NOTHING
    shape: Shape = {"type": "string"}
    limits = [n for n in (trait.longest, length_limit(resource.schema.base(column.type))) if n is not None]
    if trait.shortest:
        shape["minLength"] = trait.shortest
    if limits or sent:
        shape["maxLength"] = min(limits, default=MOST_IN_PROSE if kind == "prose" else MOST_CHARACTERS)
    if trait.pattern and "[[:" not in trait.pattern and _compiles(trait.pattern):
        shape["pattern"] = trait.pattern
    return shape | ({"format": "email"} if kind == "email" else {})


def _compiles(pattern: str) -> bool:
    try:
        return bool(re.compile(pattern))
    except re.error:
        return False


def _set_by_server(resource: Resource, column: Column) -> bool:
    key = resource.table is not None and column.name in resource.table.primary_key
    timed = resource.schema.base(column.type).name in TIMES
    stamped = timed and (column.default is not None or bool(_STAMP.fullmatch(column.name)))
    return bool(column.identity or column.generated) or stamped or (key and column.default is not None)


def _properties(resource: Resource, columns: Iterable[Column], case: str, *, sent: bool) -> Shape:
    return {property_name(column.name, case): column_shape(resource, column, sent=sent) for column in columns}


def _described(resource: Resource, shape: Shape) -> Shape:
    comment = resource.table.comment if resource.table else ""
    return {"description": comment, **shape} if comment else shape


def _example(column: Column, shape: Mapping[str, Any]) -> Any:
    """A value that the shape allows and that reads like one."""
    if "enum" in shape:
        return shape["enum"][0]
    if shape["type"] == "integer":
        return min(max(shape["minimum"], 1), shape["maximum"])
    if shape["type"] == "number":
        low, high = (
            shape.get("minimum", shape.get("exclusiveMinimum", 0)),
            shape.get("maximum", shape.get("exclusiveMaximum")),
        )
        return (low + high) / 2 if high is not None else low + 1
    if shape["type"] == "boolean":
        return False
    return next((text for text in _texts(column, shape) if _fits(text, shape)), None)


def _texts(column: Column, shape: Mapping[str, Any]) -> Iterable[str]:
    yield _EXAMPLES.get(shape.get("format", ""), "")
    if shape.get("format") == "decimal":
        yield from ("19.90", "19", "1")
    yield _TEXTS.get(text_shape(column).kind, "")
    yield "".join(alphabet[0] for alphabet in places(shape.get("pattern", "")) or ())
    yield column.name.replace("_", " ")[: shape.get("maxLength", MOST_CHARACTERS)]


def _fits(text: str, shape: Mapping[str, Any]) -> bool:
    length = shape.get("minLength", 0) <= len(text) <= shape.get("maxLength", len(text))
    return bool(text) and length and re.search(shape.get("pattern", ""), text) is not None
