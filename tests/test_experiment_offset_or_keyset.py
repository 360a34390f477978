"""OFFSET against keyset: on both engines at a reduced size, and what is chosen from which DDL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archbook.errors import ArchbookError
from archbook.schema.ddl import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiments import offset_or_keyset
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of
from archbook.schema.rows import fill
from archbook.schema.running import run

PASTED = """\
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, created_at TIMESTAMP DEFAULT NOW());
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, user_id BIGINT REFERENCES users(id), status VARCHAR(50) NOT NULL,
  total_amount DECIMAL(10,2), created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
"""
ODD_KEY = 'CREATE TABLE "t 1" ("the id" uuid PRIMARY KEY, "when""" timestamp)'


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("offset_or_keyset", PASTED, engine="both", rows=60_000)


def test_the_child_is_listed_by_when_its_rows_came(outcome: Outcome) -> None:
    assert (outcome.table_name, outcome.columns) == ("orders", ("created_at", "id"))
    assert outcome.index == "orders_created_at_id_idx"


def test_keyset_wins_the_deep_page_on_postgresql_and_its_plan_shows_why(outcome: Outcome) -> None:
    lead = outcome.engines["postgresql"].lead
    assert lead.ratio_low > 2
    assert "Index" in lead.variant("keyset").plan
    assert "Index Cond" in lead.variant("keyset").plan


def test_offset_costs_more_the_deeper_the_page_and_keyset_does_not(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    offset, keyset = (  # a busy machine shifts medians
        [min(postgres.part(name).variants[n].values) for name in ("page 2", "page at row 30\u202f000")] for n in (0, 1)
    )
    assert offset[1] > 20 * offset[0]
    assert keyset[1] < 5 * keyset[0]


def test_postgresql_gains_more_than_duckdb_and_the_verdict_says_who_misleads(outcome: Outcome) -> None:
    assert outcome.engines["postgresql"].lead.ratio > outcome.engines["duckdb"].lead.ratio
    assert "DuckDB would mislead" in outcome.verdict
    assert "Decide by PostgreSQL" in outcome.verdict


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_offset_repeats_and_loses_rows_where_keyset_does_not(outcome: Outcome, engine: str) -> None:
    # nine gaps of two rows: each coming row pushes one seen row onto the next page, each going row pulls one past it
    for part in ("seen twice while rows come", "missed while rows go"):
        found = outcome.engines[engine].part(part)
        assert (found.unit, [v.values for v in found.variants]) == ("rows", [(18.0,), (0.0,)])


def test_counting_all_costs_more_than_the_catalogs_estimate_on_postgresql(outcome: Outcome) -> None:
    total = outcome.engines["postgresql"].part("how many in all")
    assert min(total.variant("count(*)").values) > 3 * min(total.variant("the catalog's estimate").values)


@pytest.mark.parametrize("ddl", [PASTED, ODD_KEY], ids=["pasted", "odd names, uuid key, times that may be null"])
def test_walking_leaves_the_table_as_it_was(ddl: str) -> None:
    schema = parse(ddl)
    choice = offset_or_keyset.choose(schema, {})
    with DuckDb() as engine:
        rows = fill(engine, schema, offset_or_keyset.EXPERIMENT.rows(schema, choice, 2_000)).rows[choice.table]
        listed = f'FROM "{choice.table}" ORDER BY ALL'
        before = engine.execute(listed)
        offset_or_keyset.measure(Lab(engine, engine, schema, choice, rows, 7, lambda _: None))
        assert engine.execute(listed) == before


@pytest.fixture
def tiny() -> Iterator[Lab]:
    schema = parse("CREATE TABLE t (id int PRIMARY KEY)")
    with DuckDb() as engine:
        engine.execute("CREATE TABLE t AS SELECT 1 AS id")
        yield Lab(engine, engine, schema, offset_or_keyset.choose(schema, {}), 1, 7, lambda _: None)


def test_too_few_rows_are_said(tiny: Lab) -> None:
    with pytest.raises(ArchbookError, match="t has 1 rows to list; ask for more, 220 are needed"):
        offset_or_keyset.measure(tiny)


@pytest.mark.parametrize(
    ("ddl", "sizes", "table", "columns"),
    [
        (PASTED, {}, "orders", ("created_at", "id")),
        (PASTED, {"users": 1e6, "orders": 10}, "users", ("created_at", "id")),
        (ODD_KEY, {}, "t 1", ('when"', "the id")),
        ("CREATE TABLE t (id int PRIMARY KEY, n int)", {}, "t", ("id",)),
        ("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, d date)", {}, "b", ("d", "id")),
        ("CREATE TABLE t (id int PRIMARY KEY, birth_date date)", {}, "t", ("id",)),
    ],
)
def test_a_list_with_a_time_is_picked(ddl: str, sizes: dict[str, float], table: str, columns: tuple[str, ...]) -> None:
    choice = offset_or_keyset.choose(parse(ddl), sizes)
    assert (choice.table, choice.columns) == (table, columns)


def test_pagila_has_a_list(corpus: Callable[[str], Path]) -> None:
    schema = parse(corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8"))
    choice = offset_or_keyset.choose(schema, {})
    assert schema.table(choice.table).primary_key == choice.columns[-1:]


@pytest.mark.parametrize("ddl", ["CREATE TABLE t (a int, created_at date)", ""])
def test_ddl_without_a_key_is_refused_in_one_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has a primary key of one column"):
        offset_or_keyset.choose(parse(ddl), {})


def outcome_of(engine: str, gain: float, plan: str = "Index Scan") -> EngineOutcome:
    def timed(name: str, deep: float) -> Part:
        return part_of(name, "s", {"OFFSET": [deep] * 4, "keyset": [0.001] * 4}, {"keyset": plan})

    count = part_of("how many in all", "s", {"count(*)": [0.5], "the catalog's estimate": [0.001]})
    drift = {"OFFSET": [18.0], "keyset": [0.0]}
    drifts = [part_of(name, "rows", drift) for name in ("seen twice while rows come", "missed while rows go")]
    parts = (timed("page at row 500", 0.001 * gain), timed("page 2", 0.001), count, *drifts)
    return EngineOutcome(engine, "1", 1000, parts)


CHOICE = offset_or_keyset.choose(parse(PASTED), {})


@pytest.mark.parametrize(
    ("duck", "postgres", "plan", "said"),
    [
        (2.0, 278.0, "Index Scan", "DuckDB would mislead: keyset gains 2× in DuckDB and 278× in PostgreSQL"),
        (278.0, 2.0, "Index Scan", "DuckDB would mislead: keyset gains 278× in DuckDB and 2× in PostgreSQL"),
        (3.0, 3.0, "Index Scan", "Both engines agree within their spread"),
        (3.0, 3.0, "Seq Scan", "PostgreSQL did not use the index"),
    ],
)
def test_the_verdict_follows_the_numbers(duck: float, postgres: float, plan: str, said: str) -> None:
    engines = {"duckdb": outcome_of("duckdb", duck), "postgresql": outcome_of("postgresql", postgres, plan)}
    assert said in offset_or_keyset.verdict(CHOICE, engines)


def test_duckdb_alone_is_said_to_mislead_and_growth_with_depth_is_told() -> None:
    said = offset_or_keyset.verdict(CHOICE, {"duckdb": outcome_of("duckdb", 40.0)})
    assert "DuckDB alone misleads" in said
    assert "OFFSET costs 40× as much there and keyset about as much" in said
    assert "OFFSET showed 18 rows twice, keyset 0" in said


def test_no_gain_is_said_as_such() -> None:
    said = offset_or_keyset.sentence(CHOICE, outcome_of("postgresql", 1.0))
    assert "keyset is no faster, within the spread." in said
