"""The experiment read_replica at a reduced size: who is disturbed by reports, and what readers of a standby miss."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.schema import parse, run
from archbook.schema.engines.cores import apart
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.pgbench import pgbench
from archbook.schema.experiments import read_replica
from archbook.schema.experiments.read_replica import APART, LAG, MISSED, NONE, SAME
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of

ORDERS = (Path(__file__).resolve().parent.parent / "data/designs/ecommerce/schema/orders.sql").read_text("utf-8")
NOTES = "CREATE TABLE notes (k uuid PRIMARY KEY, note text);"


def best(rates: Part, variant: str) -> float:
    """The highest rate: a busy machine can only lower it."""
    return max(rates.variant(variant).values)


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("read_replica", ORDERS, engine="both", rows=150_000)


@pytest.fixture(scope="module")
def primary() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        yield engine


def test_reports_on_the_primary_take_from_its_clients_and_less_so_from_a_standby(outcome: Outcome) -> None:
    rates = outcome.engines["postgresql"].lead
    assert [v.name for v in rates.variants] == [SAME, NONE, APART]
    assert best(rates, SAME) < best(rates, APART)
    assert best(rates, SAME) < best(rates, NONE)


def test_readers_that_wait_for_the_position_miss_nothing(outcome: Outcome) -> None:
    missed = outcome.engines["postgresql"].part(MISSED)
    assert missed.variant(read_replica.WAITED).values == missed.variant(read_replica.REMOTE).values == (0.0,) * 6
    assert missed.unit == "share"
    assert "0 % of those that wait for its position in the log" in outcome.claims["postgresql"]


def test_all_rows_are_reported_on_both_servers_and_the_lag_is_told(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    assert [v.name for v in postgres.part(read_replica.REPORT).variants] == [SAME, APART]
    assert all("Scan" in v.plan for v in postgres.part(read_replica.REPORT).variants)
    assert all(0 < v.median < 5 for v in postgres.part(LAG).variants)
    assert "as on two machines" in postgres.lead.note or "share all cores" in postgres.lead.note


def test_duckdb_has_no_replica_and_the_verdict_says_that_it_misleads(outcome: Outcome) -> None:
    duck = outcome.engines["duckdb"].lead
    assert [v.name for v in duck.variants] == [SAME, NONE]
    assert best(duck, SAME) < best(duck, NONE)
    assert "DuckDB would mislead: one process holds the database" in outcome.verdict


def test_a_delayed_standby_shows_no_own_write_at_once(
    primary: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_replica, "READS", 2)
    standby = primary.standby()
    standby.delay(0.05)
    with DuckDb() as source:
        schema = parse(ORDERS)
        lab = Lab(primary, source, schema, read_replica.choose(schema, {}), 1, 7, lambda _: None)
        primary.execute("CREATE TABLE order_items AS SELECT 1 AS id, 2 AS quantity, 3 AS order_id, 4 AS product_id")
        lag, missed, commit = read_replica._seen(lab, primary, standby)
    assert all(0.04 < v.median < 5 for v in lag.variants)
    assert [v.median for v in missed.variants] == [1, 0, 0]
    assert commit.ratio > 5
    primary.execute("DROP TABLE order_items")


def test_a_server_at_a_url_is_measured_without_a_standby_and_that_is_said(
    primary: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_replica, "WINDOWS", 2)
    url = f"postgresql://postgres@/postgres?host={primary.options['host']}&port={primary.options['port']}"
    outcome = run("read_replica", ORDERS, engine=url, rows=5_000)
    assert [part.name for part in outcome.engines["postgresql"].parts] == [
        read_replica.RATE, read_replica.SLOWEST, read_replica.REPORT,
    ]  # fmt: skip
    assert "A server at a URL gets no standby of ours" in str(outcome)
    assert "with no report" in outcome.claims["postgresql"]


@pytest.mark.skipif(not hasattr(psutil.Process, "cpu_affinity"), reason="this system holds no process to cores")
def test_servers_are_held_to_cores_of_their_own(primary: EmbeddedPostgres) -> None:
    cores = psutil.Process().cpu_affinity()
    with EmbeddedPostgres() as second:
        done = apart([primary, second])
        assert done == (len(cores) > 1)
        if done:
            others = [primary.another(), second.another()]  # held: a connection that nobody holds is closed
            held = [set(psutil.Process(e.connection.info.backend_pid).cpu_affinity()) for e in others]
            assert held[0].isdisjoint(held[1])
            assert not apart([second] * (len(cores) + 1))


def test_load_that_cannot_be_put_on_a_server_is_a_plain_sentence(primary: EmbeddedPostgres) -> None:
    assert len(pgbench(primary, "SELECT 1;", clients=2, transactions=5)) == 10
    with pytest.raises(EngineUnavailable, match=r"pgbench could not work .*relation \"nowhere\" does not exist"):
        pgbench(primary, "SELECT * FROM nowhere;", clients=1, transactions=5)


@pytest.mark.parametrize(
    ("ddl", "roles"),
    [
        (ORDERS, ("order_items", "id", "quantity", "order_id")),
        ("CREATE TABLE a (k uuid PRIMARY KEY, note text)", ("a", "k", "", "")),
        (
            "CREATE TABLE a (k int PRIMARY KEY, n text); CREATE TABLE b (k int PRIMARY KEY, price float8)",
            ("b", "k", "price", ""),
        ),
    ],
)
def test_tables_and_columns_are_picked_sensibly(ddl: str, roles: tuple[str, ...]) -> None:
    choice = read_replica.choose(parse(ddl), {})
    assert (choice.table, choice.roles["key"], choice.roles["amount"], choice.roles["owner"]) == roles


def test_a_key_of_text_and_an_amount_in_binary_fractions_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read_replica, "WINDOWS", 2)
    monkeypatch.setattr(read_replica, "WINDOW_S", 0.1)
    outcome = run(
        "read_replica", 'CREATE TABLE "o\'dd" ("k""1" text PRIMARY KEY, price float8)', engine="both", rows=1_000
    )
    assert outcome.table_name == "o'dd"


@pytest.mark.parametrize(
    "ddl", ["", "CREATE TABLE t (a int, b int, PRIMARY KEY (a, b))", "CREATE TABLE t (a int PRIMARY KEY)"]
)
def test_ddl_without_the_shape_is_a_plain_sentence(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has a primary key of one column, and another column"):
        read_replica.choose(parse(ddl), {})


def outcome_of(same: float, none: float, apart: float = 0.0) -> EngineOutcome:
    values = {SAME: [same] * 5, NONE: [none] * 5} | ({APART: [apart] * 5} if apart else {})
    rates, slow = part_of(read_replica.RATE, "1/s", values), part_of(read_replica.SLOWEST, "s", values)
    report = part_of(read_replica.REPORT, "s", {SAME: [0.1, 0.1]})
    missed = {read_replica.AT_ONCE: [0.4], read_replica.REMOTE: [0.0], read_replica.WAITED: [0.0]}
    parts = [rates, slow, report]
    if apart:
        parts += [
            part_of(LAG, "s", {read_replica.BUSY: [0.02] * 2, read_replica.QUIET: [0.01] * 2}),
            part_of(MISSED, "share", missed),
            part_of(read_replica.COMMIT, "s", {read_replica.APPLIED: [0.002], read_replica.ASYNC: [0.001]}),
        ]
    return EngineOutcome("postgresql" if apart else "duckdb", "1", 1000, tuple(parts))


@pytest.mark.parametrize(
    ("apart", "said"),
    [(500.0, "Reports belong on a standby. Whoever has just written"), (100.0, "disturb the primary no more")],
)
def test_the_verdict_follows_the_numbers(apart: float, said: str) -> None:
    choice = read_replica.choose(parse(ORDERS), {})
    engines = {"duckdb": outcome_of(100, 500), "postgresql": outcome_of(100, 500, apart)}
    verdict = read_replica.verdict(choice, engines)
    assert said in verdict
    assert "takes 2 ms (1 ms without), and then 0 % miss it" in verdict
    assert "DuckDB alone misleads" in read_replica.verdict(choice, {"duckdb": outcome_of(100, 500)})
