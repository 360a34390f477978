"""Code that a DDL carries reads no file and writes none, in either engine."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from archbook.schema import parse
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.rows import copy, fill

SECRET = "only-in-the-file"
ROWS = 30
READS = {  # SQL of a text that comes out of a file, in the words of each engine
    "duckdb": "(SELECT content FROM read_text('{file}'))",
    "csv": "(SELECT max(column0) FROM read_csv('{file}', header = false))",
    "postgresql": "pg_read_file('{file}')",
    "quoted": '"pg_catalog"."pg_read_file"(\'{file}\')',
    "behind a string": "(E'\\\\' || pg_read_file('{file}'))",
    "large object": "(lo_import('{file}')::text)",
    "program": "query_to_xml('COPY (SELECT 1) TO PROGRAM ''touch {marker}''', true, true, '')::text",
}
PLACES = {
    "view": "CREATE TABLE t (id int PRIMARY KEY, v text);\nCREATE VIEW w AS SELECT {read} AS v;\nSELECT * FROM w;",
    "function": "CREATE TABLE t (id int PRIMARY KEY, v text);\n"
    "CREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$ SELECT {read} $$;\nSELECT f();\n"
    "DO $$ BEGIN PERFORM {read}; END $$;",
    "check": "CREATE TABLE t (id int PRIMARY KEY, v text, CHECK (v = {read}));",
    "domain": "CREATE DOMAIN d AS text CHECK (value = {read});\nCREATE TABLE t (id int PRIMARY KEY, v d);",
    "default": "CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT {read});",
    "generated": "CREATE TABLE t (id int PRIMARY KEY, v text GENERATED ALWAYS AS ({read}) STORED);",
    "index": "CREATE TABLE t (id int PRIMARY KEY, v text);\nCREATE UNIQUE INDEX i ON t (({read}));",
    "predicate": "CREATE TABLE t (id int PRIMARY KEY, v text);\nCREATE UNIQUE INDEX i ON t (v) WHERE (v = {read});",
    "partition": "CREATE TABLE t (id int, v text) PARTITION BY RANGE (({read}));",
    "rows": "CREATE TABLE t (id int PRIMARY KEY, v text);\nINSERT INTO t VALUES (1, {read});\nUPDATE t SET v = {read};",
    "copy": "CREATE TABLE t (id int PRIMARY KEY, v text);\nCOPY t FROM '{file}';\nCOPY t TO '{marker}';\n"
    "COPY t FROM PROGRAM 'touch {marker}';\nATTACH '{marker}' AS a;\nEXPORT DATABASE '{marker}';\nLOAD '{file}';",
}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        yield engine


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that the server may read and write: it would, if it were asked to."""
    for place in tmp_path.parents[:2]:  # pytest's own, closed to the server's user where we are root
        place.chmod(0o755)
    tmp_path.chmod(0o777)
    (tmp_path / "secret.csv").write_text(SECRET)
    (tmp_path / "secret.csv").chmod(0o644)
    return tmp_path


def said(text: str, folder: Path) -> str:
    return text.format(file=folder / "secret.csv", marker=folder / "marker")


@pytest.mark.parametrize("read", READS)
@pytest.mark.parametrize("place", PLACES)
def test_what_a_ddl_carries_is_never_run(
    server: EmbeddedPostgres, folder: Path, place: str, read: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = parse(said(PLACES[place].replace("{read}", READS[read]), folder))
    sent: list[str] = []
    execute = Postgres.execute

    def listening(engine: Postgres, statement: str, parameters: tuple[object, ...] = ()) -> object:
        sent.append(statement)
        return execute(engine, statement, parameters)

    monkeypatch.setattr(Postgres, "execute", listening)
    for (table,) in server.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND pg_table_is_visible(oid) "
                                   "AND relnamespace <> 'pg_catalog'::regnamespace"):  # fmt: skip
        server.execute(f'DROP TABLE "{table}"')
    with DuckDb() as engine:
        filled = fill(engine, schema, {"t": ROWS})
        values = engine.execute("SELECT * FROM t")
        copy(engine, server, schema, ["t"])
        values += server.execute("SELECT * FROM t")
        server.execute("DROP TABLE t")
        engine.execute("DROP TABLE t")
        ledger = [*schema.ledger, *engine.create(schema), *server.create(schema), *filled.ledger]
        values += engine.execute("SELECT * FROM t") + server.execute("SELECT * FROM t")
    assert filled.rows["t"] > 0
    assert SECRET not in str(values)
    assert not (folder / "marker").exists()
    asked = [
        text for text in sent if re.search(r"pg_read_file|lo_import|query_to_xml|read_text|read_csv|PROGRAM", text)
    ]
    assert all(text.startswith("CREATE UNIQUE INDEX") for text in asked)  # it refuses what is not immutable
    if place not in ("rows", "copy"):
        assert ledger, "nothing is told"


def test_either_engine_would_read_the_file_if_it_were_asked(server: EmbeddedPostgres, folder: Path) -> None:
    with duckdb.connect() as open_duckdb:
        assert open_duckdb.execute(said(f"SELECT {READS['duckdb']}", folder)).fetchall() == [(SECRET,)]
    assert server.execute(said(f"SELECT {READS['postgresql']}", folder)) == [(SECRET,)]
    server.execute(said("COPY (SELECT 1) TO '{marker}'", folder))
    assert (folder / "marker").exists()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT {duckdb}",
        "SELECT {csv}",
        "COPY (SELECT 1) TO '{marker}'",
        "ATTACH '{marker}' AS a",
        "EXPORT DATABASE '{marker}'",
        "INSTALL httpfs",
        "LOAD '{file}'",
        "SET enable_external_access = true",
        "SELECT * FROM '{file}'",
        "SELECT * FROM glob('{file}')",
    ],
)
def test_duckdb_is_locked(folder: Path, statement: str) -> None:
    with DuckDb() as engine, pytest.raises(duckdb.Error, match=r"disabled|locked|Permission"):
        engine.execute(said(statement.replace("{duckdb}", READS["duckdb"]).replace("{csv}", READS["csv"]), folder))
    assert not (folder / "marker").exists()


def test_an_index_on_what_reads_a_file_is_refused_by_postgresql(server: EmbeddedPostgres, folder: Path) -> None:
    server.execute("CREATE TABLE guarded (v text)")
    with pytest.raises(psycopg.Error, match="IMMUTABLE"):
        server.execute(said(f"CREATE INDEX i ON guarded (({READS['postgresql']}))", folder))
