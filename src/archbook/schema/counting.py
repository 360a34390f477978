"""Ways to count a column of one row down while others do so too, and what an engine makes of each."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from archbook.errors import TransactionLost
from archbook.schema.clients import at_once
from archbook.schema.engines.protocol import Engine
from archbook.schema.lab import Lab
from archbook.schema.sql import quoted

ROWS = 1_000  # of the copy that clients count down in
STOCK = 1_000_000  # what each row begins with
WORK_S = 0.001  # the service's own work for a change: between reading and writing, or before it where it need not read
COPY = "archbook_counted"


@dataclass(frozen=True, slots=True)
class Counted:
    """A copy of some rows of the chosen table, whose column is counted down; its statements take the key as ``$1``."""

    table: str
    left: str
    read: str
    write: str
    take: str
    keys: tuple[object, ...]

    def fill(self, engine: Engine) -> None:
        """All rows as they were at first."""
        engine.execute(self.table)

    def taken(self, engine: Engine) -> int:
        """How much is gone from all rows together."""
        return STOCK * len(self.keys) - int(engine.execute(self.left)[0][0])


def counted(lab: Lab) -> Counted:
    """Make the copy. Its column becomes a whole number, wide enough for any count."""
    table, key, column = quoted(COPY), quoted(lab.choice.roles["key"]), quoted(lab.choice.roles["count"])
    lab.engine.execute(f"CREATE TABLE {table} AS SELECT * FROM {quoted(lab.choice.table)} LIMIT {ROWS}")
    lab.engine.execute(f"ALTER TABLE {table} ALTER COLUMN {column} TYPE bigint")
    if lab.postgres:
        lab.engine.create_index("archbook_counted_key", COPY, [lab.choice.roles["key"]], unique=True)
    keys = lab.engine.execute(f"SELECT {key} FROM {table} ORDER BY {key}")
    return Counted(
        table=f"UPDATE {table} SET {column} = {STOCK}",
        left=f"SELECT sum({column}) FROM {table}",
        read=f"SELECT {column} FROM {table} WHERE {key} = $1",
        write=f"UPDATE {table} SET {column} = $2 WHERE {key} = $1",
        take=f"UPDATE {table} SET {column} = {column} - 1 WHERE {key} = $1",
        keys=tuple(row[0] for row in keys),
    )


Change = Callable[[Engine, Counted, object], int]
"""Takes one from a row and says how often it had to begin again."""


def in_transaction(engine: Engine, body: Callable[[], None], level: str = "") -> int:
    """Run a transaction until the engine keeps it; how often it had to begin again."""
    again = 0
    while True:
        try:
            engine.execute(f"BEGIN {level}")
            body()
            engine.execute("COMMIT")
            return again
        except TransactionLost:
            again += 1
            with suppress(TransactionLost):  # DuckDB has already ended it
                engine.execute("ROLLBACK")
            time.sleep(random.random() * 2 * WORK_S)  # without it, clients collide at once again


def read_then_write(lock: str = "", level: str = "") -> Change:
    """Read, work, write what was worked out, in one transaction."""

    def change(engine: Engine, counted: Counted, key: object) -> int:
        def body() -> None:
            stock = engine.execute(f"{counted.read} {lock}", (key,))[0][0]
            time.sleep(WORK_S)
            engine.execute(counted.write, (key, stock - 1))

        return in_transaction(engine, body, level)

    return change


def two_statements(engine: Engine, counted: Counted, key: object) -> int:
    """Read, work, write, with no transaction around them."""
    stock = engine.execute(counted.read, (key,))[0][0]
    time.sleep(WORK_S)
    return in_transaction(engine, lambda: _do(engine, counted.write, (key, stock - 1)))


def atomic(engine: Engine, counted: Counted, key: object) -> int:
    """Work, then let the engine count: one statement reads and writes."""
    time.sleep(WORK_S)
    return in_transaction(engine, lambda: _do(engine, counted.take, (key,)))


def _do(engine: Engine, statement: str, parameters: Sequence[object]) -> None:
    engine.execute(statement, parameters)


@dataclass(frozen=True, slots=True)
class Counting:
    """What clients did to the rows together: changes a second, how many were lost, how often they began again."""

    rate_per_s: float
    lost: float
    again: float


def count_down(
    clients: Sequence[Engine], counted: Counted, change: Change, keys: Sequence[object], each: int, seed: int
) -> Counting:
    """Each client takes one from a row `each` times, of `keys` chosen by chance."""
    counted.fill(clients[0])

    def client(number: int) -> Callable[[], int]:
        chance = random.Random(seed * 1_000 + number)
        return lambda: sum(change(clients[number], counted, chance.choice(keys)) for _ in range(each))

    start = time.perf_counter()
    again = sum(at_once([client(number) for number in range(len(clients))]))
    spent = time.perf_counter() - start
    asked = each * len(clients)
    return Counting(asked / spent, asked - counted.taken(clients[0]), again)
