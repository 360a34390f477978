"""N+1 statements against a join and selectinload: on both engines at a reduced size, and what is chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import orm

from archbook.errors import ArchbookError
from archbook.schema.choosing import Link
from archbook.schema.ddl import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiments import n_plus_one
from archbook.schema.lab import Lab
from archbook.schema.orm import Family
from archbook.schema.outcome import EngineOutcome, Outcome, part_of
from archbook.schema.running import run

SHOP = """
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint REFERENCES users(id), status varchar(50) NOT NULL,
  total_amount decimal(10,2), items jsonb, tags text[], paid_at timestamptz);
CREATE TABLE reviews (id uuid PRIMARY KEY, user_id bigint NOT NULL REFERENCES users(id), "text of it" text);
"""
FAMILY = """
CREATE TABLE mothers (id int PRIMARY KEY, metadata text);
CREATE TABLE children (id int PRIMARY KEY, mother int REFERENCES mothers, children_0 int);
CREATE TABLE pets (name text, "of" int REFERENCES mothers, PRIMARY KEY (name, "of"));
"""
PAIR = "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)"


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("n_plus_one", SHOP, engine="both", rows=12_000)


def test_it_picks_a_parent_with_two_tables_of_children(outcome: Outcome) -> None:
    choice = n_plus_one.choose(parse(SHOP), {})
    assert (outcome.table_name, outcome.columns) == ("orders", ("user_id",))
    assert choice.others == ("users", "reviews")
    assert n_plus_one.rows(parse(SHOP), choice, 1_000) == {"orders": 1_000, "users": 100, "reviews": 500}


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_statements_are_counted_as_sent(outcome: Outcome, engine: str) -> None:
    counted = outcome.engines[engine].part(n_plus_one.SENT)
    assert {v.name: v.values for v in counted.variants} == {
        "lazy": (51.0,), "joinedload": (1.0,), "join by hand": (1.0,), "selectinload": (2.0,)
    }  # fmt: skip


def test_lazy_loading_is_slower_with_a_network_than_each_other_way(outcome: Outcome) -> None:
    lead = outcome.engines["postgresql"].lead
    lazy, *others = (min(v.values) for v in lead.variants)  # a busy machine shifts medians
    assert all(lazy > other for other in others)
    assert "selectinload is" in outcome.claims["postgresql"]


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_the_network_is_added_once_a_statement(outcome: Outcome, engine: str) -> None:
    parts = outcome.engines[engine]
    for near, far, sent in zip(parts.part(n_plus_one.LOCAL).variants, parts.lead.variants, (51, 1, 1, 2), strict=True):
        assert far.values == tuple(value + sent * 0.0005 for value in near.values)


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
def test_two_joined_collections_multiply(outcome: Outcome, engine: str) -> None:
    joined, selected = outcome.engines[engine].part(n_plus_one.MULTIPLIED).variants
    assert joined.median > 1.5 * selected.median
    assert "two joined collections multiply" in outcome.verdict


def test_the_statement_kept_as_evidence_is_what_was_sent(outcome: Outcome) -> None:
    statement = outcome.engines["postgresql"].lead.variants[-1].statement
    assert statement.startswith("2, the last: SELECT")
    assert "orders.user_id IN" in statement


@pytest.fixture
def family() -> Iterator[Family]:
    with DuckDb() as engine:
        for statement in (
            "CREATE TABLE mothers AS SELECT unnest([1, 2, 3])::int AS id, 'm' AS metadata",
            "CREATE TABLE children AS SELECT range::int AS id, 1 AS mother, 0 AS children_0 FROM range(3)",
            """CREATE TABLE pets AS SELECT 'Rex' || range AS name, 1 AS "of" FROM range(4)""",
        ):
            engine.execute(statement)
        links = [Link("children", "mother", "mothers", "id"), Link("pets", "of", "mothers", "id")]
        yield Family(engine.sqlalchemy(), parse(FAMILY), links)


def test_all_ways_load_the_same_and_rows_are_counted(family: Family) -> None:
    lazily = family.load([1, 2])
    assert len(lazily) == 3 + 4
    joined = [orm.joinedload(collection) for collection in family.collections]
    selected = [orm.selectinload(collection) for collection in family.collections]
    assert sorted(family.load([1, 2], *joined)) == sorted(family.load([1, 2], *selected)) == sorted(lazily)
    assert sorted(family.join([1, 2])) == sorted(found for found in lazily if found[1] == 0)
    sent = {name: family.sent(lambda some=some: family.load([1, 2], *some))  # type: ignore[misc]
            for name, some in {"lazy": [], "joined": joined, "selected": selected}.items()}  # fmt: skip
    assert {name: len(statements) for name, statements in sent.items()} == {"lazy": 5, "joined": 1, "selected": 3}
    # 3 × 4 pairs and a mother with none; two mothers, three children, four pets
    assert (family.rows_of(sent["joined"]), family.rows_of(sent["selected"])) == (3 * 4 + 1, 2 + 3 + 4)


@pytest.mark.parametrize(
    ("ddl", "sizes", "table", "others"),
    [
        (SHOP, {}, "orders", ("users", "reviews")),
        (SHOP, {"reviews": 1e6}, "reviews", ("users", "orders")),
        (FAMILY, {}, "children", ("mothers", "pets")),
        (  # children of one parent go before a bigger family of none
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)",
            {},
            "b",
            ("a",),
        ),
    ],
)
def test_a_family_is_picked(ddl: str, sizes: dict[str, float], table: str, others: tuple[str, ...]) -> None:
    choice = n_plus_one.choose(parse(ddl), sizes)
    assert (choice.table, choice.others) == (table, others)


def test_pagila_runs(corpus: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(n_plus_one, "PAGES", {n_plus_one.BIG: 1, n_plus_one.SMALL: 1})
    found = run("n_plus_one", corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8"), rows=5_000)
    assert found.engines["duckdb"].part(n_plus_one.SENT).ratio == 51 / 2


@pytest.mark.parametrize(
    "ddl",
    [
        "",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a)",
        "CREATE TABLE a (id int PRIMARY KEY, a int REFERENCES a)",
    ],
)
def test_ddl_without_a_family_is_refused_in_one_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table with a primary key has a foreign key of one column"):
        n_plus_one.choose(parse(ddl), {})


def test_too_few_parents_for_a_page_are_said() -> None:
    schema = parse(PAIR)
    with DuckDb() as engine:
        engine.execute("CREATE TABLE a AS SELECT 1 AS id")
        engine.execute("CREATE TABLE b AS SELECT 1 AS id, 1 AS a")
        lab = Lab(engine, engine, schema, n_plus_one.choose(schema, {}), 1, 7, lambda _: None)
        with pytest.raises(ArchbookError, match="1 rows of a have children and a page takes 50"):
            n_plus_one.measure(lab)


def outcome_of(engine: str, gain: float, each_s: float) -> EngineOutcome:
    local = {"lazy": [0.001 + 49 * each_s] * 4, "joinedload": [0.002], "join by hand": [0.001],
             "selectinload": [0.001] * 4}  # fmt: skip
    sent = {"lazy": [51.0], "selectinload": [2.0]}
    parts = (
        part_of(n_plus_one.LEAD, "s", {"lazy": [0.001 * gain] * 4, "selectinload": [0.001] * 4}),
        part_of(n_plus_one.LOCAL, "s", local),
        part_of(n_plus_one.SENT, "statements", sent),
        part_of(n_plus_one.MULTIPLIED, "rows", {"joinedload": [13.0], "selectinload": [9.0]}),
    )
    return EngineOutcome(engine, "1", 1000, parts)


CHOICE = n_plus_one.choose(parse(SHOP), {})


@pytest.mark.parametrize(
    ("duck", "postgres", "each_s", "said"),
    [
        (3.0, 9.0, 0.0001, "DuckDB would mislead (3× in DuckDB and 9× in PostgreSQL)"),
        (9.0, 3.0, 0.0001, "DuckDB would mislead (9× in DuckDB and 3× in PostgreSQL)"),
        (3.0, 3.0, 0.0001, "Both engines agree within their spread (3× in DuckDB and 3× in PostgreSQL)"),
        (3.0, 9.0, 0.0001, "The round trip is the larger part of it on PostgreSQL"),
        (3.0, 9.0, 0.0009, "On PostgreSQL here a statement costs more than its round trip"),
    ],
)
def test_the_verdict_follows_the_numbers(duck: float, postgres: float, each_s: float, said: str) -> None:
    engines = {"duckdb": outcome_of("duckdb", duck, 0.001), "postgresql": outcome_of("postgresql", postgres, each_s)}
    assert said in n_plus_one.verdict(CHOICE, engines)


def test_duckdb_alone_is_said_to_mislead() -> None:
    said = n_plus_one.verdict(CHOICE, {"duckdb": outcome_of("duckdb", 3.0, 0.001)})
    assert "DuckDB alone misleads" in said
    assert "1 ms for each further statement" in said
    assert "come as 13 rows, by selectinload as 9 rows" in said
