"""The experiment skewed_statistics on both engines: what is expected of which value, and the plan that flips by it."""

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, run
from archbook.schema.experiments import skewed_statistics
from archbook.schema.outcome import EngineOutcome, Measured, Outcome, Part, part_of
from archbook.units import significant

SHOP = """
CREATE TABLE orders (id bigint PRIMARY KEY, note text NOT NULL, total numeric(10, 2) NOT NULL);
CREATE TABLE order_items (id bigint PRIMARY KEY, order_id bigint NOT NULL REFERENCES orders, quantity int NOT NULL);
"""
DEFAULT, MOST, REMEDY = "default statistics", *(f"target {significant(target)}" for target in (10_000, 1_000))


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("skewed_statistics", SHOP, engine="both", rows=200_000)


@pytest.fixture(scope="module")
def postgres(outcome: Outcome) -> EngineOutcome:
    return outcome.engines["postgresql"]


def off(engine: EngineOutcome, part: str) -> list[float]:
    return [variant.median for variant in engine.part(f"rows of {part}").variants]


def test_it_picks_the_reference_that_rows_share(outcome: Outcome) -> None:
    assert (outcome.table_name, outcome.columns) == ("order_items", ("order_id",))


def test_a_better_sample_flips_the_join_of_rare_keys(postgres: EngineOutcome) -> None:
    assert [v.name for v in postgres.lead.variants] == [DEFAULT, MOST, REMEDY]
    before, _, after = postgres.lead.variants
    assert "Hash Join" in before.plan
    assert "Nested Loop" in after.plan
    assert f"{DEFAULT} expects too many rows and takes a hash join; {REMEDY} takes a nested loop" in postgres.lead.note


def test_popular_values_are_known_and_those_in_between_only_to_a_better_sample(postgres: EngineOutcome) -> None:
    assert max(off(postgres, "a popular value")) < 1.5
    default, most, remedy = off(postgres, "a value in between")
    assert default > 4
    assert max(most, remedy) < 1.5


def test_rare_and_absent_values_are_expected_more_often_than_they_are(postgres: EngineOutcome) -> None:
    for kind in ("a rare value", "an absent value"):
        default, _, remedy = off(postgres, kind)
        assert default > 2 * remedy
    assert "in truth; " in postgres.part("rows of a rare value").note


def test_planning_takes_longer_the_more_values_are_listed(postgres: EngineOutcome) -> None:
    most, remedy, default = (min(v.values) for v in postgres.part("planning that join").variants)
    assert most > remedy > default


def test_dependencies_know_a_city_in_its_country_and_only_common_pairs_that_another_has_none(
    postgres: EngineOutcome,
) -> None:
    nothing, dependencies, pairs = off(postgres, "a city in its country")
    assert nothing > 5
    assert max(dependencies, pairs) < 2
    nothing, dependencies, pairs = off(postgres, "a city in another country")
    assert dependencies > nothing > 5
    assert pairs < 2


def test_duckdb_expects_alike_of_every_value_and_its_plan_stays(outcome: Outcome) -> None:
    duck = outcome.engines["duckdb"]
    assert min(off(duck, "a popular value")) > 10
    assert "a hash join with either" in duck.lead.note


@pytest.mark.parametrize(
    ("ddl", "said"),
    [
        (SHOP, ("order_items", "order_id", "orders", "total")),
        (  # a parent that has nothing else to read is read by its key
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)",
            ("c", "p", "p", "id"),
        ),
        (  # a reference within a unique set is spread evenly
            "CREATE TABLE p (id int PRIMARY KEY, n text);"
            "CREATE TABLE c (p int REFERENCES p, d int, PRIMARY KEY (p, d));"
            "CREATE TABLE e (id int PRIMARY KEY, p int REFERENCES p)",
            ("e", "p", "p", "n"),
        ),
    ],
)
def test_tables_and_columns_are_picked_sensibly(ddl: str, said: tuple[str, ...]) -> None:
    choice = skewed_statistics.choose(parse(ddl), {})
    assert (choice.table, *choice.columns, choice.roles["parent"], choice.roles["value"]) == said


def test_the_table_that_the_design_says_is_biggest_is_picked() -> None:
    ddl = SHOP + "CREATE TABLE notes (id bigint PRIMARY KEY, order_id bigint REFERENCES orders)"
    assert skewed_statistics.choose(parse(ddl), {"notes": 9.0, "order_items": 1.0}).table == "notes"


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE t (id int PRIMARY KEY, user_id int)",
        "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int UNIQUE REFERENCES p)",
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p)",
    ],
)
def test_ddl_without_the_shape_is_refused(ddl: str) -> None:
    with pytest.raises(ArchbookError, match="no table here has a foreign key of one column that many rows may share"):
        run("skewed_statistics", ddl, rows=1_000)


@pytest.mark.parametrize("key", ["uuid", "text", "date"])
def test_keys_of_other_types_odd_names_and_few_rows_are_measured(key: str) -> None:
    ddl = f'CREATE TABLE "P q" ("I d" {key} PRIMARY KEY); CREATE TABLE c (id int, "Of" {key} REFERENCES "P q")'
    outcome = run("skewed_statistics", ddl, rows=1_000)
    assert "rows of an absent value" not in outcome.parts()
    assert "DuckDB alone misleads" in outcome.verdict


def engine(name: str, ratio: float) -> EngineOutcome:
    plans = ("Hash Join", "Nested Loop") if name == "postgresql" else ("HASH_JOIN", "HASH_JOIN")
    variants = tuple(
        Measured(state, t, t, t, (t,) * 9, plan)
        for state, t, plan in zip(("as is", "anew"), (ratio, 1.0), plans, strict=True)
    )
    lead = Part(skewed_statistics.JOIN, "s", variants, ratio, ratio * 0.9, ratio * 1.1)
    rows = [
        part_of(f"rows of {kind}", "times off", {"as is": [40.0], "anew": [2.0]}) for kind in skewed_statistics.KINDS
    ]
    return EngineOutcome(name, "1", 1_000, (lead, *rows))


@pytest.mark.parametrize(
    ("ratio", "said"),
    [
        (9.0, 'Remedy: ALTER TABLE "order_items" ALTER COLUMN "order_id" SET STATISTICS 1000, then ANALYZE.'),
        (9.0, "DuckDB would mislead: its own guess of a popular value is 40× off, and yet its plan stays a hash join"),
        (1.0, "At this size the sample sees enough of the table"),
        (1.0, "Neither engine loses time by its guesses here"),
    ],
)
def test_the_verdict_follows_the_numbers(ratio: float, said: str) -> None:
    choice = skewed_statistics.choose(parse(SHOP), {})
    engines = {"duckdb": engine("duckdb", 1.0), "postgresql": engine("postgresql", ratio)}
    assert said in skewed_statistics.verdict(choice, engines)
