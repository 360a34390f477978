"""Connections and pools: on both engines at a reduced size, and what is chosen from which DDL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from archbook.errors import ArchbookError
from archbook.schema.clients import at_once, for_a_while
from archbook.schema.ddl import parse
from archbook.schema.experiment import Choice
from archbook.schema.experiments import connection_pooling as pooling
from archbook.schema.outcome import EngineOutcome, Outcome, part_of
from archbook.schema.running import run

PASTED = """\
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL);
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, user_id BIGINT REFERENCES users(id), total_amount DECIMAL(10,2));
"""


@pytest.fixture(scope="module")
def outcome() -> Iterator[Outcome]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pooling, "WINDOW_S", 0.2)
        patch.setattr(pooling, "ROUNDS", 2)
        yield run("connection_pooling", PASTED, engine="both", rows=5_000)


def test_connecting_costs_a_query_on_postgresql_many_times_itself(outcome: Outcome) -> None:
    lead = outcome.engines["postgresql"].lead
    assert lead.ratio_low > 5
    assert lead.rows_returned == 1


def test_it_costs_far_less_in_duckdb_and_the_verdict_says_who_misleads(outcome: Outcome) -> None:
    connect, kept = outcome.engines["duckdb"].lead.variants
    mine, theirs = outcome.engines["postgresql"].lead.variants
    cost = min(connect.values) - min(kept.values)  # the best of each: a busy machine can only slow them
    assert cost < (min(mine.values) - min(theirs.values)) / 3
    assert "DuckDB would mislead" in outcome.verdict


def test_engines_that_cannot_be_told_apart_are_not_told_apart() -> None:
    alike = part_of(pooling.ONE, "s", {pooling.CONNECT: [0.001, 0.009], pooling.KEPT: [0.001, 0.008]})
    busy = part_of(pooling.BUSY, "1/s", {"pool of 1": [50.0], "pool of 32": [60.0]})
    rate = part_of(pooling.RATE, "1/s", {"connect per query": [9.0], "pool of 1": [50.0]})
    wait = part_of(pooling.WAIT, "s", {"connect per query": [9.0], "pool of 1": [0.1]})
    parts = {"duckdb": (alike,), "postgresql": (alike, rate, wait, busy)}
    engines = {name: EngineOutcome(name, "1", 1, found) for name, found in parts.items()}
    said = pooling.verdict(Choice("t", ("id",), ""), engines)
    assert "run it again on a quiet machine" in said
    assert "mislead" not in said


def test_a_pool_of_one_makes_clients_wait_and_larger_ones_follow_littles_law(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    rate, wait = postgres.part(pooling.RATE), postgres.part(pooling.WAIT)
    assert rate.variant("pool of 1").median < 1.01 / pooling.HELD_S  # one connection, held 5 ms each time
    best = max(rate.variant("pool of 16").values)  # the best of each: a busy machine can only slow them
    assert best > 3 * max(rate.variant("pool of 1").values)
    assert best > max(rate.variant("connect per query").values)
    assert min(wait.variant("pool of 1").values) > 3 * min(wait.variant("pool of 16").values)
    asked = pooling.CLIENTS / (pooling.HELD_S + pooling.THINK_S)
    assert all(value < 1.01 * asked for variant in rate.variants for value in variant.values)


def test_a_server_refuses_connections_beyond_its_number(outcome: Outcome) -> None:
    part = outcome.engines["postgresql"].part(pooling.REFUSED)
    assert part.variants[0].median == 200  # the embedded server's max_connections
    assert "too many clients already" in part.note
    assert "/" not in part.note.split("serves")[0]  # no path of a socket


def test_python_s_own_share_is_told(outcome: Outcome) -> None:
    assert "Python's and the driver's processor time" in outcome.engines["postgresql"].part(pooling.RATE).note


@pytest.mark.parametrize(
    ("rates", "name"),
    [({4: 100, 8: 150, 16: 190, 32: 200}, "pool of 16"), ({4: 100, 8: 99, 16: 95, 32: 60}, "pool of 4")],
)
def test_the_right_pool_is_the_smallest_within_a_tenth_of_the_best(rates: dict[int, float], name: str) -> None:
    values = {"connect per query": [500.0], **{f"pool of {size}": [float(rate)] for size, rate in rates.items()}}
    assert pooling.right(part_of("p", "1/s", values)).name == name


@pytest.mark.parametrize(
    ("largest", "said"),
    [
        (60, "40 % below the best"),
        (95, "a pool of 32 95/s, no more"),
        (200, "the pool is the limit, and not the server"),
    ],
)
def test_the_verdict_on_a_large_pool_follows_what_was_measured(largest: float, said: str) -> None:
    part = part_of(pooling.BUSY, "1/s", {"pool of 1": [50.0], "pool of 4": [100.0], "pool of 32": [largest]})
    assert said in pooling._too_large(EngineOutcome("postgresql", "18", 1, (part,)))


def test_a_table_without_a_key_of_one_column_is_refused() -> None:
    with pytest.raises(ArchbookError, match="no table here has a primary key of one column"):
        pooling.choose(parse("CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))"), {})


def test_clients_work_at_once_and_the_first_error_comes_through() -> None:
    load = for_a_while([lambda: None] * 4, 0.05, think_s=0.01)
    assert 4 <= len(load.times_s) <= 24
    assert load.rate_per_s == pytest.approx(len(load.times_s) / load.spent_s)

    def broken() -> None:
        raise ArchbookError("no")

    with pytest.raises(ArchbookError, match="no"):
        at_once([lambda: None, broken])
