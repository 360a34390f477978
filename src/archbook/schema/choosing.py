"""What experiments look for in a schema: the time that rows came, a parent with its children, a key of one column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from archbook.errors import ArchbookError
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.model import Column, Schema, Table
from archbook.schema.sql import quoted

TIMES = ("timestamptz", "timestamp", "date")
NUMBERS = ("numeric", "int2", "int4", "int8", "float4", "float8")
_AMOUNTS = ("total", "amount", "price", "cost", "balance", "cents", "fee", "quantity", "stock")
_BEGINS = ("creat", "insert", "added", "placed", "ordered", "occur", "sent", "received", "logged", "posted", "paid")
_ENDS = ("updat", "modif", "delet", "archiv", "expir", "end", "until", "last", "valid", "due", "cancel", "clos")


@dataclass(frozen=True, slots=True)
class Link:
    """Each row of `child` names a row of `parent`: its `column` is the parent's `to`."""

    child: str
    column: str
    parent: str
    to: str


def time_column(schema: Schema, table: Table) -> str:
    """The column that says when a row came; empty where there is none.

    >>> from archbook.schema.ddl import parse
    >>> ddl = "CREATE TABLE t (updated_at timestamptz, day date, created_at timestamptz, birth_date date)"
    >>> schema = parse(ddl)
    >>> time_column(schema, schema.table("t"))
    'created_at'
    """

    def order(name: str) -> tuple[bool, bool, bool]:
        lower = name.lower()
        later = any(word in lower for word in _ENDS)
        return later, not any(word in lower for word in _BEGINS), table.column(name).nullable

    base = {column.name: schema.base(column.type) for column in table.columns}
    times = [name for name, type_ in base.items() if type_.name in TIMES and not type_.array]
    return min((name for name in times if "birth" not in name.lower()), key=order, default="")


def amount_column(schema: Schema, table: Table) -> str:
    """A number that is summed up, such as a price, or else any that is no key; empty where there is none.

    >>> from archbook.schema.ddl import parse
    >>> schema = parse("CREATE TABLE t (id int PRIMARY KEY, user_id int, weight float8, total numeric(12, 2))")
    >>> amount_column(schema, schema.table("t"))
    'total'
    """
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}

    def counts(column: Column) -> bool:
        base = schema.base(column.type)
        free = column.name not in keys and not column.identity and not column.name.endswith("_id")
        return free and base.name in NUMBERS and not base.array and not column.generated

    numbers = [column.name for column in table.columns if counts(column)]
    return min(numbers, key=lambda name: not any(word in name.lower() for word in _AMOUNTS), default="")


def key_column(table: Table) -> str:
    """The primary key, where it is one column; else empty."""
    return table.primary_key[0] if len(table.primary_key) == 1 else ""


def whole_tables(schema: Schema, sizes: Mapping[str, float]) -> list[Table]:
    """Tables that are not partitions of another, the biggest first, then those that point to most others."""
    tables = (table for table in schema.tables.values() if not table.partition_of and table.columns)
    return sorted(tables, key=lambda table: (-sizes.get(table.name, 0), -len({k.to for k in table.foreign_keys})))


def links(schema: Schema) -> Iterator[Link]:
    """Foreign keys of one column to another table's primary key, of tables that are not partitions."""
    for table in schema.tables.values():
        for key in table.foreign_keys:
            target = schema.target(key)
            parent = schema.tables.get(key.to)
            if not parent or table.partition_of or key.to == table.name or len(key.columns) != 1:
                continue
            if target == parent.primary_key and table.primary_key != key.columns:
                yield Link(table.name, key.columns[0], key.to, target[0])


def event_tables(schema: Schema, sizes: Mapping[str, float]) -> list[tuple[Table, str]]:
    """Tables whose rows come with time and pile up, with the column of that time; the best suited first."""
    found = [(table, time_column(schema, table)) for table in whole_tables(schema, sizes)]

    def order(event: tuple[Table, str]) -> tuple[float, bool, bool, bool, bool]:
        table, time = event
        later = any(word in time.lower() for word in _ENDS)
        owner, amount = owner_column(schema, table), amount_column(schema, table)
        return -sizes.get(table.name, 0), later, not of_a_person(owner), not owner, not amount

    alone = [(table, time) for table, time in found if time and (time,) not in table.unique_sets()]
    return sorted(alone, key=order)


def owner_column(schema: Schema, table: Table) -> str:
    """The column that says whose a row is, such as ``user_id``: a reference; empty where there is none."""
    pointing = [key.columns[0] for key in table.foreign_keys if len(key.columns) == 1]
    pointing += [c.name for c in table.columns if c.name.lower().endswith("_id") and c.name not in table.primary_key]

    plain = [name for name in dict.fromkeys(pointing) if not schema.base(table.column(name).type).array]
    return min(plain, key=lambda name: not of_a_person(name), default="")


def of_a_person(column: str) -> bool:
    """Whether a column says whose a row is, by its name."""
    return any(word in column.lower() for word in ("user", "customer", "account", "member", "tenant"))


def added_up(schema: Schema, table: Table, column: str) -> str:
    """SQL that adds up a column to the same figure in every order and engine: binary fractions become decimal ones."""
    if schema.base(table.column(column).type).name in ("float4", "float8"):
        return f"sum(CAST({quoted(column)} AS DECIMAL(20, 2)))"
    return f"sum({quoted(column)})"


def usual_values(source: DuckDb, table: str, column: str, number: int) -> list[tuple[Any, ...]]:
    """Values that as many rows have as is usual: a popular one would be no fair look-up. Raises ArchbookError."""
    value, rows = quoted(column), quoted(table)
    counted = f"SELECT {value} AS v, count(*) AS n FROM {rows} WHERE {value} IS NOT NULL GROUP BY 1"  # noqa: S608
    order = "abs(n - (SELECT median(n) FROM c)), hash(v)"
    found = source.execute(f"WITH c AS ({counted}) SELECT v FROM c ORDER BY {order} LIMIT {number}")  # noqa: S608
    if not found:
        raise ArchbookError(f"{table}.{column} has no values to look up; choose another store")
    return found
