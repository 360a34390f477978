"""What a schema rule looks at: the model, the text that it came from, and what keeps rules short."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from archbook.findings import Hit, Severity
from archbook.schema.model import Column, ForeignKey, Index, Schema, Table, Type
from archbook.units import show_count, significant

_MYSQL = re.compile(r"\)\s*ENGINE\s*=|\bAUTO_INCREMENT\b|^\s*CREATE\s+TABLE\s[^(;]*`", re.IGNORECASE | re.MULTILINE)
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")
_RESERVED = (3, 4)  # libpg_query: keywords that no column or no table may be called without quotes
TEXTS = ("text", "varchar", "bpchar", "citext", "name")
INTEGERS = ("int2", "int4", "int8")


@dataclass(frozen=True, slots=True)
class Path:
    """A way to rows by whole columns in order: the primary key, a unique constraint or an index over all rows."""

    columns: tuple[str, ...]
    unique: bool
    name: str
    index: Index | None = None


class Subject:
    """One DDL text under lint. Everything is worked out once, when the first rule asks for it.

    text: the DDL, where it is known. rows: of each table, where a design tells them. elsewhere: tables in other stores
    of the design, whose ids may stand here without a foreign key.
    """

    def __init__(
        self, schema: Schema, text: str = "", rows: Mapping[str, float] | None = None, elsewhere: Collection[str] = ()
    ) -> None:
        self.schema, self.text, self.rows, self.elsewhere = schema, text, rows or {}, frozenset(elsewhere)

    @cached_property
    def mysql(self) -> bool:
        """Whether the text is MySQL's, to which PostgreSQL's manners do not apply."""
        return _is_mysql(self.text)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """All tables but partitions, which are what their parent is."""
        return tuple(table for table in self.schema.tables.values() if not table.partition_of)

    @cached_property
    def columns(self) -> tuple[tuple[Table, Column, Type], ...]:
        """Every column of `tables`, with the type under its domain."""
        base = self.schema.base
        return tuple((table, column, base(column.type)) for table in self.tables for column in table.columns)

    @cached_property
    def pointing(self) -> Mapping[str, list[tuple[Table, ForeignKey]]]:
        """Foreign keys by the table that they point to."""
        found: dict[str, list[tuple[Table, ForeignKey]]] = {}
        for table in self.tables:
            for key in table.foreign_keys:
                found.setdefault(key.to, []).append((table, key))
        return found

    @cached_property
    def keyed(self) -> Mapping[str, frozenset[str]]:
        """The columns of each table that have a foreign key, there or in its partitions."""
        found: dict[str, set[str]] = {}
        for table in self.schema.tables.values():
            names = {name for key in table.foreign_keys for name in key.columns}
            found.setdefault(table.partition_of or table.name, set()).update(names)
        return {name: frozenset(columns) for name, columns in found.items()}

    @cached_property
    def _folded(self) -> Mapping[str, Table]:
        return {table.name.rpartition(".")[2].casefold(): table for table in reversed(self.tables)}

    def table_of(self, stem: str) -> Table | None:
        """The table whose rows a column such as ``user_id`` seems to name, given ``user``."""
        return next((self._folded[name] for name in called(stem.casefold()) if name in self._folded), None)

    @cached_property
    def reserved(self) -> frozenset[str]:
        """Names in the schema that PostgreSQL reserves, by its own grammar."""
        import postgast

        plain = {name for name in self._names() if _PLAIN.fullmatch(name)}
        text = " ".join(plain)
        tokens = postgast.scan(text).tokens
        return frozenset(text[token.start : token.end] for token in tokens if token.keyword_kind in _RESERVED)

    def _names(self) -> Iterator[str]:
        for table in self.schema.tables.values():
            yield from table.name.split(".")
            yield from (column.name for column in table.columns)
            yield from (index.name for index in table.indexes)

    def bare(self, name: str) -> bool:
        """Whether a name needs no quotes in PostgreSQL."""
        return _PLAIN.fullmatch(name) is not None and name not in self.reserved

    def sql(self, *names: str) -> str:
        """Names as DDL has them: quoted where they must be, a schema's name apart."""
        mark = "`" if self.mysql else '"'
        return ", ".join(
            ".".join(
                part if self.bare(part) else mark + part.replace(mark, 2 * mark) + mark for part in name.split(".")
            )
            for name in names
        )

    def paths(self, table: Table) -> list[Path]:
        """Primary key, unique constraints and plain indexes, in this order; a partition has those of its parent."""
        found = [Path(table.primary_key, True, "the primary key")] if table.primary_key else []
        found += [Path(unique.columns, True, unique.name or "a unique constraint") for unique in table.uniques]
        found += [Path(index.columns, index.unique, index.name, index) for index in table.indexes if index.plain]
        parent = self.schema.tables.get(table.partition_of)
        return found + (self.paths(parent) if parent and parent is not table else [])

    def at(
        self,
        table: Table,
        part: str,
        what: str,
        do: str,
        *seen: str,
        line: int = 0,
        severity: Severity | None = None,
    ) -> Hit:
        """A hit at a table, or at a `part` of it: columns or an index. Ranked by its rows, or by who points to it."""
        pointing = len(self.pointing.get(table.name, ()))
        rows = self.rows.get(table.name, 0.0)
        told = (f"{significant(rows)} rows of {table.name} (declared)",) if rows else ()
        about = f"{table.name}.{part}" if part else table.name
        return Hit(about, what, do, (line or table.line,), (*seen, *told), rows or float(pointing), severity)

    def at_column(self, table: Table, column: Column, what: str, do: str, *seen: str) -> Hit:
        """A hit at one column; `what` goes on after its name."""
        name = f"{table.name}.{column.name}"
        return self.at(table, column.name, f"{name} {what}", do, *seen, line=column.line)

    def alter(self, table: Table, change: str) -> str:
        """An ALTER TABLE that a person can paste."""
        return f"`ALTER TABLE {self.sql(table.name)} {change};`"

    def retype(self, table: Table, column: Column, to: str, using: str = "") -> str:
        """A change of a column's type that a person can paste. MySQL forgets whatever MODIFY does not say again."""
        name = self.sql(column.name)
        if self.mysql:
            kept = "" if column.nullable else " NOT NULL"
            kept += f" DEFAULT {column.default}" if (column.default or "").startswith("'") else ""
            return self.alter(table, f"MODIFY {name} {to}{kept}")
        return self.alter(table, f"ALTER COLUMN {name} TYPE {to}{using and ' USING ' + using}")

    def counted(self) -> str:
        """What there is, as a sentence has it."""
        keys = sum(len(table.foreign_keys) for table in self.tables)
        indexes = sum(len(table.indexes) for table in self.tables)
        parts = {"table": len(self.tables), "foreign key": keys}
        listed = ", ".join(show_count(number, name) for name, number in parts.items())
        return f"{listed}, {show_count(indexes, 'index', 'indexes')}"


@lru_cache(maxsize=64)  # as many as `parse` keeps
def _is_mysql(text: str) -> bool:
    return _MYSQL.search(text) is not None


def called(stem: str) -> tuple[str, ...]:
    """What a table of such rows may be called.

    >>> called("city")
    ('city', 'citys', 'cityes', 'cities')
    """
    return stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies"


def set_of(columns: tuple[str, ...]) -> str:
    """Columns as `about` has them, such as ``user_id,shop_id``."""
    return ",".join(columns)
