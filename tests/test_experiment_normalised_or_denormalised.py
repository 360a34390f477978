"""Joins and counts against copies and counters: on both engines at a reduced size, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from archbook.errors import ArchbookError
from archbook.schema.ddl import parse
from archbook.schema.experiments import normalised_or_denormalised as both
from archbook.schema.outcome import EngineOutcome, Outcome, part_of
from archbook.schema.running import run

SHOP = """
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL, "full name" varchar(30), bio text);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint REFERENCES users(id), status varchar(50) NOT NULL,
  total_amount decimal(10,2), items jsonb, tags text[], paid_at timestamptz);
"""
LINES = "CREATE TABLE lines (id uuid PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders(id));"
BOOKS = """
CREATE TABLE series (id int PRIMARY KEY, code text, title text);
CREATE TABLE books (id int PRIMARY KEY, series int REFERENCES series);
"""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("normalised_or_denormalised", SHOP, engine="both", rows=30_000)


def test_it_picks_a_child_and_a_name_of_its_parent(outcome: Outcome) -> None:
    choice = both.choose(parse(SHOP), {})
    assert (outcome.table_name, outcome.columns) == ("orders", ("user_id",))
    assert (choice.roles["parent"], choice.roles["label"]) == ("users", "full name")


def test_the_list_by_count_needs_a_stored_count_on_postgresql(outcome: Outcome) -> None:
    most = outcome.engines["postgresql"].part(both.MOST)
    assert min(most.variants[0].values) > 3 * min(most.variants[-1].values)
    assert "Index" in most.variant("denormalised").plan


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
@pytest.mark.parametrize("part", [both.ADDED, both.CHANGED])
def test_each_write_costs_more_with_copies_to_keep(outcome: Outcome, engine: str, part: str) -> None:
    written = outcome.engines[engine].part(part)
    assert min(written.variants[-2].values) > min(written.variants[-1].values)  # a busy machine shifts medians
    assert written.variants[-1].name == "normalised"


def test_the_most_popular_row_costs_most_to_rename_on_postgresql(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    popular, usual = (min(postgres.part(name).variants[0].values) for name in (both.POPULAR, both.CHANGED))
    assert popular > 3 * usual


def test_copies_take_room(outcome: Outcome) -> None:
    size = outcome.engines["postgresql"].part("size")
    assert (size.unit, size.ratio > 1.05) == ("B", True)
    assert "size" not in [part.name for part in outcome.engines["duckdb"].parts]  # it does not tell


def test_labels_go_stale_by_a_writer_that_forgets_and_a_trigger_mends_it(outcome: Outcome) -> None:
    stale = {e: [v.median for v in outcome.engines[e].part(both.STALE_LABELS).variants] for e in outcome.engines}
    assert stale["duckdb"][0] == stale["postgresql"][0] > 0
    assert (stale["duckdb"][1:], stale["postgresql"][1:]) == ([0], [0, 0])


def test_counts_are_lost_where_each_writer_writes_what_it_read(outcome: Outcome) -> None:
    """PostgreSQL's READ COMMITTED loses one of each pair; DuckDB refuses the second writer instead."""
    lost = {e: [v.median for v in outcome.engines[e].part(both.STALE_COUNTS).variants] for e in outcome.engines}
    assert lost == {"duckdb": [0, 0], "postgresql": [both.PAIRS, 0]}
    assert "refused 20 and 20 of them" in outcome.engines["duckdb"].part(both.STALE_COUNTS).note


def test_the_verdict_has_the_ratio_for_each_engine(outcome: Outcome) -> None:
    for engine in outcome.engines.values():
        ratio = both.break_even(engine, both.MOST, both.ADDED)
        assert ratio is None or f"{both.significant(ratio)} reads for each added row" in outcome.verdict


def test_pagila_runs(corpus: Callable[[str], Path]) -> None:
    ddl = corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8")
    found = run("normalised_or_denormalised", ddl, rows=2_000).engines["duckdb"]
    assert found.part(both.STALE_COUNTS).variants[0].median == 0


@pytest.mark.parametrize(
    ("ddl", "sizes", "child", "label"),
    [
        (SHOP, {}, "orders", "full name"),
        (SHOP + LINES, {}, "lines", "status"),
        (SHOP + LINES, {"orders": 1e6}, "orders", "full name"),
        (BOOKS, {}, "books", "title"),
    ],
)
def test_a_text_worth_copying_is_picked(ddl: str, sizes: dict[str, float], child: str, label: str) -> None:
    choice = both.choose(parse(ddl), sizes)
    assert (choice.table, choice.roles["label"]) == (child, label)


@pytest.mark.parametrize(
    "ddl",
    [
        "",
        "CREATE TABLE a (id int PRIMARY KEY, n int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
        "CREATE TABLE a (id int PRIMARY KEY, t text); CREATE TABLE b (x int, a int REFERENCES a, PRIMARY KEY (x, a))",
    ],
)
def test_ddl_without_such_a_pair_is_refused_in_one_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="points to a table with a text that could be copied; add such a pair"):
        both.choose(parse(ddl), {})


def outcome_of(engine: str, read_s: float, write_s: float, labels_s: float = 0.002) -> EngineOutcome:
    """An engine where counting anew takes `read_s` more than 1 ms, and a count `write_s` more than a row's 1 ms."""
    parts = (
        part_of(both.COUNTS, "s", {"normalised": [0.001 + read_s] * 4, "denormalised": [0.001] * 4}),
        part_of(both.LABELS, "s", {"normalised": [labels_s] * 4, "denormalised": [0.001] * 4}),
        part_of(both.MOST, "s", {"normalised": [0.101] * 4, "denormalised": [0.001] * 4}),
        part_of(both.ADDED, "s", {"count in the transaction": [0.001 + write_s] * 4, "normalised": [0.001] * 4}),
        part_of(both.CHANGED, "s", {"copies changed too": [0.003] * 4, "normalised": [0.001] * 4}),
        part_of(both.POPULAR, "s", {"copies changed too": [0.5], "normalised": [0.001]}, note="700 copies."),
        part_of(both.STALE_LABELS, "rows", {"a writer forgets": [15.0], "no writer forgets": [0.0], "trigger": [0.0]}),
        part_of(both.STALE_COUNTS, "rows", {"read, add one, write": [20.0], "one higher than it is": [0.0]}),
    )
    return EngineOutcome(engine, "1", 1000, parts)


CHOICE = both.choose(parse(SHOP), {})


@pytest.mark.parametrize(
    ("duck", "postgres", "said"),
    [
        ((0.01, 0.001), (0.001, 0.002), "stores the count too early (0.1 reads a write in DuckDB, 2 in PostgreSQL)"),
        ((0.001, 0.002), (0.01, 0.001), "stores the count too late (2 reads a write in DuckDB, 0.1 in PostgreSQL)"),
        ((0.001, 0.002), (0.001, 0.002), "Both engines put the point where a stored count pays alike"),
        ((0.001, 0.002), (0.0, 0.002), "the count gains nothing on PostgreSQL and pays on DuckDB"),
        ((0.0, 0.002), (0.001, 0.002), "the count gains nothing on DuckDB and pays on PostgreSQL"),
        ((0.0, 0.002), (0.0, 0.002), "a stored count gains nothing beyond the spread on either engine"),
    ],
)
def test_the_verdict_follows_the_numbers(duck: tuple[float, float], postgres: tuple[float, float], said: str) -> None:
    engines = {"duckdb": outcome_of("duckdb", *duck), "postgresql": outcome_of("postgresql", *postgres)}
    assert said in both.verdict(CHOICE, engines)


def test_break_even_is_cost_over_gain() -> None:
    # 2 ms more for each row added, 4 ms less for each page read: half a page a row
    assert both.break_even(outcome_of("postgresql", 0.004, 0.002), both.COUNTS, both.ADDED) == pytest.approx(0.5)
    assert both.break_even(outcome_of("postgresql", 0.0, 0.002), both.COUNTS, both.ADDED) is None
    assert both.break_even(outcome_of("postgresql", 0.004, -0.0005), both.COUNTS, both.ADDED) == 0


def test_what_it_costs_is_told_where_it_pays_where_it_does_not_and_where_it_is_free() -> None:
    said = both.verdict(CHOICE, {"postgresql": outcome_of("postgresql", 0.004, 0.002)})
    assert "Each added row then costs 3 ms in place of 1 ms, so it pays above 0.5 such pages" in said
    assert "there it pays above 0.02 reads for each added row" in said
    assert "with 700 copies, it takes 500 ms in place of 1 ms" in said
    assert "15 rows show an old label" in said
    assert "With a trigger that copies, 0 rows disagree" in said
    free = both.verdict(CHOICE, {"duckdb": outcome_of("duckdb", 0.004, 0.0, labels_s=0.001)})
    assert "DuckDB alone misleads" in free
    assert "costs no more that could be measured" in free
    assert "each changed label costs 3 ms in place of 1 ms: it does not pay" in free
