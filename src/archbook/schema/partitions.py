"""Copies of a table cut into partitions, by month or by hash, with the rows that the table holds."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from math import ceil

import psycopg

from archbook.errors import ArchbookError
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.lab import Lab
from archbook.schema.sql import quoted

MOST_PERIODS = 120  # more months than these are taken several at a time
_PARTITION = re.compile(r"_by_(?:month|hash_\d+)_p(\d{4}_\d{2}|\d{3}|rest)")


@dataclass(frozen=True, slots=True)
class Period:
    """One month (or as many as fit into `MOST_PERIODS`): rows from `start` to before `end`."""

    start: date
    end: date

    @property
    def name(self) -> str:
        """Such as ``2023_04``."""
        return f"{self.start:%Y_%m}"


def bounds_of(lab: Lab, period: Period) -> tuple[date, date]:
    """Its start and end as values of the time column's own type, so that the engine compares like with like."""
    type_ = lab.schema.base(lab.schema.table(lab.choice.table).column(lab.choice.roles["time"]).type).name
    if type_ == "date":
        return period.start, period.end
    zone = UTC if type_ == "timestamptz" else None
    first, last = (datetime(day.year, day.month, 1, tzinfo=zone) for day in (period.start, period.end))
    return first, last


def rows_of(lab: Lab, period: Period, table: str) -> str:
    """SQL of the rows of a table in that period."""
    when = quoted(lab.choice.roles["time"])
    return f"SELECT * FROM {quoted(table)} WHERE {when} >= '{period.start}' AND {when} < '{period.end}'"


def periods(lab: Lab) -> list[Period]:
    """The months that the rows of the chosen table lie in. Raises ArchbookError when they are fewer than three."""
    time, table = quoted(lab.choice.roles["time"]), quoted(lab.choice.table)
    first, last = lab.source.execute(f"SELECT min(CAST({time} AS DATE)), max(CAST({time} AS DATE)) FROM {table}")[0]
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month) if first else range(0)
    if len(months) < 3:
        raise ArchbookError(f"all rows of {lab.choice.table} lie in {len(months)} months: too few to be partitioned")
    step = ceil(len(months) / MOST_PERIODS)
    return [Period(_month(number), _month(number + step)) for number in months[::step]]


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)


def by_month(lab: Lab, postgres: Postgres, months: Sequence[Period]) -> str:
    """A copy of the chosen table partitioned by its time; rows without one go to a partition of their own."""
    time = quoted(lab.choice.roles["time"])
    timeless = lab.source.execute(f"SELECT 1 FROM {quoted(lab.choice.table)} WHERE {time} IS NULL LIMIT 1")
    parts = {month.name: f"FOR VALUES FROM ('{month.start}') TO ('{month.end}')" for month in months}
    name = _create(lab, postgres, "month", f"RANGE ({time})", parts | ({"rest": "DEFAULT"} if timeless else {}))
    return _filled(lab, postgres, name)


def by_hash(lab: Lab, postgres: Postgres, column: str, number: int) -> str:
    """A copy of the chosen table partitioned by the hash of a column."""
    return _filled(lab, postgres, partitioned(lab, postgres, column, number))


def partitioned(lab: Lab, postgres: Postgres, column: str, number: int) -> str:
    """An empty table like the chosen one, partitioned by the hash of a column."""
    parts = {f"{part:03}": f"FOR VALUES WITH (MODULUS {number}, REMAINDER {part})" for part in range(number)}
    return _create(lab, postgres, f"hash_{number}", f"HASH ({quoted(column)})", parts)


def _create(lab: Lab, postgres: Postgres, kind: str, key: str, parts: Mapping[str, str]) -> str:
    """Its name, which is short enough for the engine to make others of it."""
    name = f"{lab.choice.table.encode()[:30].decode(errors='ignore')}_by_{kind}"
    postgres.execute(f"CREATE TABLE {quoted(name)} (LIKE {quoted(lab.choice.table)}) PARTITION BY {key}")
    for part, bounds in parts.items():
        postgres.execute(f"CREATE TABLE {quoted(f'{name}_p{part}')} PARTITION OF {quoted(name)} {bounds}")
    return name


def _filled(lab: Lab, postgres: Postgres, name: str) -> str:
    lab.tell(f"{postgres.name}: filling {name}")
    postgres.execute(f"INSERT INTO {quoted(name)} SELECT * FROM {quoted(lab.choice.table)}")
    return name


def scanned(plan: str) -> int:
    """How many partitions a plan of PostgreSQL reads.

    >>> scanned("-> Seq Scan on t_by_month_p2023_04 x -> Index Scan using t_by_month_p2023_05_id_idx on ...")
    2
    """
    return len(set(_PARTITION.findall(plan)))


def key_refused(postgres: Postgres, table: str, columns: Sequence[str]) -> bool:
    """Whether PostgreSQL refuses a primary key of these columns on a partitioned table."""
    try:
        postgres.execute(f"ALTER TABLE {quoted(table)} ADD PRIMARY KEY ({quoted(*columns)})")
    except psycopg.errors.FeatureNotSupported:
        return True
    return False
