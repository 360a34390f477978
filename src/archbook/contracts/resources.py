"""What an endpoint speaks of: the table behind it, and the columns that its path, its filters and its caller name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from archbook.contracts.naming import nouns, singular, words
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.schema import Column, Schema, Table, parse
from archbook.schema.shapes import TEXT

PARAMETER = re.compile(r"\{([^{}]+)\}")
SECRET = re.compile(
    r"(.*_)?(password|passwd|pwd|hash|salt|secret|token|otp|pin|cvv|cvc|card_?number|api_?key|private_?key)(_.*)?",
    re.IGNORECASE,
)
_INNER = frozenset({"bytea", "tsvector", "tsquery"})
_PEOPLE = ("user", "customer", "account", "member", "owner")
_OWNER = re.compile(rf"({'|'.join(_PEOPLE)})_?id", re.IGNORECASE)
_NUMBERS = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8"})
TIMES = frozenset({"date", "timestamp", "timestamptz"})
Operator = Literal["=", ">=", "<", "contains"]


_NO_SCHEMA = Schema()


@dataclass(frozen=True, slots=True)
class Resource:
    """The thing or things of an endpoint.

    name: as the design calls it. table: None where no DDL has it. path: path parameter → column of the table.
    """

    name: str
    schema: Schema = field(default_factory=lambda: _NO_SCHEMA)
    table: Table | None = None
    path: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """A query parameter that cuts a list: rows whose column is so against the value that is asked for."""

    parameter: str
    column: Column
    operator: Operator


def resource_of(design: Design, endpoint: Endpoint) -> Resource:
    """What an endpoint speaks of, found in the stores that its service owns, or else calls."""
    name = endpoint.resource or (nouns(endpoint.path) or ["things"])[-1]
    known = _tables(design, endpoint.service)
    if found := known.get((name,)) or known.get(stem(name)):
        schema, table = found
        return Resource(name, schema, table, _path_columns(endpoint.path, table))
    return Resource(name)


def owner_column(table: Table) -> str | None:
    """The column that says whose a row is; the key itself where a row is a person.

    >>> ddl = "CREATE TABLE users (id bigint PRIMARY KEY); CREATE TABLE orders (id bigint, user_id bigint)"
    >>> owner_column(parse(ddl).table("orders")), owner_column(parse(ddl).table("users"))
    ('user_id', 'id')
    """
    named = next((column.name for column in table.columns if _OWNER.fullmatch(column.name)), None)
    if named is None and singular(_last(table.name)) in _PEOPLE and len(table.primary_key) == 1:
        return table.primary_key[0]
    return named


def columns_read(resource: Resource) -> list[Column]:
    """The columns that clients may see: no secrets, no raw bytes and nothing that is there for a search index."""
    held = resource.table.columns if resource.table else ()
    return [c for c in held if not SECRET.fullmatch(c.name) and resource.schema.base(c.type).name not in _INNER]


def filters_of(resource: Resource, endpoint: Endpoint) -> Iterator[Filter]:
    """The parameters of a list: equal, within a range for numbers and times, and part of a text."""
    if resource.table is None:
        return
    for name in sortable(resource, endpoint):
        column = resource.table.column(name)
        base = resource.schema.base(column.type)
        key = name in resource.table.primary_key or name.lower().endswith("id")
        if base.name in TIMES or (base.name in _NUMBERS and not key):
            yield Filter(f"{name}_from", column, ">=")
            yield Filter(f"{name}_to", column, "<")
        else:
            listed = base.name not in TEXT or any(
                limit.values for limit in resource.schema.limits(resource.table, column)
            )
            yield Filter(name, column, "=" if listed or key else "contains")


def sortable(resource: Resource, endpoint: Endpoint) -> list[str]:
    """The columns by which a list can be sorted: what clients may not see is no order either, which would tell it."""
    plain = {c.name for c in columns_read(resource) if not (base := resource.schema.base(c.type)).array
             and base.name not in ("json", "jsonb")}  # fmt: skip
    return [name for name in endpoint.filters if name in plain and name not in resource.path.values()]


def _tables(design: Design, service: str) -> dict[tuple[str, ...], tuple[Schema, Table]]:
    """Tables by their name, and by the words of it, of the stores that a service owns before those that it calls."""
    memo = f"tables of {service}"
    if memo not in design.memo:
        found: dict[tuple[str, ...], tuple[Schema, Table]] = {}
        called = _callees(design).get(service, ())
        known = [name for name in design.stores if name in design.source.ddl] if design.source.ddl else []
        owned = [name for name in known if design.stores[name].owner == service]
        schemas = [parse(ddl) for name in dict.fromkeys([*owned, *(name for name in known if name in called)])
                   if (ddl := design.ddl(name))]  # fmt: skip
        for schema in schemas:
            for key, table in schema.tables.items():
                found.setdefault((key,), (schema, table))
                found.setdefault(stem(key), (schema, table))
        found.pop(("",), None)  # names without Latin words are only alike where they are the same
        design.memo[memo] = found
    held: dict[tuple[str, ...], tuple[Schema, Table]] = design.memo[memo]
    return held


def _callees(design: Design) -> dict[str, set[str]]:
    """Whom each service calls."""
    if "callees" not in design.memo:
        found: dict[str, set[str]] = {}
        for call in design.calls:
            found.setdefault(call.from_, set()).add(call.to)
        design.memo["callees"] = found
    held: dict[str, set[str]] = design.memo["callees"]
    return held


def _last(name: str) -> str:
    return (words(name.rpartition(".")[2]) or [name])[-1]


def stem(name: str) -> tuple[str, ...]:
    """The words of a table's name, each as the name of one: never as long as a name as it is written.

    >>> stem("billing.invoice_lines")
    ('', 'invoice', 'line')
    """
    return ("", *map(singular, words(name.rpartition(".")[2])))


def alike(one: str | None, other: str | None) -> bool:
    """Whether two names are of the same thing, or of one and many of it.

    >>> alike("usage-records", "usage_record"), alike("billing.invoice", "invoices"), alike("orders", "order_items")
    (True, True, False)
    """
    return one == other or bool(one and other and stem(one) == stem(other) != ("",))


def _path_columns(path: str, table: Table) -> dict[str, str]:
    """Which column each parameter of a path names: the key of the last one, the parent's key of those before."""
    segments = [segment for segment in path.split("/") if segment]
    found: dict[str, str] = {}
    for index, segment in enumerate(segments):
        for parameter in PARAMETER.findall(segment):
            before = singular(_last(segments[index - 1])) if index else ""
            column = _column_of(parameter, before, index == len(segments) - 1, table)
            if column and column not in found.values():
                found[parameter] = column
    return found


def _column_of(parameter: str, before: str, last: bool, table: Table) -> str | None:
    names = {column.name.lower(): column.name for column in table.columns}
    asked = "_".join(words(f"x/{parameter}".rpartition("/")[2]) or [parameter])
    if not last:
        parent = next((key.columns[0] for key in table.foreign_keys if len(key.columns) == 1
                       and singular(_last(key.to)) == before), None)  # fmt: skip
        return names.get(f"{before}_id") or names.get(asked if asked != "id" else "") or parent
    if asked != "id" and asked in names:
        return names[asked]
    return table.primary_key[0] if len(table.primary_key) == 1 else names.get(asked)
