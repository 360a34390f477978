"""A schema while its statements are still being read."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from archbook.schema.model import Carried, Column, Domain, Entry, Enum, Index, Kind, Schema, Table


@dataclass(slots=True)
class Draft:
    """What has been read so far. `line` is that of the statement (or part) being read."""

    tables: dict[str, Table] = field(default_factory=dict)
    enums: dict[str, Enum] = field(default_factory=dict)
    domains: dict[str, Domain] = field(default_factory=dict)
    carried: list[Carried] = field(default_factory=list)
    ledger: list[Entry] = field(default_factory=list)
    line: int = 0
    _settings: dict[tuple[str, str, str, Kind], list[int]] = field(default_factory=dict)

    def note(self, part: str, what: str, why: str = "", kind: Kind = "unread", line: int = 0) -> None:
        """Write one line into the ledger; settings and rows of one sort are gathered into one."""
        if kind in ("setting", "rows"):
            self._settings.setdefault((part, what, why, kind), []).append(line or self.line)
        else:
            self.ledger.append(Entry(line or self.line, part, what, why, kind))

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
        table = self.tables.get(name)
        if table is None or not table.has(column):
            self.note(f"{name}.{column}", "is about a column that this DDL does not create")
            return
        columns = tuple(replace(c, **fields) if c.name == column else c for c in table.columns)
        self.tables[name] = replace(table, columns=columns)

    def finish(self, statements: int) -> Schema:
        """The schema, with parts that name unknown columns moved to the ledger."""
        tables = {name: self._checked(table) for name, table in self.tables.items()}
        for (part, what, why, kind), lines in self._settings.items():
            times = f", {len(lines)} times" if len(lines) > 1 else ""
            self.ledger.append(Entry(lines[0], part, what + times, why, kind))
        ledger = tuple(sorted(self.ledger, key=lambda entry: entry.line))
        return Schema(tables, self.enums, self.domains, tuple(self.carried), ledger, statements)

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
            columns=tuple(replace(c, nullable=c.nullable and c.name not in key) for c in table.columns),
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
