"""Rows carried to PostgreSQL: the same values, the same order, all of a table or nothing."""

from collections.abc import Iterator

import pytest

from archbook.errors import ArchbookError
from archbook.schema import parse
from archbook.schema.copying import CHUNK_ROWS, copy
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.rows import fill

DDL = """CREATE TABLE users (id bigserial PRIMARY KEY);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric(10,2),
  sold timestamptz NOT NULL, noted timestamp);
CREATE TABLE words (n int NOT NULL, word text, list text[]);"""
WORDS = ["plain", "tab\there", "line\nend", "\r", "back\\slash", "\\N", "\\.", "", None, "ünïcödé 🙂", "a\\tb\tc"]


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        yield engine


def test_rows_lie_in_postgresql_as_they_lay_in_duckdb_over_more_than_one_chunk(postgres: EmbeddedPostgres) -> None:
    schema, rows = parse(DDL), CHUNK_ROWS * 2 + 11
    told: list[tuple[float, float, str]] = []
    with DuckDb() as duck:
        fill(duck, schema, {"users": 1000, "orders": rows})
        copy(duck, postgres, schema, ["orders"], lambda *step: told.append(step))
        select = "SELECT id, user_id, total, sold, noted FROM orders ORDER BY"
        assert duck.execute(f"{select} rowid") == postgres.execute(f"{select} ctid")
    assert [done for done, _, _ in told] == [CHUNK_ROWS, CHUNK_ROWS * 2, rows]
    assert {total for _, total, _ in told} == {rows}


def test_few_pages_of_postgresql_are_empty(postgres: EmbeddedPostgres) -> None:
    postgres.analyze("orders")
    ((pages, visible),) = postgres.execute("SELECT relpages, relallvisible FROM pg_class WHERE relname = 'orders'")
    ((used,),) = postgres.execute("SELECT count(DISTINCT (ctid::text::point)[0]) FROM orders")
    assert (used + 64 > pages, visible) == (True, pages)


@pytest.mark.parametrize("word", WORDS)
def test_every_text_arrives_as_it_was(postgres: EmbeddedPostgres, word: str | None) -> None:
    schema = parse(DDL)
    with DuckDb() as duck:
        duck.create_bare(schema, schema.table("words"))
        duck.execute("INSERT INTO words VALUES (1, ?, ?)", [word, [word or "x", "q\"uo'te,{}"]])
        copy(duck, postgres, schema, ["words"])
        assert postgres.execute("SELECT * FROM words") == duck.execute("SELECT * FROM words")
    postgres.execute("DROP TABLE words")


def test_a_refused_row_leaves_no_table(postgres: EmbeddedPostgres) -> None:
    schema = parse("CREATE TABLE short (n int NOT NULL, code char(2))")
    with DuckDb() as duck:
        duck.create_bare(schema, schema.table("short"))
        duck.execute("INSERT INTO short VALUES (1, 'ab'), (2, 'too long')")
        with pytest.raises(ArchbookError, match="PostgreSQL refuses generated rows of `short`: `value too long"):
            copy(duck, postgres, schema, ["short"])
    assert postgres.execute("SELECT to_regclass('short')") == [(None,)]
