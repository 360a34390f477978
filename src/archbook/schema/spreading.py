"""Copies of a table spread over servers by the hash of a column: by foreign partitions, or by Citus where it is."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import psycopg

from archbook.errors import ArchbookError, shown
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.lab import Lab
from archbook.schema.sql import literal, quoted

_SHARD = re.compile(r"_by_[^\n]*?_s(\d)\b")
_FETCHED = re.compile(r"Foreign Scan.*\(actual time=\S+ rows=([\d.]+) loops=(\d+)\)")
_TASKS = re.compile(r"Task Count: (\d+)")
WORK_MEM = "64MB"  # as on a server that is sized for reports: with 4 MB each join of millions goes through the disk


@dataclass(frozen=True, slots=True)
class Foreign:
    """Servers of our own behind one that holds no rows itself: postgres_fdw over hash partitions."""

    coordinator: EmbeddedPostgres
    shards: Sequence[Postgres]

    @property
    def number(self) -> int:
        """Parts that a table is cut into."""
        return len(self.shards)

    def open(self) -> None:
        """Make the shards known, and let joins and groups that lie in one shard each be worked out there."""
        run = self.coordinator.execute
        run("CREATE EXTENSION IF NOT EXISTS postgres_fdw WITH SCHEMA public")
        for number, shard in enumerate(self.shards):
            at = ", ".join(f"{name} {literal(str(shard.options[name]))}" for name in ("host", "port", "dbname"))
            own = f"fetch_size '10000', async_capable 'true', options '-c work_mem={WORK_MEM}'"
            run(f"CREATE SERVER archbook_{number} FOREIGN DATA WRAPPER postgres_fdw OPTIONS ({at}, {own})")
            user = literal(str(shard.options["user"]))
            run(f"CREATE USER MAPPING FOR CURRENT_USER SERVER archbook_{number} OPTIONS (user {user})")
        run(f"SET work_mem = '{WORK_MEM}'")
        for setting in ("enable_partitionwise_join", "enable_partitionwise_aggregate"):
            run(f"SET {setting} = on")

    def spread(self, lab: Lab, table: str, column: str, indexed: str, beside: str = "") -> str:
        """A copy spread by a column, with an index on each shard; its name. beside: what it shall lie with.

        Joins with such a copy are priced by the shards themselves: by its own guess postgres_fdw fetches all rows.
        """
        run, name = self.coordinator.execute, _name(table, column)
        run(f"CREATE TABLE {quoted(name)} (LIKE {quoted(table)}) PARTITION BY HASH ({quoted(column)})")
        whole = f"{literal(quoted(name))}::regclass"

        def filled(number: int) -> None:
            shard, part = self.shards[number], f"{name}_s{number}"
            shard.create_bare(lab.schema, replace(lab.schema.table(table), name=part))
            own = f"satisfies_hash_partition({whole}, {self.number}, {number}, {quoted(column)})"
            with self.coordinator.another() as source:
                rows = f"SELECT * FROM {quoted(table)} WHERE {own}"
                source.hand_over(rows, shard, part, self.coordinator.folder / f"shard{number}")
            shard.create_index(f"{part}_i", part, [indexed])
            shard.analyze(part)

        lab.tell(f"{self.coordinator.name}: {table} by {column} to {self.number} shards")
        with ThreadPoolExecutor(self.number) as threads:
            list(threads.map(filled, range(self.number)))
        for number, shard in enumerate(self.shards):
            part = f"{name}_s{number}"
            run(f"CREATE FOREIGN TABLE {quoted(part)} PARTITION OF {quoted(name)} "
                f"FOR VALUES WITH (MODULUS {self.number}, REMAINDER {number}) SERVER archbook_{number} "
                f"OPTIONS (schema_name {literal(shard.workplace)}, table_name {literal(part)}, "
                f"use_remote_estimate '{'true' if beside else 'false'}')")  # fmt: skip
        run(f"ANALYZE {quoted(name)} ({quoted(indexed)})")  # what queries here go by; the rest would cost seconds
        return name

    def sizes(self, name: str) -> list[int]:
        """Rows on each shard."""
        counted = (s.execute(f"SELECT count(*) FROM {quoted(f'{name}_s{n}')}") for n, s in enumerate(self.shards))
        return [int(rows[0][0]) for rows in counted]

    def asked(self, plan: str) -> int:
        """How many shards a plan asks."""
        return len(set(_SHARD.findall(plan)))

    def fetched(self, plan: str) -> int | None:
        """How many rows the shards sent."""
        return int(sum(float(rows) * int(loops) for rows, loops in _FETCHED.findall(plan)))


@dataclass(frozen=True, slots=True)
class Citus:
    """A server with the Citus extension, which cuts a table into shards and places them on its workers."""

    coordinator: Postgres

    @property
    def number(self) -> int:
        """Parts that a table is cut into."""
        return int(self.coordinator.execute("SELECT current_setting('citus.shard_count')")[0][0])

    def open(self) -> None:
        """Let it join tables that do not lie together, by sending rows about."""
        self.coordinator.execute("SET citus.enable_repartition_joins = on")

    def spread(self, lab: Lab, table: str, column: str, indexed: str, beside: str = "") -> str:
        """A copy spread by a column, with an index on each shard; its name. beside: what it shall lie with."""
        run, name = self.coordinator.execute, _name(table, column)
        lab.tell(f"Citus: {table} by {column}")
        run(f"CREATE TABLE {quoted(name)} (LIKE {quoted(table)})")
        whole, group = literal(quoted(name)), literal(quoted(beside) if beside else "none")
        try:
            run(f"SELECT create_distributed_table({whole}, {literal(column)}, colocate_with => {group})")
        except psycopg.Error as error:
            reason = shown(str(error), 160)
            raise ArchbookError(f"Citus does not spread {shown(table)} by {shown(column)}: {reason}") from None
        run(f"INSERT INTO {quoted(name)} SELECT * FROM {quoted(table)}")
        self.coordinator.create_index(f"{name}_i", name, [indexed])
        run(f"ANALYZE {quoted(name)}")
        return name

    def sizes(self, name: str) -> list[int]:
        """Rows on each shard."""
        counted = "SELECT result FROM run_command_on_shards($1::regclass, 'SELECT count(*) FROM %s')"
        return [int(result) for (result,) in self.coordinator.execute(counted, [quoted(name)])]

    def asked(self, plan: str) -> int:
        """How many shards a plan asks."""
        return max((int(tasks) for tasks in _TASKS.findall(plan)), default=0)

    def fetched(self, plan: str) -> int | None:  # noqa: ARG002
        """Its plans tell bytes and not rows."""
        return None


def _name(table: str, column: str) -> str:
    """Short enough for more to be put behind it."""
    short = (text.encode()[:22].decode(errors="ignore") for text in (table, column))
    return "_by_".join(short)
