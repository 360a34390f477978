"""The model as DuckDB's and PostgreSQL's DDL: it runs, and what was lost is told."""

# ruff: noqa: E501, S608 - DDL on one line; identifiers are quoted

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.schema import parse, to_duckdb, to_postgres
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.model import Check, Column, Enum, ForeignKey, Index, Limit, Schema, Table, Type, Unique
from archbook.schema.rows import fill
from archbook.schema.sql import quoted

CORPUS = Path(os.environ.get("ARCHBOOK_CORPUS", Path(__file__).parents[2] / "shared" / "corpus"))
PAGILA = CORPUS / "ddl" / "pagila-schema.sql"
NAMES = ["id", "user", 'we"ird', "select", "ünïcode", "a b", "email", "status", "created_at", "total", "k"]
TYPES = [
    Type("int2"), Type("int4"), Type("int8"), Type("numeric", (10, 2)), Type("numeric"), Type("numeric", (50, 3)),
    Type("float8"), Type("bool"), Type("text"), Type("varchar", (3,)), Type("varchar", (255,)), Type("bpchar", (2,)),
    Type("uuid"), Type("date"), Type("time"), Type("timetz"), Type("timestamp"), Type("timestamptz"), Type("interval"),
    Type("bytea"), Type("json"), Type("jsonb"), Type("inet"), Type("tsvector"), Type("text", array=True),
    Type("vector", (4,)), Type("mood"), Type("unheard_of"), Type("money"),
]  # fmt: skip


def losses(ddl: str) -> list[str]:
    return [str(entry) for entry in to_duckdb(parse(ddl)).ledger]


@pytest.mark.parametrize(
    ("ddl", "told"),
    [
        ("CREATE TABLE t (a int); CREATE INDEX i ON t (a) WHERE a > 1", "index i of t: is lost (DuckDB has no partial indexes)"),
        ("CREATE TABLE t (a text); CREATE INDEX i ON t (lower(a))", "i of t: is lost (expressions are not carried over)"),
        ("CREATE TABLE t (a jsonb); CREATE INDEX i ON t USING gin (a)", "index i of t: is lost (DuckDB has no gin indexes)"),
        ("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a) INCLUDE (b)", "index i of t: INCLUDE (b) is lost"),
        ("CREATE TABLE t (a jsonb)", "t.a: jsonb becomes JSON"),
        ("CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a * 2) STORED)", "t.b: is not computed (GENERATED AS (a * 2)"),
        ("CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES t ON DELETE CASCADE)", "ON DELETE CASCADE is lost"),
        ("CREATE TABLE t (a int PRIMARY KEY, b int REFERENCES t DEFERRABLE)", "DEFERRABLE is lost"),
        ("CREATE TABLE t (a int) PARTITION BY RANGE (a)", "table t: partitioning by range (a) is lost"),
        ("CREATE TABLE t (a int REFERENCES gone)", "is lost (no table gone in this DDL)"),
        ("CREATE TABLE t (a int UNIQUE); CREATE TABLE u (a text REFERENCES t (a))", "types differ"),
        ("CREATE TABLE t (a int UNIQUE); CREATE TABLE u (a bigint REFERENCES t (a))", "t.a: integer becomes bigint"),
        ("CREATE TABLE t (a int); CREATE TABLE u (a int REFERENCES t (a))", "t (a) is not unique"),
        ("CREATE TABLE t (a text DEFAULT f(1))", "t.a: default f(1) is lost (not known to DuckDB)"),
        ("CREATE TABLE t (a text, CHECK (length(a) > 2))", "(length(a) > 2) is lost"),
        ("CREATE TABLE t (a ltree CHECK (a > 1))", "check of t: (a > 1) is lost"),
        ("CREATE TABLE t (a varchar(9))", "t.a: length of varchar(9) is not enforced"),
        ("CREATE DOMAIN d AS int CHECK (VALUE % 2 = 0); CREATE TABLE t (a d)", "domain d becomes integer and loses a check"),
        ("CREATE TABLE t (a tsvector)", "t.a: type tsvector becomes VARCHAR"),
        ("CREATE TABLE t (a int[] PRIMARY KEY)", "primary key of t: is lost: DuckDB indexes no integer[]"),
        ("CREATE TABLE t ()", "table t: is left out (a table of DuckDB needs a column)"),
        (
            "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
            "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b",
            "it closes a cycle of foreign keys",
        ),
    ],
)  # fmt: skip
def test_every_loss_is_told(ddl: str, told: str) -> None:
    assert [line for line in losses(ddl) if told in line], losses(ddl)


def test_nothing_is_told_where_nothing_is_lost() -> None:
    ddl = (
        "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE u (id bigserial PRIMARY KEY, m mood DEFAULT 'a');"
        "CREATE TABLE t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), u bigint NOT NULL REFERENCES u ON DELETE RESTRICT,"
        " n int CHECK (n > 0), s text CHECK (s IN ('x', 'y')), at timestamptz DEFAULT now(), UNIQUE (u, n));"
        "CREATE INDEX i ON t (u, n);"
    )
    assert losses(ddl) == []
    with DuckDb() as engine:
        assert engine.create(parse(ddl)) == ()
        engine.execute("INSERT INTO u DEFAULT VALUES")
        engine.execute("INSERT INTO t (u, n, s) VALUES (1, 1, 'x')")
        for broken in ("(2, 1, 'x')", "(1, 0, 'x')", "(1, 2, 'z')", "(1, 1, 'y')"):
            with pytest.raises(Exception, match="Constraint Error"):
                engine.execute(f"INSERT INTO t (u, n, s) VALUES {broken}")


@pytest.mark.skipif(not PAGILA.exists(), reason=f"no corpus at {CORPUS}: set ARCHBOOK_CORPUS to its folder")
def test_pagila_loads_whole_into_duckdb_with_its_ledger() -> None:
    schema = parse(PAGILA.read_text(encoding="utf-8"))
    with DuckDb() as engine:
        ledger = engine.create(schema)
        kinds = dict(engine.execute("SELECT constraint_type, count(*) FROM duckdb_constraints() GROUP BY 1"))
        indexes = engine.execute("SELECT count(*) FROM duckdb_indexes()")[0][0]
        tables = engine.execute("SELECT count(*) FROM duckdb_tables()")[0][0]
    assert (tables, kinds["FOREIGN KEY"], kinds["PRIMARY KEY"], indexes) == (71, 37, 16, 35)
    lost = [entry for entry in ledger if entry.kind == "lost"]
    assert [entry.part for entry in lost if entry.part.startswith("index")] == [
        "index film_fulltext_idx of film",
        "index film_embedding_embedding_hnsw_idx of film_embedding",
    ]
    assert sum(entry.part.startswith("foreign key") for entry in lost) == 18  # ON UPDATE CASCADE
    assert sum(entry.what == "is a table beside payment" for entry in ledger) == 55


@pytest.mark.skipif(not PAGILA.exists(), reason=f"no corpus at {CORPUS}: set ARCHBOOK_CORPUS to its folder")
def test_pagila_is_filled_with_rows_that_keep_its_promises() -> None:
    schema = parse(PAGILA.read_text(encoding="utf-8"))
    with DuckDb() as engine:
        filled = fill(engine, schema, {t.name: 300 for t in schema.tables.values() if not t.partition_of})
        assert broken_promises(engine, schema, filled.rows) == []
    assert sum(rows > 0 for rows in filled.rows.values()) == 16
    assert filled.rows["payment"] == 300


def broken_promises(engine: DuckDb, schema: Schema, rows: dict[str, int]) -> list[str]:
    """Foreign keys, unique sets, limits and row counts that the rows in an engine do not keep."""
    broken = []
    for name, count in rows.items():
        table, here = schema.tables[name], quoted(name)
        if engine.execute(f"SELECT count(*) FROM {here}")[0][0] != count:
            broken.append(f"{name}: not {count} rows")
        for key in table.foreign_keys:
            if key.to in rows and all("[" not in str(table.column(c).type) for c in key.columns):
                pairs = zip(key.columns, schema.target(key), strict=True)
                match = " AND ".join(f"p.{quoted(to)}::VARCHAR = c.{quoted(c)}::VARCHAR" for c, to in pairs)
                known = " AND ".join(f"c.{quoted(c)} IS NOT NULL" for c in key.columns)
                there = f"EXISTS (SELECT 1 FROM {quoted(key.to)} p WHERE {match})"
                if engine.execute(f"SELECT count(*) FROM {here} c WHERE {known} AND NOT {there}")[0][0]:
                    broken.append(f"{name}: {key.columns} dangles")
        for columns in table.unique_sets():
            known = " AND ".join(f"{quoted(c)} IS NOT NULL" for c in columns)
            twice = f"SELECT 1 FROM {here} WHERE {known} GROUP BY {quoted(*columns)} HAVING count(*) > 1"
            if engine.execute(f"SELECT count(*) FROM ({twice})")[0][0]:
                broken.append(f"{name}: {columns} repeats")
    return broken


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """Random schemas: any types, keys over one or two columns, foreign keys anywhere, odd names."""
    enums = {"mood": Enum("mood", ("sad", "it's ok", "happy"))}
    tables: dict[str, Table] = {}
    names = draw(st.lists(st.sampled_from(["users", "s.orders", 'odd"name', "order", "x y"]), min_size=1, unique=True))
    for name in names:
        columns = []
        for column in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True)):
            type_ = draw(st.sampled_from(TYPES))
            identity = draw(st.sampled_from(["", "", "serial"])) if type_.name in ("int4", "int8") else ""
            default = draw(st.sampled_from([None, None, "now()", "f(1)"]))
            columns.append(Column(column, type_, draw(st.booleans()) and not identity, default, identity))
        own = st.lists(st.sampled_from([c.name for c in columns]), min_size=1, max_size=2, unique=True).map(tuple)
        numbers = [c.name for c in columns if c.type.name in ("int4", "int8")]
        tables[name] = Table(
            name,
            tuple(columns),
            primary_key=draw(own | st.just(())),
            uniques=tuple(Unique(u) for u in draw(st.lists(own, max_size=1, unique=True))),
            indexes=tuple(
                Index("i", i, unique=draw(st.booleans())) for i in draw(st.lists(own, max_size=2, unique=True))
            ),
            checks=tuple(
                Check(f"{quoted(n)} BETWEEN 1 AND 50", (Limit(n, low=1, high=50),))
                for n in numbers[: draw(st.integers(0, 1))]
            ),
        )
    for name in names:
        for target in draw(st.lists(st.sampled_from(names), max_size=2)):
            for unique in tables[target].unique_sets()[:1]:
                tables[name] = _with_key(tables, name, target, unique, draw(st.sampled_from(["", "CASCADE"])))
    for name, table in tables.items():
        columns = (replace(c, nullable=c.nullable and c.name not in table.primary_key) for c in table.columns)
        tables[name] = replace(table, columns=tuple(columns))
    return Schema(tables, enums)


def _with_key(tables: dict[str, Table], name: str, target: str, unique: tuple[str, ...], action: str) -> Table:
    """The table with its last columns pointing to a unique set of another, whose types they take."""
    table = tables[name]
    own = tuple(c.name for c in table.columns[-len(unique) :])
    if len(own) < len(unique):
        return table
    types = {mine: tables[target].column(theirs).type for mine, theirs in zip(own, unique, strict=True)}
    columns = (replace(c, type=types[c.name], identity="") if c.name in types else c for c in table.columns)
    key = ForeignKey(own, target, unique, action)
    return replace(table, columns=tuple(columns), foreign_keys=(*table.foreign_keys, key))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(schemas())
def test_the_ddl_of_any_schema_runs_in_duckdb(schema: Schema) -> None:
    with DuckDb() as engine:
        for _, statement in to_duckdb(schema).statements:
            engine.execute(statement)
        assert engine.execute("SELECT count(*) FROM duckdb_tables()")[0][0] == len(schema.tables)


def _alike(schema: Schema, table: Table, key: ForeignKey) -> bool:
    """Whether both sides have the same types: between others, no row may be able to keep the key."""
    target = schema.tables[key.to]
    return [table.column(c).type for c in key.columns] == [target.column(c).type for c in key.to_columns]


@settings(max_examples=100, deadline=None, derandomize=True)
@given(schemas(), st.integers(1, 60), st.booleans())
def test_the_rows_of_any_schema_keep_its_promises(schema: Schema, rows: int, shuffled: bool) -> None:
    alike = {name: replace(t, foreign_keys=tuple(k for k in t.foreign_keys if _alike(schema, t, k)))
             for name, t in schema.tables.items()}  # fmt: skip
    schema = Schema(alike, schema.enums)
    with DuckDb() as engine:
        filled = fill(engine, schema, dict.fromkeys(schema.tables, rows), shuffled=shuffled)
        assert broken_promises(engine, schema, dict(filled.rows)) == []


@settings(max_examples=50, deadline=None, derandomize=True)
@given(schemas())
def test_the_ddl_for_postgresql_is_read_back_as_the_same_tables(schema: Schema) -> None:
    again = parse(str(to_postgres(schema)))
    assert not [entry for entry in again.ledger if entry.kind == "refused"]
    for table in schema.tables.values():
        read = again.table(table.name)
        assert [(c.name, c.nullable) for c in read.columns] == [(c.name, c.nullable) for c in table.columns]
        assert (read.primary_key, len(read.foreign_keys)) == (table.primary_key, len(table.foreign_keys))
