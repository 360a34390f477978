"""What a measurement of a real cache found: times, hit ratios beside the formulas, a flush; and its evidence."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence, found
from archbook.tables import Table, as_columns
from archbook.units import show_duration, show_factor, show_rate, show_share, significant

QUESTION = "What does a cache in front of this table buy, and what does it hide?"


@dataclass(frozen=True, slots=True)
class Spread:
    """A median and the quartiles of its repeats, or a mean and its 95 % interval."""

    value: float
    low: float
    high: float

    def shown(self, show: Any) -> str:
        """The value with its bounds in brackets."""
        return f"{show(self.value)} ({show(self.low)} to {show(self.high)})"


@dataclass(frozen=True, slots=True)
class Reading:
    """One sort of read. database, cache: time of one (s), median and quartiles; speed_up: with its 95 % interval."""

    what: str
    database_s: Spread
    cache_s: Spread
    speed_up: Spread
    repeats: int


@dataclass(frozen=True, slots=True)
class HitRatio:
    """One way of forgetting. held: rows in the cache at the end; lifetime_s: how long a row stayed, on average.

    formulas: what the formula of each name gives for as many rows as it held.
    """

    policy: str
    held: int
    hit_ratio: Spread
    lifetime_s: float
    formulas: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Flush:
    """Reads that reached the database, a second, in slots around a flush at time 0. before, after: next to it."""

    rate_per_s: float
    times_s: tuple[float, ...]
    reads_per_s: tuple[Spread, ...]
    before_per_s: Spread
    after_per_s: Spread
    rounds: int

    @property
    def factor(self) -> float:
        """How many times more reads the database gets just after the flush."""
        return self.after_per_s.value / self.before_per_s.value


@dataclass(frozen=True, slots=True)
class CacheOutcome:
    """The answer of `measure_cache`. store: of the design it ran on; empty for DDL alone."""

    store: str
    table_name: str
    rows: int
    zipf: float
    share: float
    requests: int
    seed: int
    valkey: str
    duckdb: str
    samples: int
    statement: str
    readings: tuple[Reading, ...]
    ratios: tuple[HitRatio, ...]
    flush: Flush

    def table(self) -> Table:
        """Time of a read from the database and from the cache."""
        rows = [
            (r.what, r.database_s.shown(show_duration), r.cache_s.shown(show_duration), r.speed_up.shown(show_factor),
             r.repeats)
            for r in self.readings
        ]  # fmt: skip
        title = f"Time of a read: DuckDB {self.duckdb} in this process, Valkey {self.valkey} over a Unix socket"
        return as_columns(("read", ">from the database", ">from the cache", ">times faster", ">repeats"), rows, title)

    def ratio_table(self) -> Table:
        """Hit ratio of each way of forgetting, beside the formulas."""
        rows = [
            (r.policy, significant(r.held), r.hit_ratio.shown(show_share), show_duration(r.lifetime_s),
             ", ".join(f"{name} {show_share(value)}" for name, value in r.formulas.items()) or None)
            for r in self.ratios
        ]  # fmt: skip
        title = f"Hit ratio, {significant(self.requests)} reads of {significant(self.rows)} rows, Zipf {self.zipf:g}"
        return as_columns(("forgets by", ">rows held", ">measured", ">a row stays", "computed"), rows, title)

    @property
    def claim(self) -> str:
        """The answer in two sentences."""
        first, flush = self.ratios[0], self.flush
        gain = "; ".join(f"{r.what} is {show_factor(r.speed_up.value)} faster" for r in self.readings)
        return (
            f"With {significant(first.held)} of {significant(self.rows)} rows in it, Valkey answers "
            f"{show_share(first.hit_ratio.value)} of the reads of {self.table_name}; from the cache {gain}. Emptied at "
            f"{show_rate(flush.rate_per_s, 'reads')}, it lets {show_factor(flush.factor)} as many through to the "
            f"database: {show_rate(flush.before_per_s.value, 'reads')} before, "
            f"{show_rate(flush.after_per_s.value, 'reads')} just after."
        )

    @property
    def caveat(self) -> str:
        """What to keep in mind about these numbers."""
        first = self.ratios[0]
        return (
            f"Valkey's LRU is approximate: it forgets the oldest of {self.samples} keys drawn at random, by a clock of "
            f"whole seconds, and here a row stayed {show_duration(first.lifetime_s)}. So it lies between exact LRU and "
            "forgetting at random; the longer rows stay, the nearer to LRU. DuckDB answers inside this process: "
            "a database across a network is slower by a round trip, and so is a cache."
        )

    def to_json(self) -> dict[str, Any]:
        """Everything, in plain types."""
        document = asdict(self)
        document["table"] = document.pop("table_name")
        return document

    def evidence(self, design: Design) -> tuple[Evidence, ...]:
        """Hit ratio and flush, about the store's DDL; stale once that changes. Raises ArchbookError."""
        if not self.store:
            raise ArchbookError("this was measured on DDL alone; measure on a design to keep its evidence")
        ratio, flush = self.ratios[0].hit_ratio, self.flush
        before = flush.before_per_s.value
        bounds = flush.after_per_s.low / before, flush.after_per_s.high / before
        return (
            self._entry(design, "hit_ratio", ratio.value, (ratio.low, ratio.high), "share", self.requests),
            self._entry(design, "flush", flush.factor, bounds, "×", flush.rounds),
        )

    def _entry(
        self, design: Design, what: str, value: float, bounds: tuple[float, float], unit: str, sample: int
    ) -> Evidence:
        return found(
            design, id=f"cache.{self.store}.{what}", claim=self.claim, value=value, low=bounds[0], high=bounds[1],
            unit=unit, how="measurement", about=f"stores.{self.store}.schema", seed=self.seed, sample=sample,
            source=f"measure_cache, {self.rows:,} generated rows of {self.table_name}, Zipf {self.zipf:g}",
            engine=f"valkey {self.valkey}, duckdb {self.duckdb}",
            details={"share": self.share, "held": self.ratios[0].held, "caveat": self.caveat},
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{QUESTION}\n\n{self.claim}\n\n{self.table()}\n\n{self.ratio_table()}\n\n{self.caveat}"

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        head, tail = html.escape(self.claim), html.escape(self.caveat)
        body = f"<p><b>{head}</b></p>{self.table().html()}{self.ratio_table().html()}<p>{tail}</p>"
        return {"text/html": body, "text/plain": str(self)}
