"""Does a read replica keep reports away from the primary's users, and what do those see who read from it?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import cycle

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.schema.choosing import added_up, amount_column, key_column, owner_column, whole_tables
from archbook.schema.engines.cores import apart
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.pgbench import pgbench
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.engines.standby import Standby
from archbook.schema.experiment import Choice, Experiment, Sample, Variant
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.sql import quoted
from archbook.units import significant

RATE, SLOWEST, REPORT = "reads and writes", "p95 of a read and a write", "the report"
LAG, MISSED, COMMIT = "lag of the standby", "own write not seen", "a write"
SAME, NONE, APART = "reports on the same server", "no report", "reports on the standby"
AT_ONCE, REMOTE, WAITED = "read at once", "read at once, commit waits", "read once its position is there"
ASYNC, APPLIED = "asynchronous", "waits for the standby to apply it"
BUSY, QUIET = "beside a report on it", "at rest"
CLIENTS, REPORTS = 4, 2  # at work at the same time
KEYS = 2_000  # rows that they read and write
WINDOW_S, WINDOWS = 0.3, 5
LONG = 5  # reports that take so many windows are not waited for once some have ended
READS = 25  # rows written and looked for on the standby, in each round


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table with a key of one column and another to write to; what a report adds up is taken with it."""
    tables = [table for table in whole_tables(schema, sizes) if key_column(table)]
    for table in sorted(tables, key=lambda t: (-sizes.get(t.name, 0), not amount_column(schema, t))):
        amount, key, owner = amount_column(schema, table), key_column(table), owner_column(schema, table)
        free = [column.name for column in table.columns if column.name != key and not column.generated]
        if written := amount or next(iter(free), ""):
            roles = {"key": key, "amount": amount, "owner": owner, "written": written}
            return Choice(table.name, tuple(filter(None, (key, amount))), "reports read all of its rows", roles=roles)
    raise ArchbookError("no table here has a primary key of one column, and another column to write to")


def measure(lab: Lab) -> list[Part]:
    """Point reads and writes beside a report on the same server and on a standby; what is seen on the standby."""
    lab.engine.create_index("archbook_key", lab.choice.table, [lab.choice.roles["key"]], unique=True)
    primary = lab.engine
    if not isinstance(primary, EmbeddedPostgres):
        why = "" if primary.name == "duckdb" else "A server at a URL gets no standby of ours: reports ran on it alone."
        return _beside_reports(lab, {SAME: primary, NONE: None}, why)
    lab.tell("postgresql: copying the primary to a standby")
    standby = primary.standby()
    note = (
        "each server has cores of its own, as on two machines, and clients take what is left; they share the disk"
        if apart([primary, standby])
        else "both servers share all cores of this machine, as on two machines they would not"
    )
    parts = _beside_reports(lab, {SAME: primary, NONE: None, APART: standby}, note)
    return [*parts, *_seen(lab, primary, standby)]


def _beside_reports(lab: Lab, where: Mapping[str, Engine | None], note: str) -> list[Part]:
    """Windows of point reads and writes by several clients, interleaved, each with reports somewhere or nowhere."""
    slowest: dict[str, list[float]] = {name: [] for name in where}
    rates: dict[str, list[float]] = {name: [] for name in where}
    reports: dict[str, list[float]] = {name: [] for name, engine in where.items() if engine}
    window = _pgbench(lab, lab.postgres) if lab.postgres else _threads(lab)
    with ExitStack() as open_:
        reporters = {
            name: [open_.enter_context(engine.another()) for _ in range(REPORTS)]
            for name, engine in where.items() if engine
        }  # fmt: skip
        plans = {name: of[0].explain(_report(lab)) for name, of in reporters.items()}
        window()  # warm-up
        for number in range(WINDOWS):
            for name in where:
                lab.tell(f"{lab.engine.name}: {name}, window {number + 1} of {WINDOWS}")
                long = bool(reports.get(name)) and min(reports[name]) > LONG * WINDOW_S
                with _reporting(lab, reporters.get(name, []), cut=long) as spent:
                    times = window()
                slowest[name].append(statistics.quantiles(times, n=20)[-1])
                rates[name].append(CLIENTS / statistics.fmean(times))
                if name in reports:
                    reports[name] += spent
    told = f"{CLIENTS} clients and {REPORTS} reports at a time" + (f"; {note}" if note else "")
    return [
        part_of(RATE, "1/s", rates, note=told, seed=lab.seed),
        part_of(SLOWEST, "s", slowest, seed=lab.seed),
        part_of(REPORT, "s", reports, plans, statements=dict.fromkeys(reports, _report(lab)),
                note="while reads and writes go on", seed=lab.seed),
    ]  # fmt: skip


def _pgbench(lab: Lab, server: Postgres) -> Callable[[], list[float]]:
    """Times of each read and write by clients of PostgreSQL's own load generator, in one window."""
    at, key = quoted(server.workplace), quoted(lab.choice.roles["key"])
    server.execute(f"CREATE TABLE archbook_keys AS SELECT row_number() OVER () AS n, {key} AS key FROM "
                   f"(SELECT {key} FROM {quoted(lab.choice.table)} ORDER BY random() LIMIT {KEYS}) AS t")  # fmt: skip
    server.create_index("archbook_keys_n", "archbook_keys", ["n"], unique=True)
    server.analyze("archbook_keys")
    ((most,),) = server.execute("SELECT count(*) FROM archbook_keys")
    wanted = f"(SELECT key FROM {at}.archbook_keys WHERE n = :k)"
    script = f"\\set k random(1, {most})\n{_read(lab, at + '.', wanted)};\n{_write(lab, at + '.', wanted)};\n"
    first = statistics.fmean(pgbench(server, script, CLIENTS, 50))
    return lambda: pgbench(server, script, CLIENTS, max(int(WINDOW_S / first), 50))


def _threads(lab: Lab) -> Callable[[], list[float]]:
    """The same by threads with a cursor each, for an engine within this process."""
    key = quoted(lab.choice.roles["key"])
    keys = lab.source.execute(f"SELECT {key} FROM {quoted(lab.choice.table)} ORDER BY hash({key}) LIMIT {KEYS}")

    def used(number: int) -> list[float]:
        times, end = [], time.perf_counter() + WINDOW_S
        with lab.engine.another() as client:
            for own in cycle(keys[number::CLIENTS]):  # no two clients write to one row
                start = time.perf_counter()
                if start > end:
                    break
                client.execute(_read(lab), own)
                client.execute(_write(lab), own)
                times.append(time.perf_counter() - start)
        return times

    def window() -> list[float]:
        with ThreadPoolExecutor(CLIENTS) as threads:
            return [spent for times in threads.map(used, range(CLIENTS)) for spent in times]

    return window


def _report(lab: Lab) -> str:
    """Everything added up, by owner where there is one."""
    amount, owner = lab.choice.roles["amount"], lab.choice.roles["owner"]
    total = f", {added_up(lab.schema, lab.schema.table(lab.choice.table), amount)}" if amount else ""
    table = quoted(lab.choice.table)
    if not owner:
        return f"SELECT count(*){total} FROM {table}"
    return f"SELECT {quoted(owner)}, count(*){total} FROM {table} GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"


@contextmanager
def _reporting(lab: Lab, reporters: Sequence[Engine], *, cut: bool) -> Iterator[list[float]]:
    """Run the report again and again on each connection beside what is done within; the times that it took.

    cut: whether those that still run at the end are ended and left out.
    """
    times: list[float] = []
    over = threading.Event()

    def repeated(reporter: Engine) -> None:
        while not over.is_set():
            start = time.perf_counter()
            try:
                reporter.execute(_report(lab))
            except EngineUnavailable:
                if cut and over.is_set():
                    return
                raise
            times.append(time.perf_counter() - start)

    with ThreadPoolExecutor(max(len(reporters), 1)) as threads:
        reporting = [threads.submit(repeated, reporter) for reporter in reporters]
        try:
            yield times
        finally:
            over.set()
            for reporter in reporters if cut else ():
                reporter.interrupt()
        for reported in reporting:
            reported.result()


def _read(lab: Lab, schema: str = "", key: str = "$1") -> str:
    return f"SELECT * FROM {schema}{quoted(lab.choice.table)} WHERE {quoted(lab.choice.roles['key'])} = {key}"


def _write(lab: Lab, schema: str = "", key: str = "$1") -> str:
    """Writes a row anew with the values that it has."""
    table, written = schema + quoted(lab.choice.table), quoted(lab.choice.roles["written"])
    return f"UPDATE {table} SET {written} = {written} WHERE {quoted(lab.choice.roles['key'])} = {key}"


def _seen(lab: Lab, primary: Postgres, standby: Standby) -> list[Part]:
    """How long a write takes to be seen on the standby, and how many readers miss their own."""
    primary.execute("CREATE TABLE archbook_seen (id bigserial PRIMARY KEY)")
    primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")  # only who asks for it waits
    primary.execute("SELECT pg_reload_conf()")
    standby.wait_for(_position(primary))

    def commits(setting: str) -> None:
        primary.execute(f"SET synchronous_commit = {setting}")

    def written() -> int:
        return int(primary.execute("INSERT INTO archbook_seen DEFAULT VALUES RETURNING id")[0][0])

    def missed(wait: bool) -> Sample:
        lost = 0
        for _ in range(READS):
            row = written()
            if wait:
                standby.wait_for(_position(primary))
            lost += not standby.execute("SELECT id FROM archbook_seen WHERE id = $1", [row])
        return Sample(lost / READS)

    share = [
        Variant(AT_ONCE, run=lambda *_: missed(wait=False), prepare=lambda _: commits("local")),
        Variant(REMOTE, run=lambda *_: missed(wait=False), prepare=lambda _: commits("remote_apply")),
        Variant(WAITED, run=lambda *_: missed(wait=True), prepare=lambda _: commits("local")),
    ]
    cost = [
        Variant(APPLIED, run=lambda *_: [written()] * 0, prepare=lambda _: commits("remote_apply")),
        Variant(ASYNC, run=lambda *_: [written()] * 0, prepare=lambda _: commits("local")),
    ]
    found = lab.compare(MISSED, share, [()] * 2, unit="share", note=f"{READS} rows each", alike=False)
    costs = lab.compare(COMMIT, cost, [()] * READS, alike=False)
    commits("local")
    return [_lag(lab, written, primary, standby), found, costs]


def _lag(lab: Lab, written: Callable[[], int], primary: Postgres, standby: Standby) -> Part:
    """Time from the answer of a commit until its row can be read on the standby."""
    values: dict[str, list[float]] = {BUSY: [], QUIET: []}
    with standby.another() as reporter:
        for name in (BUSY, QUIET) * 3:
            lab.tell(f"{lab.engine.name}: {LAG}, {name}")
            with _reporting(lab, [reporter] if name == BUSY else [], cut=True):
                for _ in range(READS):
                    written()
                    values[name].append(standby.wait_for(_position(primary)))
    return part_of(LAG, "s", values, note="one row at a time, to about 1 ms", seed=lab.seed)


def _position(primary: Postgres) -> str:
    return str(primary.execute("SELECT pg_current_wal_lsn()")[0][0])


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    lead, slow = outcome.lead, outcome.part(SLOWEST)
    values = {v.name: f"{lead.show(v)}, p95 {slow.show(slow.variant(v.name))}" for v in lead.variants}
    start = (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, {CLIENTS} clients that read and "
        f"write by {choice.roles['key']} are"
    )
    if not _has_standby(outcome):
        beside = f"beside {REPORTS} reports on the same server"
        return f"{start} {lead.gain()} with no report ({values[NONE]}) than {beside} ({values[SAME]})."
    lag, missed = outcome.part(LAG), outcome.part(MISSED)
    at_once, waited = missed.variant(AT_ONCE), missed.variant(WAITED)
    return (
        f"{start} {lead.gain()} with reports on a standby ({values[APART]}) than with them on the same server "
        f"({values[SAME]}); with no report they reach {values[NONE]}. A row just committed can be read on the standby "
        f"after {lag.show(lag.variant(QUIET))} ({lag.show(lag.variant(BUSY))} beside a report): {missed.show(at_once)} "
        f"of readers that look at once miss it, {missed.show(waited)} of those that wait for its position in the log."
    )


def _has_standby(outcome: EngineOutcome) -> bool:
    return any(part.name == LAG for part in outcome.parts)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    postgres = engines.get("postgresql")
    if "duckdb" in engines:
        said.append(_misleading(engines["duckdb"], postgres))
    if postgres and _has_standby(postgres):
        said.append(_advice(postgres))
    return " ".join(said)


def _misleading(duck: EngineOutcome, postgres: EngineOutcome | None) -> str:
    why = (
        "one process holds the database, so that the report and the reads compete for its threads and there is no "
        "second server to move the report to, nothing that lags, and no own write that is not seen"
    )
    if not postgres:
        return f"DuckDB alone misleads about replicas: {why}. Measure with engine both."
    reports = " and ".join(
        f"{o.part(REPORT).show(o.part(REPORT).variant(SAME))} in {o.title}" for o in (duck, postgres)
    )
    return f"DuckDB would mislead: {why}. The report takes {reports}. Decide by PostgreSQL."


def _advice(postgres: EngineOutcome) -> str:
    missed, commit = postgres.part(MISSED), postgres.part(COMMIT)
    price = (
        f"A commit that waits until the standby has applied it takes {commit.show(commit.variant(APPLIED))} "
        f"({commit.show(commit.variant(ASYNC))} without), and then {missed.show(missed.variant(REMOTE))} miss it."
    )
    if postgres.lead.ratio_low <= 1:
        return f"At this size reports disturb the primary no more, within the spread, than elsewhere. {price}"
    return (
        "Reports belong on a standby. Whoever has just written reads from the primary, or waits for the position. "
        + price
    )


QUESTION = "Does a read replica keep reports away from the primary's users, and what do its readers miss?"
EXPERIMENT = Experiment("read_replica", QUESTION, choose, measure, sentence, verdict, writes=True)
