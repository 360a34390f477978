"""The experiment sharding at a reduced size: which shards are asked, what they send, and the path by Citus."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, run
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.remote import PostgresAt
from archbook.schema.experiments import sharding
from archbook.schema.experiments.sharding import GROUPED, JOINED, KEY, LARGEST, LOOK_UP, ONE, OTHER
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of

ORDERS = (Path(__file__).resolve().parent.parent / "data/designs/ecommerce/schema/orders.sql").read_text("utf-8")
PASTED = """
CREATE TYPE state AS ENUM ('new', 'it''s paid');
CREATE TABLE users (id uuid PRIMARY KEY, email varchar(255) UNIQUE NOT NULL);
CREATE TABLE "Orders" (id bigserial PRIMARY KEY, "user" uuid REFERENCES users(id), status state, tags text[]);
"""


def best(part: Part, variant: str) -> float:
    """The shortest time: a busy machine can only slow a query."""
    return min(part.variant(variant).values)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("sharding", ORDERS, engine="both", rows=60_000)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        yield engine


def test_the_three_layouts_answer_alike_and_one_shard_is_asked_by_its_key(outcome: Outcome) -> None:
    look_up = outcome.engines["postgresql"].part(LOOK_UP)
    assert [v.name for v in look_up.variants] == [OTHER, ONE, KEY]
    assert "sharded by another column asks 3 of 3 shards" in look_up.note
    assert "sharded by the key asks 1 of 3 shards" in look_up.note
    assert best(look_up, KEY) < best(look_up, OTHER)


@pytest.mark.parametrize("part", [GROUPED, JOINED])
def test_what_follows_the_key_is_worked_out_on_the_shards_and_the_rest_fetches_all_rows(
    outcome: Outcome, part: str
) -> None:
    its = outcome.engines["postgresql"].part(part)
    assert "Relations: Aggregate on" in its.variant(KEY).plan
    assert "Relations: Aggregate on" not in its.variant(OTHER).plan
    assert ("INNER JOIN" in its.variant(KEY).plan) == (part == JOINED)
    note = its.note.replace("\u202f", "")
    assert f"another column asks 3 of 3 shards and fetches {66_000 if part == JOINED else 60_000} rows" in note
    assert "by the key asks 3 of 3 shards and fetches 6000 rows" in note
    assert best(its, KEY) < best(its, OTHER)


def test_no_shard_is_empty(outcome: Outcome) -> None:
    largest = outcome.engines["postgresql"].part(LARGEST)
    assert all(1 / 3 <= v.median < 0.7 for v in largest.variants)


def test_duckdb_is_one_process_and_the_verdict_says_that_it_misleads(outcome: Outcome) -> None:
    assert [[v.name for v in part.variants] for part in outcome.engines["duckdb"].parts] == [[ONE]] * 3
    assert "DuckDB would mislead about the key: it is one process on one machine" in outcome.verdict
    assert "one process looks a" in outcome.claims["duckdb"]


def test_keys_that_are_null_names_in_quotes_and_types_of_ones_own_are_spread_as_well() -> None:
    outcome = run("sharding", PASTED, engine="postgresql", rows=3_000)
    assert (outcome.table_name, outcome.columns) == ("Orders", ("user",))
    assert "asks 1 of 3 shards" in outcome.engines["postgresql"].part(LOOK_UP).note


def test_a_server_without_citus_is_a_plain_sentence(server: EmbeddedPostgres) -> None:
    with pytest.raises(ArchbookError, match=r"has no Citus, so tables cannot be sharded there: docs/citus\.md"):
        run("sharding", ORDERS, engine=url(server), rows=1_000)


def url(server: EmbeddedPostgres) -> str:
    return f"postgresql://postgres@/postgres?host={server.options['host']}&port={server.options['port']}"


STAND_INS = """
CREATE TABLE distributed (name text, key text, beside text);
CREATE FUNCTION create_distributed_table(name regclass, key text, colocate_with text) RETURNS void LANGUAGE sql
  AS 'INSERT INTO distributed VALUES (name::text, key, colocate_with)';
CREATE FUNCTION run_command_on_shards(name regclass, command text) RETURNS TABLE (result text) LANGUAGE plpgsql
  AS 'BEGIN RETURN QUERY EXECUTE format(replace(command, ''count(*)'', ''count(*)::text''), name); END';
SET citus.shard_count = 32
"""


@pytest.fixture
def with_citus(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Stand-ins for the functions of Citus, and what was asked of them."""
    settled, closed = PostgresAt._settle, PostgresAt.close
    asked: list[tuple[str, ...]] = []

    def settle(self: PostgresAt) -> None:
        settled(self)
        self.citus = "13.0-1"
        self.execute(STAND_INS)

    def close(self: PostgresAt) -> None:
        if self.connection:
            asked.extend(self.execute("SELECT name, key, beside FROM distributed"))
        closed(self)

    monkeypatch.setattr(PostgresAt, "_settle", settle)
    monkeypatch.setattr(PostgresAt, "close", close)
    return asked


def test_citus_is_asked_to_spread_the_tables_beside_each_other(
    server: EmbeddedPostgres, with_citus: list[tuple[str, ...]]
) -> None:
    outcome = run("sharding", ORDERS, engine=url(server), rows=3_000)
    assert with_citus == [
        ("cart_items_by_cart_id", "cart_id", "none"),
        ("carts_by_id", "id", '"cart_items_by_cart_id"'),
        ("cart_items_by_product_id", "product_id", "none"),
    ]
    assert [part.name for part in outcome.engines["postgresql"].parts] == [LOOK_UP, GROUPED, JOINED, LARGEST]
    assert "of 32 shards; Citus 13.0-1" in outcome.engines["postgresql"].lead.note
    left = "SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'archbook%' AND nspname <> current_schema()"
    assert server.execute(left) == [(0,)]


def test_what_citus_refuses_is_a_plain_sentence(
    server: EmbeddedPostgres, with_citus: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing = STAND_INS.replace("'INSERT INTO", "'SELECT 1/0; INSERT INTO")
    monkeypatch.setitem(globals(), "STAND_INS", refusing)
    with pytest.raises(ArchbookError, match="Citus does not spread `cart_items` by `cart_id`: `division by zero"):
        run("sharding", ORDERS, engine=url(server), rows=1_000)
    assert with_citus == []


@pytest.mark.parametrize(
    ("ddl", "sizes", "picked"),
    [
        (ORDERS, {}, ("cart_items", "cart_id", "carts", "product_id")),
        (ORDERS, {"order_items": 1e6}, ("order_items", "order_id", "orders", "id")),
        (PASTED, {}, ("Orders", "user", "users", "id")),
    ],
)
def test_tables_and_columns_are_picked_sensibly(ddl: str, sizes: Mapping[str, float], picked: tuple[str, ...]) -> None:
    choice = sharding.choose(parse(ddl), sizes)
    assert (choice.table, *choice.columns, *choice.others, choice.roles["other"]) == picked


@pytest.mark.parametrize(
    "ddl", ["", "CREATE TABLE t (id int PRIMARY KEY, x int)",
            "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a, doc jsonb)"]
)  # fmt: skip
def test_ddl_without_the_shape_is_a_plain_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here points to another by a key of one column"):
        sharding.choose(parse(ddl), {})


def outcome_of(engine: str, other: float, key: float) -> EngineOutcome:
    values = {OTHER: [other] * 5, ONE: [0.01] * 5, KEY: [key] * 5} if engine == "postgresql" else {ONE: [0.01] * 5}
    parts = [part_of(name, "s", values) for name in (LOOK_UP, GROUPED, JOINED)]
    largest = part_of(LARGEST, "share", {OTHER: [0.4], KEY: [0.5]})
    return EngineOutcome(engine, "1", 1000, (*parts, *([largest] if engine == "postgresql" else [])))


@pytest.mark.parametrize(
    ("key", "said"),
    [(0.05, "Shard cart_items and carts by cart_id: what follows"), (0.5, "Not every query here gains by sharding")],
)
def test_the_verdict_follows_the_numbers(key: float, said: str) -> None:
    choice = sharding.choose(parse(ORDERS), {})
    engines = {"duckdb": outcome_of("duckdb", 0, 0), "postgresql": outcome_of("postgresql", 0.5, key)}
    verdict = sharding.verdict(choice, engines)
    assert said in verdict
    assert "The largest shard holds 50 % of rows by cart_id, 40 % by product_id" in verdict
    assert "DuckDB alone misleads" in sharding.verdict(choice, {"duckdb": outcome_of("duckdb", 0, 0)})


def test_reports_over_a_large_table_read_a_part_of_it_alike_in_all_layouts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharding, "MOST_ROWS", 2_000)
    outcome = run("sharding", ORDERS, engine="both", rows=6_000)
    postgres = outcome.engines["postgresql"]
    assert "reports read about 2\u202f000 rows, the first by cart_id" in postgres.part(LOOK_UP).note
    note = postgres.part(GROUPED).note.replace("\u202f", "")
    assert 2_000 <= int(re.search(r"fetches (\d+) rows", note)[1]) < 4_000  # type: ignore[index]
    assert "the first by cart_id" in outcome.engines["duckdb"].part(LOOK_UP).note
