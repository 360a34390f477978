"""The experiment archive on both engines at a reduced size: nothing is lost, what stays behind, who waits."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, run
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiment import Choice
from archbook.schema.experiments import archive
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Outcome, Part, part_of

ORDERS = Path(__file__).resolve().parent.parent / "data" / "designs" / "ecommerce" / "schema" / "orders.sql"
CHOICE = Choice("orders", ("at",), "", roles={"time": "at", "children": ""})


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("archive", ORDERS.read_text(encoding="utf-8"), engine="both", rows=40_000)


def test_detaching_a_month_is_faster_than_deleting_it(outcome: Outcome) -> None:
    lead = outcome.engines["postgresql"].lead
    assert (outcome.table_name, outcome.columns) == ("orders", ("created_at",))
    assert [v.name for v in lead.variants] == [archive.DELETE, archive.DETACH]
    assert min(lead.variants[0].values) > 2 * min(lead.variants[1].values)  # the least: other work only adds
    assert 900 < lead.rows_returned < 1_300  # 40 000 rows in 36 months
    assert "no row was lost either way" in str(outcome)


def test_it_writes_less_log_and_gives_the_disk_back(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"]
    assert postgres.part(archive.LOG).ratio > 5
    deleted, detached = (v.median for v in postgres.part(archive.DISK).variants)
    assert detached < 0.95 < deleted


def test_a_report_makes_readers_wait_behind_a_plain_detach_but_not_a_concurrent_one(outcome: Outcome) -> None:
    wait = outcome.engines["postgresql"].part(archive.WAIT)
    plain, delete, concurrent = wait.variants
    assert [v.name for v in wait.variants] == [archive.DETACH, archive.DELETE, archive.CONCURRENTLY]
    assert plain.median > archive.REPORT_S / 2 > max(delete.median, concurrent.median)
    assert "use CONCURRENTLY, or set a lock_timeout" in outcome.verdict
    assert "Rows of order_items, idempotency_keys that point to the month" in outcome.verdict


def test_duckdb_renames_a_table_and_says_what_it_does_not_show(outcome: Outcome) -> None:
    duck = outcome.engines["duckdb"]
    assert [(p.name, [v.name for v in p.variants]) for p in duck.parts] == [
        (archive.MOVE, [archive.DELETE, archive.RENAME])
    ]
    assert "DuckDB would mislead" in outcome.verdict


def test_rows_without_a_time_forbid_concurrency_and_that_is_told() -> None:
    name = 'm""ails of a.name that goes on and on'
    ddl = f'CREATE TABLE "{name}" (id int PRIMARY KEY, user_id int, "se%""nt" timestamp)'
    outcome = run("archive", ddl, engine="postgresql", rows=2_000)
    wait = outcome.engines["postgresql"].part(archive.WAIT)
    assert [v.name for v in wait.variants] == [archive.DETACH, archive.DELETE]
    assert "CONCURRENTLY is not possible beside the DEFAULT partition" in wait.note
    assert "so set a lock_timeout and try again" in outcome.verdict


@pytest.fixture
def lab() -> Iterator[Lab]:
    with DuckDb() as engine:
        made = "SELECT DATE '2024-01-01' + CAST(i AS INTEGER) AS at, i FROM range(300) AS n(i)"
        engine.execute(f"CREATE TABLE orders AS {made}")
        yield Lab(engine, engine, parse("CREATE TABLE orders (at date, i bigint)"), CHOICE, 300, 7, lambda _: None)


@pytest.mark.parametrize("harm", ["DELETE FROM archbook_archive", "UPDATE archbook_archive SET i = 0"])
def test_a_way_that_loses_or_changes_rows_is_refused(lab: Lab, harm: str) -> None:
    def deleting(lab: Lab) -> object:
        way = whole(lab)
        return replace(way, archive=lambda month: (way.archive(month), lab.engine.execute(harm)))

    whole = archive._deleting
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "_deleting", deleting)
        with pytest.raises(ArchbookError, match="DELETE lost or changed rows of 2024_01"):
            archive.measure(lab)


def test_a_table_that_spans_few_months_is_refused(lab: Lab) -> None:
    lab.engine.execute("DELETE FROM orders WHERE \"at\" > '2024-05-05'")
    with pytest.raises(ArchbookError, match="the rows of orders span 5 months"):
        archive.measure(lab)


def test_tables_without_a_time_are_refused_in_one_sentence() -> None:
    with pytest.raises(ArchbookError, match="no table here has a time that its rows came at"):
        archive.choose(parse("CREATE TABLE t (id int PRIMARY KEY, born date)".replace("born", "birth_date")), {})


def outcome_of(engine: str, gain: float, waited_s: float = 0.4) -> EngineOutcome:
    def part(name: str, unit: str, of: Mapping[str, float]) -> Part:
        return part_of(name, unit, {variant: [t, t * 1.01, t * 0.99] for variant, t in of.items()})

    last = archive.RENAME if engine == "duckdb" else archive.DETACH
    parts = [part(archive.MOVE, "s", {archive.DELETE: 1e-3 * gain, last: 1e-3})]
    if engine == "postgresql":
        both = {archive.DELETE: 2.0, archive.DETACH: 1.0}
        parts += [
            part(name, unit, both)
            for name, unit in ((archive.LOG, "B"), (archive.VACUUM, "s"), (archive.DISK, "share"))
        ]
        parts.append(part(archive.WAIT, "s", {archive.DETACH: waited_s, archive.DELETE: 1e-3}))
    return EngineOutcome(engine, "1", 1000, tuple(parts))


@pytest.mark.parametrize(
    ("duck", "postgres", "waited_s", "said"),
    [
        (
            10,
            100,
            0.4,
            ["DuckDB would mislead: the gain is 100× in PostgreSQL and 10× in DuckDB", "A plain DETACH waits"],
        ),
        (100, 10, 0.4, ["DuckDB would mislead: the gain is 10× in PostgreSQL and 100× in DuckDB"]),
        (10, 10, 0.4, ["DuckDB would mislead, though not about the gain (10× in PostgreSQL and 10× in DuckDB)"]),
        (10, 100, 2e-3, ["No read waited here for a partition to be detached."]),
    ],
)
def test_the_verdict_follows_the_numbers(duck: float, postgres: float, waited_s: float, said: list[str]) -> None:
    engines = {"duckdb": outcome_of("duckdb", duck), "postgresql": outcome_of("postgresql", postgres, waited_s)}
    verdict = archive.verdict(CHOICE, engines)
    assert all(words in verdict for words in said)
    assert "DuckDB alone misleads" in archive.verdict(CHOICE, {"duckdb": engines["duckdb"]})
