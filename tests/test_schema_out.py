"""The model as what other tools take: SQLAlchemy's MetaData, DBML, and `archbook ddl`."""

# ruff: noqa: E501 - DDL on one line

import io
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Session, registry, relationship, selectinload
from sqlalchemy.schema import CreateIndex, CreateTable

from archbook.cli import main
from archbook.schema import parse, to_dbml, to_metadata
from archbook.schema.engines.embedded import EmbeddedPostgres

CORPUS = Path(os.environ.get("ARCHBOOK_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
PAGILA = CORPUS / "ddl" / "pagila-schema.sql"
SHOP = """
CREATE TYPE kind AS ENUM ('plain', 'it''s odd');
CREATE DOMAIN share AS numeric(5,4) CHECK (VALUE >= 0);
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) NOT NULL CONSTRAINT one_mail UNIQUE, kind kind DEFAULT 'plain',
  tags text[], extra jsonb, ip inet, place geometry(point,4326), cut share, doubled bigint GENERATED ALWAYS AS (id * 2) STORED,
  shift time with time zone DEFAULT '08:00:00+00'::time with time zone);
CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY, user_id bigint NOT NULL CONSTRAINT whose REFERENCES users ON DELETE CASCADE DEFERRABLE,
  code char(3) CONSTRAINT letters CHECK (code ~ '^:[A-Z]' AND code <> '%s'), PRIMARY KEY (id));
CREATE INDEX newest ON orders USING btree (user_id, id DESC) INCLUDE (code) WHERE (code IS NOT NULL);
COMMENT ON TABLE users IS 'People'; COMMENT ON COLUMN users.email IS 'where they read';
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[sa.Engine]:
    with EmbeddedPostgres() as engine:
        assert engine.connection is not None
        info = engine.connection.info
        url = sa.URL.create(
            "postgresql+psycopg",
            username=info.user,
            database=info.dbname,
            query={"host": info.host, "port": str(info.port)},
        )
        yield sa.create_engine(url, poolclass=sa.NullPool)


def written(metadata: sa.MetaData, table: str) -> str:
    return str(CreateTable(metadata.tables[table]).compile(dialect=postgresql.dialect()))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("users", "id BIGSERIAL NOT NULL"),
        ("users", "email VARCHAR(255) NOT NULL"),
        ("users", "kind kind DEFAULT 'plain'"),
        ("users", "tags TEXT[]"),
        ("users", "extra JSONB"),
        ("users", "ip INET"),
        ("users", "place geometry(point,4326)"),
        ("users", "cut NUMERIC(5, 4)"),
        ("users", "doubled BIGINT GENERATED ALWAYS AS (id * 2) STORED"),
        ("users", "shift TIME WITH TIME ZONE DEFAULT '08:00:00+00'::time with time zone"),
        ("users", "CONSTRAINT one_mail UNIQUE (email)"),
        ("orders", "id INTEGER GENERATED ALWAYS AS IDENTITY"),
        ("orders", "CONSTRAINT whose FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE DEFERRABLE"),
        ("orders", "CONSTRAINT letters CHECK (code ~ '^:[A-Z]' AND code <> '%%s')"),
    ],
)
def test_every_part_of_a_table_is_in_the_metadata(table: str, text: str) -> None:
    assert text in written(to_metadata(parse(SHOP)), table)


def test_indexes_and_comments_are_in_the_metadata() -> None:
    metadata = to_metadata(parse(SHOP))
    (index,) = metadata.tables["orders"].indexes
    assert str(CreateIndex(index).compile(dialect=postgresql.dialect())) == (
        'CREATE INDEX newest ON orders USING btree (user_id, "id" DESC) INCLUDE (code) WHERE code IS NOT NULL'
    )
    users = metadata.tables["users"]
    assert (users.comment, users.c.email.comment) == ("People", "where they read")


@pytest.mark.parametrize(
    "ddl",
    [
        "CREATE TABLE t (a int REFERENCES gone)",
        "CREATE TABLE u (id int); CREATE TABLE t (a int REFERENCES u)",
        "CREATE TABLE u (id int); CREATE TABLE t (a int REFERENCES u (other))",
    ],
)
def test_a_foreign_key_that_leads_nowhere_is_left_out(ddl: str) -> None:
    assert not to_metadata(parse(ddl)).tables["t"].foreign_keys


def test_a_table_of_another_schema_and_odd_names_are_pointed_at() -> None:
    schema = parse('CREATE TABLE "s"."a b" ("x.y" int PRIMARY KEY); CREATE TABLE t (c int REFERENCES s."a b")')
    (key,) = to_metadata(schema).tables["t"].foreign_keys
    assert (key.column.table.name, key.column.name) == ("s.a b", "x.y")


def test_a_partition_is_storage_of_its_parent() -> None:
    metadata = to_metadata(
        parse(
            "CREATE TABLE t (a int) PARTITION BY RANGE (a); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (2);"
        )
    )
    assert list(metadata.tables) == ["t"]
    assert "PARTITION BY range (a)" in written(metadata, "t")


def test_indexes_of_one_name_on_two_tables_can_be_created(postgres: sa.Engine) -> None:
    metadata = to_metadata(
        parse("CREATE TABLE `t` (`a` int, KEY `k` (`a`)); CREATE TABLE `u` (`a` int, KEY `k` (`a`));")
    )
    with postgres.begin() as connection:
        metadata.create_all(connection)
        metadata.drop_all(connection)


def test_the_orm_reads_and_writes_through_the_metadata_on_both_engines(postgres: sa.Engine) -> None:
    ddl = "CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL); CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users, total numeric(10,2));"
    for engine in (postgres, sa.create_engine("duckdb:///:memory:")):
        mapping, metadata = registry(), to_metadata(parse(ddl))
        orders = metadata.tables["orders"]
        order = type("Order", (), {})
        user = type("User", (), {})
        mapping.map_imperatively(order, orders)
        mapping.map_imperatively(user, metadata.tables["users"], properties={"orders": relationship(order)})
        metadata.create_all(engine)
        with Session(engine) as session:
            for name, count in (("Ada", 2), ("Bo", 0)):
                person = user()
                person.name = name
                session.add(person)
                session.flush()
                for _ in range(count):
                    bought = order()
                    bought.user_id = person.id
                    session.add(bought)
            session.commit()
            people = session.scalars(sa.select(user).options(selectinload(user.orders))).all()
            assert {p.name: len(p.orders) for p in people} == {"Ada": 2, "Bo": 0}
        metadata.drop_all(engine)


@pytest.mark.skipif(not PAGILA.exists(), reason=f"no corpus at {CORPUS}: set ARCHBOOK_CORPUS to its folder")
def test_postgresql_creates_pagila_from_the_metadata(postgres: sa.Engine) -> None:
    metadata = to_metadata(parse(PAGILA.read_text(encoding="utf-8")))
    metadata.remove(metadata.tables["film_embedding"])  # its type is pgvector's
    with postgres.begin() as connection:
        metadata.create_all(connection)
        there = sa.inspect(connection)
        assert set(there.get_table_names()) == set(metadata.tables)
        assert (
            sum(len(there.get_foreign_keys(name)) for name in metadata.tables) == 18
        )  # of 37: 18 are of partitions, 1 is of film_embedding
        metadata.drop_all(connection)


DBML = r"""Enum "kind" {
  "plain"
  "it's odd"
}

Table "users" {
  "id" "bigint" [pk, increment]
  "email" "varchar(255)" [not null, unique, note: 'where they read']
  "kind" "kind" [default: `'plain'`]
  "tags" "text[]"
  "extra" "jsonb"
  "ip" "inet"
  "place" "geometry(point,4326)"
  "cut" "numeric(5,4)"
  "doubled" "bigint" [note: 'generated: id * 2']
  "shift" "time with time zone" [default: `'08:00:00+00'::time with time zone`]
  Note: 'People'
}

Table "orders" {
  "id" "integer" [pk, increment]
  "user_id" "bigint" [not null]
  "code" "char(3)"
  indexes {
    ("user_id", "id") [name: 'newest', type: btree, note: 'only where code IS NOT NULL']
  }
  checks {
    `code ~ '^:[A-Z]' AND code <> '%s'` [name: 'letters']
  }
}

Ref "whose": "orders"."user_id" > "users"."id" [delete: cascade]
"""


def test_dbml_is_as_dbmls_own_parser_took_it() -> None:
    """Both texts were read by @dbml/core 10.2.0 without a complaint."""
    assert to_dbml(parse(SHOP)) == DBML
    odd = r"""CREATE TABLE "a ""] {}` // b" ("x.y" int PRIMARY KEY, "c`" text DEFAULT E'it''s ` \\ back');
        CREATE TABLE s.t (l int, m int, PRIMARY KEY (l, m)); CREATE TABLE u (l int, m int, FOREIGN KEY (l, m) REFERENCES s.t ON UPDATE CASCADE);
        COMMENT ON TABLE u IS E'line one\nline ''two'' \\ "q"'; CREATE TYPE e AS ENUM ('')"""
    assert (
        to_dbml(parse(odd))
        == r"""Enum "e" {
  " "
}

Table "a \"] {}` // b" {
  "x.y" "integer" [pk]
  "c`" "text" [default: `E'it''s ’ \\ back'`]
}

Table "s"."t" {
  "l" "integer" [not null]
  "m" "integer" [not null]
  indexes {
    ("l", "m") [pk]
  }
}

Table "u" {
  "l" "integer"
  "m" "integer"
  Note: 'line one\nline \'two\' \\ "q"'
}

Ref: "u".("l", "m") > "s"."t".("l", "m") [update: cascade]
"""
    )


PASTED = """CREATE TABLE users (id BIGSERIAL PRIMARY KEY, email VARCHAR(255) UNIQUE NOT NULL, created_at TIMESTAMP DEFAULT NOW(), INDEX idx_created_at (created_at));
CREATE TABLE orders (id BIGSERIAL PRIMARY KEY, user_id BIGINT REFERENCES users(id), status VARCHAR(50) NOT NULL, total_amount DECIMAL(10,2), INDEX idx_user_status (user_id, status));
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], ["2 tables, 1 foreign key and 2 indexes.", "2 parts not read as they stand:", "line 2: index idx_user_status of orders: is written inside CREATE TABLE"]),
        (["--to", "postgresql"], ['CREATE INDEX "idx_user_status" ON "orders" ("user_id", "status");']),
        (["--to", "duckdb"], ['"id" BIGINT NOT NULL DEFAULT nextval', "-- line 1: users.email: length of varchar(255) is not enforced"]),
        (["--to", "dbml"], ['Ref: "orders"."user_id" > "users"."id"']),
        (["--to", "mermaid"], ["erDiagram", "user_id FK"]),
        (["--to", "ledger"], ["Read:\nline 1:", "Lost or changed for PostgreSQL:\nnothing to tell", "Lost or changed for DuckDB:\nline 1"]),
    ],
    ids=lambda value: value[-1] if value else "summary",
)  # fmt: skip
def test_the_command_says_what_was_read_and_writes_it(
    options: list[str], said: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(PASTED))
    assert main(["ddl", "-", *options]) == 0
    out = capsys.readouterr().out
    assert [text for text in said if text not in out] == []


def test_the_command_lists_the_first_tables_and_writes_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "many.sql", tmp_path / "many.dbml"
    source.write_text(
        "".join(f"CREATE TABLE t{i} (id int PRIMARY KEY);\n" for i in range(50)) + "CREATE TABEL x;", encoding="utf-8"
    )
    assert main(["ddl", str(source)]) == 0
    out = capsys.readouterr().out
    assert "10 further tables: --all lists all." in out
    assert "1 part not read as it stands:\nline 51: " in out
    assert main(["ddl", str(source), "--all"]) == 0
    assert "t49" in capsys.readouterr().out
    assert main(["ddl", str(source), "-o", str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}: 50 tables, 0 foreign keys and 0 indexes\n"
    assert target.read_text(encoding="utf-8").count("Table ") == 50


def test_no_name_of_the_ddl_breaks_out_of_a_comment_or_reaches_the_terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "odd.sql"
    source.write_text('CREATE TABLE "a\nDROP TABLE b; --\x1b[31m" (c varchar(9));', encoding="utf-8")
    assert main(["ddl", str(source), "--to", "duckdb"]) == 0
    comment = capsys.readouterr().out.partition("-- Lost")[2]
    assert comment.count("\n") == 2
    assert "\x1b" not in comment
    assert main(["ddl", str(source)]) == 0
    assert "\x1b" not in capsys.readouterr().out
