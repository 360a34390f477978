"""A real Valkey in front of a real table: what a read costs with and without it, and what a flush lets through."""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from archbook.design.model import Design
from archbook.errors import ArchbookError, InvalidInput, UnknownName
from archbook.schema.cache_outcome import CacheOutcome, Flush, HitRatio, Reading, Spread
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.valkey import Valkey
from archbook.schema.experiment import Choice, Choose
from archbook.schema.model import Schema
from archbook.schema.outcome import ratio_interval
from archbook.schema.rows import Progress, fill, planned
from archbook.schema.running import choose_store
from archbook.schema.sql import quoted

Formula = Callable[[float, int, float], float]
"""formula(zipf_exponent, items, size): size is the rows that it holds (LRU), or the reads in a time to live (TTL)."""
LEAST_ROWS, MOST_ROWS, LEAST_REQUESTS, MOST_REQUESTS = 100, 1_000_000, 1_000, 10_000_000
TIMED = 200  # keys that each read is timed with
PAGE = 20  # rows of a page
BATCHES = 10  # of the requests that count, for the interval of a hit ratio
T_95 = 2.262  # Student's t for 9 degrees of freedom, two-sided
WARM_UP = 1 / 3  # of the requests, before those that count
SLOT_S, BEFORE_SLOTS, AFTER_SLOTS, ROUNDS = 0.25, 4, 6, 3
MOST_LATE = 3  # rounds begun again, where the machine was busy with something else


def measure_cache(
    ddl_or_design: str | Design,
    *,
    store: str | None = None,
    table: str | None = None,
    rows: int = 10_000,
    zipf: float = 1.0,
    share: float = 0.1,
    requests: int = 12_000,
    rate_per_s: float = 400.0,
    seed: int = 7,
    formulas: Mapping[str, Mapping[str, Formula]] | None = None,
    progress: Progress | None = None,
) -> CacheOutcome:
    """Put a Valkey in front of a generated table in DuckDB and measure reads, hit ratios and a flush.

    table: one with a primary key of one column; by default the one that a cached endpoint reads by its key, else the
    largest. rows: of it. zipf: exponent of their popularity. share: of the rows that fits into the cache's memory.
    requests: reads for each hit ratio, of which the first third warms up. rate_per_s: of reads around the flush.
    formulas: by way of forgetting (`LRU`, `TTL`), what to compare with, by name.
    Assumes independent reads, one client, rows as JSON. Raises InvalidInput, ArchbookError, UnknownName,
    EngineUnavailable (no Valkey here).
    """
    _checked("rows", rows, LEAST_ROWS, MOST_ROWS)
    _checked("requests", requests, LEAST_REQUESTS, MOST_REQUESTS)
    _checked("zipf", zipf, 0, 5)
    _checked("share", share, 10 / rows, 1)
    _checked("rate_per_s", rate_per_s, 20, 2_000)
    chosen, schema, choice = choose_store(_chooser(ddl_or_design, table), ddl_or_design, store)
    told = progress or (lambda *_: None)
    with ExitStack() as running:
        valkey = running.enter_context(Valkey())
        database = running.enter_context(DuckDb(threads=1))  # a server's own share of a busy machine
        told(0, 5, f"rows of {choice.table}")
        made = fill(database, schema, planned(schema, choice.table, rows), seed).rows[choice.table]
        tested = _Cached(database, valkey, schema, choice, zipf, seed)
        told(1, 5, "timing reads")
        readings = tested.readings()
        told(2, 5, "hit ratio with a limit to memory")
        measured = [tested.lru(max(10, round(share * made)), requests)]
        told(3, 5, "flush")
        flush = tested.flush(rate_per_s, requests // 3)
        told(4, 5, "hit ratio with a time to live")
        measured.append(tested.ttl(requests))
        samples = int(valkey.client.config_get("maxmemory-samples")["maxmemory-samples"])
    compared = tuple(_compared(ratio, size, formulas or {}, zipf, made) for ratio, size in measured)
    return CacheOutcome(chosen, choice.table, made, zipf, share, requests, seed, valkey.version, database.version,
                        samples, tested.row, readings, compared, flush)  # fmt: skip


def _checked(name: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise InvalidInput(f"`{name}` is {value:g}; it must be from {least:g} to {most:g}")


def _compared(
    ratio: HitRatio, size: float, formulas: Mapping[str, Mapping[str, Formula]], zipf: float, rows: int
) -> HitRatio:
    """The same, with what the formulas for its way of forgetting give."""
    known = formulas.get(ratio.policy.partition(" ")[0], {})
    return replace(ratio, formulas={name: formula(zipf, rows, size) for name, formula in known.items()})


def _chooser(subject: str | Design, table: str | None) -> Choose:
    """Picks the table asked for; else the first that a cached endpoint reads by its key; else the largest."""
    endpoints = [] if isinstance(subject, str) else subject.api.endpoints
    read = [e.resource for e in endpoints if e.resource and e.cache and e.method == "GET" and e.path.endswith("}")]
    wanted = [table] if table else read[:1]

    def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
        known = {t.name: t for t in schema.tables.values() if len(t.primary_key) == 1 and not t.partition_of}
        names = [name for name in wanted if name in known] or ([] if wanted else list(known))
        if not names:
            if table:
                raise UnknownName("table with a primary key of one column", table, known)
            raise ArchbookError(f"no {wanted[0] if wanted else 'table'} with a primary key of one column")
        found = known[max(names, key=lambda name: sizes.get(name, 0.0))]
        others = [key.columns[0] for key in found.foreign_keys if len(key.columns) == 1 and key.to != found.name]
        return Choice(found.name, (*found.primary_key, *others[:1]), "", "")

    return choose


class _Late(ArchbookError):
    """The machine does not keep up with the reads asked for."""


class _Cached:
    """A table behind a cache; keys are asked for by popularity, the most popular first in `keys`."""

    def __init__(
        self, database: DuckDb, valkey: Valkey, schema: Schema, choice: Choice, zipf: float, seed: int
    ) -> None:
        self.database, self.valkey, self.cache, self.seed = database, valkey, valkey.client, seed
        name, key, *parent = choice.table, *map(quoted, choice.columns)
        database.create_index(f"{choice.table}_cached", choice.table, choice.columns[:1])
        self.row = f"SELECT * FROM {quoted(name)} WHERE {key} = $1"
        where = f"{parent[0]} = (SELECT {parent[0]} FROM {quoted(name)} WHERE {key} = $1)" if parent else f"{key} >= $1"
        self.page = f"SELECT * FROM {quoted(name)} WHERE {where} ORDER BY {key} DESC LIMIT {PAGE}"
        base = schema.base(schema.tables[choice.table].column(choice.columns[0]).type).name
        self.keys = [
            row[0] for row in database.execute(f"SELECT {key} FROM {quoted(name)} ORDER BY hash({key}), {key}")
        ]
        if not self.keys or base == "bytea":
            raise ArchbookError(f"{choice.table} has no rows that can be read by a key; choose another table")
        weights = np.arange(1.0, len(self.keys) + 1) ** -zipf
        self._upto = np.cumsum(weights / weights.sum())
        self._dice = np.random.default_rng(seed)

    def asked(self, number: int) -> list[Any]:
        """So many keys, drawn by their popularity."""
        chance = self._dice.random(number)
        return [self.keys[rank] for rank in np.searchsorted(self._upto[:-1], chance, side="right")]

    def load(self, statement: str, key: Any) -> str:
        """From the database, as the text that the cache keeps."""
        return json.dumps(self.database.execute(statement, (key,)), default=str)

    def read(self, key: Any, ttl_ms: int | None = None) -> bool:
        """One read through the cache; whether the cache had it."""
        text = self.cache.get(str(key))
        if text is None:
            self.valkey.keep(str(key), self.load(self.row, key), ttl_ms)
            return False
        json.loads(text)
        return True

    def readings(self) -> tuple[Reading, ...]:
        """Times of a row and of a page, from the database and from the cache, in turns."""
        self.valkey.limit("noeviction")
        return tuple(
            self._reading(what, text) for what, text in (("a row", self.row), (f"a page of {PAGE}", self.page))
        )

    def _reading(self, what: str, statement: str) -> Reading:
        slow, fast = [], []
        for key in [self.keys[0], *self.asked(TIMED)]:
            start = time.perf_counter()
            text = self.load(statement, key)
            between = time.perf_counter()
            self.cache.set("timed", text)
            again = time.perf_counter()
            json.loads(self.cache.get("timed"))
            slow.append(between - start)
            fast.append(time.perf_counter() - again)
        slow, fast = slow[1:], fast[1:]  # the first is a warm-up
        low, high = ratio_interval(slow, fast, self.seed)
        gain = Spread(statistics.median(slow) / statistics.median(fast), low, high)
        return Reading(what, _quartiles(slow), _quartiles(fast), gain, len(slow))

    def lru(self, capacity: int, requests: int) -> tuple[HitRatio, float]:
        """With room for about `capacity` rows, the least recently read goes first; and the rows held."""
        self.valkey.limit("noeviction")
        for key in self.keys[:capacity]:
            self.cache.set(str(key), self.load(self.row, key))
        self.valkey.limit("allkeys-lru", self.valkey.used_b())
        ratio, _, pace = self._ratio(requests)
        held = int(self.cache.dbsize())
        stays_s = held / (pace * (1 - ratio.value))  # Little's law
        return HitRatio("LRU in bounded memory", held, ratio, stays_s), held

    def ttl(self, requests: int) -> tuple[HitRatio, float]:
        """With room for all, each row goes after a sixth of the time of the run; and the reads in that time."""
        self.valkey.limit("noeviction")
        start = time.perf_counter()
        for key in self.asked(500):
            self.read(key)
        ttl_s = round(requests / 6 * (time.perf_counter() - start) / 500, 2) + 0.01
        self.valkey.limit("noeviction")
        ratio, held, pace = self._ratio(requests, round(ttl_s * 1000))
        return HitRatio("TTL", held, ratio, ttl_s), pace * ttl_s

    def _ratio(self, requests: int, ttl_ms: int | None = None) -> tuple[Spread, int, float]:
        """Hit ratio after a warm-up, with its 95 % interval over batches; rows held on average; reads a second."""
        for key in self.asked(round(requests * WARM_UP)):
            self.read(key, ttl_ms)
        batches, held = [], []
        start = time.perf_counter()
        each = round(requests * (1 - WARM_UP) / BATCHES)
        for _ in range(BATCHES):
            batches.append(statistics.fmean(self.read(key, ttl_ms) for key in self.asked(each)))
            held.append(int(self.cache.dbsize()))
        mean, half = statistics.fmean(batches), T_95 * statistics.stdev(batches) / BATCHES**0.5
        pace = BATCHES * each / (time.perf_counter() - start)
        return Spread(mean, max(0.0, mean - half), min(1.0, mean + half)), round(statistics.fmean(held)), pace

    def flush(self, rate_per_s: float, refill: int) -> Flush:
        """Reads of the database in slots around a flush of the warm cache, at a steady rate of reads. Raises _Late."""
        rounds: list[list[float]] = []
        late = 0
        while len(rounds) < ROUNDS:
            for key in self.asked(refill if rounds or late else 0):  # at first it is warm
                self.read(key)
            try:
                before = self._slots(rate_per_s, BEFORE_SLOTS)
                self.cache.flushall(asynchronous=False)
                rounds.append(before + self._slots(rate_per_s, AFTER_SLOTS))
            except _Late:
                late += 1
                if late > MOST_LATE:
                    raise
        slots = tuple(_quartiles(slot) for slot in zip(*rounds, strict=True))
        calm = _quartiles([statistics.fmean(one[:BEFORE_SLOTS]) for one in rounds])
        times = tuple(SLOT_S * (i - BEFORE_SLOTS) for i in range(len(slots)))
        return Flush(rate_per_s, times, slots, calm, slots[BEFORE_SLOTS], ROUNDS)

    def _slots(self, rate_per_s: float, slots: int) -> list[float]:
        """Reads of the database a second in each of so many slots. Raises _Late where it cannot keep up."""
        each = round(rate_per_s * SLOT_S)
        misses = []
        start = time.perf_counter()
        for slot in range(slots):
            count = 0
            for i, key in enumerate(self.asked(each)):
                time.sleep(max(0.0, start + (slot * each + i) / rate_per_s - time.perf_counter()))
                count += not self.read(key)
            misses.append(count / SLOT_S)
        if time.perf_counter() - start > 1.5 * slots * SLOT_S:
            raise _Late(f"this machine does not keep up with {rate_per_s:g} reads/s now: give a lower `rate_per_s`")
        return misses


def _quartiles(values: Sequence[float]) -> Spread:
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)
