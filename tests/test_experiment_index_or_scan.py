"""The further parts of index_or_scan on both engines at a reduced size: directions, plans and what is said of them."""

import re

import pytest

from archbook.schema import parse, run
from archbook.schema.experiments import index_or_scan
from archbook.schema.index_parts import against, crossover, judged, used
from archbook.schema.outcome import EngineOutcome, Measured, Outcome, Part, part_of

SHOP = """
CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, status text NOT NULL,
  total numeric(10, 2) NOT NULL, created_at timestamp NOT NULL);
CREATE INDEX idx_user_status ON orders (user_id, status);
"""


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return run("index_or_scan", SHOP, engine="both", rows=40_000)


def pages(variant: Measured) -> int:
    """Pages that the whole plan touched: the same on any machine, however busy."""
    found = re.search(r"Buffers: shared (?:hit=(\d+))?\s?(?:read=(\d+))?", variant.plan)
    assert found, variant.plan
    return sum(int(number) for number in found.groups() if number)


@pytest.fixture(scope="module")
def postgres(outcome: Outcome) -> EngineOutcome:
    return outcome.engines["postgresql"]


def test_all_parts_are_measured_and_read_out(outcome: Outcome) -> None:
    both = ["short range of created_at", "how much of created_at is read", "no index, physical order"]
    only = [
        "how much of created_at is read, index forced",
        "user_id and the newest by created_at",
        "1 % of the rows by created_at",
        "index, physical order",
        "delete a row of users",
    ]
    names = {engine: [part.name for part in found.parts] for engine, found in outcome.engines.items()}
    assert names["duckdb"] == ["point look-up", *both]
    assert sorted(names["postgresql"]) == sorted(["point look-up", *both, *only])
    assert len(outcome.readings()) >= len(both) + len(only)


def test_an_index_that_leads_with_another_column_serves_no_range(postgres: EngineOutcome) -> None:
    scan, behind, leading = postgres.part("short range of created_at").variants
    assert (used(scan), used(leading)) == (False, True)
    assert pages(leading) < pages(behind) / 2
    assert postgres.part("short range of created_at").ratio > 2


def test_equality_comes_first_in_an_index_of_two_columns(postgres: EngineOutcome) -> None:
    part = postgres.part("user_id and the newest by created_at")
    behind, _, first = part.variants
    assert [behind.name, first.name] == ["index (created_at, user_id)", "index (user_id, created_at)"]
    assert pages(first) < pages(behind)


def test_a_covering_index_spares_the_table_only_after_vacuum(postgres: EngineOutcome) -> None:
    plain, written, vacuumed = postgres.part("1 % of the rows by created_at").variants
    assert "INCLUDE (total)" in vacuumed.name
    assert "Index Only Scan" not in plain.plan
    assert "Heap Fetches: 0" in vacuumed.plan
    assert "Heap Fetches: 0" not in written.plan


def test_the_planner_leaves_the_index_for_half_the_table(postgres: EngineOutcome) -> None:
    half, *_, least = postgres.part("how much of created_at is read").variants
    assert (half.name, used(half)) == ("50 %", False)
    assert (least.name, used(least)) == ("0.1 %", True)
    assert all(used(variant) for variant in postgres.part("how much of created_at is read, index forced").variants)


def test_rows_in_order_are_fewer_pages_by_the_same_index(postgres: EngineOutcome) -> None:
    part = postgres.part("index, physical order")
    shuffled, in_order = part.variants
    assert pages(in_order) < pages(shuffled) / 5
    assert "1 for rows in key order" in part.note


def test_deleting_a_parent_scans_the_children_unless_the_key_has_an_index(postgres: EngineOutcome) -> None:
    part = postgres.part("delete a row of users")
    assert part.ratio > 2
    assert [v.name for v in part.variants] == ["no index", "index (user_id)"]
    assert "Trigger for constraint archbook_parent" in part.variants[0].plan


def test_duckdb_scans_whatever_the_share_and_the_verdict_stands(outcome: Outcome) -> None:
    assert not any(used(v) for v in outcome.engines["duckdb"].part("how much of created_at is read").variants)
    assert "DuckDB would mislead" in outcome.verdict


@pytest.mark.parametrize(
    ("ddl", "roles"),
    [
        (SHOP, {"range": "created_at", "value": "total", "parent": "users", "to": "id"}),
        (  # no time: the numbered key is the range
            "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, x int)",
            {"range": "id", "value": "x", "parent": "p", "to": "id"},
        ),
        (  # PostgreSQL takes no key between such types
            "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE c (id int PRIMARY KEY, p int REFERENCES p, x int)",
            {"range": "id", "value": "x"},
        ),
        ("CREATE TABLE c (p int, ok boolean); CREATE INDEX i ON c (p)", {}),
    ],
)
def test_columns_for_the_further_parts_are_found(ddl: str, roles: dict[str, str]) -> None:
    choice = index_or_scan.choose(parse(ddl), {})
    assert choice.roles == roles
    assert choice.others == ((roles["parent"],) if "parent" in roles else ())


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE c (p int, ok boolean); CREATE INDEX i ON c (p)",  # only the look-up
        'CREATE TABLE "Q t" ("P id" int, "Val" text); CREATE INDEX "I x" ON "Q t" ("P id")',  # no range
    ],
)
def test_tables_without_the_columns_are_measured_as_far_as_they_go(ddl: str) -> None:
    outcome = run("index_or_scan", ddl, rows=2_000)
    assert outcome.parts()[0] == "point look-up"
    assert "short range" not in str(outcome)


def shares(*plans: tuple[float, str]) -> Part:
    found = [Measured(f"{n} %", t, t, t, (t,), plan) for n, (t, plan) in zip((50, 10, 1), plans, strict=True)]
    return Part("how much", "s", tuple(found), 1, 1, 1)


SCAN, INDEX = "Seq Scan", "Index Scan"


@pytest.mark.parametrize(
    ("plans", "said"),
    [
        ((SCAN, SCAN, INDEX), "uses the index up to 1 % of the rows (1 ms) and scans from 10 % on (10 ms)"),
        ((SCAN, SCAN, SCAN), "scans for every share, down to 1 %"),
        ((INDEX, INDEX, INDEX), "uses the index for every share, up to 50 %"),
    ],
)
def test_the_crossover_follows_the_plans(plans: tuple[str, str, str], said: str) -> None:
    part = shares((0.02, plans[0]), (0.01, plans[1]), (0.001, plans[2]))
    assert said in crossover(part)


def test_the_planner_is_judged_by_what_the_index_would_have_taken() -> None:
    planned = shares((0.02, SCAN), (0.01, SCAN), (0.001, INDEX))
    forced = shares((0.06, INDEX), (0.0102, INDEX), (0.001, INDEX))
    assert (
        judged(planned, forced) == "where the planner scans, the index would be, at 10 %: as quick, at 50 %: 3× slower"
    )
    assert "takes the index by itself" in judged(forced, forced)


@pytest.mark.parametrize(
    ("last", "said"),
    [(1.0, "4× faster than a scan (4× to 4×)"), (4.0, "as quick as a scan, within the spread"),
     (8.0, "2× slower than a scan")],
)  # fmt: skip
def test_a_gain_fits_into_a_sentence(last: float, said: str) -> None:
    assert against(part_of("p", "s", {"a": [4.0] * 4, "b": [last] * 4}), "a scan") == said
