"""Rows carried from DuckDB to PostgreSQL by COPY, in their physical order: DuckDB writes the next lines meanwhile."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.model import Column, Schema
from archbook.schema.sql import quoted

Progress = Callable[[float, float, str], None]
"""progress(done, total, label): rows written so far, rows in all, what is being done."""
CHUNK_ROWS = 122_880  # a row group of DuckDB: each chunk is read from one
_PLAIN = ("int2", "int4", "int8", "numeric", "bool", "date", "uuid")
_ESCAPES = (("\\", "\\\\"), ("\t", "\\t"), ("\n", "\\n"), ("\r", "\\r"))


def copy(
    source: DuckDb, target: Postgres, schema: Schema, tables: Iterable[str], progress: Progress | None = None
) -> None:
    """Create and fill tables in PostgreSQL with the rows that DuckDB holds. Raises ArchbookError, EngineUnavailable."""
    names = list(tables)
    counts = {name: int(source.execute(f"SELECT count(*) FROM {quoted(name)}")[0][0]) for name in names}
    total, done = sum(counts.values()), 0

    def told(name: str, texts: Iterator[str]) -> Iterator[str]:
        nonlocal done
        for text in texts:
            yield text
            done = min(done + CHUNK_ROWS, total)
            if progress:
                progress(done, total, f"copying {name} to PostgreSQL")

    for name in names:
        target.create_filled(schema, schema.tables[name], told(name, _ahead(_lines(source, schema, name))))


def _ahead(items: Iterator[str]) -> Iterator[str]:
    """The same items, each made in a thread while the one before it is used."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, items, None)
        while (item := coming.result()) is not None:
            coming = thread.submit(next, items, None)
            yield item


def _lines(source: DuckDb, schema: Schema, table: str) -> Iterator[str]:
    """The rows of a table in COPY's text format, in their physical order, many in one text."""
    line = ", chr(9), ".join(_field(schema, column) for column in schema.tables[table].columns)
    name = quoted(table)
    highest = int(source.execute(f"SELECT coalesce(max(rowid), -1) FROM {name}")[0][0])
    for start in range(0, highest + 1, CHUNK_ROWS):
        where = f"rowid >= {start} AND rowid < {start + CHUNK_ROWS}"
        text = source.execute(f"SELECT string_agg(concat({line}), chr(10) ORDER BY rowid) FROM {name} WHERE {where}")
        if text[0][0] is not None:
            yield text[0][0] + "\n"


def _field(schema: Schema, column: Column) -> str:
    """A column as COPY writes it: NULL as \\N, and backslash, tab and line ends escaped."""
    base, name = schema.base(column.type), quoted(column.name)
    if base.array:
        item = "replace(replace(CAST(item AS VARCHAR), chr(92), chr(92) || chr(92)), '\"', chr(92) || '\"')"
        items = f"list_transform({name}, lambda item: '\"' || {item} || '\"')"
        text = _escaped(f"'{{' || array_to_string({items}, ',') || '}}'")
    elif base.name == "bytea":
        text = f"'\\\\x' || hex({name})"
    elif base.name in ("timestamp", "timestamptz"):  # both sides work in UTC, and DuckDB's ICU is slow
        text = f"CAST(make_timestamp(epoch_us({name})) AS VARCHAR)"
    else:
        text = f"CAST({name} AS VARCHAR)"
        text = text if base.name in _PLAIN else _escaped(text)
    return f"coalesce({text}, '\\N')" if column.nullable else text


def _escaped(text: str) -> str:
    """Escaping only where there is something to escape: looking costs a third of replacing."""
    found = " OR ".join(f"contains({text}, chr({ord(character)}))" for character, _ in _ESCAPES)
    replaced = text
    for character, escape in _ESCAPES:
        replaced = f"replace({replaced}, chr({ord(character)}), '{escape}')"
    return f"CASE WHEN {found} THEN {replaced} ELSE {text} END"


__all__ = ["Progress", "copy"]
