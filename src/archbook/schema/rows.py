"""Rows that keep every promise of a schema, made inside DuckDB by SQL.

Row `k` of a table (0 ≤ k < rows) has values that are functions of k (see `assignment`). Rows are written in an order
that has nothing to do with k: rows in the order of a foreign key would fake an index.
"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import duckdb

from archbook.errors import ArchbookError, shown
from archbook.schema.assignment import Planner, planned
from archbook.schema.copying import Progress, copy
from archbook.schema.duckdb_ddl import in_order
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.model import Entry, ForeignKey, Schema, Table
from archbook.schema.repairs import compute, mend, point_again
from archbook.schema.sql import quoted

HELPING = 1.1  # more rows than the first helping says are needed
MOST_HELPINGS = 8  # times as many rows as wanted are made at most


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
    the parents' popularity, from 0 (all alike) to below 2. Raises EngineUnavailable, and ArchbookError where the one
    table that most rows are wanted of gets none.
    """
    planner = Planner(schema, dict(rows), seed, skew)
    tables = [table for table in in_order(schema) if table.name in rows and table.columns]
    for table in tables:
        planner.rows[table.name] = planner.room(table)
    room = dict(planner.rows)
    total, done = sum(room[table.name] for table in tables), 0
    for table in tables:
        if progress:
            progress(done, total, f"rows of {table.name}")
        try:
            _fill(engine, planner, table, shuffled)
        except duckdb.Error as error:
            _give_up(engine, planner, table, str(error).splitlines()[0])
        done += room[table.name]
    _settle(engine, planner, tables)
    for table in tables:
        _tell(planner, table, rows[table.name], room[table.name])
    _refuse(planner, rows)
    if progress:
        progress(total, total, "rows are ready")
    return Filled({table.name: planner.rows[table.name] for table in tables}, tuple(planner.ledger))


def _refuse(planner: Planner, rows: Mapping[str, int]) -> None:
    most = [name for name in rows if rows[name] == max(rows.values())]
    if len(most) == 1 and rows[most[0]] and not planner.rows[most[0]]:
        reason = next(
            (f"{e.what}: {e.why}" for e in planner.ledger if e.part == f"table {most[0]}"), "it has no columns"
        )
        raise ArchbookError(f"no rows can be made for {shown(most[0])}: {reason}")


def _give_up(engine: DuckDb, planner: Planner, table: Table, why: str) -> None:
    """Leave a table empty whose rows DuckDB refuses, and say why."""
    planner.lose(table, "gets no rows", shown(why, 160), "lost")
    planner.forget(table)
    engine.execute(f"DROP TABLE IF EXISTS {quoted(table.name)}")
    engine.create_bare(planner.schema, table)
    planner.counted(table, 0)
    planner.fill(table)


def _tell(planner: Planner, table: Table, wanted: int, room: int) -> None:
    """Write down why a table has fewer rows than were wanted."""
    left = planner.rows[table.name]
    if room < wanted:
        why = f"its unique columns tell no more apart, {wanted:,} were wanted"
        planner.lose(table, f"gets {room:,} rows", why)
    if left < room:
        why = "the others broke a check, a unique key or a foreign key"
        planner.lose(table, f"keeps {left:,} of {room:,} rows", why, "changed" if left else "lost")


def _settle(engine: DuckDb, planner: Planner, tables: Iterable[Table]) -> None:
    """Mend keys that close a cycle or point into a table that lost rows, until no row is dropped any more."""
    before: dict[str, int] = {}
    while before != planner.rows:
        before = dict(planner.rows)
        for table in tables:
            late = [key for key in table.foreign_keys if planner.stale(table, key)]
            if late:
                _drop(engine, planner, table, late, [], [])


def _fill(engine: DuckDb, planner: Planner, table: Table, shuffled: bool) -> None:
    """Create and fill one table; where rows had to be dropped, once more with so many more that enough are left."""
    wanted = planner.rows[table.name]
    left = _make(engine, planner, table, shuffled)
    if 0 < left < wanted:
        planner.rows[table.name] = min(math.ceil(wanted * wanted / left * HELPING) + 10, wanted * MOST_HELPINGS)
        more = planner.rows[table.name] = planner.room(table)
        if more > wanted:
            planner.forget(table)
            engine.execute(f"DROP TABLE {quoted(table.name)}")
            left = _make(engine, planner, table, shuffled)
            if left > wanted:
                _cut(engine, planner, table, wanted)
                left = planner.rows[table.name]
    planner.rows[table.name] = left


def _cut(engine: DuckDb, planner: Planner, table: Table, wanted: int) -> None:
    """Leave the first rows only."""
    name = quoted(table.name)
    last = f"SELECT rowid FROM {name} ORDER BY rowid LIMIT 1 OFFSET {wanted}"
    engine.execute(f"DELETE FROM {name} WHERE rowid >= ({last})")
    planner.ragged.add(table.name)
    _drop(engine, planner, table, [], [], [])


def _make(engine: DuckDb, planner: Planner, table: Table, shuffled: bool) -> int:
    """Create and fill one table, mend or drop the rows that break a promise; how many are left."""
    rows = planner.rows[table.name]
    assignment = planner.assignment(table)
    number = planner.permuted("i", max(rows, 1), f"{table.name}/order") if shuffled else "i"
    values = ", ".join(f"{assignment.values[c.name]('k')} AS {quoted(c.name)}" for c in table.columns)
    made = f"SELECT {values} FROM (SELECT {number} AS k FROM range({rows}) AS n(i))"
    pointing = {column for key in table.foreign_keys for column in key.columns}
    needed = [f"{quoted(c.name)} IS NOT NULL" for c in table.columns if c.name in pointing and not c.nullable]
    kept = f"SELECT * FROM ({made}) WHERE {' AND '.join(needed)}" if needed else made  # a parent's key may be null
    engine.create_bare(planner.schema, table)
    engine.execute(f"INSERT INTO {quoted(table.name)} {kept}")
    planner.fill(table)
    compute(engine, planner, table)
    broken = mend(engine, planner, table)
    compute(engine, planner, table)
    return _drop(engine, planner, table, assignment.dangling, assignment.repeating, broken)


def _drop(
    engine: DuckDb,
    planner: Planner,
    table: Table,
    dangling: Iterable[ForeignKey],
    repeating: Iterable[tuple[str, ...]],
    broken: Iterable[str],
) -> int:
    """Drop rows that point to nothing, repeat a unique set or fail a check; how many are left."""
    name, keys = quoted(table.name), [key for key in dangling if key.to in planner.filled]
    for key in keys:
        point_again(engine, planner.schema, table, key)
    for rows in broken:
        engine.execute(f"DELETE FROM {name} WHERE {rows}")
    for columns in repeating:
        known = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in columns)
        first = f"SELECT min(rowid) FROM {name} GROUP BY {quoted(*columns)}"
        engine.execute(f"DELETE FROM {name} WHERE {known} AND rowid NOT IN ({first})")
    for key in keys:
        _mend(engine, planner.schema, table, key)
    left = planner.counted(table, _count(engine, table))
    for key in table.foreign_keys:
        if key.to == table.name and planner.stale(table, key):
            _mend(engine, planner.schema, table, key)
            left = planner.counted(table, _count(engine, table))
            planner.check(table, key)
    for key in keys:
        planner.check(table, key)
    return left


def _count(engine: DuckDb, table: Table) -> int:
    return int(engine.execute(f"SELECT count(*) FROM {quoted(table.name)}")[0][0])


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
