"""Schema lint against engines: the catalog counts what it counts, its SQL runs, and what it measures is right."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from archbook.errors import ArchbookError, EngineUnavailable, UnknownName
from archbook.findings import Rule
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.lint import lint, rules
from archbook.schema.statements import Statements

RULES = {rule.id: rule for rule in rules()}
MENDED_BY_ADDING = (
    "no-primary-key", "foreign-key-without-index", "id-without-foreign-key", "all-nullable", "float-money",
    "timestamp-without-zone", "join-table-without-unique", "self-reference-without-check", "varchar-limit",
    "json-column", "integer-key", "foreign-key-type-mismatch",
)  # fmt: skip
UNINDEXED = """
SELECT c.relname, array(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u (number, place)
                        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = u.number ORDER BY u.place)
FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0 AND c.relnamespace = 'public'::regnamespace AND NOT EXISTS (
  SELECT FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid JOIN pg_am am ON am.oid = ic.relam
  WHERE i.indrelid = c.oid AND i.indpred IS NULL AND am.amname IN ('btree', 'hash')
    AND i.indnkeyatts >= cardinality(k.conkey)
    AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection]:
    with EmbeddedPostgres() as engine:
        assert engine.connection
        yield engine.connection


@pytest.fixture
def public(postgres: psycopg.Connection) -> psycopg.Connection:
    """The server with nothing in its schema `public`, in which DDL runs as in real life."""
    postgres.execute("DROP SCHEMA IF EXISTS public CASCADE; CREATE SCHEMA public; SET search_path = public")
    return postgres


def load(server: psycopg.Connection, ddl: str) -> None:
    statements = Statements(ddl)
    while (statement := statements.next()) is not None:
        if not statement.text.startswith(("COPY", "\\", "SELECT pg_catalog.setval")):
            server.execute(statement.text.encode())


def test_the_foreign_keys_without_index_are_those_of_the_catalog(
    public: psycopg.Connection, corpus: Callable[[str], Path]
) -> None:
    ddl = corpus("ddl/pagila-schema.sql").read_text(encoding="utf-8")
    public.execute("DO $$ BEGIN CREATE ROLE postgres; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    load(public, ddl)
    public.execute("SET search_path = public")
    catalog = Counter(f"{table}.{','.join(columns)}" for table, columns in public.execute(UNINDEXED.encode()))
    findings = lint(ddl, only=[RULES["foreign-key-without-index"]]).findings
    assert Counter(finding.about for finding in findings) == catalog
    assert len(findings) == 13


TRAPS = {
    "the primary key serves its first columns": ("PRIMARY KEY (user_id, n)", "", 0),
    "not its last": ("PRIMARY KEY (n, user_id)", "", 1),
    "a unique constraint serves": ("PRIMARY KEY (n), UNIQUE (user_id, n)", "", 0),
    "an index with more columns serves": ("PRIMARY KEY (n)", "CREATE INDEX ON lines (user_id, n)", 0),
    "an index for some rows does not": ("PRIMARY KEY (n)", "CREATE INDEX ON lines (user_id) WHERE n > 0", 1),
    "an index over an expression does not": ("PRIMARY KEY (n)", "CREATE INDEX ON lines ((user_id + 0))", 1),
    "a hash index serves": ("PRIMARY KEY (n)", "CREATE INDEX ON lines USING hash (user_id)", 0),
    "a column before an expression leads": ("PRIMARY KEY (n)", "CREATE INDEX ON lines (user_id, (n + 0))", 0),
    "a column after an expression does not": ("PRIMARY KEY (n)", "CREATE INDEX ON lines ((n + 0), user_id)", 1),
    "a covering column is no leading one": ("PRIMARY KEY (n)", "CREATE INDEX ON lines (n) INCLUDE (user_id)", 1),
}


@pytest.mark.parametrize(("key", "index", "found"), TRAPS.values(), ids=TRAPS)
def test_what_serves_a_foreign_key_is_what_the_catalog_says(
    public: psycopg.Connection, key: str, index: str, found: int
) -> None:
    ddl = f"""CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE lines (n int, user_id int REFERENCES users (id), {key});
    {index};"""
    load(public, ddl)
    assert len(public.execute(UNINDEXED.encode()).fetchall()) == found
    assert len(lint(ddl, only=[RULES["foreign-key-without-index"]]).findings) == found


def test_columns_of_a_foreign_key_may_lead_an_index_in_any_order(public: psycopg.Connection) -> None:
    ddl = """CREATE TABLE pairs (a int, b int, PRIMARY KEY (a, b));
    CREATE TABLE lines (n int PRIMARY KEY, a int, b int, FOREIGN KEY (a, b) REFERENCES pairs (a, b));
    CREATE INDEX ON lines (b, a, n);"""
    load(public, ddl)
    assert public.execute(UNINDEXED.encode()).fetchall() == []
    assert lint(ddl, only=[RULES["foreign-key-without-index"]]).findings == ()


def sql_of(rule: Rule) -> list[str]:
    """The statements in what a finding says to do, but for those that a person has to complete."""
    (finding, *_) = lint(rule.fires, only=[rule]).findings
    return [text for text in re.findall(r"`([^`]+;)`", finding.do) if "…" not in text]


@pytest.mark.parametrize("rule", [rule for rule in RULES.values() if sql_of(rule)], ids=lambda rule: rule.id)
def test_the_sql_of_a_finding_runs_and_mends_it(public: psycopg.Connection, rule: Rule) -> None:
    mending = sql_of(rule)[0]
    if rule.id != "mysql-syntax":
        load(public, rule.fires)
        public.execute(mending.encode())
    if rule.id in MENDED_BY_ADDING:
        assert rule.id not in {finding.rule for finding in lint(f"{rule.fires}\n{mending}").findings}


def test_most_findings_come_with_sql() -> None:
    assert sum(bool(sql_of(rule)) for rule in RULES.values()) >= 24
    assert {rule for rule in MENDED_BY_ADDING if not sql_of(RULES[rule])} == set()


MEASURED = """\
CREATE TABLE users (id uuid PRIMARY KEY, city text NOT NULL);
CREATE TABLE orders (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users (id), placed_on date NOT NULL);
CREATE INDEX orders_placed_on_idx ON orders (placed_on);
CREATE INDEX orders_placed_on_id_idx ON orders (placed_on, id);
"""


def test_findings_carry_what_they_cost_on_each_engine() -> None:
    only = [RULES["foreign-key-without-index"], RULES["redundant-index"], RULES["no-comment"]]
    report = lint(MEASURED, only=only, engine="both", rows=20_000)
    assert report.remarks == ()
    found = {finding.rule: finding for finding in report.findings}
    key, index = found["foreign-key-without-index"], found["redundant-index"]
    for finding in (key, index):
        assert [re.findall(r"measured: (\w+) [\d.]+, 20.000 generated rows", text) for text in finding.evidence] == [
            ["PostgreSQL"],
            ["DuckDB"],
        ]
    assert re.match(
        r"a look-up of orders by user_id takes [\d.]+ .?s, with the index .*, a delete of a row of users",
        key.evidence[0],
    )
    assert "delete" not in key.evidence[1]
    writes = (
        r"inserting 2.000 rows takes .* with it, .* without, and writes .* of WAL against .* \(([\d.]+)×\); it takes"
    )
    assert (written := re.match(writes, index.evidence[0]))
    assert 1.1 < float(written[1]) < 2  # one index more beside two, by bytes that do not depend on the load
    assert index.cost == pytest.approx(float(written[1]), rel=0.01)
    assert key.cost > 3  # an index look-up among 20 000 rows against reading them all
    assert found["no-comment"].evidence == ()
    assert report.groups[0][0].rule == "foreign-key-without-index"


def test_only_what_can_be_measured_is_and_the_rest_is_told() -> None:
    many = "\n".join(
        f"CREATE TABLE t{n} (id uuid PRIMARY KEY, user_id uuid NOT NULL REFERENCES users (id));" for n in range(9)
    )
    ddl = f"CREATE TABLE users (id uuid PRIMARY KEY, city text NOT NULL);\n{many}"
    report = lint(ddl, only=[RULES["foreign-key-without-index"]], engine="duckdb", rows=1_000)
    assert sum(bool(finding.evidence) for finding in report.findings) == 8
    assert report.remarks == ("1 finding could be measured too; the worst 8 tables were",)


WRONG = {
    "no such engine": ({"engine": "postgress"}, UnknownName, "did you mean `postgresql`?"),
    "too few rows": ({"engine": "duckdb", "rows": 3}, ArchbookError, "3 rows: a measurement needs 1,000 to 10,000,000"),
    "a server that does not answer": (
        {"engine": "postgresql://nobody@127.0.0.1:1/nothing"}, EngineUnavailable, "does not answer"),
}  # fmt: skip


@pytest.mark.parametrize(("options", "error", "text"), WRONG.values(), ids=WRONG)
def test_an_engine_that_cannot_be_is_refused(options: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=re.escape(text)):
        lint(MEASURED, **options)  # type: ignore[arg-type]


def test_a_server_that_dies_loses_no_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> None:
        raise EngineUnavailable("PostgreSQL is gone (server closed the connection)")

    monkeypatch.setattr("archbook.schema.lint.pricing.copy", gone)
    report = lint(MEASURED, only=[RULES["foreign-key-without-index"]], engine="postgresql", rows=1_000)
    assert len(report.findings) == 1
    assert report.remarks[0].startswith("orders and what follows it was not measured: PostgreSQL is gone")
