"""Changes of one row at once, and their events: on both engines at a reduced size, and which tables suit."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archbook.errors import ArchbookError, TransactionLost
from archbook.schema import outbox
from archbook.schema.counting import in_transaction
from archbook.schema.ddl import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiments import locks
from archbook.schema.outcome import Outcome
from archbook.schema.running import run

PASTED = """\
CREATE TABLE products (sku uuid PRIMARY KEY, price numeric(4,2) CHECK (price > 0), "in stock" smallint NOT NULL);
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, product uuid REFERENCES products(sku), total_amount DECIMAL(10,2));
"""
CHANGES = locks.CLIENTS * 20
RIGHT = [locks.SERIALIZABLE, locks.REPEATABLE, locks.LOCKED, locks.ATOMIC]


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(locks, "EACH", 20)
        patch.setattr(locks, "ROUNDS", 3)
        yield run("locks", PASTED, engine="both", rows=2_000)


def test_the_stock_is_counted_down(outcome: Outcome) -> None:
    assert (outcome.table_name, outcome.columns) == ("products", ("sku", "in stock"))


def test_read_then_write_loses_updates_on_postgresql_and_the_other_ways_lose_none(outcome: Outcome) -> None:
    lost = outcome.engines["postgresql"].part(locks.LOST)
    for wrong in (locks.READ, locks.NONE):  # four clients at once: each time up to three of four are lost
        assert CHANGES / 4 < lost.variant(wrong).low <= lost.variant(wrong).high < CHANGES
    assert [lost.variant(name).values for name in RIGHT] == [(0.0, 0.0, 0.0)] * 4


def test_in_duckdb_a_transaction_loses_none_but_two_statements_do(outcome: Outcome) -> None:
    lost, again = (outcome.engines["duckdb"].part(name) for name in (locks.LOST, locks.AGAIN))
    assert lost.variant(locks.READ).values == lost.variant(locks.ATOMIC).values == (0.0, 0.0, 0.0)
    assert lost.variant(locks.NONE).low > 0
    assert again.variant(locks.READ).low > 0
    assert "DuckDB would mislead" in outcome.verdict


def test_levels_turn_clients_away_and_locks_make_them_wait(outcome: Outcome) -> None:
    again = outcome.engines["postgresql"].part(locks.AGAIN)
    assert min(again.variant(locks.REPEATABLE).low, again.variant(locks.SERIALIZABLE).low) > 0
    assert again.variant(locks.LOCKED).values == again.variant(locks.ATOMIC).values == (0.0, 0.0, 0.0)


def test_an_atomic_update_is_quickest_for_one_row_and_a_lock_costs_less_over_many(outcome: Outcome) -> None:
    hot, spread = (outcome.engines["postgresql"].part(name) for name in (locks.HOT, locks.SPREAD))
    best = max(hot.variant(locks.LOCKED).values)  # the best of each: a busy machine can only slow them
    assert best < 1 / locks.WORK_S  # one at a time, each with the lock for the work
    assert max(hot.variant(locks.ATOMIC).values) > best
    assert max(spread.variant(locks.LOCKED).values) > best


def test_opposite_order_deadlocks_and_one_order_never_does(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    wild, ordered = postgres.part(locks.DEADLOCKS).variants
    assert min(wild.values) > 0
    assert ordered.values == (0.0, 0.0, 0.0)
    assert postgres.part(locks.TRANSFERS).variant(locks.ORDERED).low > postgres.part(locks.TRANSFERS).variants[0].high
    assert "100ms" in postgres.part(locks.DEADLOCKS).note


def test_an_outbox_loses_no_event_and_delivers_some_twice(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    lost, twice = postgres.part(locks.EVENTS), postgres.part(locks.TWICE)
    assert lost.variant(locks.AFTER).median == outbox.CHANGES / outbox.DIES_EVERY
    assert lost.variant(locks.OUTBOX).median == 0
    assert twice.variant(locks.OUTBOX).median > 0
    waiting, skipping = postgres.part(locks.RELAYS).variants
    assert max(skipping.values) > max(waiting.values)


def test_the_verdict_says_what_each_engine_shows(outcome: Outcome) -> None:
    for said in ("On DuckDB", "On PostgreSQL", "deadlocks", "outbox", "SKIP LOCKED", "Decide by PostgreSQL"):
        assert said in outcome.verdict


@pytest.mark.parametrize(
    ("ddl", "columns"),
    [
        ("CREATE TABLE t (id int PRIMARY KEY, price numeric, seats_left int)", ("id", "seats_left")),
        ("CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, stock int)", ("id", "stock")),
        ("CREATE TABLE t (id int PRIMARY KEY, note text, weight real)", ("id", "weight")),
        (
            "CREATE TABLE a (id int PRIMARY KEY, active int); CREATE TABLE b (k int PRIMARY KEY, fee numeric)",
            ("k", "fee"),
        ),
    ],
)
def test_a_stock_is_preferred_to_any_number(ddl: str, columns: tuple[str, ...]) -> None:
    assert locks.choose(parse(ddl), {}).columns == columns


@pytest.mark.parametrize(
    "ddl",
    ["CREATE TABLE t (id int PRIMARY KEY, note text)", "CREATE TABLE t (stock int)",
     "CREATE TABLE t (a int, b int, stock int, PRIMARY KEY (a, b))",
     "CREATE TABLE t (id int PRIMARY KEY, stock int GENERATED ALWAYS AS (id * 2) STORED)"],
)  # fmt: skip
def test_a_schema_without_a_key_and_a_number_is_refused(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="a primary key of one column and a number to count down"):
        locks.choose(parse(ddl), {})


@pytest.mark.parametrize("start", [DuckDb, EmbeddedPostgres])
def test_an_engine_that_gives_a_transaction_up_says_so_in_one_error_and_it_runs_again(start: type[Engine]) -> None:
    with start() as one, one.another() as other:
        one.execute("CREATE TABLE t AS SELECT 1 AS id, 0 AS n")
        level = "ISOLATION LEVEL REPEATABLE READ" if one.name == "postgresql" else ""
        one.execute(f"BEGIN {level}")
        one.execute("SELECT n FROM t")
        other.execute("UPDATE t SET n = 7")
        with pytest.raises(TransactionLost, match="gave the transaction up"):
            one.execute("UPDATE t SET n = n + 1")
        one.execute("ROLLBACK")
        first = [True]

        def body() -> None:
            one.execute("SELECT n FROM t")
            if first.pop() if first else False:
                other.execute("UPDATE t SET n = 8")
            one.execute("UPDATE t SET n = n + 1")

        assert in_transaction(one, body, level) == 1
        assert other.execute("SELECT n FROM t") == [(9,)]
