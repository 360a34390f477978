"""Mends rows that break what could not be kept by construction: checks, generated columns, composite keys."""

# ruff: noqa: S608 - every identifier is quoted, and expressions are of one parsed expression

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from zlib import crc32

import duckdb

from archbook.schema.assignment import Planner
from archbook.schema.conditions import Condition, conditions, tries_of, way_of
from archbook.schema.duckdb_ddl import column_type
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.expressions import MADE, translated
from archbook.schema.model import Column, ForeignKey, Schema, Table
from archbook.schema.sql import hashed, quoted

ROUNDS = 24  # attempts at a row that breaks a check, each with other values


def compute(engine: DuckDb, planner: Planner, table: Table) -> None:
    """Give generated columns the values that their expressions have."""
    for column in table.columns:
        if column.generated is None:
            continue
        value = f"CAST(({translated(column.generated)}) AS {column_type(planner.schema, column.type)})"
        try:
            engine.execute(f"UPDATE {quoted(table.name)} SET {quoted(column.name)} = {value}")
        except duckdb.Error:
            planner.lose(table, f"{column.name} is not computed", "DuckDB does not understand its expression")


def mend(engine: DuckDb, planner: Planner, table: Table) -> list[str]:
    """Give other values to rows that break a condition; returns SQL of the rows that may still break one.

    Local search: a broken one gets its columns from what they are compared with, or made anew, at random.
    """
    known = [c for c in conditions(planner.schema, table) if c.functions <= _functions(engine, planner)]
    try:
        counts = _broken(engine, table, known)
    except duckdb.Error:
        known = [condition for condition in known if _can_judge(engine, table, condition)]
        counts = _broken(engine, table, known)
    for condition in conditions(planner.schema, table):
        if condition not in known:
            planner.lose(table, f"{condition.said} may be broken", "DuckDB does not understand it", "lost")
    for attempt in range(ROUNDS):
        if not any(counts):
            return []
        for condition, count in zip(known, counts, strict=True):
            changes = ", ".join(_changes(planner, table, condition, attempt)) if count else ""
            if changes:
                with contextlib.suppress(duckdb.Error):  # such as a number that its type cannot hold
                    engine.execute(f"UPDATE {quoted(table.name)} SET {changes} WHERE {condition.broken}")
        counts = _broken(engine, table, known)
    return [condition.broken for condition in known]


def _functions(engine: DuckDb, planner: Planner) -> set[str]:
    """The names of DuckDB's functions, asked once."""
    if not planner.functions:
        planner.functions = {
            name for (name,) in engine.execute("SELECT DISTINCT function_name FROM duckdb_functions()")
        }
    return planner.functions


def _broken(engine: DuckDb, table: Table, known: list[Condition]) -> list[int]:
    """How many rows break each condition."""
    if not known:
        return []
    counts = ", ".join(f"count(*) FILTER (WHERE {condition.broken})" for condition in known)
    return list(engine.execute(f"SELECT {counts} FROM {quoted(table.name)}")[0])


def _can_judge(engine: DuckDb, table: Table, condition: Condition) -> bool:
    try:
        _broken(engine, table, [condition])
    except duckdb.Error:
        return False
    return True


def _changes(planner: Planner, table: Table, condition: Condition, attempt: int) -> Iterator[str]:
    """`column = value` for the columns of a condition that may change, chosen by a hash of the row.

    All columns go one of the ways that make the condition true; now and then each goes its own.
    """
    columns = [table.column(name) for name in condition.columns if table.has(name)]
    salts = [crc32(f"{planner.seed}/{table.name}/{column.name}/{attempt}".encode()) for column in columns]
    numbers = [f"CAST({hashed('rowid', salt)} >> 1 AS BIGINT)" for salt in salts]
    values = [_made(planner, table, *pair) for pair in zip(columns, numbers, strict=True)]
    free = {column.name for column, made in zip(columns, values, strict=True) if made}
    ways = [way for way in condition.ways if way and set(way) <= free] if attempt % 4 < 3 else []
    together = hashed("rowid", crc32(f"{planner.seed}/{table.name}/{condition.said}/{attempt}".encode()))
    for column, salt, number, made in zip(columns, salts, numbers, values, strict=True):
        name, type_ = quoted(column.name), column_type(planner.schema, column.type)
        if not made:
            continue
        if ways:
            asked = [way_of(column, type_, way, number).replace(MADE, made) or name for way in ways]
            chosen = _chosen(together, [_safe(planner, table, column, value) for value in asked])
        else:
            tries = (made, *tries_of(column, type_, condition, number))
            tries = ("NULL",) if made == name else tries
            chosen = _chosen(hashed("rowid", salt + 1), [_safe(planner, table, column, v) for v in tries] + [name])
        yield f"{name} = {chosen}"


def _chosen(number: str, values: list[str]) -> str:
    cases = " ".join(f"WHEN {place} THEN {value}" for place, value in enumerate(values[:-1]))
    return f"CASE {number} % {len(values)} {cases} ELSE {values[-1]} END" if cases else values[0]


def _made(planner: Planner, table: Table, column: Column, number: str) -> str:
    """A column made anew; itself where it may only become null; empty where others rely on it."""
    if column.name in planner.pointed_at(table.name) or column.identity or column.generated is not None:
        return ""
    pointing = [key for key in table.foreign_keys if column.name in key.columns]
    if any(len(key.columns) > 1 or key.to == table.name for key in pointing):
        return quoted(column.name) if column.nullable else ""
    assignment = planner.assignment(table)
    sets = [columns for columns in planner.unique_sets(table) if column.name in columns]
    assignment.repeating += [columns for columns in sets if columns not in assignment.repeating]
    return assignment.values[column.name](f"({number} % {max(planner.rows[table.name], 1)})")


def _safe(planner: Planner, table: Table, column: Column, value: str) -> str:
    """A value, or what the column has where it would be no value of it: null, or a key of no row."""
    kept = quoted(column.name)
    for key in table.foreign_keys:
        if column.name in key.columns and value not in ("NULL", kept):
            if len(key.columns) > 1:
                return kept
            rows = f"SELECT {quoted(*planner.schema.target(key))} FROM {quoted(key.to)}"
            value = f"CASE WHEN {value} IN ({rows}) THEN {value} ELSE {kept} END"
    return value if column.nullable or value == kept else f"coalesce({value}, {kept})"


def point_again(engine: DuckDb, schema: Schema, table: Table, key: ForeignKey) -> None:
    """Point a composite key, some of whose columns other keys fix, to a row that has those values."""
    target = schema.target(key)
    if len(target) != len(key.columns) or len(target) < 2:
        return
    unique = {column for columns in table.unique_sets() for column in columns}
    others = {column for other in table.foreign_keys if other is not key for column in other.columns}
    pairs = list(zip(key.columns, target, strict=True))
    free = [(mine, theirs) for mine, theirs in pairs if mine not in unique | others]
    fixed = [(mine, theirs) for mine, theirs in pairs if mine in unique | others]
    if not free or not fixed:
        return
    packed = ", ".join(f"{quoted(theirs)} := p.{quoted(theirs)}" for _, theirs in free)
    shared = ", ".join(f"p.{quoted(theirs)}" for _, theirs in fixed)
    groups = (
        f"SELECT {shared}, list(struct_pack({packed}) ORDER BY p.rowid) AS rows_of FROM {quoted(key.to)} AS p "
        f"WHERE {' AND '.join(f'p.{quoted(theirs)} IS NOT NULL' for _, theirs in pairs)} GROUP BY {shared}"
    )
    salt = crc32(f"{table.name}/{key.columns}".encode())
    chosen = f"g.rows_of[1 + CAST({hashed('c.rowid', salt)} % len(g.rows_of) AS BIGINT)]"
    changes = ", ".join(f"{quoted(mine)} = {chosen}.{quoted(theirs)}" for mine, theirs in free)
    same = " AND ".join(f"g.{quoted(theirs)} = c.{quoted(mine)}" for mine, theirs in fixed)
    engine.execute(f"UPDATE {quoted(table.name)} AS c SET {changes} FROM ({groups}) AS g WHERE {same}")


__all__ = ["compute", "mend", "point_again"]
