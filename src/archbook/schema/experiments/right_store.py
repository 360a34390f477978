"""Which kind of store answers which question best: rows, columns, keys with values, or objects?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.schema.choosing import amount_column, event_tables, key_column
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.engines.valkey import Valkey
from archbook.schema.experiment import Choice, Experiment, Key, Sample, Variant
from archbook.schema.lab import Lab
from archbook.schema.model import Schema, Table
from archbook.schema.outcome import EngineOutcome, Part, part_of
from archbook.schema.shapes import is_text, text_shape
from archbook.schema.sql import quoted
from archbook.schema.stores import (
    SLICE,
    Days,
    KeyValueStore,
    ObjectStore,
    Row,
    SqlStore,
    Store,
    alike,
    columns_in,
    rows_in,
    slice_of,
)
from archbook.units import show_duration, significant

ROWS, COLUMNS, VALUES, OBJECTS = "rows (PostgreSQL)", "columns (DuckDB)", "keys with values (Valkey)", "objects (files)"
ONE, DAYS, STATE, ALL, SIZE = (
    "one row by its key", "total by day", "state of one key, 1 000 times", "total by day, all rows", "bytes stored",
)  # fmt: skip
STORED = 10_000  # rows in each store at most: each is a file and a key as well
KEYS, READS = 12, 1_000
WITHOUT_DUCKDB = "DuckDB is measured as the column store beside PostgreSQL, not as an engine of its own"
REQUEST_S = 0.1  # to an object storage, which the files here do without; stated and not measured
HELD = "rows and objects on disk, the others in memory, columns in blocks of 256 kB; with the index on the key"
STATED = (
    f"an object storage over a network takes about {show_duration(REQUEST_S)} more for each request (AWS: roughly 100 "
    "to 200 ms), which is stated and not measured"
)


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table whose rows come with time and have a key of one column; something to add up, where there is."""
    for table, when in event_tables(schema, sizes):
        if key := key_column(table):
            amount = amount_column(schema, table)
            roles = {"key": key, "time": when, "amount": amount, "state": _state(schema, table) or amount or when}
            columns = tuple(dict.fromkeys(name for name in roles.values() if name))
            return Choice(table.name, columns, "its rows have a key and a time", roles=roles)
    raise ArchbookError("no table here has both a key of one column and a time that its rows came at")


def _state(schema: Schema, table: Table) -> str:
    """A column that changes while the row lives, such as its status; empty where there is none."""
    for column in table.columns:
        enum = schema.base(column.type).name in schema.enums
        if enum or (is_text(schema, column) and text_shape(column).kind == "status"):
            return column.name
    return ""


def measure(lab: Lab) -> list[Part]:
    """The same rows in each store, the same questions to each; DuckDB is the one that made the rows."""
    postgres = lab.postgres
    if postgres is None:
        raise ArchbookError(WITHOUT_DUCKDB)
    slice_of(lab, STORED)
    with ExitStack() as open_:
        lab.tell("filling the stores")
        folder = Path(open_.enter_context(tempfile.TemporaryDirectory(prefix=f"archbook-objects-{os.getpid()}-")))
        stores: dict[str, Store] = {ROWS: rows_in(lab, postgres), COLUMNS: columns_in(lab, lab.source)}
        missing = ""
        try:
            stores[VALUES] = KeyValueStore(lab, open_.enter_context(Valkey()))
        except EngineUnavailable as error:
            missing = f"; keys with values are left out: {error}"
        stores[OBJECTS] = ObjectStore(lab, folder)
        return _asked(lab, postgres, stores, missing)


def _asked(lab: Lab, postgres: Postgres, stores: Mapping[str, Store], missing: str) -> list[Part]:
    key = quoted(lab.choice.roles["key"])
    keys = lab.source.execute(f"SELECT {key} FROM {SLICE} ORDER BY hash({key}), {key} LIMIT {KEYS}")

    def one(store: Store, _lab: Lab, key: Key) -> list[Row]:
        return [store.row(key[0])]

    def often(store: Store, _lab: Lab, key: Key) -> list[str]:
        return [store.state(key[0]) for _ in range(READS)]

    def variants(ask: Callable[[Store, Lab, Key], Any], *order: str) -> list[Variant]:
        return [Variant(name, run=partial(ask, stores[name])) for name in order if name in stores]

    days = partial(_days, stores[ROWS].by_day())
    note = f"{significant(min(lab.rows, STORED))} rows in each store, all answers alike{missing}"
    sizes = {name: [stores[name].size_b] for name in (ROWS, VALUES, OBJECTS, COLUMNS) if name in stores}
    whole: dict[str, Engine] = {ROWS: postgres, COLUMNS: lab.source}
    grown = {name: SqlStore(lab, engine, quoted(lab.choice.table)) for name, engine in whole.items()}
    all_days = partial(_days, grown[ROWS].by_day())
    return [
        lab.compare(DAYS, variants(days, ROWS, VALUES, OBJECTS, COLUMNS), [()] * 2, note=note),
        lab.compare(ONE, variants(one, COLUMNS, OBJECTS, ROWS, VALUES), keys, note=STATED),
        lab.compare(STATE, variants(often, COLUMNS, OBJECTS, ROWS, VALUES), keys[:1]),
        lab.compare(ALL, [Variant(name, run=partial(all_days, store)) for name, store in grown.items()], [()] * 2),
        part_of(
            SIZE,
            "B",
            sizes,
            note=HELD,
        ),
    ]


def _days(expected: Days, store: Store, _lab: Lab, _key: Key) -> Sample:
    """The time of the answer alone, and nothing where it is the one expected."""
    start = time.perf_counter()
    answer = store.by_day()
    spent = time.perf_counter() - start
    return Sample(spent, None if alike(answer, expected) else answer)


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    """What PostgreSQL shows; the other stores are compared with it."""
    days, one, state = (_show(outcome.part(name), ROWS) for name in (DAYS, ONE, STATE))
    figure, state_of = choice.roles["amount"] or "their number", choice.roles["state"]
    held = f"{significant(min(outcome.rows, STORED))} rows of {choice.table}"
    return (
        f"Of {held}, {ROWS} give {figure} by day in {days}, one row by its key in {one} and {state_of} of one key "
        f"1 000 times in {state}."
    )


def _show(part: Part, name: str) -> str:
    return part.show(part.variant(name))


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    """Which store wins each question, by how much, and what would mislead."""
    outcome = engines["postgresql"]
    quickest = ". ".join(_quickest(outcome.part(name)) for name in (DAYS, ONE, STATE))
    return " ".join([sentence(choice, outcome), f"{quickest}.", _misleading(outcome), _grown(outcome)])


def _quickest(part: Part) -> str:
    """The quickest store of a question, apart from objects, whose network is not measured."""
    ranked = sorted((v for v in part.variants if v.name != OBJECTS), key=lambda variant: variant.median)
    first, second = (variant.name for variant in ranked[:2])
    compared = part.between(second, first)
    if compared.ratio_low <= 1:
        return f"{_titled(part.name)}: {first} and {second} are alike, within the spread"
    return f"{_titled(part.name)}: {first} are {compared.gain()} than {second}"


def _titled(name: str) -> str:
    return name[0].upper() + name[1:]


def _misleading(outcome: EngineOutcome) -> str:
    objects = min(outcome.rows, STORED)
    return (
        f"{_titled(OBJECTS)} are not ranked, since they would mislead: here one comes in "
        f"{_show(outcome.part(ONE), OBJECTS)} from the memory of this machine, while {STATED}; {significant(objects)} "
        f"of them, one after the other, would take {show_duration(objects * REQUEST_S)}. DuckDB answers inside this "
        "process, PostgreSQL and Valkey through a socket: a network would slow those two alike."
    )


def _grown(outcome: EngineOutcome) -> str:
    grown = outcome.part(ALL)
    said = (
        f"Over all {significant(outcome.rows)} rows, {COLUMNS} add up {grown.gain()}: {_show(grown, COLUMNS)} against "
        f"{_show(grown, ROWS)}."
    )
    if grown.ratio_low > 1:
        return f"{said} So keep rows where they are written and looked up, and copy them into columns to add up."
    return f"{said} At this size a second store is not earned by adding up."


QUESTION = "Which kind of store answers which question best: rows, columns, keys with values, or objects?"
EXPERIMENT = Experiment("right_store", QUESTION, choose, measure, sentence, verdict, without_duckdb=WITHOUT_DUCKDB)
