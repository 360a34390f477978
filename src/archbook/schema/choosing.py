"""What experiments look for in a schema: the time that rows came, a parent with its children, a key of one column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from archbook.schema.model import Schema, Table

TIMES = ("timestamptz", "timestamp", "date")
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
