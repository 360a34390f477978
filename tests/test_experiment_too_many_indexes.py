"""The experiment too_many_indexes on both engines at a reduced size: log, space and plans, alike on a busy machine."""

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, run
from archbook.schema.experiments import too_many_indexes
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of

SHOP = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric(10, 2) NOT NULL,
  currency text NOT NULL, status text NOT NULL CHECK (status IN ('new', 'paid')), created_at timestamp NOT NULL);
CREATE INDEX idx_user_status ON orders (user_id, status);
"""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("too_many_indexes", SHOP, engine="both", rows=30_000)


@pytest.fixture(scope="module")
def postgres(outcome: Outcome) -> EngineOutcome:
    return outcome.engines["postgresql"]


def test_the_ddls_own_index_comes_first_and_five_are_added(outcome: Outcome) -> None:
    assert outcome.columns == ("user_id", "total", "currency", "status", "created_at")
    assert outcome.why == "it has a key and 5 more columns that an index could be on"


def test_each_further_index_adds_log_and_space(postgres: EngineOutcome) -> None:
    for name in (too_many_indexes.LOG, too_many_indexes.SPACE):
        part = postgres.part(name)
        assert [variant.name for variant in part.variants] == ["6 indexes", "3 indexes", "1 index"]
        most, some, least = (variant.median for variant in part.variants)
        assert most > some > least > 0


def test_bulk_inserts_are_slower_with_more_indexes(postgres: EngineOutcome) -> None:
    assert postgres.lead.name == "bulk insert"
    assert postgres.lead.ratio > 1.3
    assert "each row takes" in postgres.lead.note


def test_nothing_is_left_inserted_and_the_changed_rows_are_as_before(outcome: Outcome) -> None:
    assert outcome.rows == 30_000
    assert all(v.repeats >= 6 for engine in outcome.engines.values() for v in engine.lead.variants)


def test_a_change_of_an_unindexed_column_stays_in_its_page(postgres: EngineOutcome) -> None:
    changed = postgres.part(too_many_indexes.CHANGE)
    assert [v.name for v in changed.variants] == ["status has an index", "status has none"]
    assert "(HOT), and the 5 other indexes need no new entry" in changed.note
    assert postgres.part(too_many_indexes.CHANGE_LOG).ratio_low > 1.5


def test_an_index_that_tells_rows_apart_is_paid_back_and_one_on_a_status_is_not(
    outcome: Outcome, postgres: EngineOutcome
) -> None:
    assert "is paid back by one look-up in" in postgres.part("look up by user_id").note
    assert postgres.part("look up by status").note == "the planner does not use the index: it is never paid back"
    assert "The index on status is not even used to look rows up: leave it out." in outcome.verdict


@pytest.mark.parametrize(
    ("ddl", "table", "columns"),
    [
        (SHOP, "orders", ("user_id", "total", "currency", "status", "created_at")),
        (  # arrays and documents bear no plain index; the key itself is not counted
            "CREATE TABLE t (id int PRIMARY KEY, tags text[], body jsonb, a int, b text)", "t", ("a", "b"),
        ),
        (  # of two that suit, the one with more indexes
            "CREATE TABLE s (id int PRIMARY KEY, a int, b int); CREATE TABLE t (id int PRIMARY KEY, a int, b int);"
            "CREATE INDEX i ON t (b)", "t", ("b", "a"),
        ),
        ("CREATE TABLE t (a int, b int, c text, d text, PRIMARY KEY (a, b))", "t", ("c", "d")),
    ],
)  # fmt: skip
def test_tables_and_columns_are_picked_sensibly(ddl: str, table: str, columns: tuple[str, ...]) -> None:
    choice = too_many_indexes.choose(parse(ddl), {})
    assert (choice.table, choice.columns) == (table, columns)


def test_the_table_that_the_design_says_is_biggest_is_picked() -> None:
    ddl = "CREATE TABLE s (id int PRIMARY KEY, a int, b int); CREATE TABLE t (id int PRIMARY KEY, a int, b int)"
    assert too_many_indexes.choose(parse(ddl), {"s": 1, "t": 9}).table == "t"


@pytest.mark.parametrize("ddl", ["CREATE TABLE t (a int, b int, c int)", "CREATE TABLE t (a int PRIMARY KEY, b int)"])
def test_ddl_without_the_shape_is_refused(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has a key and two more columns"):
        run("too_many_indexes", ddl, rows=1_000)


@pytest.mark.parametrize(
    "ddl",
    [
        'CREATE TABLE "Q t" ("a ""x""" int, b text, "C c" text, d date, PRIMARY KEY ("a ""x""", b))',
        "CREATE TABLE t (id uuid PRIMARY KEY, ok boolean, one int CHECK (one IN (1)))",
    ],
)
def test_odd_names_keys_and_columns_of_one_value_are_measured(ddl: str) -> None:
    outcome = run("too_many_indexes", ddl, rows=2_000)
    assert "indexes more than that of the key" in outcome.claims["duckdb"]
    assert "DuckDB alone misleads" in outcome.verdict


def engine(name: str, slow: float, spread: float = 0.05) -> EngineOutcome:
    times = [1 - spread, 1.0, 1.0, 1 + spread]
    lead = part_of(too_many_indexes.WRITE, "s", {"6 indexes": [slow * t for t in times], "1 index": times})
    log = part_of(too_many_indexes.LOG, "B", {"6 indexes": [300.0], "1 index": [100.0]})
    space = part_of(too_many_indexes.SPACE, "B", {"6 indexes": [5e6], "1 index": [1e6]})
    parts: tuple[Part, ...] = (lead, log, space) if name == "postgresql" else (lead,)
    return EngineOutcome(name, "1", 1_000, parts)


@pytest.mark.parametrize(
    ("duck", "postgres", "said"),
    [
        (2.0, 6.0, "DuckDB would mislead, to too many indexes: with one index inserts are 2× faster"),
        (6.0, 2.0, "DuckDB would mislead, to too few indexes: with one index inserts are 6× faster"),
        (4.0, 4.0, "The cost of writing lies within one spread (with one index inserts are 4× faster"),
    ],
)
def test_the_verdict_follows_the_numbers(duck: float, postgres: float, said: str) -> None:
    choice = too_many_indexes.choose(parse(SHOP), {})
    verdict = too_many_indexes.verdict(
        choice, {"duckdb": engine("duckdb", duck), "postgresql": engine("postgresql", postgres)}
    )
    assert said in verdict
    assert "write 3× the log, and indexes take 5 MB instead of 1 MB" in verdict


def test_no_cost_is_claimed_where_none_was_seen() -> None:
    choice = too_many_indexes.choose(parse(SHOP), {})
    assert "no slower, within the spread" in too_many_indexes.sentence(choice, engine("duckdb", 1.0))
