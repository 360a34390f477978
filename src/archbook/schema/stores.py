"""The same rows in four kinds of store, asked the same three questions: one row, the amount by day, one key's state.

Rows lie in PostgreSQL, columns in DuckDB, and documents (a row as JSON) in Valkey and in files, one object a row.
"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import hashlib
import json
import math
import os
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from archbook.schema.choosing import added_up
from archbook.schema.copying import copy
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.engines.valkey import Valkey
from archbook.schema.lab import Lab
from archbook.schema.sql import quoted

SLICE = "archbook_slice"
COLUMNS = "archbook_columns"
_COMPARED = ("key", "state", "time", "amount")
BATCH = 1_000  # documents in one request to Valkey

Row = tuple[str, ...]
"""Of one row, what is compared between stores: key, state, day and amount, as text."""
Days = Mapping[str, float]


class Store(Protocol):
    """Rows that can be asked for by key."""

    size_b: float

    def row(self, key: Any) -> Row:
        """The whole row with a key, read into Python."""

    def state(self, key: Any) -> str:
        """The state of a key: its first ten characters, which a time has alike everywhere."""

    def by_day(self) -> Days:
        """The amount by day, over all rows."""


def alike(days: Days, others: Days) -> bool:
    """Whether two answers are the same but for the last digits of a sum of binary fractions.

    >>> alike({"2024-01-01": 0.1 + 0.2}, {"2024-01-01": 0.3}), alike({"2024-01-01": 0.3}, {})
    (True, False)
    """
    return days.keys() == others.keys() and all(math.isclose(days[day], others[day], rel_tol=1e-9) for day in days)


def slice_of(lab: Lab, rows: int) -> None:
    """Make a table in DuckDB with the first rows of the chosen one, which lie in no order."""
    lab.source.execute(f"CREATE TABLE {SLICE} AS SELECT * FROM {quoted(lab.choice.table)} LIMIT {rows}")


def documents(lab: Lab) -> Iterator[tuple[str, str]]:
    """Key and JSON of each row of the slice."""
    key = quoted(lab.choice.roles["key"])
    yield from lab.source.execute(f"SELECT CAST({key} AS VARCHAR), CAST(to_json(x) AS VARCHAR) FROM {SLICE} AS x")


class SqlStore:
    """A table of either engine with an index on its key."""

    def __init__(self, lab: Lab, engine: Engine, table: str, size_b: float = 0.0) -> None:
        self.engine, self.size_b = engine, size_b
        roles, columns = lab.choice.roles, lab.schema.table(lab.choice.table).columns
        key, state, when = (quoted(roles[role]) for role in ("key", "state", "time"))
        self._places = [[c.name for c in columns].index(roles[role]) for role in _COMPARED if roles[role]]
        self._row = f"SELECT * FROM {table} WHERE {key} = $1"
        self._state = f"SELECT {state} FROM {table} WHERE {key} = $1"
        table_of, amount = lab.schema.table(lab.choice.table), roles["amount"]
        total = added_up(lab.schema, table_of, amount) if amount else "count(*)"
        zoned = lab.schema.base(table_of.column(roles["time"]).type).name == "timestamptz"
        if zoned and engine is lab.source:  # the day in UTC, as PostgreSQL finds it; DuckDB's time zones are slow
            when = f"make_timestamp(epoch_us({when}))"
        self.days = f"SELECT CAST({when} AS date) AS day, {total} AS total FROM {table} GROUP BY 1"

    def row(self, key: Any) -> Row:
        found = self.engine.execute(self._row, [key])[0]
        return _compared(*(found[place] for place in self._places))

    def state(self, key: Any) -> str:
        return str(self.engine.execute(self._state, [key])[0][0])[:10]

    def by_day(self) -> Days:
        return {str(day): float(total or 0) for day, total in self.engine.execute(self.days)}


def rows_in(lab: Lab, postgres: Postgres) -> SqlStore:
    """The slice as rows, in PostgreSQL."""
    table = replace(lab.schema.table(lab.choice.table), name=SLICE, foreign_keys=())
    copy(lab.source, postgres, replace(lab.schema, tables={SLICE: table}), [SLICE])
    postgres.create_index(f"{SLICE}_key", SLICE, [lab.choice.roles["key"]], unique=True)
    postgres.analyze(SLICE)
    size = postgres.execute("SELECT pg_total_relation_size(to_regclass($1))", [SLICE])[0][0]
    return SqlStore(lab, postgres, SLICE, float(size))


def columns_in(lab: Lab, duckdb: DuckDb) -> SqlStore:
    """The slice as columns, compressed in memory by DuckDB."""
    duckdb.execute(f"ATTACH ':memory:' AS {COLUMNS} (COMPRESS)")
    before, table = _memory_b(duckdb), f"{COLUMNS}.{SLICE}"
    duckdb.execute(f"CREATE TABLE {table} AS FROM {SLICE}")
    duckdb.execute(f"CREATE UNIQUE INDEX {SLICE}_key ON {table} ({quoted(lab.choice.roles['key'])})")
    duckdb.execute(f"CHECKPOINT {COLUMNS}")
    return SqlStore(lab, duckdb, table, _memory_b(duckdb) - before)


def _memory_b(duckdb: DuckDb) -> float:
    return float(duckdb.execute("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")[0][0])


class _Documents(ABC):
    """Rows as JSON. Kinds of store say how one is got, and how all of them are."""

    size_b: float

    def __init__(self, lab: Lab) -> None:
        self._roles = lab.choice.roles
        amounts = [c for c in lab.schema.table(lab.choice.table).columns if c.name == self._roles["amount"]]
        self._fractions = any(lab.schema.base(c.type).name in ("float4", "float8") for c in amounts)

    @abstractmethod
    def get(self, key: Any) -> bytes: ...

    @abstractmethod
    def everything(self) -> Iterable[bytes]: ...

    def row(self, key: Any) -> Row:
        found = json.loads(self.get(key))
        return _compared(*(found[self._roles[role]] for role in _COMPARED if self._roles[role]))

    def state(self, key: Any) -> str:
        return str(json.loads(self.get(key))[self._roles["state"]])[:10]

    def by_day(self) -> Days:
        days: defaultdict[str, float] = defaultdict(float)
        when, amount = self._roles["time"], self._roles["amount"]
        for text in self.everything():
            found = json.loads(text)
            value = (found[amount] or 0.0) if amount else 1
            days[str(found[when])[:10]] += round(value, 2) if self._fractions else value
        return days


class KeyValueStore(_Documents):
    """A document a key in Valkey."""

    def __init__(self, lab: Lab, valkey: Valkey) -> None:
        super().__init__(lab)
        self._client = valkey.client
        before = valkey.used_b()
        with self._client.pipeline(transaction=False) as pipeline:
            for number, (key, text) in enumerate(documents(lab), start=1):
                pipeline.set(key, text)
                if number % BATCH == 0:
                    pipeline.execute()
            pipeline.execute()
        self.size_b = float(valkey.used_b() - before)

    def get(self, key: Any) -> bytes:
        found: bytes = self._client.get(str(key))
        return found

    def everything(self) -> Iterable[bytes]:
        keys = list(self._client.scan_iter(count=BATCH))
        for start in range(0, len(keys), BATCH):
            yield from self._client.mget(keys[start : start + BATCH])


class ObjectStore(_Documents):
    """A file a document in a folder: how an object storage keeps them, without its network."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        super().__init__(lab)
        self._folder = folder
        self.size_b = 0.0
        for key, text in documents(lab):
            self.size_b += self._path(key).write_bytes(text.encode())

    def _path(self, key: Any) -> Path:
        return self._folder / hashlib.sha256(str(key).encode()).hexdigest()

    def get(self, key: Any) -> bytes:
        return self._path(key).read_bytes()

    def everything(self) -> Iterable[bytes]:
        for entry in os.scandir(self._folder):
            with open(entry.path, "rb") as file:
                yield file.read()


def _compared(key: Any, state: Any, when: Any, amount: Any = 0) -> Row:
    return str(key), str(state)[:10], str(when)[:10], f"{float(amount or 0):.6f}"
