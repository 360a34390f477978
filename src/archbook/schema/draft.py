"""A schema while its statements are still being read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Any

from archbook.schema.model import (
    Carried,
    Column,
    Composite,
    Domain,
    Entry,
    Enum,
    ForeignKey,
    Index,
    Kind,
    Schema,
    Table,
)

MOST_LOOKED_AT = 10_000_000  # names gone through in all, looking for one in another case or for an index


@dataclass(slots=True)
class Draft:
    """What has been read so far. `line` is that of the statement (or part) being read.

    search_path: the schemas in which a bare name is looked for; empty text stands for `public`.
    key_names: names of primary keys by table, for DROP CONSTRAINT. told: what the ledger says once for all.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    composites: dict[str, Composite] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    line: int = 0
    search_path: tuple[str, ...] = ("",)
    key_names: dict[str, str] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    _looked_at: int = 0
    _settings: dict[tuple[str, str, str, Kind], list[int]] = field(default_factory=dict)

    def note(self, part: str, what: str, why: str = "", kind: Kind = "unread", line: int = 0) -> None:
        """Write one line into the ledger; settings and rows of one sort are gathered into one."""
        if kind in ("setting", "rows"):
            self._settings.setdefault((part, what, why, kind), []).append(line or self.line)
        else:
            self.ledger.append(Entry(line or self.line, part, what, why, kind))

    def on_path(self, name: str, among: Collection[str]) -> str | None:
        """The first of those that exist which a name means on the search path."""
        paths = self.search_path if "." not in name else ()
        candidates = (*(f"{schema}.{name}" if schema else name for schema in paths), name)
        return next((candidate for candidate in candidates if candidate in among), None)

    def find(self, name: str, among: Collection[str]) -> str:
        """The same, else the one that is written in another case, else the key that it would have."""
        return self.on_path(name, among) or self._in_another_case(self.made(name), among)

    def may_search(self) -> bool:
        """Whether one more look through all tables is granted: a hostile text asks for one in each statement."""
        self._looked_at += len(self.tables)
        return self._looked_at < MOST_LOOKED_AT

    def _in_another_case(self, name: str, among: Collection[str]) -> str:
        """The one name that differs only in upper and lower case; else the name itself."""
        alike = [other for other in among if other.casefold() == name.casefold()] if self.may_search() else []
        return alike[0] if len(alike) == 1 else name

    def made(self, name: str) -> str:
        """The key of a thing that is created under a bare or qualified name."""
        return name if "." in name or not self.search_path[0] else f"{self.search_path[0]}.{name}"

    def add_table(self, table: Table, or_ignore: bool = False) -> None:
        """Take in a table; a second one of the same name is told."""
        old = self.tables.get(table.name)
        if old:
            kept = "the first is kept" if or_ignore else "the later one is kept"
            self.note(f"table {table.name}", f"is created twice (first in line {old.line}); {kept}", line=table.line)
        if not (old and or_ignore):
            self.tables[table.name] = unrepeated(table, self)

    def change(self, name: str, part: str = "", **fields: Any) -> None:
        """Append to the tuple fields of a table (or replace its other fields); an unknown table is told."""
        name = self.find(name, self.tables)
        table = self.tables.get(name)
        if table is None:
            self.note(part or f"table {name}", "is about a table that this DDL does not create")
            return
        merged = {
            key: getattr(table, key) + value if isinstance(value, tuple) and key != "primary_key" else value
            for key, value in fields.items()
        }
        self.tables[name] = unrepeated(replace(table, **merged), self)

    def change_column(self, name: str, column: str, **fields: Any) -> None:
        """Replace fields of one column; an unknown one is told."""
        name = self.find(name, self.tables)
        table = self.tables.get(name)
        if table and not table.has(column):
            column = self._in_another_case(column, [c.name for c in table.columns])
        if table is None or not table.has(column):
            self.note(f"{name}.{column}", "is about a column that this DDL does not create")
            return
        columns = tuple(replace(c, **fields) if c.name == column else c for c in table.columns)
        self.tables[name] = replace(table, columns=columns)

    def finish(self, statements: int) -> Schema:
        """The schema, with parts that name unknown columns moved to the ledger."""
        self.tables = {name: self._in_one_case(table) for name, table in self.tables.items()}
        tables = {name: self._checked(table) for name, table in self.tables.items()}
        for (part, what, why, kind), lines in self._settings.items():
            times = f", {len(lines)} times" if len(lines) > 1 else ""
            self.ledger.append(Entry(lines[0], part, what + times, why, kind))
        ledger = tuple(sorted(self.ledger, key=lambda entry: entry.line))
        carried = tuple(self.carried)
        return Schema(tables, self.enums, self.domains, self.composites, carried, ledger, statements)

    def _in_one_case(self, table: Table) -> Table:
        """The table with its keys naming columns and tables as these are written (MySQL minds no case)."""
        own = [column.name for column in table.columns]

        def columns(names: tuple[str, ...], among: list[str] = own) -> tuple[str, ...]:
            return tuple(name if name in among else self._in_another_case(name, among) for name in names)

        def foreign(key: ForeignKey) -> ForeignKey:
            to = key.to if key.to in self.tables else self._in_another_case(key.to, self.tables)
            there = [column.name for column in self.tables[to].columns] if to in self.tables else []
            return replace(key, columns=columns(key.columns), to=to, to_columns=columns(key.to_columns, there))

        settled = replace(
            table,
            primary_key=columns(table.primary_key),
            foreign_keys=tuple(map(foreign, table.foreign_keys)),
            uniques=tuple(replace(u, columns=columns(u.columns)) for u in table.uniques),
            indexes=tuple(replace(i, columns=columns(i.columns)) for i in table.indexes),
        )
        if settled != table:
            what = "has keys that write a name in another case; read as the column or table that there is"
            self.note(f"table {table.name}", what, "", "read as meant", table.line)
        return settled

    def _checked(self, table: Table) -> Table:
        def known(part: Any, what: str, columns: tuple[str, ...]) -> bool:
            missing = [column for column in columns if not table.has(column)]
            if missing:
                self.note(f"{what} of {table.name}", f"is left out: no column {', '.join(missing)}", line=part.line)
            return not missing

        key = table.primary_key if known(table, "primary key", table.primary_key) else ()
        return replace(
            table,
            primary_key=key,
            columns=tuple(replace(c, nullable=False) if c.nullable and c.name in key else c for c in table.columns),
            foreign_keys=tuple(k for k in table.foreign_keys if known(k, "foreign key", k.columns)),
            uniques=tuple(u for u in table.uniques if known(u, "unique constraint", u.columns)),
            indexes=tuple(i for i in table.indexes if known(i, f"index {i.name}", i.columns + i.include)),
        )


def unrepeated(table: Table, draft: Draft) -> Table:
    """The table with each column name once; a repetition is told."""
    columns: dict[str, Column] = {}
    for column in table.columns:
        if column.name in columns:
            draft.note(f"{table.name}.{column.name}", "is there twice; the first is kept", line=column.line)
        columns.setdefault(column.name, column)
    return table if len(columns) == len(table.columns) else replace(table, columns=tuple(columns.values()))


def mysql_index(draft: Draft, table: str, index: Index) -> Index:
    """An index written inside CREATE TABLE, told as MySQL's syntax."""
    columns = ", ".join(index.columns)
    unique = "UNIQUE " if index.unique else ""
    draft.note(
        f"index {index.name} of {table}",
        "is written inside CREATE TABLE: MySQL's syntax, read as an index",
        f"PostgreSQL wants CREATE {unique}INDEX {index.name} ON {table} ({columns})",
        "read as meant",
        index.line,
    )
    return index


def named(table: str, columns: tuple[str, ...], suffix: str) -> str:
    """The name that PostgreSQL would give.

    >>> named("orders", ("user_id",), "idx")
    'orders_user_id_idx'
    """
    return "_".join((table.replace(".", "_"), *columns, suffix))
