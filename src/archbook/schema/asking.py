"""What is asked of a table in SQL: conditions, orders and columns as JSON has them; values are always bound."""

# ruff: noqa: S608 - every identifier is quoted and every value is bound

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic_core import from_json

from archbook.schema.filled_engine import FilledEngine
from archbook.schema.model import Column, Table, Type
from archbook.schema.shapes import INTEGERS
from archbook.schema.sql import quoted

Held = dict[str, Any]
"""A row as JSON has it, by column."""
_STAMP = {"postgresql": """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
          "duckdb": "strftime(make_timestamp(epoch_us({})), '%Y-%m-%dT%H:%M:%S.%fZ')"}  # fmt: skip
Decode = Callable[[list[Any]], list[Any]]
"""Makes JSON of the values of a column."""
_PLAIN = {*INTEGERS, "bool", "float4", "float8", "bytea"}


@dataclass(frozen=True, slots=True)
class Condition:
    """What a column must be. path: foreign keys to walk first, each (column here, table there, column there).

    A path is how a line of a cart belongs to the user of the cart: ``(("cart_id", "carts", "id"),)`` and `user_id`.
    """

    column: str
    value: object
    operator: Literal["=", "<", "<=", ">", ">=", "contains"] = "="
    path: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What of a table is read. numbers: exact decimals that are read as JSON numbers and not as text."""

    table: str
    columns: tuple[str, ...]
    numbers: frozenset[str] = frozenset()


class Words:
    """Writes the parts of statements for the tables of an engine."""

    def __init__(self, filled: FilledEngine) -> None:
        self.schema, self.filled, self.engine = filled.schema, filled, filled.engine.name
        self._read_as: dict[View, tuple[str, list[tuple[str, Decode]]]] = {}
        self._bound_as: dict[tuple[str, str], tuple[Type, str]] = {}

    def columns(self, view: View) -> str:
        """The columns as text or plain numbers, in the form that JSON has."""
        return self._reading(view)[0]

    def _reading(self, view: View) -> tuple[str, list[tuple[str, Decode]]]:
        """The columns in SQL, and those whose values are more than that: worked out once for each view."""
        found = self._read_as.get(view)
        if found is None:
            table = self.schema.tables[view.table]
            columns = [table.column(name) for name in view.columns]
            more = [(column.name, decode) for column in columns if (decode := self._decode(column))]
            found = ", ".join(self._shown(c, c.name in view.numbers) for c in columns), more
            self._read_as[view] = found
        return found

    def _shown(self, column: Column, number: bool) -> str:
        base, name = self.schema.base(column.type), quoted(column.name)
        if number:
            return f"CAST({name} AS DOUBLE PRECISION)"
        if base.array:
            return f"CAST(to_json({name}) AS VARCHAR)"
        if base.name in ("timestamp", "timestamptz"):
            stamp = _STAMP[self.engine]
            return (stamp.replace(" AT TIME ZONE 'UTC'", "") if base.name == "timestamp" else stamp).format(name)
        if base.name == "timetz":  # both engines write +00 for the +00:00 of RFC 3339
            return f"regexp_replace(CAST({name} AS VARCHAR), '([+-][0-9][0-9])$', '\\1:00')"
        return name if base.name in _PLAIN else f"CAST({name} AS VARCHAR)"

    def rows(self, view: View, rows: Iterable[Sequence[Any]]) -> list[Held]:
        found = [dict(zip(view.columns, row, strict=True)) for row in rows]
        for name, decode in self._reading(view)[1]:
            for held, value in zip(found, decode([held[name] for held in found]), strict=True):
                held[name] = value
        return found

    def _decode(self, column: Column) -> Decode | None:
        """What makes JSON of what the engine gives for a column; None where it is so already."""
        base = self.schema.base(column.type)
        if base.array or base.name in ("json", "jsonb"):
            return _parsed
        return _in_base64 if base.name == "bytea" else None

    def bound(self, table: Table, name: str, value: object, values: list[object]) -> str:
        """A placeholder for a value of a column; the value is put behind `values`."""
        if (table.name, name) not in self._bound_as:
            column = table.column(name)
            self._bound_as[table.name, name] = self.schema.base(column.type), self.filled.type_of(column)
        base, kind = self._bound_as[table.name, name]
        if base.name in ("json", "jsonb") and not base.array and value is not None:
            value = json.dumps(value)
        elif base.name == "bytea" and isinstance(value, str):
            value = base64.b64decode(value)
        elif base.name in ("timestamp", "timestamptz", "timetz") and isinstance(value, str):
            value = value.upper()  # RFC 3339 lets t and z be small, and DuckDB reads no Z behind a time of day
            value = value.removesuffix("Z") + "+00:00" if value.endswith("Z") else value
        elif self.engine == "postgresql" and isinstance(value, int | float):
            value = str(value).lower()  # numbers of one size each would make a plan of their own
        values.append(value)
        there = f"${len(values)}"
        if base.name == "timestamp" and not base.array:  # in UTC: PostgreSQL would drop the offset that was sent
            there = f"CAST({there} AS TIMESTAMPTZ)"
        return f"CAST({there} AS {kind})"

    def where(
        self, name: str, conditions: Sequence[Condition], before: Sequence[object] = ()
    ) -> tuple[str, list[object]]:
        values, parts = list(before), []
        for condition in conditions:
            table = self.schema.tables[name]
            head, tail = "", ""
            for column, there, to in condition.path:
                head += f"{quoted(column)} IN (SELECT {quoted(to)} FROM {quoted(there)} WHERE "
                tail += ")"
                table = self.schema.tables[there]
            column = quoted(condition.column)
            if condition.operator == "contains":
                values.append(str(condition.value).lower())
                test = f"position(CAST(${len(values)} AS VARCHAR) IN lower(CAST({column} AS VARCHAR))) > 0"
            elif condition.value is None:
                test = f"{column} IS NULL"
            else:
                test = f"{column} {condition.operator} {self.bound(table, condition.column, condition.value, values)}"
            parts.append(head + test + tail)
        return (f" WHERE {' AND '.join(parts)}" if parts else ""), values

    def order(self, name: str, order: Sequence[tuple[str, bool]]) -> str:
        """Rows without a value are last, either way."""
        table = self.schema.tables[name]
        parts = [
            quoted(column) + (" DESC" if down else "") + (" NULLS LAST" if table.column(column).nullable else "")
            for column, down in order
        ]
        return f" ORDER BY {', '.join(parts)}" if parts else ""

    def behind(self, name: str, last: list[tuple[tuple[str, bool], object]], values: list[object]) -> str:
        """The condition of being behind a row, in the form that an index can be walked by.

        (a, b) > (1, 2) where all columns go one way and none is empty; else a > 1 OR (a = 1 AND b > 2), written out.
        """
        table = self.schema.tables[name]
        empty = any(table.column(column).nullable or value is None for (column, _), value in last)
        if len({down for (_, down), _ in last}) == 1 and not empty:
            sign = "<" if last[0][0][1] else ">"
            given = ", ".join(self.bound(table, column, value, values) for (column, _), value in last)
            return f"({quoted(*(column for (column, _), _ in last))}) {sign} ({given})"
        ((column, down), value), rest = last[0], last[1:]
        further = f" AND {self.behind(name, rest, values)}" if rest else " AND FALSE"
        if value is None:
            return f"({quoted(column)} IS NULL{further})"
        bound = self.bound(table, column, value, values)
        nulls = f" OR {quoted(column)} IS NULL" if table.column(column).nullable else ""
        return (f"({quoted(column)} {'<' if down else '>'} {bound}{nulls} OR ({quoted(column)} = {bound}"
                f"{further}))")  # fmt: skip


def _parsed(cells: list[Any]) -> list[Any]:
    """JSON texts as values, read all at once."""
    values: list[Any] = from_json(f"[{','.join('null' if cell is None else cell for cell in cells)}]")
    return values


def _in_base64(cells: list[Any]) -> list[Any]:
    return [cell if cell is None else base64.b64encode(cell).decode() for cell in cells]
