"""What DDL says, as a value: tables, keys, indexes, types, and a ledger of all that did not fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from archbook.errors import UnknownName
from archbook.tables import Table as TextTable
from archbook.tables import as_columns

READABLE = {
    "int2": "smallint", "int4": "integer", "int8": "bigint", "float4": "real", "float8": "double precision",
    "bool": "boolean", "bpchar": "char", "timetz": "time with time zone",
}  # fmt: skip
Identity = Literal["", "always", "by default", "serial"]
Kind = Literal["refused", "unread", "read as meant", "lost", "changed", "carried", "setting", "rows"]
"""refused: no grammar reads it · unread: read but not applied · read as meant: another dialect's syntax ·
lost, changed: left out or replaced for an engine · carried: kept as text · setting, rows: says nothing about tables."""
CONCERNS: tuple[Kind, ...] = ("refused", "unread", "read as meant", "lost", "changed")


@dataclass(frozen=True, slots=True)
class Type:
    """A column's type by PostgreSQL's short name (``int8``, ``varchar``), or the key of an enum or domain.

    >>> str(Type("varchar", (255,))), str(Type("int8")), str(Type("text", array=True))
    ('varchar(255)', 'bigint', 'text[]')
    """

    name: str
    modifiers: tuple[int | str, ...] = ()
    array: bool = False

    def __str__(self) -> str:
        modifiers = f"({','.join(map(str, self.modifiers))})" if self.modifiers else ""
        return READABLE.get(self.name, self.name) + modifiers + ("[]" if self.array else "")


@dataclass(frozen=True, slots=True)
class Column:
    """One column. identity: how the engine numbers rows; generated: expression that computes it; line: in the DDL."""

    name: str
    type: Type
    nullable: bool = True
    default: str | None = None
    identity: Identity = ""
    generated: str | None = None
    comment: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class ForeignKey:
    """`columns` name a row of table `to` by `to_columns` (empty: its primary key)."""

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...] = ()
    on_delete: str = ""
    on_update: str = ""
    deferrable: bool = False
    name: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Unique:
    """A UNIQUE constraint."""

    columns: tuple[str, ...]
    name: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Index:
    """An index. columns: plain columns in order; expressions: its computed parts as SQL; where: its predicate.

    parts: all of it in order as SQL, where columns and `descending` do not say it (expressions, operator classes,
    collations, places of nulls).
    """

    name: str
    columns: tuple[str, ...]
    unique: bool = False
    method: str = "btree"
    include: tuple[str, ...] = ()
    where: str | None = None
    expressions: tuple[str, ...] = ()
    descending: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    line: int = 0

    @property
    def plain(self) -> bool:
        """Whether it is a b-tree over whole columns of all rows."""
        return bool(self.columns) and not self.expressions and self.where is None and self.method == "btree"


@dataclass(frozen=True, slots=True)
class Limit:
    """What a check allows one column: listed values, or a range (open: the bound itself is excluded)."""

    column: str
    values: tuple[str | float, ...] = ()
    low: float | None = None
    high: float | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """A CHECK constraint. limits: all that it says, when it is a list of values or ranges; else empty."""

    expression: str
    limits: tuple[Limit, ...] = ()
    name: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """One table. partition_by: such as ``range (created_at)``; partition_of: the parent of a partition.

    partition_bound: which rows a partition takes, such as ``FOR VALUES IN ('eu')`` or ``DEFAULT``.
    """

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...] = ()
    foreign_keys: tuple[ForeignKey, ...] = ()
    uniques: tuple[Unique, ...] = ()
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    partition_by: str = ""
    partition_of: str = ""
    partition_bound: str = ""
    comment: str = ""
    line: int = 0

    def column(self, name: str) -> Column:
        """The column called `name`. Raises UnknownName."""
        for column in self.columns:
            if column.name == name:
                return column
        raise UnknownName(f"column of {self.name}", name, [column.name for column in self.columns])

    def has(self, *names: str) -> bool:
        """Whether all `names` are columns of it."""
        return set(names) <= {column.name for column in self.columns}

    def unique_sets(self) -> list[tuple[str, ...]]:
        """Column lists whose values are unique: primary key first, then constraints, then plain unique indexes."""
        keys = [self.primary_key, *(u.columns for u in self.uniques)]
        keys += [index.columns for index in self.indexes if index.unique and index.plain]
        return list(dict.fromkeys(key for key in keys if key))

    def limits(self, column: str) -> list[Limit]:
        """What the checks of the table allow `column`."""
        return [limit for check in self.checks for limit in check.limits if limit.column == column]


@dataclass(frozen=True, slots=True)
class Enum:
    """A type with listed values."""

    name: str
    values: tuple[str, ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Domain:
    """A named type with rules of its own (limits speak of the column ``value``)."""

    name: str
    type: Type
    nullable: bool = True
    checks: tuple[Check, ...] = ()
    line: int = 0


@dataclass(frozen=True, slots=True)
class Composite:
    """A type with named fields."""

    name: str
    fields: tuple[tuple[str, Type], ...]
    line: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the ledger: where, which part, what happened to it, and why."""

    line: int
    part: str
    what: str
    why: str = ""
    kind: Kind = "unread"

    def __str__(self) -> str:
        return f"line {self.line}: {self.part}: {self.what}" + (f" ({self.why})" if self.why else "")


@dataclass(frozen=True, slots=True)
class Carried:
    """A view, function, trigger or the like: kept as text."""

    kind: str
    name: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Schema:
    """All that one DDL text says."""

    tables: Mapping[str, Table] = field(default_factory=dict)
    enums: Mapping[str, Enum] = field(default_factory=dict)
    domains: Mapping[str, Domain] = field(default_factory=dict)
    composites: Mapping[str, Composite] = field(default_factory=dict)
    carried: tuple[Carried, ...] = ()
    ledger: tuple[Entry, ...] = ()
    statements: int = 0

    def table(self, name: str) -> Table:
        """The table called `name`. Raises UnknownName."""
        if name not in self.tables:
            raise UnknownName("table", name, self.tables)
        return self.tables[name]

    def target(self, key: ForeignKey) -> tuple[str, ...]:
        """The columns that a foreign key points to; empty when its table is not in the schema."""
        table = self.tables.get(key.to)
        return key.to_columns or (table.primary_key if table else ())

    def base(self, type_: Type) -> Type:
        """The type under a domain (or the type itself)."""
        seen: set[str] = set()
        while type_.name in self.domains and type_.name not in seen:
            seen.add(type_.name)
            under = self.domains[type_.name].type
            type_ = Type(under.name, under.modifiers, under.array or type_.array)
        return type_

    def limits(self, table: Table, column: Column) -> list[Limit]:
        """What the checks of the table and of the column's domains allow."""
        found = table.limits(column.name)
        name, seen = column.type.name, set[str]()
        while name in self.domains and name not in seen:
            seen.add(name)
            domain = self.domains[name]
            found += [replace(limit, column=column.name) for check in domain.checks for limit in check.limits]
            name = domain.type.name
        return found

    def concerns(self) -> tuple[Entry, ...]:
        """The part of the ledger that a person should read."""
        return tuple(entry for entry in self.ledger if entry.kind in CONCERNS)

    def no_table(self) -> str:
        """What to say where no table was read: the first thing that was not understood, if any."""
        first = next((entry for entry in self.ledger if entry.kind in ("refused", "unread")), None)
        return "there is no CREATE TABLE in it" + (f" that can be read; {first}" if first else "")

    def ledger_table(self, everything: bool = False) -> TextTable:
        """The ledger for people."""
        entries = self.ledger if everything else self.concerns()
        rows = [(e.line, e.part, e.kind, e.what, e.why or None) for e in entries]
        return as_columns((">line", "part", "kind", "what", "why"), rows)


class Same:
    """A part of a schema as a key of a cache: by what it is, for it cannot be hashed by what it says."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.value is other.value
