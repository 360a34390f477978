"""The experiment partition on both engines at a reduced size: what is pruned, what it costs, what is said of it."""

from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, run
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiment import Choice
from archbook.schema.experiments import partition
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Outcome, part_of
from archbook.schema.partitions import periods, scanned

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"
PASTED = """
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, created_at TIMESTAMP DEFAULT NOW());
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, user_id BIGINT REFERENCES users(id), status VARCHAR(50) NOT NULL,
  total_amount DECIMAL(10,2), INDEX idx_user_status (user_id, status));
"""
CHOICE = Choice("orders", ("at", "user_id"), "", roles={"time": "at", "key": "user_id", "amount": ""})


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    ddl = (DESIGNS / "ecommerce" / "schema" / "orders.sql").read_text(encoding="utf-8")
    return run("partition", ddl, engine="both", rows=30_000)


def test_the_query_with_the_partition_key_reads_one_partition_and_is_faster(outcome: Outcome) -> None:
    month = outcome.engines["postgresql"].lead
    assert (outcome.table_name, outcome.columns) == ("orders", ("created_at", "user_id"))
    assert [v.name for v in month.variants] == [partition.WHOLE, partition.INDEXED, partition.BY_MONTH]
    assert scanned(month.variants[-1].plan) == 1
    assert min(month.variants[0].values) > 2 * min(month.variants[-1].values)  # the least: other work only adds
    assert "one month" in outcome.claims["postgresql"]


def test_the_query_without_it_reads_all_partitions_and_is_slower_than_one_table(outcome: Outcome) -> None:
    one = outcome.engines["postgresql"].part(partition.OWNER)
    assert [scanned(v.plan) for v in one.variants] == [36, 0, 1]
    assert min(one.variant(partition.BY_MONTH).values) > min(one.variant(partition.WHOLE).values)
    assert "The query that prunes nothing, for one user_id, reads 36 and takes" in outcome.claims["postgresql"]


def test_planning_takes_longer_the_more_partitions_there_are(outcome: Outcome) -> None:
    many, few, none = (min(v.values) for v in outcome.engines["postgresql"].part(partition.PLANNING).variants)
    assert many > 3 * few > 3 * none > 0


def test_a_batch_is_inserted_and_rolled_back(outcome: Outcome) -> None:
    insert = outcome.engines["postgresql"].part(partition.INSERT)
    assert [v.name for v in insert.variants] == [partition.BY_MONTH, partition.WHOLE]
    assert all(v.low > 0 for v in insert.variants)


def test_the_refused_primary_key_is_told(outcome: Outcome) -> None:
    assert "refuses the primary key (id) there: a unique key must contain created_at" in str(outcome)


def test_duckdb_is_measured_by_sorting_since_it_has_no_partitions(outcome: Outcome) -> None:
    duck = outcome.engines["duckdb"]
    assert [part.name for part in duck.parts] == [partition.MONTH, partition.OWNER]
    assert [v.name for v in duck.part(partition.OWNER).variants] == [
        partition.BY_TIME,
        partition.WHOLE,
        partition.BY_KEY,
    ]
    assert "it has no partitions" in outcome.verdict


def test_a_time_that_may_be_null_and_a_table_that_is_its_own_owner_are_taken() -> None:
    users = run("partition", PASTED, engine="postgresql", rows=2_000)
    assert (users.table_name, users.columns) == ("users", ("created_at", "id"))
    assert scanned(users.engines["postgresql"].part(partition.OWNER).variants[0].plan) == 37  # 36 months and the rest
    assert "DuckDB" not in users.verdict


@pytest.mark.parametrize(
    ("ddl", "table", "columns"),
    [
        (PASTED, "users", ("created_at", "id")),
        (DESIGNS / "first_draft" / "schema" / "shop.sql", "orders", ("created", "user_id")),
        (DESIGNS / "minimal" / "schema" / "orders.sql", "orders", ("created_at", "user_id")),
        (DESIGNS / "ecommerce" / "schema" / "payments.sql", "payments", ("created_at", "user_id")),
    ],
)
def test_tables_and_columns_are_picked_sensibly(ddl: str | Path, table: str, columns: tuple[str, ...]) -> None:
    choice = partition.choose(parse(ddl if isinstance(ddl, str) else ddl.read_text(encoding="utf-8")), {})
    assert (choice.table, choice.columns) == (table, columns)


def test_a_key_that_contains_the_time_is_kept_on_real_ddl(corpus: Callable[[str], Path]) -> None:
    ddl = corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8")
    outcome = run("partition", ddl, engine="postgresql", rows=2_000)
    assert (outcome.table_name, outcome.columns) == ("payment", ("payment_date", "customer_id"))
    assert outcome.engines["postgresql"].lead.note == "Its primary key contains payment_date, as partitions by it need."


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE t (id int PRIMARY KEY, x int)",
        "CREATE TABLE t (at timestamptz)",
        "CREATE TABLE t (id int PRIMARY KEY, at timestamptz UNIQUE)",
        "",
    ],
)
def test_tables_without_the_shape_are_refused_in_one_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has both a time that its rows came at and a key"):
        partition.choose(parse(ddl), {})


@pytest.mark.parametrize(
    ("days", "names"), [(100, ["2024_01", "2024_02", "2024_03", "2024_04"]), (40, None), (0, None)]
)
def test_rows_of_too_few_months_are_refused(days: int, names: list[str] | None) -> None:
    with DuckDb() as engine:
        made = "SELECT DATE '2024-01-01' + CAST(i AS INTEGER) AS at FROM range($1) AS n(i)"
        engine.execute(f"CREATE TABLE orders AS {made}", [days])
        lab = Lab(engine, engine, parse("CREATE TABLE orders (at date)"), CHOICE, days, 7, lambda _: None)
        if names:
            assert [month.name for month in periods(lab)] == names
            return
        with pytest.raises(ArchbookError, match="too few to be partitioned"):
            periods(lab)


def test_centuries_are_cut_into_longer_periods() -> None:
    with DuckDb() as engine:
        engine.execute("CREATE TABLE orders AS SELECT unnest([DATE '1800-05-05', DATE '2024-02-01']) AS at")
        lab = Lab(engine, engine, parse("CREATE TABLE orders (at date)"), CHOICE, 2, 7, lambda _: None)
        found = periods(lab)
    assert len(found) <= 120
    assert all(first.end == second.start for first, second in pairwise(found))


def outcome_of(engine: str, month: Mapping[str, float], one: Mapping[str, float]) -> EngineOutcome:
    def part(name: str, of: Mapping[str, float]) -> object:
        return part_of(name, "s", {variant: [t, t * 1.01, t * 0.99, t] for variant, t in of.items()})

    costs = [part(partition.PLANNING, {"120 partitions": 9e-4, "12 partitions": 9e-5, partition.WHOLE: 1e-5}),
             part(partition.INSERT, {partition.BY_MONTH: 0.04, partition.WHOLE: 0.03})]  # fmt: skip
    parts = [part(partition.MONTH, month), part(partition.OWNER, one), *(costs if engine == "postgresql" else [])]
    return EngineOutcome(engine, "1", 1000, tuple(parts))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cut_s", "said", "advice"),
    [
        (3e-4, "DuckDB would mislead: it has no partitions", "each query that does not pays for all partitions"),
        (1e-4, "Here both engines show much the same price", "costs no more, within the spread"),
    ],
)
def test_the_verdict_follows_the_numbers(cut_s: float, said: str, advice: str) -> None:
    duck = outcome_of("duckdb", {partition.WHOLE: 2e-3, partition.BY_TIME: 1e-3},
                      {partition.BY_TIME: 1e-3, partition.WHOLE: 1e-3, partition.BY_KEY: 5e-4})  # fmt: skip
    postgres = outcome_of(
        "postgresql", {partition.WHOLE: 0.04, partition.INDEXED: 0.01, partition.BY_MONTH: 2e-3},
        {partition.BY_MONTH: cut_s, partition.WHOLE: 1e-4, partition.BY_HASH: 1e-4},
    )  # fmt: skip
    verdict = partition.verdict(CHOICE, {"duckdb": duck, "postgresql": postgres})
    assert said in verdict
    assert advice in verdict
    assert "DuckDB alone misleads" in partition.verdict(CHOICE, {"duckdb": duck})
