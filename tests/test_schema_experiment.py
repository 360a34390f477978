"""The experiment index_or_scan on both engines at a reduced size: directions, equal answers, verdicts, evidence."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archbook.design.loading import load
from archbook.errors import ArchbookError, UnknownName
from archbook.evidence import keep, load_evidence
from archbook.schema import parse, run
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.experiment import Choice, Sample, Variant
from archbook.schema.experiments import index_or_scan
from archbook.schema.lab import Lab
from archbook.schema.outcome import EngineOutcome, Measured, Outcome, Part, part_of

CHOICE = Choice("t", ("a",), "", "i")
PASTED = """
CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, created_at TIMESTAMP DEFAULT NOW());
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, user_id BIGINT REFERENCES users(id), status VARCHAR(50) NOT NULL,
  total_amount DECIMAL(10,2), INDEX idx_user_status (user_id, status));
"""
DESIGN = """
archbook: 1
name: shop
traffic: {daily_active_users: 1000, journeys: {buy: {share: 1, steps: [GET /orders]}}}
services:
  order-service: {instances: 1}
stores:
  orders-db: {engine: postgresql, owner: order-service, schema: schema/orders.sql}
  bare-db: {engine: postgresql, owner: order-service}
api:
  endpoints:
    - {name: GET /orders, service: order-service}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop")
    (folder / "schema").mkdir()
    (folder / "schema" / "orders.sql").write_text(PASTED)
    (folder / "design.yaml").write_text(DESIGN)
    return folder


@pytest.fixture(scope="module")
def told() -> list[tuple[float, float, str]]:
    return []


@pytest.fixture(scope="module")
def outcome(folder: Path, told: list[tuple[float, float, str]]) -> Outcome:
    return run("index_or_scan", load(folder), engine="both", rows=60_000, progress=lambda *step: told.append(step))


def test_it_picks_the_child_table_and_its_index_by_itself(outcome: Outcome) -> None:
    assert (outcome.store, outcome.table_name, outcome.columns) == ("orders-db", "orders", ("user_id", "status"))
    assert (outcome.index, outcome.rows) == ("idx_user_status", 60_000)
    statement = outcome.engines["duckdb"].lead.variants[0].statement
    assert statement == 'SELECT * FROM "orders" WHERE "user_id" = $1'


def test_the_index_wins_a_point_look_up_on_postgresql(outcome: Outcome) -> None:
    postgres = outcome.engines["postgresql"].lead
    assert postgres.ratio_low > 3
    assert [v.name for v in postgres.variants] == ["scan", "index (user_id)", "index (user_id, status)"]
    assert "Seq Scan" in postgres.variants[0].plan
    assert all(index_or_scan.used(variant) for variant in postgres.variants[1:])


def test_postgresql_gains_more_by_it_than_duckdb_and_the_verdict_says_which_misleads(outcome: Outcome) -> None:
    assert outcome.engines["postgresql"].lead.ratio > outcome.engines["duckdb"].lead.ratio
    assert "DuckDB would mislead" in outcome.verdict
    assert "Decide by PostgreSQL" in outcome.verdict


def test_medians_lie_between_their_quartiles_and_ratios_in_their_intervals(outcome: Outcome) -> None:
    for engine in (engine.lead for engine in outcome.engines.values()):
        assert engine.ratio_low <= engine.ratio <= engine.ratio_high
        for variant in engine.variants:
            assert 0 < variant.low <= variant.median <= variant.high
            assert variant.repeats >= 12


def test_progress_is_told_for_rows_engines_and_rounds(outcome: Outcome, told: list[tuple[float, float, str]]) -> None:
    assert outcome
    labels = [label for _, _, label in told]
    assert "rows of orders" in labels
    assert "starting PostgreSQL" in labels
    assert "postgresql: point look-up: scan, round 1 of 3" in labels
    assert all(0 <= done <= total for done, total, _ in told)


def test_an_outcome_shows_itself_everywhere(outcome: Outcome) -> None:
    assert outcome.table().columns[:2] == ("part", "engine")
    lead = outcome.table("point look-up")
    assert lead.columns == ("engine", "variant", ">median", ">quartiles", ">repeats", ">times better")
    assert len(lead.rows) == 6
    assert str(outcome).startswith("Does an index pay")
    assert set(outcome._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert json.loads(json.dumps(outcome.to_json()))["table"] == "orders"
    assert [outcome.plans().count(f"{engine}, point") for engine in ("DuckDB", "PostgreSQL")] == [3, 3]


def test_its_evidence_goes_stale_when_the_ddl_changes(outcome: Outcome, folder: Path) -> None:
    design = load(folder)
    evidence = outcome.evidence(design)
    assert [e.id for e in evidence] == ["index_or_scan.orders-db.duckdb", "index_or_scan.orders-db.postgresql"]
    assert {(e.about, e.how, e.unit) for e in evidence} == {("stores.orders-db.schema", "measurement", "×")}
    assert evidence[1].value == outcome.engines["postgresql"].lead.ratio
    assert "an index on (user_id, status) makes a look-up by user_id" in evidence[1].claim
    keep(folder, evidence)
    assert load_evidence(folder) == evidence
    assert [e.stale(design) for e in evidence] == [False, False]
    path = folder / "schema" / "orders.sql"
    path.write_text(PASTED.replace("user_id, status", "user_id"))
    try:
        assert [e.stale(load(folder)) for e in evidence] == [True, True]
    finally:
        path.write_text(PASTED)


def test_ddl_alone_leaves_no_evidence(folder: Path) -> None:
    alone = run("index_or_scan", PASTED, rows=1_000)
    assert "DuckDB alone misleads" in alone.verdict
    with pytest.raises(ArchbookError, match="run it on a design"):
        alone.evidence(load(folder))


@pytest.mark.parametrize(
    ("ddl", "table", "columns"),
    [
        (PASTED, "orders", ("user_id", "status")),
        ("CREATE TABLE a (id int PRIMARY KEY, x int); CREATE INDEX i ON a (x)", "a", ("x",)),
        ("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a)", "b", ("a",)),
        (  # an index that leads with a foreign key is preferred to one that does not
            "CREATE TABLE a (id int PRIMARY KEY, x int); CREATE INDEX i ON a (x);"
            "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a); CREATE INDEX j ON b (a)", "b", ("a",),
        ),
        (  # a flag tells few rows apart
            "CREATE TABLE a (id int PRIMARY KEY, ok boolean, x int); CREATE INDEX i ON a (ok); CREATE INDEX j ON a (x)",
            "a", ("x",),
        ),
    ],
)  # fmt: skip
def test_tables_and_columns_are_picked_sensibly(ddl: str, table: str, columns: tuple[str, ...]) -> None:
    choice = index_or_scan.choose(parse(ddl), {})
    assert (choice.table, choice.columns) == (table, columns)


def test_the_table_that_the_design_says_is_biggest_is_picked() -> None:
    ddl = (
        "CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
        "CREATE TABLE c (id int PRIMARY KEY, a int REFERENCES a)"
    )
    assert index_or_scan.choose(parse(ddl), {"b": 10, "c": 1e6}).table == "c"
    assert index_or_scan.choose(parse(ddl), {"b": 1e6, "c": 10}).table == "b"


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ({"experiment": "index_or_scn"}, UnknownName, "did you mean `index_or_scan`"),
        ({"engine": "postgres"}, UnknownName, "did you mean `postgresql`"),
        ({"rows": 10}, ArchbookError, "10 rows: an experiment needs 1,000 to 50,000,000"),
        ({"ddl_or_design": "CREATE TABLE t (ok boolean)"}, ArchbookError, "no table here has a foreign key"),
        ({"ddl_or_design": ""}, ArchbookError, "the DDL: there is no CREATE TABLE in it$"),
        (
            {"ddl_or_design": "CREATE TABEL t (a int)"},
            ArchbookError,
            "that can be read; line 1: .*did you mean `TABLE`",
        ),
        ({"store": "orders-db"}, ArchbookError, "store `orders-db`: DDL alone has no stores"),
    ],
)
def test_what_cannot_be_run_is_said_plainly(arguments: dict[str, object], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        run(**{"experiment": "index_or_scan", "ddl_or_design": PASTED, "rows": 1_000, **arguments})


@pytest.mark.parametrize(
    ("store", "said"), [("orders", "did you mean `orders-db`"), ("bare-db", "store `bare-db` has no DDL")]
)
def test_a_store_that_does_not_suit_is_said_plainly(folder: Path, store: str, said: str) -> None:
    with pytest.raises(ArchbookError, match=said):
        run("index_or_scan", load(folder), store=store, rows=1_000)


@pytest.fixture
def lab() -> Iterator[Lab]:
    with DuckDb() as engine:
        engine.execute("CREATE TABLE t AS SELECT 1 AS a")
        yield Lab(engine, engine, parse("CREATE TABLE t (a int)"), CHOICE, 1, 7, lambda _: None)


def test_variants_that_answer_differently_are_refused(lab: Lab) -> None:
    def lose(lab: Lab) -> None:
        lab.engine.execute("DELETE FROM t WHERE a = 1")

    variants = [Variant("whole", "SELECT * FROM t"), Variant("less", "SELECT * FROM t", prepare=lose)]
    with pytest.raises(ArchbookError, match="look-up: `less` and `whole` returned different rows"):
        lab.compare("look-up", variants)


def test_a_variant_may_measure_itself_in_a_unit_of_its_own(lab: Lab) -> None:
    variants = [Variant(f"{n} tables", run=lambda _lab, _key, n=n: Sample(float(n), "same")) for n in (6, 2)]
    part = lab.compare("written", variants, unit="B", rounds=2)
    assert [v.values for v in part.variants] == [(6.0, 6.0), (2.0, 2.0)]
    assert (part.ratio, part.gain("smaller")) == (3.0, "3× smaller (3× to 3×)")


def test_variants_may_take_different_values_of_a_key(lab: Lab) -> None:
    statement = "SELECT a + $1 FROM t"
    variants = [Variant("first", statement, takes=slice(0, 1)), Variant("last", statement, takes=slice(1, None))]
    assert lab.compare("sum", variants, [(5, 5)]).rows_returned == 1
    with pytest.raises(ArchbookError, match="`last` and `first` returned different rows"):
        lab.compare("sum", variants, [(5, 6)])


def test_more_is_better_of_rates_only() -> None:
    values = {"small pool": [100.0, 101.0, 99.0], "right pool": [400.0, 404.0, 396.0]}
    assert part_of("throughput", "1/s", values).gain("more").startswith("4× more")
    assert part_of("throughput", "s", values).gain() == "4× slower"


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ([70.0, 73.0], [0.0, 0.0], "0 rows instead of 71.5 rows"),
        ([0.0], [18.0], "18 rows instead of 0 rows"),
        ([0.0], [0.0], "no better, within the spread"),
    ],
)
def test_of_nothing_there_is_no_multiple_so_both_values_are_said(
    first: list[float], last: list[float], said: str
) -> None:
    assert part_of("lost", "rows", {"first": first, "last": last}).gain("better") == said


def test_any_two_variants_of_a_part_can_be_compared() -> None:
    part = part_of("look-up", "s", {"scan": [8.0, 8.0, 8.0], "half": [4.0, 4.0, 4.0], "index": [1.0, 1.0, 1.0]})
    assert [part.between("scan", "half").ratio, part.between("index", "half").ratio] == [2.0, 0.25]
    with pytest.raises(KeyError):
        part.between("scan", "none")


def test_what_is_nothing_is_compared_with_nothing() -> None:
    part = part_of("lost updates", "lost", {"naive": [7.0, 9.0, 8.0], "locked": [0.0, 0.0, 0.0]})
    assert (part.ratio, part.show(part.variants[1])) == (1.0, "0 lost")


def test_notes_of_parts_are_read_out_once_where_engines_agree() -> None:
    values = {"a": [1.0], "b": [1.0]}
    parts = {"x": ("same", "same"), "y": ("on one", "on <b>other"), "z": ("", "only here")}
    engines = {
        name: EngineOutcome(name, "1", 9, tuple(part_of(p, "s", values, note=said[n]) for p, said in parts.items()))
        for n, name in enumerate(("duckdb", "postgresql"))
    }
    outcome = Outcome("n", "Q?", "", "t", (), "", "", 9, 7, engines, {}, "V.")
    lines = ["x: same", "y, DuckDB: on one", "y, PostgreSQL: on <b>other", "z, PostgreSQL: only here"]
    assert outcome.readings() == lines
    assert "Part by part:\n- x: same\n- y, DuckDB: on one" in str(outcome)
    assert "<ul><li>x: same</li>" in outcome._repr_mimebundle_()["text/html"]
    assert "<details><summary>Part by part</summary>" in outcome._repr_mimebundle_()["text/html"]
    assert "on &lt;b&gt;other" in outcome._repr_mimebundle_()["text/html"]


def outcome_of(engine: str, ratio: float, spread: float = 0.1, plan: str = "Index Scan") -> EngineOutcome:
    variants = tuple(Measured(name, t, t, t, (t,) * 9, plan) for name, t in (("scan", 0.1), ("index", 0.1 / ratio)))
    part = Part("point look-up", "s", variants, ratio, ratio * (1 - spread), ratio * (1 + spread), 3.0)
    return EngineOutcome(engine, "1", 1000, (part,))


@pytest.mark.parametrize(
    ("duck", "postgres", "said"),
    [
        (2.0, 200.0, "DuckDB would mislead: the best index gains 2× in DuckDB and 200× in PostgreSQL"),
        (200.0, 2.0, "DuckDB would mislead: the best index gains 200× in DuckDB and 2× in PostgreSQL"),
        (10.0, 10.5, "Both engines agree within their spread"),
    ],
)
def test_the_verdict_follows_the_numbers(duck: float, postgres: float, said: str) -> None:
    engines = {"duckdb": outcome_of("duckdb", duck), "postgresql": outcome_of("postgresql", postgres)}
    assert said in index_or_scan.verdict(CHOICE, engines)


@pytest.mark.parametrize(
    ("ratio", "said"),
    [(3.0, "3× faster (2.7× to 3.3×)"), (1.01, "no faster, within the spread"), (0.5, "2× slower")],
)
def test_a_claim_says_how_much_and_how_surely(ratio: float, said: str) -> None:
    assert said in index_or_scan.sentence(CHOICE, outcome_of("duckdb", ratio))


def test_an_index_that_is_not_used_is_said() -> None:
    engines = {"duckdb": outcome_of("duckdb", 1.0, plan="Sequential Scan")}
    verdict = index_or_scan.verdict(CHOICE, engines)
    assert "makes a look-up by a no faster (the plan does not use it)" in verdict
    assert "DuckDB did not use the index" in verdict


def test_a_server_is_stopped_when_measuring_fails_even_while_the_error_is_still_held(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folders: list[Path] = []

    def broken(lab: Lab) -> list[Part]:
        assert isinstance(lab.engine, EmbeddedPostgres)
        folders.append(lab.engine.folder)
        raise ArchbookError("no")

    chosen = {"broken": replace(index_or_scan.EXPERIMENT, name="broken", measure=broken)}
    monkeypatch.setattr("archbook.schema.running.experiments", lambda: chosen)
    with pytest.raises(ArchbookError) as held:
        run("broken", PASTED, engine="postgresql", rows=1_000)
    assert held.traceback  # it holds the frames, as a notebook does
    assert not folders[0].exists()


@pytest.mark.parametrize(
    ("writes", "engine", "told"), [(True, "postgresql", 1), (False, "postgresql", 0), (True, "duckdb", 0)]
)
def test_measured_writes_say_that_our_own_server_never_waits_for_its_disk(
    writes: bool, engine: str, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = part_of("p", "s", {"a": [1.0], "b": [1.0]})
    writing = replace(index_or_scan.EXPERIMENT, name="writing", writes=writes, measure=lambda _: [part],
                      sentence=lambda *_: "", verdict=lambda *_: "")  # fmt: skip
    monkeypatch.setattr("archbook.schema.running.experiments", lambda: {"writing": writing})
    outcome = run("writing", PASTED, engine=engine, rows=1_000)
    assert str(outcome).count("fsync and full_page_writes are off") == told
    assert len(outcome.notes) == told


def test_the_throw_away_server_is_as_unsafe_as_outcomes_say() -> None:
    with EmbeddedPostgres() as server:
        assert [server.execute(f"SHOW {name}") for name in ("fsync", "full_page_writes")] == [[("off",)], [("off",)]]
