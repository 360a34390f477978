"""Parts of index_or_scan that break things on purpose: rows in key order, and deleting a parent without an index."""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from archbook.schema.draft import named
from archbook.schema.experiment import Key, Variant
from archbook.schema.index_parts import against, in_range, indexed, popular, ranges, timed_and_undone, with_plans
from archbook.schema.lab import Lab
from archbook.schema.outcome import Part
from archbook.schema.sql import quoted
from archbook.units import significant

COPIED = {"postgresql": 200_000, "duckdb": 4_000_000}  # rows; DuckDB skips blocks of 122 880, so it needs many
SHUFFLED, IN_ORDER = "rows shuffled", "rows in key order"
ROUNDS = 2


def key_order(lab: Lab) -> list[Part]:
    """The same rows shuffled and in the order of a column, as a careless generator or a bulk load leaves them."""
    choice = lab.choice
    column = choice.roles.get("range") or choice.columns[0]
    some = f"{quoted(choice.table)} LIMIT {COPIED[lab.engine.name]}"
    for copy, rows in ((SHUFFLED, some), (IN_ORDER, f"{quoted(SHUFFLED)} ORDER BY {quoted(column)}")):
        lab.engine.execute(f"CREATE TABLE {quoted(copy)} AS SELECT * FROM {rows}")
        lab.engine.analyze(copy)
    try:
        return _compared(lab, column)
    finally:
        for copy in (SHUFFLED, IN_ORDER):
            lab.engine.execute(f"DROP TABLE {quoted(copy)}")


def _compared(lab: Lab, column: str) -> list[Part]:
    where, keys = f"{quoted(column)} = $1", popular(lab)
    if "range" in lab.choice.roles:
        where, keys = in_range(column), ranges(lab, 0.01)
    value = quoted(lab.choice.roles["value"])
    variants = [
        Variant(copy, f"SELECT count(*), max({value}) FROM {quoted(copy)} WHERE {where}")
        for copy in (SHUFFLED, IN_ORDER)
    ]
    scan = lab.compare("no index, physical order", variants, keys, rounds=ROUNDS)
    scan = replace(scan, note=_faked(scan, column))
    if not lab.postgres:
        return [scan]
    for copy in (SHUFFLED, IN_ORDER):
        lab.engine.create_index(f"{copy} index", copy, [column])
    part = lab.compare("index, physical order", variants, keys, rounds=ROUNDS)
    told = " and ".join(f"{_correlation(lab, copy, column)} for {copy}" for copy in (SHUFFLED, IN_ORDER))
    found = f"by the same index, rows that lie together are {against(part, 'scattered ones')}"
    return [scan, replace(part, note=f"{found} (correlation of {column} in pg_stats: {told})")]


def _faked(part: Part, column: str) -> str:
    """What the order of rows does to a scan."""
    if part.ratio_low <= 1:
        return f"a scan of rows in the order of {column} is no quicker: their order fakes no index here"
    return (
        f"a scan of rows in the order of {column} is {against(part, 'of shuffled ones')}, as if it had an index: "
        "generated rows must be shuffled before they are measured"
    )


def _correlation(lab: Lab, table: str, column: str) -> str:
    """How far the physical order follows the column, as the planner believes."""
    rows = lab.engine.execute(
        "SELECT correlation FROM pg_stats WHERE schemaname = current_schema() AND tablename = $1 AND attname = $2",
        [table, column],
    )
    return significant(rows[0][0]) if rows and rows[0][0] is not None else "unknown"


def delete_parent(lab: Lab, keys: Sequence[Key]) -> Part:
    """Deleting a parent row with its children, with and without an index on their foreign key (PostgreSQL)."""
    choice, column = lab.choice, lab.choice.columns[0]
    parent, to = choice.roles["parent"], choice.roles["to"]
    lab.engine.create_index(named(parent, (to,), "archbook_key"), parent, [to], unique=True)
    lab.engine.execute(
        f"ALTER TABLE {quoted(choice.table)} ADD CONSTRAINT archbook_parent FOREIGN KEY ({quoted(column)}) "
        f"REFERENCES {quoted(parent)} ({quoted(to)}) ON DELETE CASCADE NOT VALID"
    )
    statement, plans = f"DELETE FROM {quoted(parent)} WHERE {quoted(to)} = $1", dict[str, str]()

    def explained(name: str, *columns: str) -> Variant:
        def prepare(lab: Lab) -> None:
            indexed(*columns)(lab)
            lab.engine.execute("BEGIN")
            plans[name] = lab.engine.explain(statement, keys[0])
            lab.engine.execute("ROLLBACK")

        return Variant(name, run=lambda lab, key: timed_and_undone(lab, statement, key), prepare=prepare)

    variants = [explained("no index"), explained(f"index ({column})", column)]
    part = with_plans(lab.compare(f"delete a row of {parent}", variants, keys, rounds=1), plans)
    lab.engine.execute(f"ALTER TABLE {quoted(choice.table)} DROP CONSTRAINT archbook_parent")
    gain = f"with an index on {choice.table}.{column} it is {against(part, 'without')}"
    return replace(part, note=f"{gain}: the foreign key looks for children of each deleted row")
