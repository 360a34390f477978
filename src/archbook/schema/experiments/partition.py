"""Does cutting a table into partitions pay, for queries that name the partition key and for those that do not?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date
from functools import partial

from archbook.errors import ArchbookError
from archbook.schema.choosing import added_up, amount_column, event_tables, owner_column, usual_values
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.experiment import Choice, Experiment, Key, Sample, Variant
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Part
from archbook.schema.partitions import Period, bounds_of, by_hash, by_month, key_refused, partitioned, periods, scanned
from archbook.schema.sql import quoted
from archbook.units import significant

MONTH, OWNER, PLANNING, INSERT = "one month", "one key", "planning", "insert of 10 000 rows"
WHOLE, BY_MONTH, BY_HASH, INDEXED = "one table", "partitions by month", "partitions by hash", "one table, index on time"
BY_TIME, BY_KEY = "one table, sorted by time", "one table, sorted by key"
HASHES = 16
QUERIES = 8  # months and keys asked for in each round
PLANNED = (120, 12)  # partitions of the empty tables that are only planned for
BATCH_ROWS = 10_000


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table whose rows come with time; its owner (or primary key) is the other thing to cut by."""
    for table, when in event_tables(schema, sizes):
        alone = table.primary_key[0] if len(table.primary_key) == 1 else ""
        if key := owner_column(schema, table) or alone:
            roles = {"time": when, "key": key, "amount": amount_column(schema, table)}
            return Choice(table.name, (when, key), "its rows come with time and pile up", roles=roles)
    raise ArchbookError("no table here has both a time that its rows came at and a key to look them up by")


def measure(lab: Lab) -> list[Part]:
    """A query for one month, and one for one key, on the table whole and cut; what planning and inserting cost."""
    months = periods(lab)
    wanted = months[1:-1][:: max(len(months) // QUERIES, 1)][:QUERIES]  # the first and the last may be cut short
    bounds = [bounds_of(lab, month) for month in wanted]
    keys = usual_values(lab.source, lab.choice.table, lab.choice.roles["key"], QUERIES)
    return _cut(lab, lab.postgres, months, bounds, keys) if lab.postgres else _sorted(lab, bounds, keys)


def _cut(
    lab: Lab, postgres: Postgres, months: list[Period], bounds: list[tuple[date, date]], keys: list[Key]
) -> list[Part]:
    table, when, key = lab.choice.table, lab.choice.roles["time"], lab.choice.roles["key"]
    by = {WHOLE: table, BY_MONTH: by_month(lab, postgres, months), BY_HASH: by_hash(lab, postgres, key, HASHES)}
    note = _unique(lab, postgres, by[BY_MONTH])
    for number, name in enumerate(by.values()):
        lab.tell(f"{postgres.name}: index on {key} of {name}")
        postgres.create_index(f"archbook_key_{number}", name, [key])
        postgres.execute(f"VACUUM (ANALYZE) {quoted(name)} ({quoted(when, key)})")  # others are not asked for

    def plain(_: Lab) -> None:
        postgres.execute("DROP INDEX IF EXISTS archbook_time")

    def indexed(_: Lab) -> None:
        plain(lab)
        postgres.create_index("archbook_time", table, [when])

    variants = [
        Variant(WHOLE, _month_query(lab, table), prepare=plain),
        Variant(INDEXED, _month_query(lab, table), prepare=indexed),
        Variant(BY_MONTH, _month_query(lab, by[BY_MONTH])),
    ]
    first = lab.compare(MONTH, variants, bounds, note=note)
    plain(lab)
    owned = [Variant(name, _key_query(lab, by[name])) for name in (BY_MONTH, WHOLE, BY_HASH)]
    second = lab.compare(OWNER, owned, keys, note="each with an index on the key")
    return [first, second, _planning(lab, postgres), _inserting(lab, postgres, by[BY_MONTH])]


def _sorted(lab: Lab, bounds: list[tuple[date, date]], keys: list[Key]) -> list[Part]:
    """DuckDB has no partitions; it skips row groups whose least and greatest value rule them out."""
    copies = {WHOLE: lab.choice.table}
    for name, role in ((BY_TIME, "time"), (BY_KEY, "key")):
        lab.tell(f"{lab.engine.name}: sorting by {role}")
        copies[name] = f"archbook_by_{role}"
        order = f"SELECT * FROM {quoted(lab.choice.table)} ORDER BY {quoted(lab.choice.roles[role])}"
        lab.engine.execute(f"CREATE TABLE {quoted(copies[name])} AS {order}")
    month = [Variant(name, _month_query(lab, copies[name])) for name in (WHOLE, BY_TIME)]
    key = [Variant(name, _key_query(lab, copies[name])) for name in (BY_TIME, WHOLE, BY_KEY)]
    return [lab.compare(MONTH, month, bounds), lab.compare(OWNER, key, keys)]


def _month_query(lab: Lab, table: str) -> str:
    amount, when = lab.choice.roles["amount"], quoted(lab.choice.roles["time"])
    total = f", {added_up(lab.schema, lab.schema.table(lab.choice.table), amount)}" if amount else ""
    return f"SELECT count(*){total} FROM {quoted(table)} WHERE {when} >= $1 AND {when} < $2"


def _key_query(lab: Lab, table: str) -> str:
    return f"SELECT * FROM {quoted(table)} WHERE {quoted(lab.choice.roles['key'])} = $1"


def _unique(lab: Lab, postgres: Postgres, table: str) -> str:
    """What becomes of the primary key on a table cut by month, as PostgreSQL answers."""
    primary, when = lab.schema.table(lab.choice.table).primary_key, lab.choice.roles["time"]
    if not primary or when in primary:
        return f"Its primary key contains {when}, as partitions by it need." if primary else ""
    if not key_refused(postgres, table, primary):
        return f"PostgreSQL {postgres.version} takes the primary key ({', '.join(primary)}) on the cut table."
    return (
        f"PostgreSQL refuses the primary key ({', '.join(primary)}) there: a unique key must contain {when}, so that "
        f"({', '.join(primary)}) alone is no longer kept unique."
    )


def _planning(lab: Lab, postgres: Postgres) -> Part:
    """Time to plan a query that prunes nothing, over empty tables."""
    when, key = lab.choice.roles["time"], lab.choice.roles["key"]
    empty = {f"{number} partitions": partitioned(lab, postgres, key, number) for number in PLANNED}
    empty[WHOLE] = lab.choice.table
    for number, name in enumerate(empty.values()):
        postgres.create_index(f"archbook_planned_{number}", name, [when])

    def planned(name: str, _lab: Lab, _key: Key) -> Sample:
        lines = postgres.execute(f"EXPLAIN (SUMMARY) SELECT * FROM {quoted(name)} WHERE {quoted(when)} < '2024-01-01'")
        found = re.search(r"Planning Time: ([\d.]+) ms", "\n".join(str(row[0]) for row in lines))
        if not found:
            raise ArchbookError("PostgreSQL did not tell its planning time; this needs PostgreSQL 10 or later")
        return Sample(float(found[1]) / 1e3)

    variants = [Variant(name, run=partial(planned, copy)) for name, copy in empty.items()]
    note = "a query that prunes nothing; each partition has one index; the first plan of a connection takes longer"
    return lab.compare(PLANNING, variants, [()] * QUERIES, note=note, alike=False)


def _inserting(lab: Lab, postgres: Postgres, months: str) -> Part:
    """Time to insert a batch, which is then rolled back."""
    table = quoted(lab.choice.table)
    postgres.execute("DROP INDEX archbook_planned_2")  # the table whole and cut have one index each
    postgres.execute(f"CREATE TABLE archbook_batch AS SELECT * FROM {table} LIMIT {BATCH_ROWS}")

    def inserted(name: str, _lab: Lab, _key: Key) -> Sample:
        postgres.execute("BEGIN")
        start = time.perf_counter()
        postgres.execute(f"INSERT INTO {quoted(name)} SELECT * FROM archbook_batch")
        spent = time.perf_counter() - start
        postgres.execute("ROLLBACK")
        return Sample(spent)

    copies = {BY_MONTH: months, WHOLE: lab.choice.table}
    variants = [Variant(name, run=partial(inserted, copy)) for name, copy in copies.items()]
    return lab.compare(INSERT, variants, [()] * 4, note="rows of all months, one index", alike=False)


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    when, key, month, owner = choice.roles["time"], choice.roles["key"], outcome.part(MONTH), outcome.part(OWNER)
    rows = f"{significant(outcome.rows)} rows in {choice.table}"
    start = f"On {outcome.title} with {rows}, a query for one month by {when} takes {month.show(month.variants[-1])}"
    if outcome.engine == "duckdb":
        return (
            f"{start} where the table is sorted by it, {_show(month, WHOLE)} as the rows came: {month.gain()}. One for "
            f"one {key} takes {_show(owner, BY_TIME)} there, {_show(owner, WHOLE)} as they came "
            f"({owner.between(WHOLE, BY_TIME).gain()}), and {_show(owner, BY_KEY)} where it is sorted by {key}."
        )
    lost, hashed = scanned(owner.variant(BY_MONTH).plan), owner.variant(BY_HASH)
    return (
        f"{start} with partitions by month, {_show(month, WHOLE)} by a scan of one table: {month.gain()}. Its plan "
        f"reads {scanned(month.variant(BY_MONTH).plan)} of {lost} partitions. With an index on {when} it takes "
        f"{_show(month, INDEXED)}; against that, partitions are {month.between(INDEXED, BY_MONTH).gain()}. The query "
        f"that prunes nothing, for one {key}, reads {lost} and takes {_show(owner, BY_MONTH)}, on one table with the "
        f"same index {_show(owner, WHOLE)}: {owner.between(WHOLE, BY_MONTH).gain()}. Cut by the hash of {key} it reads "
        f"{scanned(hashed.plan)} and takes {owner.show(hashed)}."
    )


def _costs(postgres: EngineOutcome) -> str:
    planning, insert = postgres.part(PLANNING), postgres.part(INSERT)
    many = f"{PLANNED[0]} partitions"
    return (
        f"Planning a query that prunes nothing takes {_show(planning, many)} with {many}, {_show(planning, WHOLE)} "
        f"with none. Inserting takes {_show(insert, BY_MONTH)} into months, {_show(insert, WHOLE)} into one table: "
        f"{insert.between(WHOLE, BY_MONTH).gain('cheaper', 'dearer')}."
    )


def _show(part: Part, name: str) -> str:
    return part.show(part.variant(name))


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    postgres = engines.get("postgresql")
    said = [sentence(choice, outcome) for outcome in engines.values()] + ([_costs(postgres)] if postgres else [])
    if "duckdb" in engines:
        said.append(_misleading(choice, engines["duckdb"], postgres))
    if postgres:
        said.append(_advice(choice, postgres))
    return " ".join(said)


def _misleading(choice: Choice, duck: EngineOutcome, postgres: EngineOutcome | None) -> str:
    why = (
        "it has no partitions, but skips groups of 122 880 rows whose least and greatest value rule them out, so that "
        "nothing has to be planned, routed or kept unique"
    )
    if not postgres:
        return f"DuckDB alone misleads about partitions: {why}. Measure with engine both before a table is cut."
    shown, hidden = (
        engine.part(OWNER).between(WHOLE, name) for engine, name in ((duck, BY_TIME), (postgres, BY_MONTH))
    )
    if hidden.ratio_high < min(1, shown.ratio_low):
        return (
            f"DuckDB would mislead: {why}. A query that prunes nothing is {hidden.gain()} in PostgreSQL; DuckDB "
            f"shows {shown.gain()}. Decide by PostgreSQL."
        )
    return f"Here both engines show much the same price of a query by {choice.roles['key']}; still, of DuckDB: {why}."


def _advice(choice: Choice, postgres: EngineOutcome) -> str:
    lost = postgres.part(OWNER).between(WHOLE, BY_MONTH)
    if lost.ratio_high < 1:
        return (
            f"Cut {choice.table} by month only where nearly every query names {choice.roles['time']} or whole months "
            "are to be dropped; each query that does not pays for all partitions."
        )
    return f"At this size the query without the partition key costs no more, within the spread, on {choice.table}."


QUESTION = "Does cutting a table into partitions pay, also for the query that does not name the partition key?"
EXPERIMENT = Experiment("partition", QUESTION, choose, measure, sentence, verdict, writes=True)
