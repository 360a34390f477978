"""Generated rows keep the checks of a schema, as DuckDB and PostgreSQL judge them, and lose no row over it."""

# ruff: noqa: S608 - the names are our own

import re
from collections.abc import Iterator

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse, to_postgres
from archbook.schema.copying import copy
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.model import Column, Enum, Schema, Table, Type
from archbook.schema.patterns import like, places, written
from archbook.schema.rows import fill

ROWS = 300
CHECKS = [
    "starts date NOT NULL, ends date NOT NULL, CHECK (starts < ends)",
    "a int NOT NULL, b int NOT NULL, c int NOT NULL, CHECK (a <= b AND b < c)",
    "net numeric(12,2) NOT NULL, tax numeric(12,2) NOT NULL, gross numeric(13,2) NOT NULL CHECK (gross = net + tax)",
    "a int, b text, c date, CHECK (a IS NOT NULL OR b IS NOT NULL OR c IS NOT NULL)",
    "a int, b text, CHECK (num_nonnulls(a, b) = 1 OR (a IS NULL) <> (b IS NULL))",
    "a int, b text, CHECK ((a IS NULL AND b IS NOT NULL) OR (a IS NOT NULL AND b IS NULL))",
    "kind text NOT NULL, flag boolean, note text, CHECK (kind <> 'x' OR (flag IS TRUE AND note IS NULL))",
    "code text NOT NULL CHECK (code ~ '^[A-Z]{3}$')",
    "code text NOT NULL UNIQUE CHECK (code ~ '^[A-Z]{2}[0-9]{1,4}$')",
    "code char(6) NOT NULL UNIQUE CHECK (code LIKE 'ab_-%')",
    "part text NOT NULL CHECK (part ~ '[[:digit:]]' AND part !~ '[[:space:]]')",
    "token text NOT NULL CHECK (length(token) = 32)",
    "tag text NOT NULL UNIQUE CHECK (char_length(tag) <= 5)",
    "tag text NOT NULL UNIQUE CHECK (char_length(tag) BETWEEN 40 AND 50)",
    "digest bytea NOT NULL UNIQUE CHECK (octet_length(digest) = 20)",
    "grade text NOT NULL CHECK (lower(grade) IN ('s', 'o', 'a'))",
    "low int NOT NULL CHECK (low > 5 AND low < 9), high smallint CHECK (high IS NULL OR high BETWEEN 10 AND 12)",
    "rate real NOT NULL CHECK (rate >= 0 AND rate <= 1)",
    "email text NOT NULL UNIQUE CHECK (email ~ '^[^@ ]+@[^@ ]+$')",
    "name text NOT NULL CHECK (TRIM(BOTH FROM name) <> '')",
    "deleted boolean NOT NULL, approved boolean NOT NULL, CHECK (deleted IS NOT TRUE OR approved IS NOT TRUE)",
    "pct percent NOT NULL",
    "sku article NOT NULL UNIQUE",
    "iswc char(15) NOT NULL CHECK (iswc ~ E'^T-?\\\\d{3}.?\\\\d{3}.?\\\\d{3}[-.]?\\\\d$')",
    "state mood NOT NULL CHECK (state <> 'sad')",
    "name text NOT NULL, area int, locale text, main boolean NOT NULL",
    "number text, note text",
    "price int NOT NULL, qty int NOT NULL, sum int GENERATED ALWAYS AS (price * qty) STORED CHECK (sum > 10)",
]
TYPES = """CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN percent AS smallint CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN article AS text CHECK (VALUE ~ '^[A-Z]{2}-[0-9]{4}$');"""
INDEXES = """CREATE UNIQUE INDEX lower_name ON t25 (lower(name));
CREATE UNIQUE INDEX one_main ON t25 (area, locale) WHERE main AND locale IS NOT NULL;
CREATE UNIQUE INDEX numbers ON t26 (number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX both ON t26 (coalesce(note, ''), number);"""
TABLES = "".join(f"CREATE TABLE t{n} (id bigserial PRIMARY KEY, {columns});" for n, columns in enumerate(CHECKS))
SCHEMA = parse(TYPES + TABLES + INDEXES)


@pytest.fixture(scope="module")
def filled() -> Iterator[tuple[DuckDb, EmbeddedPostgres, dict[str, int], str]]:
    with DuckDb() as duck, EmbeddedPostgres() as postgres:
        made = fill(duck, SCHEMA, dict.fromkeys(SCHEMA.tables, ROWS))
        copy(duck, postgres, SCHEMA, SCHEMA.tables)
        yield duck, postgres, dict(made.rows), "\n".join(map(str, made.ledger))


@pytest.mark.parametrize("number", range(len(CHECKS)), ids=CHECKS)
def test_postgresql_accepts_every_row_with_the_checks_put_on(filled, number: int) -> None:
    _, postgres, rows, ledger = filled
    name = f"t{number}"
    keys = [statement for part, statement in to_postgres(SCHEMA).statements if part.endswith(f" of {name}")]
    domain = re.findall(r"(\w+) (percent|article) NOT", CHECKS[number])
    keys += [f'ALTER TABLE {name} ALTER "{column}" TYPE {type_}' for column, type_ in domain]
    if domain:
        postgres.execute(TYPES.splitlines()[1 if domain[0][1] == "percent" else 2])
    for statement in keys:
        postgres.execute(statement)
    assert (len(keys) > 1 or name not in ledger, rows[name]) == (True, ROWS)


@pytest.mark.parametrize("number", [0, 2, 3, 8, 24])
def test_what_is_made_still_differs_from_row_to_row(filled, number: int) -> None:
    duck, *_ = filled
    column = SCHEMA.table(f"t{number}").columns[1].name
    assert duck.execute(f"SELECT count(DISTINCT {column}) > 1 FROM t{number}") == [(True,)]


def test_a_generated_column_has_what_its_expression_says(filled) -> None:
    duck, *_ = filled
    assert duck.execute(f"SELECT bool_and(sum = price * qty) FROM t{len(CHECKS) - 1}") == [(True,)]


@pytest.mark.parametrize(
    ("check", "said", "rows"),
    [
        ("CHECK (a < 3 AND a > 5)", "table t: keeps 0 of 100 rows (the others broke a check", 0),
        ("CHECK (our_own(a))", "check (our_own(a)) may be broken (DuckDB does not understand it)", 100),
    ],
)
def test_a_check_that_cannot_be_kept_is_told(check: str, said: str, rows: int) -> None:
    schema = parse(f"CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, {check}); CREATE TABLE u (n int)")
    with DuckDb() as duck:
        made = fill(duck, schema, {"t": 100, "u": 100})
        assert duck.execute("SELECT count(*) FROM t") == [(rows,)]
    assert said in "\n".join(map(str, made.ledger))


def test_no_rows_at_all_of_the_table_that_is_wanted_is_refused_in_a_sentence() -> None:
    schema = parse("CREATE TABLE t (id serial PRIMARY KEY, a int NOT NULL, CHECK (a < 3 AND a > 5))")
    said = "no rows can be made for `t`: keeps 0 of 100 rows: the others broke a check"
    with DuckDb() as duck, pytest.raises(ArchbookError, match=said):
        fill(duck, schema, {"t": 100})


def test_a_table_that_duckdb_refuses_leaves_the_others_filled_and_is_told() -> None:
    table = Table("t", (Column("kind", Type("none"), nullable=False),))
    schema = Schema({"t": table, "u": parse("CREATE TABLE u (n int)").table("u")}, {"none": Enum("none", ())})
    with DuckDb() as duck:
        made = fill(duck, schema, {"t": 10, "u": 10})
        assert duck.execute("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM u)") == [(0, 10)]
    assert (dict(made.rows), "table t: gets no rows" in str(made.ledger[0])) == ({"t": 0, "u": 10}, True)


@pytest.mark.parametrize(
    ("pattern", "distinct"),
    [
        (r"^\d{15}[\dX]$", 500), ("^[A-Z]{2}[A-Z0-9]{3}[0-9]{7}$", 500), ("^(a|bc)+$", 1), ("^[ab]c?$", 2),
        (r"^T-?\d{3}.?\d{3}.?\d{3}[-.]?\d$", 500), ("^[A-Za-z0-9.~_-]{43,128}$", 500), ("^[^ @]+@x[.]de$", 500),
        ("^$", 1),
    ],
)  # fmt: skip
def test_a_patterns_texts_match_it_and_differ(pattern: str, distinct: int) -> None:
    alphabets = places(pattern)
    assert alphabets is not None
    with DuckDb() as duck:
        texts = [text for (text,) in duck.execute(f"SELECT {written(alphabets, 'i')} FROM range(500) AS n(i)")]
    assert all(re.search(pattern, text) for text in texts)
    assert len(set(texts)) == distinct


@pytest.mark.parametrize("pattern", ["(?=x)y", "[", "a{1000}", "(", r"\p{L}"])
def test_a_pattern_that_is_not_understood_is_no_pattern(pattern: str) -> None:
    assert places(pattern) is None


def test_like_knows_its_escape() -> None:
    assert like(r"a\%") == ("a", "%")
