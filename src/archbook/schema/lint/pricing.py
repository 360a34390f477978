"""What findings cost on the reader's own tables: measured on an engine, on generated rows."""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.findings import Finding
from archbook.schema.copying import Progress, copy
from archbook.schema.engines import start
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.lint.subject import Subject
from archbook.schema.model import ForeignKey, Index, Schema, Table
from archbook.schema.outcome import TITLES
from archbook.schema.rows import fill
from archbook.schema.sql import quoted
from archbook.units import show_count, show_duration, show_factor, show_size, significant

MOST_TABLES = 8  # measured of those with findings that can be, the worst first
KEYS = 7
ROUNDS = 4
NAME = "archbook_lint_idx"
OF_INDEXES = ("duplicate-index", "redundant-index", "overlapping-index", "boolean-leading-index", "array-btree",
              "wide-index")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Price:
    """What was measured for one finding on one engine. factor: how much worse it is than without (dimensionless)."""

    text: str
    factor: float


def priced(
    subject: Subject, findings: Sequence[Finding], engine: str, rows: int, seed: int, progress: Progress | None = None
) -> tuple[list[Finding], list[str]]:
    """The findings, those that an engine can price with what was measured, and remarks on what could not be.

    engine: ``duckdb``, ``postgresql``, ``both`` or a PostgreSQL URL. rows: of the table measured; the tables
    that it points to have a tenth. Raises EngineUnavailable where no engine starts.
    """
    schema = subject.schema
    homes: dict[str, list[Finding]] = {}
    for finding in findings:
        home = _home(schema, finding)
        if home and _measurable(schema.tables[home], finding):
            homes.setdefault(home, []).append(finding)
    chosen = dict(list(homes.items())[:MOST_TABLES])
    prices: dict[tuple[str, str], list[Price]] = {}
    remarks: list[str] = []
    with ExitStack() as running:
        target = None if engine == "duckdb" or not chosen else _started(engine, running)
        for number, (home, found) in enumerate(chosen.items()):
            if progress:
                progress(number, len(chosen), f"measuring {home}")
            try:
                for at in _engines(schema, home, rows, seed, engine, target):
                    for finding in found:
                        if price := _try(at, subject, home, finding, rows, remarks):
                            prices.setdefault((finding.rule, finding.about), []).append(price)
            except EngineUnavailable as error:
                remarks.append(f"{home} and what follows it was not measured: {error}")
                break
            except ArchbookError as error:
                remarks.append(f"{home} was not measured: {error}")
    unpriced = sum(map(len, homes.values())) - len(prices)
    if len(homes) > len(chosen):
        remarks.append(f"{show_count(unpriced, 'finding')} could be measured too; the worst {MOST_TABLES} tables were")
    return [_with(finding, prices.get((finding.rule, finding.about), [])) for finding in findings], remarks


def _home(schema: Schema, finding: Finding) -> str:
    """The table that a finding is about."""
    named = (name for name in schema.tables if finding.about.startswith(f"{name}."))
    return max(named, key=len, default="")


def _part(table: Table, finding: Finding) -> str:
    return finding.about.removeprefix(f"{table.name}.")


def _measurable(table: Table, finding: Finding) -> bool:
    if finding.rule == "foreign-key-without-index":
        return True
    return finding.rule in OF_INDEXES and _index(table, finding).plain


def _index(table: Table, finding: Finding) -> Index:
    return next(index for index in table.indexes if index.name == _part(table, finding))


def _with(finding: Finding, prices: Sequence[Price]) -> Finding:
    """A finding with what was measured; PostgreSQL, which is measured first, decides its rank."""
    if not prices:
        return finding
    evidence = (*(price.text for price in prices), *finding.evidence)
    return replace(finding, evidence=evidence, cost=max(finding.cost, 1.0) * prices[0].factor)


def _started(engine: str, running: ExitStack) -> Postgres:
    target = running.enter_context(start("postgresql" if engine == "both" else engine))
    assert isinstance(target, Postgres)
    return target


def _engines(schema: Schema, home: str, rows: int, seed: int, engine: str, target: Postgres | None) -> Iterator[Engine]:
    """Each engine with the table and those that it points to, filled; PostgreSQL first."""
    with DuckDb() as source:
        parents = {key.to: rows // 10 for key in schema.tables[home].foreign_keys if key.to in schema.tables}
        tables = list(fill(source, schema, {**parents, home: rows}, seed).rows)
        if target:
            try:
                copy(source, target, schema, tables)
                target.analyze(home)
                yield target
            finally:
                target.execute("ROLLBACK")  # of a delete that was stopped
                target.execute(f"DROP TABLE IF EXISTS {quoted(*tables)} CASCADE")
        if engine in ("duckdb", "both"):
            yield source


def _try(engine: Engine, subject: Subject, home: str, finding: Finding, rows: int, remarks: list[str]) -> Price | None:
    """The price of a finding; where there is none a remark says why. Raises EngineUnavailable."""
    try:
        return _price(engine, subject, home, finding, rows)
    except EngineUnavailable:
        raise
    except ArchbookError as error:
        remarks.append(f"{finding.about} was not measured on {TITLES[engine.name]}: {error}")
        return None


def _price(engine: Engine, subject: Subject, home: str, finding: Finding, rows: int) -> Price:
    table = subject.schema.tables[home]
    said = f"measured: {TITLES[engine.name]} {engine.version}, {significant(rows)} generated rows"
    if finding.rule in OF_INDEXES:
        return _write_price(engine, subject, table, _index(table, finding), rows, said)
    part = _part(table, finding)
    key = next(key for key in table.foreign_keys if ",".join(key.columns) == part)
    return _look_up_price(engine, subject.schema, table, key, said)


def _look_up_price(engine: Engine, schema: Schema, table: Table, key: ForeignKey, said: str) -> Price:
    """Children of one parent, and in PostgreSQL the delete of a parent, without and with the index."""
    columns, target = quoted(*key.columns), schema.target(key)
    known = " AND ".join(f"{quoted(column)} IS NOT NULL" for column in key.columns)
    keys = engine.execute(f"SELECT DISTINCT {columns} FROM {quoted(table.name)} WHERE {known} LIMIT {4 * KEYS}")
    if not keys:
        raise ArchbookError(f"no generated row has a value in {columns}")
    children = f"{quoted(table.name)} WHERE {_equal(key.columns)}"
    deletes = (
        engine.name == "postgresql"
        and key.to in schema.tables
        and key.to != table.name
        and len(target) == len(key.columns)
    )
    if deletes:
        engine.create_index("archbook_lint_key", key.to, target, unique=True)
        engine.execute(
            f"ALTER TABLE {quoted(table.name)} ADD CONSTRAINT archbook_lint FOREIGN KEY ({columns}) "
            f"REFERENCES {quoted(key.to)} ({quoted(*target)}) NOT VALID"
        )
    times: list[tuple[float, float]] = []
    for half in (keys[0::2], keys[1::2] or keys):
        seen = _median(lambda k: engine.execute(f"SELECT count(*) FROM {children}", k), half)
        gone = _deletes(engine, table, key, target, half[:KEYS]) if deletes else 0.0
        times.append((seen, gone))
        if len(times) == 1:
            engine.create_index(NAME, table.name, key.columns)
            engine.analyze(table.name)
    engine.execute(f"DROP INDEX {quoted(NAME)}")
    (scan, slow), (found, quick) = times
    text = f"a look-up of {table.name} by {', '.join(key.columns)} takes {_against(scan, found)}"
    if deletes:
        text += f", a delete of a row of {key.to} {_against(slow, quick)}"
        engine.execute(f"ALTER TABLE {quoted(table.name)} DROP CONSTRAINT archbook_lint")
        engine.execute('DROP INDEX "archbook_lint_key"')
    return Price(f"{text} ({said})", max(scan / found, 1.0))


def _write_price(engine: Engine, subject: Subject, table: Table, index: Index, rows: int, said: str) -> Price:
    """Inserts of a tenth of the rows with and without the index beside the table's others; in PostgreSQL WAL and size.

    Bytes of WAL are the same on a busy machine, so they decide where they are known.
    """
    batch, name = max(rows // 10, 100), quoted(table.name)
    insert = f"INSERT INTO {name} SELECT * FROM {name} LIMIT {batch}"
    others = [path.columns for path in subject.paths(table) if path.index is not index]
    for number, columns in enumerate(others):  # not unique: the same rows are written again
        engine.create_index(f"archbook_lint_{number}", table.name, columns)
    bare, kept, size = [], [], ""
    for _ in range(ROUNDS):
        bare.append(_written(engine, insert))
        engine.create_index(NAME, table.name, index.columns)
        size = size or _size(engine, name)
        kept.append(_written(engine, insert))
        engine.execute(f"DROP INDEX {quoted(NAME)}")
    for number in range(len(others)):
        engine.execute(f'DROP INDEX "archbook_lint_{number}"')
    (slow, more_b), (quick, less_b) = (tuple(map(statistics.median, zip(*runs, strict=True))) for runs in (kept, bare))
    text = f"inserting {significant(batch)} rows takes {show_duration(slow)} with it, {show_duration(quick)} without"
    factor = slow / quick
    if less_b:
        factor = more_b / less_b
        text += f", and writes {show_size(more_b)} of WAL against {show_size(less_b)} ({show_factor(factor)})"
    return Price(f"{text}{size} ({said})", max(factor, 1.0))


def _written(engine: Engine, statement: str) -> tuple[float, float]:
    """Seconds, and in PostgreSQL bytes of WAL, that a statement takes."""
    if not isinstance(engine, Postgres):
        return _timed(lambda: engine.execute(statement)), 0.0
    before = engine.execute("SELECT pg_current_wal_insert_lsn()::text")[0][0]
    seconds = _timed(lambda: engine.execute(statement))
    after = engine.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::pg_lsn)", [before])
    return seconds, float(after[0][0])


def _size(engine: Engine, name: str) -> str:
    if not isinstance(engine, Postgres):
        return ""
    relation = f"{quoted(engine.workplace)}.{quoted(NAME)}"
    size_b, rows = engine.execute(f"SELECT pg_relation_size($1::regclass), count(*) FROM {name}", [relation])[0]
    return f"; it takes {show_size(size_b / rows)} a row"


def _equal(columns: Sequence[str]) -> str:
    return " AND ".join(f"{quoted(column)} = ${number}" for number, column in enumerate(columns, 1))


def _against(slow: float, quick: float) -> str:
    return f"{show_duration(slow)}, with the index {show_duration(quick)} ({show_factor(slow / quick)})"


def _deletes(
    engine: Engine, table: Table, key: ForeignKey, target: Sequence[str], keys: Sequence[Sequence[object]]
) -> float:
    """Median of deleting a parent whose children are gone (s); nothing is really deleted."""
    times = []
    for values in keys:
        engine.execute("BEGIN")
        engine.execute(f"DELETE FROM {quoted(table.name)} WHERE {_equal(key.columns)}", values)
        gone = f"DELETE FROM {quoted(key.to)} WHERE {_equal(target)}"
        times.append(_timed(lambda v=values, s=gone: engine.execute(s, v)))  # type: ignore[misc]
        engine.execute("ROLLBACK")
    return statistics.median(times)


def _median(run: Callable[[Any], object], keys: Sequence[Any]) -> float:
    return statistics.median(_timed(lambda k=key: run(k)) for key in keys)  # type: ignore[misc]


def _timed(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun
