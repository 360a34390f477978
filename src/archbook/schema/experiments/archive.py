"""Archive old rows by DELETE into an archive table, or by detaching their partition?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from archbook.errors import ArchbookError
from archbook.schema.choosing import event_tables
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Experiment
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part, part_of, show_value
from archbook.schema.partitions import Period, bounds_of, by_month, periods, rows_of
from archbook.schema.sql import quoted
from archbook.units import show_duration, show_factor, significant

MOVE, LOG, VACUUM, DISK, WAIT = (
    "archive a month", "write-ahead log", "vacuum afterwards", "disk still taken", "longest read behind a report",
)  # fmt: skip
DELETE, DETACH, CONCURRENTLY = "DELETE", "DETACH", "DETACH CONCURRENTLY"
RENAME = "RENAME of its table"
MONTHS = 4  # archived, the oldest first, one at a time
REPORT_S = 0.4  # how long the report that is in the way goes on
ARCHIVE = "archbook_archive"


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table whose rows come with time."""
    for table, when in event_tables(schema, sizes):
        children = [t.name for t in schema.tables.values() if any(key.to == table.name for key in t.foreign_keys)]
        roles = {"time": when, "children": ", ".join(name for name in children if name != table.name)}
        return Choice(table.name, (when,), "its rows come with time and grow old", roles=roles)
    raise ArchbookError("no table here has a time that its rows came at, so none of them grows old")


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to archive. table: what is cleared; archived: where the rows of a month then are."""

    table: str
    archive: Callable[[Period], None]
    archived: Callable[[Period], str]


def measure(lab: Lab) -> list[Part]:
    """A month at a time, each way in turn; then what is left behind, and who waits. Raises where a row is lost."""
    months = periods(lab)
    if len(months) < MONTHS + 3:
        raise ArchbookError(f"the rows of {lab.choice.table} span {len(months)} months; to archive, take more of them")
    return _detached(lab, lab.postgres, months) if lab.postgres else _renamed(lab, months[:MONTHS])


def _detached(lab: Lab, postgres: Postgres, months: list[Period]) -> list[Part]:
    table, when = lab.choice.table, lab.choice.roles["time"]
    cut = by_month(lab, postgres, months)
    for number, name in enumerate((table, cut)):
        lab.tell(f"{postgres.name}: index on {when} of {name}")
        postgres.create_index(f"archbook_time_{number}", name, [when])
        postgres.execute(f"VACUUM (ANALYZE) {quoted(name)} ({quoted(when)})")

    def detach(month: Period, how: str = "") -> None:
        postgres.execute(f"ALTER TABLE {quoted(cut)} DETACH PARTITION {quoted(f'{cut}_p{month.name}')} {how}")

    ways = {
        DELETE: _deleting(lab),
        DETACH: _Way(cut, detach, lambda month: f"SELECT * FROM {quoted(f'{cut}_p{month.name}')}"),
    }
    before = {name: _size_b(postgres, way.table) for name, way in ways.items()}
    parts = _archived(lab, ways, months[:MONTHS])
    left = {name: [_size_b(postgres, way.table) / before[name]] for name, way in ways.items()}
    note = f"of that before ({show_value(before[DELETE], 'B')}), index included, {MONTHS} months later and vacuumed"
    waiting = _waiting(lab, postgres, ways, detach, months[MONTHS : MONTHS + 3])
    return [*parts, part_of(DISK, "share", left, note=note), waiting]


def _deleting(lab: Lab) -> _Way:
    """Rows are moved into an archive table, in one transaction."""
    table, when, engine = quoted(lab.choice.table), quoted(lab.choice.roles["time"]), lab.engine
    engine.execute(f"CREATE TABLE {ARCHIVE} AS SELECT * FROM {table} LIMIT 0")
    these = f"FROM {table} WHERE {when} >= $1 AND {when} < $2"

    def move(month: Period) -> None:
        bounds = bounds_of(lab, month)
        if lab.postgres:
            moved = f"WITH gone AS (DELETE {these} RETURNING *) INSERT INTO {ARCHIVE} SELECT * FROM gone"
            engine.execute(moved, bounds)
            return
        engine.execute("BEGIN")
        engine.execute(f"INSERT INTO {ARCHIVE} SELECT * {these}", bounds)
        engine.execute(f"DELETE {these}", bounds)
        engine.execute("COMMIT")

    return _Way(lab.choice.table, move, lambda month: rows_of(lab, month, ARCHIVE))


def _archived(lab: Lab, ways: Mapping[str, _Way], months: Sequence[Period]) -> list[Part]:
    """Archive the months each way in turn: times, and of PostgreSQL also bytes logged and times to vacuum."""
    times, logs, vacuums = ({name: list[float]() for name in ways} for _ in range(3))
    rows = []
    for month in months:
        kept = _fingerprint(lab.engine, rows_of(lab, month, lab.choice.table))
        rows.append(float(kept[0]))
        for name, way in ways.items():
            lab.tell(f"{lab.engine.name}: {name} of {month.name.replace('_', '-')}")
            position, start = _log_position(lab.postgres), time.perf_counter()
            way.archive(month)
            times[name].append(time.perf_counter() - start)
            logs[name].append(_log_position(lab.postgres) - position)
            if _fingerprint(lab.engine, way.archived(month)) != kept:
                raise ArchbookError(f"{name} lost or changed rows of {month.name}: nothing of it can be trusted")
            if lab.postgres:
                start = time.perf_counter()
                lab.postgres.execute(f"VACUUM {quoted(way.table)}")
                vacuums[name].append(time.perf_counter() - start)
    note = f"{len(months)} months in turn; counted and compared afterwards, no row was lost either way"
    lead = part_of(MOVE, "s", times, found=rows, note=note, seed=lab.seed)
    if not lab.postgres:
        return [lead]
    return [lead, part_of(LOG, "B", logs, seed=lab.seed), part_of(VACUUM, "s", vacuums, seed=lab.seed)]


def _fingerprint(engine: Engine, select: str) -> tuple[Any, ...]:
    """Number of rows, and a sum over a hash of each, in no order."""
    hashed = "hashtext(CAST(x AS text))::numeric" if isinstance(engine, Postgres) else "CAST(hash(x) AS HUGEINT)"
    return engine.execute(f"SELECT count(*), sum({hashed}) FROM ({select}) AS x")[0]


def _log_position(postgres: Postgres | None) -> float:
    """Bytes of write-ahead log until now; DuckDB in memory has none."""
    if not postgres:
        return 0.0
    return float(postgres.execute("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')")[0][0])


def _size_b(postgres: Postgres, table: str) -> float:
    """Bytes of a table with its partitions and indexes."""
    tree = "SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree(to_regclass($1))"
    found = postgres.execute(tree, [quoted(table)])[0][0]
    return float(found or postgres.execute("SELECT pg_total_relation_size(to_regclass($1))", [quoted(table)])[0][0])


def _waiting(
    lab: Lab, postgres: Postgres, ways: Mapping[str, _Way], detach: Callable[[Period, str], None], months: list[Period]
) -> Part:
    """The longest that a reader waits while a month is archived and a report has not ended."""
    tried: dict[str, tuple[str, Callable[[], None]]] = {
        DETACH: (ways[DETACH].table, partial(detach, months[0], "")),
        DELETE: (ways[DELETE].table, partial(ways[DELETE].archive, months[1])),
    }
    kept_apart = f"{ways[DETACH].table}_prest"
    if not postgres.execute("SELECT 1 WHERE to_regclass($1) IS NOT NULL", [quoted(kept_apart)]):
        tried[CONCURRENTLY] = (ways[DETACH].table, partial(detach, months[2], "CONCURRENTLY"))
    waits = {name: [_longest_read_s(lab, postgres, name, *way)] for name, way in tried.items()}
    note = f"another client has read the table in a transaction that ends after {show_duration(REPORT_S)}"
    if CONCURRENTLY not in tried:
        note += "; CONCURRENTLY is not possible beside the DEFAULT partition that rows without a time need"
    return part_of(WAIT, "s", waits, note=note)


def _longest_read_s(lab: Lab, postgres: Postgres, name: str, table: str, archive: Callable[[], None]) -> float:
    lab.tell(f"{postgres.name}: {name} behind a report")
    read, over = f"SELECT 1 FROM {quoted(table)} LIMIT 1", threading.Event()
    with postgres.another() as report, postgres.another() as reader, ThreadPoolExecutor(2) as clients:

        def longest() -> float:
            longest_s = 0.0
            while not over.is_set():
                start = time.perf_counter()
                reader.execute(read)
                longest_s = max(longest_s, time.perf_counter() - start)
            return longest_s

        reader.execute(read)  # the first one of a connection also reads the catalog
        report.execute("BEGIN")
        report.execute(read)
        reading, archiving = clients.submit(longest), clients.submit(archive)
        try:
            time.sleep(REPORT_S)
        finally:
            report.execute("COMMIT")
        try:
            archiving.result()
        finally:
            over.set()
        return reading.result()


def _renamed(lab: Lab, months: list[Period]) -> list[Part]:
    """DuckDB has no partitions: a table a month instead, renamed to archive it."""
    for month in months:
        lab.engine.execute(f"CREATE TABLE archbook_{month.name} AS {rows_of(lab, month, lab.choice.table)}")

    def rename(month: Period) -> None:
        lab.engine.execute(f"ALTER TABLE archbook_{month.name} RENAME TO {ARCHIVE}_{month.name}")

    renamed = _Way(lab.choice.table, rename, lambda month: f"SELECT * FROM {ARCHIVE}_{month.name}")
    return _archived(lab, {DELETE: _deleting(lab), RENAME: renamed}, months)


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    lead = outcome.lead
    first, last = lead.variants
    how = "detaching its partition" if last.name == DETACH else "renaming a table that holds only it"
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, archiving a month "
        f"({significant(lead.rows_returned)} rows) by {how} takes {lead.show(last)}, by DELETE into an archive table "
        f"{lead.show(first)}: {lead.gain()}."
    )


def _left_behind(postgres: EngineOutcome) -> str:
    log, vacuum, disk, wait = (postgres.part(name) for name in (LOG, VACUUM, DISK, WAIT))
    waits = ", ".join(f"{wait.show(variant)} with {variant.name}" for variant in wait.variants)
    return (
        f"DELETE writes {_pair(log)} of write-ahead log by {DETACH}, VACUUM then takes {_pair(vacuum)}, and "
        f"{MONTHS} months later {_pair(disk)} of the disk is still taken. Behind a report that has not ended, a read "
        f"waits up to {waits}."
    )


def _pair(part: Part) -> str:
    return f"{part.show(part.variant(DELETE))} against {part.show(part.variant(DETACH))}"


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    duck, postgres = engines.get("duckdb"), engines.get("postgresql")
    said = [sentence(choice, outcome) for outcome in engines.values()]
    if postgres:
        said.append(_left_behind(postgres))
    if duck:
        said.append(_misleading(duck, postgres))
    if postgres:
        said.append(_advice(choice, postgres))
    return " ".join(said)


def _misleading(duck: EngineOutcome, postgres: EngineOutcome | None) -> str:
    why = "in memory it writes no log, leaves no dead rows to be vacuumed, and no reader waits for a lock"
    if not postgres:
        return f"DuckDB alone misleads about archiving: {why}. Measure with engine both before it is decided."
    gains = f"{show_factor(postgres.lead.ratio)} in PostgreSQL and {show_factor(duck.lead.ratio)} in DuckDB"
    if max(postgres.lead.ratio_low, duck.lead.ratio_low) > min(postgres.lead.ratio_high, duck.lead.ratio_high):
        return f"DuckDB would mislead: the gain is {gains}, and {why}. Decide by PostgreSQL."
    return f"DuckDB would mislead, though not about the gain ({gains}): {why}. Decide by PostgreSQL."


def _advice(choice: Choice, postgres: EngineOutcome) -> str:
    wait, children = postgres.part(WAIT), choice.roles.get("children")
    said = "No read waited here for a partition to be detached."
    if wait.variant(DETACH).median > REPORT_S / 2:
        remedy = "use CONCURRENTLY, or" if CONCURRENTLY in {v.name for v in wait.variants} else "so"
        said = (
            "A plain DETACH waits for whoever reads the table, and everyone else waits behind it: "
            f"{remedy} set a lock_timeout and try again."
        )
    if children:
        said += f" Rows of {children} that point to the month have to be archived before it, either way."
    return said


QUESTION = "Do old rows leave a table better by DELETE, or by detaching their partition?"
EXPERIMENT = Experiment("archive", QUESTION, choose, measure, sentence, verdict, writes=True)
