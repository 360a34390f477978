"""Rows that keep every promise of a schema, made inside DuckDB by SQL.

Row `k` of a table (0 ≤ k < rows) has values that are functions of k (see `assignment`). Rows are written in an order
that has nothing to do with k: rows in the order of a foreign key would fake an index.
"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from archbook.errors import ArchbookError, shown
from archbook.schema.assignment import Planner, planned
from archbook.schema.copying import Progress, copy
from archbook.schema.duckdb_ddl import in_order
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.model import Entry, ForeignKey, Schema, Table
from archbook.schema.sql import quoted


@dataclass(frozen=True, slots=True)
class Filled:
    """Rows made for each table, and what could not be kept."""

    rows: Mapping[str, int]
    ledger: tuple[Entry, ...] = ()


def fill(
    engine: DuckDb,
    schema: Schema,
    rows: Mapping[str, int],
    seed: int = 7,
    skew: float = 1.0,
    shuffled: bool = True,
    progress: Progress | None = None,
) -> Filled:
    """Create the tables of `rows` (columns only: no keys, no indexes) and fill each with so many rows.

    A table gets fewer where its unique columns leave no room for more; the ledger says so. skew: Zipf's exponent of
    the parents' popularity, from 0 (all alike) to below 2. Raises EngineUnavailable.
    """
    planner = Planner(schema, dict(rows), seed, skew)
    tables = [table for table in in_order(schema) if table.name in rows and table.columns]
    for table in tables:
        planner.rows[table.name] = planner.room(table)
    total, done = sum(planner.rows[table.name] for table in tables), 0
    for table in tables:
        wanted = planner.rows[table.name]
        if progress:
            progress(done, total, f"rows of {table.name}")
        _fill(engine, planner, table, shuffled)
        done += wanted
    _settle(engine, planner, tables)
    if progress:
        progress(total, total, "rows are ready")
    return Filled({table.name: planner.rows[table.name] for table in tables}, tuple(planner.ledger))


def _settle(engine: DuckDb, planner: Planner, tables: Iterable[Table]) -> None:
    """Mend keys that close a cycle or point into a table that lost rows, until no row is dropped any more."""
    before: dict[str, int] = {}
    while before != planner.rows:
        before = dict(planner.rows)
        for table in tables:
            doubtful = planner.assignment(table).dangling
            late = [key for key in table.foreign_keys if key.to in planner.ragged or key in doubtful]
            _drop(engine, planner, table, late, [], [])


def _fill(engine: DuckDb, planner: Planner, table: Table, shuffled: bool) -> None:
    """Create and fill one table, then drop the rows that break what could not be kept by construction."""
    rows = planner.rows[table.name]
    assignment = planner.assignment(table)
    number = planner.permuted("i", max(rows, 1), f"{table.name}/order") if shuffled else "i"
    values = ", ".join(f"{assignment.values[c.name]('k')} AS {quoted(c.name)}" for c in table.columns)
    made = f"SELECT {values} FROM (SELECT {number} AS k FROM range({rows}) AS n(i))"
    pointing = {column for key in table.foreign_keys for column in key.columns}
    needed = [f"{quoted(c.name)} IS NOT NULL" for c in table.columns if c.name in pointing and not c.nullable]
    kept = f"SELECT * FROM ({made}) WHERE {' AND '.join(needed)}" if needed else made  # a parent's key may be null
    engine.create_bare(planner.schema, table)
    try:
        engine.execute(f"INSERT INTO {quoted(table.name)} {kept}")
    except duckdb.Error as error:
        raise ArchbookError(f"no rows can be made for {shown(table.name)}: {shown(str(error), 160)}") from None
    planner.filled.add(table.name)
    opaque = [check.expression for check in table.checks if not check.limits]
    _drop(engine, planner, table, assignment.dangling, assignment.repeating, opaque)


def _drop(
    engine: DuckDb,
    planner: Planner,
    table: Table,
    dangling: Iterable[ForeignKey],
    repeating: Iterable[tuple[str, ...]],
    checks: Iterable[str],
) -> None:
    """Drop rows that point to nothing, repeat a unique set or fail a check; the ledger says how many."""
    name, before = quoted(table.name), planner.rows[table.name]
    for expression in checks:
        try:
            engine.execute(f"DELETE FROM {name} WHERE NOT ({expression})")
        except duckdb.Error:
            why = "DuckDB does not understand it"
            planner.ledger.append(Entry(table.line, f"check ({expression[:60]})", "may be broken", why, "lost"))
    for columns in repeating:
        known = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
        first = f"SELECT min(rowid) FROM {name} GROUP BY {quoted(*columns)}"
        engine.execute(f"DELETE FROM {name} WHERE {known} AND rowid NOT IN ({first})")
    for key in (*dangling, *(key for key in table.foreign_keys if key.to == table.name)):
        if key.to in planner.filled:
            _mend(engine, planner.schema, table, key)
    left = int(engine.execute(f"SELECT count(*) FROM {name}")[0][0])
    if left < before:
        planner.ragged.add(table.name)
        planner.rows[table.name] = left
        why = "the others broke a check, a unique key or a foreign key"
        planner.ledger.append(
            Entry(table.line, f"table {table.name}", f"keeps {left:,} of {before:,} rows", why, "changed")
        )


def _mend(engine: DuckDb, schema: Schema, table: Table, key: ForeignKey) -> None:
    """Set a key that points to nothing to null, or drop its row."""
    name, target = quoted(table.name), schema.target(key)
    if len(target) != len(key.columns):
        return
    pairs = " AND ".join(f"p.{quoted(to)} = c.{quoted(c)}" for c, to in zip(key.columns, target, strict=True))
    known = " AND ".join(f"c.{quoted(column)} IS NOT NULL" for column in key.columns)
    there = f"EXISTS (SELECT 1 FROM {quoted(key.to)} AS p WHERE {pairs})"
    lost = f"SELECT c.rowid FROM {name} AS c WHERE {known} AND NOT {there}"
    unique = {column for columns in table.unique_sets() for column in columns}
    free = next((c for c in key.columns if table.column(c).nullable and c not in unique), None)
    if free:
        engine.execute(f"UPDATE {name} SET {quoted(free)} = NULL WHERE rowid IN ({lost})")
        return
    for _ in range(20):  # dropping a row may leave others of the same table dangling
        dropped = engine.execute(f"DELETE FROM {name} WHERE rowid IN ({lost})")[0][0]
        if not dropped or key.to != table.name:
            return


__all__ = ["Filled", "Progress", "copy", "fill", "planned"]
