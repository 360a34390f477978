"""Engines: locked down, bounded in time, certainly stopped, and nothing left behind."""

import contextlib
import glob
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import psutil
import psycopg
import pytest
import sqlalchemy

from archbook.errors import EngineUnavailable, UnknownName
from archbook.schema import parse
from archbook.schema.engines import start
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.embedded import PREFIX, EmbeddedPostgres, sweep
from archbook.schema.engines.postgresql import MOST_PREPARED, Postgres
from archbook.schema.engines.protocol import Engine, Row
from archbook.schema.model import Column, Enum, Schema, Table, Type
from archbook.schema.postgres_ddl import BUILT_IN
from archbook.schema.row_size import index_size_b, row_size_b
from archbook.schema.rows import copy, fill

DDL = """
CREATE TYPE kind AS ENUM ('plain', 'it''s odd');
CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) UNIQUE NOT NULL, bio text, kind kind,
  tags text[], extra jsonb, ip inet, born date, seen timestamptz, raw bytea, ok boolean, place point, wait interval);
CREATE TABLE orders (id bigserial PRIMARY KEY, user_id bigint NOT NULL REFERENCES users(id),
  status varchar(20) NOT NULL CHECK (status IN ('new', 'paid')), total numeric(10,2), created_at timestamptz NOT NULL);
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        yield engine


def servers(folder: Path) -> list[int]:
    """Processes that serve from a folder."""
    found = psutil.process_iter(["pid", "cmdline"])
    return [p.info["pid"] for p in found if any(str(folder) in part for part in p.info["cmdline"] or [])]


def gone(folder: Path, within_s: float = 15.0) -> bool:
    """Whether a server's processes and folder are away, soon."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if not folder.exists() and not servers(folder):
            return True
        time.sleep(0.1)
    return False


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/*')",
        "COPY (SELECT 1) TO 'stolen.csv'",
        "ATTACH 'other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "CREATE TABLE t AS SELECT * FROM read_json('/etc/hostname')",
        "CREATE VIEW v AS SELECT * FROM read_blob('/etc/hostname')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "EXPORT DATABASE 'stolen'",
        "IMPORT DATABASE 'stolen'",
        "COPY (SELECT 1) TO 'stolen.parquet'",
        "CREATE PERSISTENT SECRET s (TYPE http)",
        "LOAD './stolen.duckdb_extension'",
        "SET temp_directory = 'stolen'",
        "PRAGMA profiling_output = 'stolen.json'",
        "SET log_query_path = 'stolen.log'",
        "RESET enable_external_access",
    ],
)
def test_duckdb_reads_no_file_and_no_network_and_keeps_its_settings(statement: str) -> None:
    with DuckDb() as engine, pytest.raises(Exception, match=r"(?i)disabled|locked|cannot"):
        engine.execute(statement)


class Seeker:
    """Notes what is looked for along the path; it finds nothing itself."""

    def __init__(self) -> None:
        self.sought: list[str] = []

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:  # noqa: ARG002
        self.sought.append(name)


def test_duckdb_looks_along_the_path_for_no_pandas_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [seeker := Seeker(), *sys.meta_path])
    with DuckDb() as engine:
        assert engine.connection.execute("SELECT $1 + $2", [1, 2]).fetchall() == [(3,)]
        assert "pandas" in seeker.sought  # as DuckDB does by itself
        engine.execute("SELECT 1")  # whether there is one is asked once
        seeker.sought.clear()
        assert engine.execute("SELECT $1 + $2", [1, 2]) == [(3,)]
        assert seeker.sought == []
    assert "pandas" not in sys.modules


def test_duckdb_is_stopped_at_its_time_limit() -> None:
    with DuckDb(time_limit_s=0.3) as engine:
        began = time.monotonic()
        with pytest.raises(EngineUnavailable, match=r"stopped after 0\.3 s: ask for fewer rows"):
            engine.execute("SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)")
        assert time.monotonic() - began < 5
        assert engine.execute("SELECT 1") == [(1,)]


def test_another_connection_of_duckdb_is_stopped_at_the_time_limit_too() -> None:
    with DuckDb(time_limit_s=0.3) as engine, pytest.raises(EngineUnavailable, match=r"stopped after 0\.3 s"):
        engine.another().execute("SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)")


def test_ctrl_c_stops_a_statement_of_duckdb_and_is_seen_as_such() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with DuckDb() as engine:
            threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
            begun = time.monotonic()
            with pytest.raises(KeyboardInterrupt):
                engine.execute("SELECT sum(a.i * b.i) FROM range(1000000) a(i), range(1000000) b(i)")
            assert time.monotonic() - begun < 5
            assert engine.execute("SELECT 1") == [(1,)]
    finally:
        signal.signal(signal.SIGINT, before)


def test_duckdb_out_of_memory_is_a_plain_sentence() -> None:
    with DuckDb(memory_limit="30MB") as engine, pytest.raises(EngineUnavailable, match="ask for fewer rows"):
        engine.execute("SELECT list(i) FROM range(100000000) t(i)")


def test_duckdb_leaves_no_folder() -> None:
    with DuckDb(memory_limit="200MB") as engine:
        engine.execute("CREATE TABLE t AS SELECT i, md5(i::VARCHAR) m FROM range(4000000) r(i)")
        engine.execute("SELECT count(*) FROM (SELECT * FROM t ORDER BY m)")
    assert not glob.glob(f"{tempfile.gettempdir()}/archbook-duckdb-{os.getpid()}-*")


def test_postgresql_is_stopped_at_its_time_limit() -> None:
    with EmbeddedPostgres(time_limit_s=0.3) as engine:
        with pytest.raises(EngineUnavailable, match=r"stopped after 0\.3 s"):
            engine.execute("SELECT pg_sleep(20)")
        assert engine.execute("SELECT $1::int + 1", [1]) == [(2,)]


def test_postgresql_listens_on_no_network(postgres: EmbeddedPostgres) -> None:
    assert postgres.execute("SHOW listen_addresses") == [("" if os.name != "nt" else "127.0.0.1",)]


def test_nothing_is_left_after_close_and_close_may_be_called_twice() -> None:
    engine = EmbeddedPostgres()
    folder = engine.folder
    assert servers(folder)
    engine.close()
    engine.close()
    assert not folder.exists()
    assert servers(folder) == []
    with pytest.raises(EngineUnavailable, match="has been closed"):
        engine.execute("SELECT 1")


def test_nothing_is_left_after_an_exception() -> None:
    engine = EmbeddedPostgres()
    with pytest.raises(RuntimeError, match="on purpose"), engine:
        raise RuntimeError("on purpose")
    assert gone(engine.folder, 0.5)


PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background hands it down as ignored
from archbook.schema.engines.embedded import EmbeddedPostgres
engine = EmbeddedPostgres()
print(engine.folder, engine._guardian.pid, flush=True)
{then}
"""


def started(then: str) -> tuple[subprocess.Popen[str], Path, int]:
    """Another Python that starts a server and then does something."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM.format(then=then)], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    folder, guardian = process.stdout.readline().split()
    return process, Path(folder), int(guardian)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_nothing_is_left_when_the_owner_dies(how: signal.Signals) -> None:
    process, folder, _ = started("time.sleep(60)")
    assert servers(folder)
    process.send_signal(how)
    process.wait(20)
    assert gone(folder)


def test_ctrl_c_while_a_server_starts_is_seen_as_such_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    folders: list[Path] = []

    def stopped(engine: EmbeddedPostgres, _: str) -> tuple[str, str]:
        folders.append(engine.folder)
        raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedPostgres, "_answer", stopped)
    with pytest.raises(KeyboardInterrupt):
        EmbeddedPostgres()
    assert gone(folders[0])


def test_nothing_is_left_when_the_program_just_ends() -> None:
    process, folder, _ = started("")
    assert process.wait(30) == 0
    assert gone(folder)


def test_what_a_killed_owner_and_a_killed_guardian_left_is_swept_at_the_next_start() -> None:
    process, folder, guardian = started("time.sleep(60)")
    os.kill(guardian, signal.SIGKILL)
    process.kill()
    process.wait(20)
    assert folder.exists()
    assert servers(folder)
    sweep()
    assert gone(folder)


@pytest.mark.parametrize("kind", ["duckdb", "objects"])
def test_files_of_a_killed_owner_are_swept_and_those_of_a_living_one_are_not(kind: str) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait(20)
    left, mine = (Path(tempfile.mkdtemp(prefix=f"archbook-{kind}-{pid}-")) for pid in (ended.pid, os.getpid()))
    sweep()
    assert (left.exists(), mine.exists()) == (False, True)
    mine.rmdir()


def test_a_server_killed_in_the_middle_is_a_plain_sentence() -> None:
    engine = EmbeddedPostgres()
    for pid in servers(engine.folder / "data"):
        for process in (*psutil.Process(pid).children(), psutil.Process(pid)):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
    with pytest.raises(EngineUnavailable, match="PostgreSQL is gone"):
        engine.execute("SELECT 1")
    engine.close()
    assert gone(engine.folder)


def test_the_sweep_leaves_running_servers_alone(postgres: EmbeddedPostgres) -> None:
    sweep()
    assert postgres.execute("SELECT 1") == [(1,)]
    assert postgres.folder.name.startswith(PREFIX)


def test_a_url_gets_a_schema_of_our_own_that_is_dropped(postgres: EmbeddedPostgres) -> None:
    url = f"postgresql+psycopg://postgres@/postgres?host={postgres.folder}"
    counted = "SELECT count(*) FROM information_schema.schemata WHERE schema_name LIKE 'archbook%'"
    before = postgres.execute(counted)
    with start(url) as engine:
        engine.create(parse(DDL))
        assert postgres.execute(counted)[0][0] == before[0][0] + 1
    assert postgres.execute(counted) == before


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://me:hidden-word@127.0.0.1:1/db", r"postgresql://me:\*\*\*@127.0.0.1:1/db does not answer"),
        ("mysql://me:hidden-word@host/db", "`mysql` is no engine of the schema lab"),
        ("postgresql://me:hidden-word@host:port/db", "cannot be read"),
    ],
)  # fmt: skip
def test_a_url_that_does_not_answer_is_a_plain_sentence_without_its_password(url: str, said: str) -> None:
    with pytest.raises(EngineUnavailable, match=said) as caught:
        start(url)
    assert "hidden-word" not in str(caught.value)


def test_an_unknown_engine_suggests_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `postgresql`"):
        start("postgres")


def test_rows_are_the_same_in_both_engines(postgres: Postgres) -> None:
    schema = parse(DDL)
    with DuckDb() as duck:
        filled = fill(duck, schema, {"users": 500, "orders": 3000})
        copy(duck, postgres, schema, ["users", "orders"])
        for sql in (
            "SELECT count(*), count(DISTINCT email), min(email), count(bio), count(DISTINCT kind) FROM users",
            "SELECT count(*), sum(total), min(created_at), max(created_at), count(DISTINCT user_id) FROM orders",
            "SELECT id, email, bio, kind, tags, ok, born, seen, raw FROM users ORDER BY id LIMIT 50",
        ):
            assert duck.execute(sql) == postgres.execute(sql)
        ledger = postgres.execute("SELECT count(*) FROM orders o JOIN users u ON u.id = o.user_id")
    assert (dict(filled.rows), ledger) == ({"users": 500, "orders": 3000}, [(3000,)])


def test_the_estimated_row_size_is_near_the_servers(postgres: Postgres) -> None:
    ddl = """CREATE TABLE sized (id bigserial PRIMARY KEY, user_id bigint NOT NULL, status varchar(20) NOT NULL,
      total numeric(10,2) NOT NULL, paid boolean NOT NULL, email text NOT NULL, description text NOT NULL,
      created_at timestamptz NOT NULL, reference uuid NOT NULL);
      CREATE INDEX sized_email ON sized (email); CREATE INDEX sized_seen ON sized (created_at, id)"""
    schema = parse(ddl)
    with DuckDb() as duck:
        fill(duck, schema, {"sized": 20_000})
        copy(duck, postgres, schema, ["sized"])
    postgres.analyze("sized")
    measured = (postgres.size_b("sized") or 0) / 20_000
    assert row_size_b(schema, schema.table("sized")) == pytest.approx(measured, rel=0.15)
    for sql in ("ALTER TABLE sized ADD PRIMARY KEY (id)", "CREATE INDEX sized_email ON sized (email)",
                "CREATE INDEX sized_seen ON sized (created_at, id)"):  # fmt: skip
        postgres.execute(sql)
    ((indexes,),) = postgres.execute("SELECT pg_indexes_size('sized')")
    assert index_size_b(schema, schema.table("sized")) == pytest.approx(indexes / 20_000, rel=0.25)


@pytest.fixture(params=["duckdb", "postgresql"])
def engine(request: pytest.FixtureRequest, postgres: EmbeddedPostgres) -> Iterator[Engine]:
    """Either engine with an empty table."""
    with DuckDb() if request.param == "duckdb" else Postgres(postgres.options, 20.0) as engine:
        engine.execute("CREATE TABLE counted (a int)")
        yield engine


def test_another_connection_sees_the_same_tables_and_only_what_is_committed(engine: Engine) -> None:
    with engine.another() as other:
        engine.execute("BEGIN")
        engine.execute("INSERT INTO counted VALUES (1)")
        assert other.execute("SELECT count(*) FROM counted") == [(0,)]
        engine.execute("COMMIT")
        assert other.execute("SELECT count(*) FROM counted") == [(1,)]
        assert other.execute("SELECT current_setting('TimeZone')") == [("UTC",)]
    assert engine.execute("SELECT count(*) FROM counted") == [(1,)]


def test_what_runs_on_a_connection_is_ended_by_another_thread_and_the_connection_goes_on(engine: Engine) -> None:
    endless = "SELECT count(*) FROM generate_series(1, 100000) AS a, generate_series(1, 1000000) AS b"
    with ThreadPoolExecutor(1) as thread, engine.another() as other:
        running = thread.submit(other.execute, endless)
        while not running.done():  # it may not have begun when it is first asked to end
            time.sleep(0.05)
            other.interrupt()
        assert isinstance(running.exception(), EngineUnavailable)
        assert other.execute("SELECT 7") == [(7,)]


def test_sqlalchemy_works_on_the_same_tables(engine: Engine) -> None:
    made = engine.sqlalchemy()
    assert sqlalchemy.inspect(made).get_table_names() == ["counted"]
    with made.begin() as connection:
        connection.execute(sqlalchemy.text("INSERT INTO counted VALUES (7)"))
    with contextlib.suppress(RuntimeError), made.begin() as connection:
        connection.execute(sqlalchemy.text("INSERT INTO counted VALUES (8)"))
        raise RuntimeError("on purpose")
    assert engine.execute("SELECT a FROM counted") == [(7,)]


def test_closing_an_engine_closes_its_other_connections(engine: Engine) -> None:
    other = engine.another()
    engine.close()
    with pytest.raises((EngineUnavailable, duckdb.ConnectionException), match="closed"):
        other.execute("SELECT 1")


READ = [
    ("SELECT CAST($1 AS bigint), CAST($2 AS varchar)", ["7", None]),
    ("SELECT CAST($1 AS bytea), CAST($2 AS text[])", [b"\0x", ["a", None]]),
    ("SELECT CAST($1 AS integer) + 1", [7]),
    ("SELECT 1 WHERE CAST($1 AS integer) = 2", ["3"]),
    ("SELECT CAST($1 AS integer)", ["x"]),
    ("SELECT nothing", []),
]


@pytest.mark.parametrize(("statement", "values"), READ)
def test_what_is_read_again_and_again_is_what_a_cursor_gives(
    postgres: Postgres, statement: str, values: list[object]
) -> None:
    def found(ask: Callable[[str, list[object]], list[Row]]) -> object:
        try:
            return ask(statement, values)
        except psycopg.Error as error:
            return type(error), str(error), error.sqlstate

    expected = found(postgres.execute)
    assert [found(postgres.read), found(postgres.read)] == [expected, expected]


def test_no_more_statements_are_kept_than_are_worth_it(postgres: Postgres) -> None:
    reader = postgres.another()
    for number in range(MOST_PREPARED + 3):
        assert reader.read(f"SELECT {number} + CAST($1 AS integer)", ["1"]) == [(number + 1,)]
    assert reader.execute("SELECT count(*) FROM pg_prepared_statements") == [(3,)]
    reader.close()


@pytest.mark.parametrize("statement", ["DEALLOCATE ALL", "DISCARD ALL"])
def test_reading_goes_on_where_the_server_has_forgotten_the_statement(postgres: Postgres, statement: str) -> None:
    reader = postgres.another()
    for _ in range(2):
        assert reader.read("SELECT CAST($1 AS integer)", ["1"]) == [(1,)]
        reader.execute(statement)
    reader.close()


def test_reading_goes_on_after_a_transaction_was_rolled_back(postgres: Postgres) -> None:
    reader = postgres.another()
    for _ in range(2):
        assert reader.read("SELECT CAST($1 AS integer)", ["1"]) == [(1,)]
        for change in ("BEGIN", "SELECT CAST($1 AS text)", "ROLLBACK"):
            reader.execute(change, ["x"] if "$1" in change else ())
    reader.close()


def test_reading_ends_in_a_sentence_when_it_takes_too_long_or_the_server_is_gone(postgres: Postgres) -> None:
    reader = postgres.another()
    reader.execute("SET statement_timeout = 100")
    with pytest.raises(EngineUnavailable, match="was stopped after"):
        reader.read("SELECT pg_sleep(60)", [])
    postgres.execute("SELECT pg_terminate_backend($1)", [reader.execute("SELECT pg_backend_pid()")[0][0]])
    for _ in range(2):
        with pytest.raises(EngineUnavailable, match="PostgreSQL is gone"):
            reader.read("SELECT 1", [])
    reader.close()
    with pytest.raises(EngineUnavailable, match="has been closed"):
        reader.read("SELECT 1", [])


def test_the_whole_schema_is_made_in_postgresql(postgres: Postgres) -> None:
    schema = parse(DDL.replace("users", "people").replace("orders", "sales").replace("kind", "sort"))
    assert postgres.create(schema) == ()


def test_values_of_every_type_are_taken_by_postgresql(postgres: EmbeddedPostgres) -> None:
    arrays = ("int4", "mood", "timestamptz", "uuid", "bool", "jsonb", "numeric", "bytea", "inet", "interval", "text")
    types = [
        *(Type(name) for name in sorted(BUILT_IN)),
        *(Type(name, array=True) for name in arrays),
        Type("unheard_of"),
    ]
    columns = tuple(Column(f"c{i}", type_, nullable=False) for i, type_ in enumerate(types))
    schema = Schema({"every": Table("every", columns)}, {"mood": Enum("mood", ("sad", 'it\'s \\ "ok"'))})
    with DuckDb() as duck:
        fill(duck, schema, {"every": 40})
        copy(duck, postgres, schema, ["every"])
    assert postgres.execute("SELECT count(*) FROM every") == [(40,)]


def test_duckdb_does_without_the_optimizer_that_loses_rows_after_deletes() -> None:
    # Seen at 10 M rows on 1.5.6: after 20 deletes, `ORDER BY … LIMIT 20` gave rows from far down the list.
    with DuckDb() as engine:
        assert engine.execute("SELECT current_setting('disabled_optimizers')") == [("row_group_pruner",)]
        assert engine.another().execute("SELECT current_setting('disabled_optimizers')") == [("row_group_pruner",)]
