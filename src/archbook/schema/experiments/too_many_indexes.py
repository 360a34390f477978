"""What does each further index cost every write, and which of them does a read ever pay back?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from archbook.errors import ArchbookError
from archbook.schema.choosing import usual_values, whole_tables
from archbook.schema.experiment import Choice, Experiment, Key, Sample, Variant
from archbook.schema.index_parts import against, planned_anew, timed, used
from archbook.schema.lab import Lab
from archbook.schema.model import Schema, Table
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.sql import quoted
from archbook.units import show_count, show_duration, show_factor, show_share, show_size, significant

EXTRA = 5  # indexes besides that of the key, at most
BATCH, BATCHES = 1_000, 6  # rows of one INSERT, and how many are put aside for it
COPIED = 100_000  # rows of the copy on which single rows are changed
CHANGED = 12  # rows changed one by one
READS, PAGE = 8, 100  # look-ups of one value, and rows of a page
ROUNDS = 2
ORDERED = frozenset({"int2", "int4", "int8", "numeric", "float4", "float8", "text", "varchar", "bpchar", "uuid", "date",
                     "timestamp", "timestamptz", "bool"})  # fmt: skip
ASIDE, COPY = "rows put aside", "rows with room"
WRITE, LOG, SPACE = "bulk insert", "log of a bulk insert", "size of the indexes"
CHANGE, CHANGE_LOG = "change one row", "log of one changed row"


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table with a key that bears two indexes more; of those of one size, the one with most indexes."""
    found = [(table, extra) for table in whole_tables(schema, sizes) if len(extra := _extra(schema, table)) > 1]
    found = [(table, extra) for table, extra in found if table.unique_sets()]
    if not found:
        raise ArchbookError("no table here has a key and two more columns that an index could be on")

    def order(candidate: tuple[Table, Sequence[str]]) -> tuple[float, int, int]:
        table, extra = candidate
        return -sizes.get(table.name, 0), -len(table.indexes), -len(extra)

    table, extra = min(found, key=order)
    return Choice(table.name, tuple(extra), f"it has a key and {len(extra)} more columns that an index could be on")


def _extra(schema: Schema, table: Table) -> list[str]:
    """Columns to put an index on: those of the DDL's indexes, then references, then any other."""
    leading = [index.columns[0] for index in table.indexes if index.columns]
    pointing = [key.columns[0] for key in table.foreign_keys]
    rest = [column.name for column in table.columns]
    key = table.unique_sets()[0] if table.unique_sets() else ()
    return [
        name
        for name in dict.fromkeys([*leading, *pointing, *rest])
        if name not in key and _ordered(schema, table, name)
    ][:EXTRA]


def _ordered(schema: Schema, table: Table, column: str) -> bool:
    base = schema.base(table.column(column).type)
    return base.name in ORDERED and not base.array


def measure(lab: Lab) -> list[Part]:
    """Bulk inserts, their log and the space, by number of indexes; a changed row; and what two of the indexes read."""
    key = lab.schema.tables[lab.choice.table].unique_sets()[0]
    planned_anew(lab)
    rows = min(BATCH, lab.rows // (2 * BATCHES))
    lab.engine.create_index(f"archbook_key of {lab.choice.table}"[:60], lab.choice.table, key, unique=True)
    _put_aside(lab, key, rows)
    indexes = _Indexes(lab.choice.table, lab.choice.columns)
    lead, *others = _written(lab, key, indexes, rows)
    cost_s = (lead.variants[0].median - lead.variants[-1].median) / (len(lab.choice.columns) * rows)
    worst = _fewest_values(lab)
    read = [_read(lab, column, indexes, cost_s) for column in dict.fromkeys((lab.choice.columns[0], worst))]
    return [lead, *others, *_changed(lab, key, worst), *read]


def _fewest_values(lab: Lab) -> str:
    """The column whose index tells the fewest rows apart, such as a status."""
    counts = ", ".join(f"approx_count_distinct({quoted(column)})" for column in lab.choice.columns)
    found = lab.source.execute(f"SELECT {counts} FROM {quoted(lab.choice.table)}")[0]
    return min(zip(found, lab.choice.columns, strict=True))[1]


def _put_aside(lab: Lab, key: Sequence[str], rows: int) -> None:
    """The rows with the highest keys leave the table, so that they can be inserted in batches, each time undone."""
    table, keys = quoted(lab.choice.table), quoted(*key)
    latest = ", ".join(f"{quoted(column)} DESC" for column in key)
    lab.engine.execute(
        f"CREATE TABLE {quoted(ASIDE)} AS "
        f"SELECT *, CAST(floor((row_number() OVER (ORDER BY {latest}) - 1) / {rows}.0) AS integer) AS archbook_batch "
        f"FROM (SELECT * FROM {table} ORDER BY {latest} LIMIT {rows * BATCHES}) AS latest"
    )
    lab.engine.execute(f"DELETE FROM {table} WHERE ({keys}) IN (SELECT {keys} FROM {quoted(ASIDE)})")
    lab.engine.create_index("archbook_batch_index", ASIDE, ["archbook_batch"])
    for name in (ASIDE, lab.choice.table):
        lab.engine.analyze(name)


@dataclass(frozen=True, slots=True)
class _Indexes:
    """The indexes of one column each that a table has at the moment, besides that of its key."""

    table: str
    columns: Sequence[str]
    present: set[str] = field(default_factory=set)

    def keep(self, lab: Lab, wanted: Sequence[str]) -> None:
        """Only those on the columns wanted."""
        for column in self.present - set(wanted):
            lab.engine.execute(f"DROP INDEX {quoted(self._name(column))}")
        for column in wanted:
            if column not in self.present:
                lab.engine.create_index(self._name(column), self.table, [column])
        self.present.clear()
        self.present.update(wanted)

    def _name(self, column: str) -> str:
        return f"archbook_{self.columns.index(column)} of {self.table}"[:60]


def _written(lab: Lab, key: Sequence[str], indexes: _Indexes, rows: int) -> list[Part]:
    """Inserts with all indexes, with some, with that of the key alone; on PostgreSQL also log and size."""
    names = quoted(*(column.name for column in lab.schema.tables[lab.choice.table].columns))
    table, batch = quoted(lab.choice.table), f"FROM {quoted(ASIDE)} WHERE archbook_batch = $1"
    insert = f"INSERT INTO {table} ({names}) SELECT {names} {batch}"
    undo = f"DELETE FROM {table} WHERE ({quoted(*key)}) IN (SELECT {quoted(*key)} {batch})"
    log, size = defaultdict[str, list[float]](list), dict[str, list[float]]()

    def variant(extra: int) -> Variant:
        name = show_count(1 + extra, "index", "indexes")

        def prepare(lab: Lab) -> None:
            indexes.keep(lab, lab.choice.columns[:extra])
            if lab.postgres:
                size[name] = [
                    float(lab.engine.execute("SELECT pg_indexes_size($1::regclass)", [quoted(lab.choice.table)])[0][0])
                ]

        def run(lab: Lab, key: Key) -> Sample:
            before = _log_b(lab)
            sample = timed(lab, insert, key)
            log[name].append(_log_b(lab) - before)
            lab.engine.execute(undo, key)
            return sample

        return Variant(name, run=run, prepare=prepare)

    extras = dict.fromkeys((len(indexes.columns), min(2, len(indexes.columns)), 0))
    part = lab.compare(
        WRITE, [variant(extra) for extra in extras], [(batch,) for batch in range(BATCHES)], rounds=ROUNDS
    )
    most, least = part.variants[0].name, part.variants[-1].name
    per_row = (part.variants[0].median - part.variants[-1].median) / rows
    more = f"{show_duration(per_row)} more" if part.ratio_low > 1 else "no longer, within the spread,"
    told = f"{significant(rows)} rows a statement, no wait for the disk at commit: each row takes {more} with {most}"
    lead = replace(part, note=told)
    if not lab.postgres:
        return [lead]
    logged, sized = part_of(LOG, "B", log), part_of(SPACE, "B", size)
    table_b = lab.engine.size_b(lab.choice.table) or 1.0
    carried = f"{most} write {show_factor(logged.ratio)} the log of {least}; replicas and backups carry it too"
    all_of_them = sized.variants[0]
    share = show_share(all_of_them.median / table_b)
    taken = f"{most} take {sized.show(all_of_them)} beside the table's own {show_size(table_b)} ({share})"
    return [lead, replace(logged, note=carried), replace(sized, note=taken)]


def _log_b(lab: Lab) -> float:
    """Bytes of write-ahead log so far; none on DuckDB in memory."""
    return (
        float(lab.engine.execute("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")[0][0]) if lab.postgres else 0.0
    )


def _changed(lab: Lab, key: Sequence[str], column: str) -> list[Part]:
    """One row changed in a column with an index and without one, where pages have room for the new version."""
    room = " WITH (fillfactor = 70)" if lab.postgres else ""
    lab.engine.execute(f"CREATE TABLE {quoted(COPY)}{room} AS SELECT * FROM {quoted(lab.choice.table)} LIMIT {COPIED}")
    lab.engine.create_index("archbook_copy_key", COPY, key, unique=True)
    indexes = _Indexes(COPY, lab.choice.columns)
    where = " AND ".join(f"{quoted(name)} = ${place}" for place, name in enumerate(key, 2))
    change = f"UPDATE {quoted(COPY)} SET {quoted(column)} = $1 WHERE {where}"
    known = f"SELECT {quoted(column, *key)} FROM {quoted(COPY)} WHERE {quoted(column)} IS NOT NULL LIMIT 5000"
    found = lab.engine.execute(known)
    other = next((row[0] for row in found if row[0] != found[0][0]), None)
    keys = [row for row in found if row[0] != other]
    if other is None or len(keys) <= CHANGED:
        return []  # almost all rows have one value
    spare, *keys = keys[:: max(len(keys) // (CHANGED + 1), 1)][: CHANGED + 1]  # of different pages
    in_place, log = dict[str, bool](), defaultdict[str, list[float]](list)

    def variant(name: str, columns: Sequence[str]) -> Variant:
        def run(lab: Lab, row: Key) -> Sample:
            before = _log_b(lab)
            sample = timed(lab, change, (other, *row[1:]))
            log[name].append(_log_b(lab) - before)
            lab.engine.execute(change, row)
            return sample

        def prepare(lab: Lab) -> None:
            indexes.keep(lab, columns)
            lab.engine.analyze(COPY)
            in_place[name] = _heap_only(lab, change, (other, *spare[1:]))

        return Variant(name, run=run, prepare=prepare)

    spared = [name for name in lab.choice.columns if name != column]
    variants = [variant(f"{column} has an index", lab.choice.columns), variant(f"{column} has none", spared)]
    part = lab.compare(CHANGE, variants, keys, rounds=ROUNDS)
    first, last = part.variants
    said = f"without an index on {column}, changing it is {against(part, 'with one')}"
    if in_place[last.name] and not in_place[first.name]:
        others = show_count(1 + len(spared), "other index", "other indexes")
        said += f": the new version stays in its page (HOT), and the {others} need no new entry"
    part = replace(part, note=said)
    if not lab.postgres:
        return [part]
    logged = part_of(CHANGE_LOG, "B", log)
    return [part, replace(logged, note=f"{show_factor(logged.ratio)} the log where {column} has an index")]


def _heap_only(lab: Lab, statement: str, key: Key) -> bool:
    """Whether PostgreSQL makes a heap-only update of it."""
    if not lab.postgres:
        return False
    lab.engine.execute("BEGIN")
    try:
        before = _heap_only_so_far(lab)  # also those of earlier statements that are not yet reported
        lab.engine.execute(statement, key)
        return _heap_only_so_far(lab) > before
    finally:
        lab.engine.execute("ROLLBACK")


def _heap_only_so_far(lab: Lab) -> int:
    counted = lab.engine.execute("SELECT pg_stat_get_xact_tuples_hot_updated($1::regclass)", [quoted(COPY)])
    return int(counted[0][0])


def _read(lab: Lab, column: str, indexes: _Indexes, cost_s: float) -> Part:
    """A page of rows by one column, without its index and with it, and how often it must be asked for to pay."""
    question = f"SELECT * FROM {quoted(lab.choice.table)} WHERE {quoted(column)} = $1 LIMIT {PAGE}"

    def variant(name: str, columns: Sequence[str]) -> Variant:
        return Variant(name, question, lambda lab, key: len(lab.engine.execute(question, key)),
                       prepare=lambda lab: indexes.keep(lab, columns))  # fmt: skip

    keys = usual_values(lab.source, lab.choice.table, column, 1) * READS  # one value, so that one plan speaks for all
    part = lab.compare(f"look up by {column}", [variant("scan", ()), variant("index", (column,))], keys, rounds=1)
    scan, index = part.variants
    saved_s = scan.median - index.median
    if not used(index):
        return replace(part, note="the planner does not use the index: it is never paid back")
    if part.ratio_low <= 1:
        return replace(part, note=f"the index is used, and is {against(part, 'a scan')}, so not paid back at this size")
    if cost_s <= 0:
        return replace(part, note=f"the index saves {show_duration(saved_s)} a look-up, and costs inserts nothing here")
    return replace(part, note=f"the index saves {show_duration(saved_s)} a look-up, and is paid back by one look-up in "
                              f"{significant(max(saved_s / cost_s, 1.0))} inserted rows")  # fmt: skip


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    most, least = outcome.lead.variants[0], outcome.lead.variants[-1]
    more = len(choice.columns)
    slower = outcome.lead.ratio_low > 1
    gain = f"{show_factor(outcome.lead.ratio)} slower" if slower else "no slower, within the spread"
    return (
        f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}, {more} indexes more than that of "
        f"the key make bulk inserts {gain} ({outcome.lead.show(most)} against {outcome.lead.show(least)})."
    )


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    duck, postgres = engines.get("duckdb"), engines.get("postgresql")
    if postgres:
        logged, sized = postgres.part(LOG), postgres.part(SPACE)
        said.append(
            f"In PostgreSQL they also write {show_factor(logged.ratio)} the log, and indexes take "
            f"{sized.show(sized.variants[0])} instead of {sized.show(sized.variants[-1])}."
        )
        idle = [part.name.removeprefix("look up by ") for part in _reads(postgres) if not used(part.variants[-1])]
        if idle:
            said.append(f"The index on {' and '.join(idle)} is not even used to look rows up: leave it out.")
    said.append(_misleads(duck, postgres))
    return " ".join(said)


def _reads(outcome: EngineOutcome) -> list[Part]:
    return [part for part in outcome.parts if part.name.startswith("look up by ")]


def _misleads(duck: EngineOutcome | None, postgres: EngineOutcome | None) -> str:
    if not duck:
        return "This is the engine that a transactional store runs on, so its figures are the ones to decide by."
    if not postgres:
        return "DuckDB alone misleads about a transactional store: it writes columns in memory, no log, no pages."
    why = "DuckDB keeps its indexes in memory and writes no log here, and seldom reads by them. Decide by PostgreSQL."
    compared = f"with one index inserts are {duck.lead.gain()} in DuckDB, {postgres.lead.gain()} in PostgreSQL"
    if duck.lead.ratio_low > postgres.lead.ratio_high:
        return f"DuckDB would mislead, to too few indexes: {compared}. {why}"
    if postgres.lead.ratio_low > duck.lead.ratio_high:
        return f"DuckDB would mislead, to too many indexes: {compared}. {why}"
    return f"The cost of writing lies within one spread ({compared}); of space and log only PostgreSQL tells."


QUESTION = "What does each further index cost every write, and which of them is paid back?"
EXPERIMENT = Experiment("too_many_indexes", QUESTION, choose, measure, sentence, verdict, writes=True)
