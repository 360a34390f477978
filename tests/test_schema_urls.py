"""A user's PostgreSQL at a URL: what does not suit is refused in a sentence, and nothing of ours stays there."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from archbook.errors import EngineUnavailable
from archbook.schema.engines import postgresql, start
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.remote import PostgresAt

LEFT = "SELECT nspname FROM pg_namespace WHERE nspname LIKE 'archbook%' AND nspname <> current_schema()"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres() as engine:
        engine.execute("CREATE ROLE guest LOGIN PASSWORD 'hidden-word'")
        engine.execute("CREATE TABLE public.orders AS SELECT 1 AS id")
        yield engine
        assert engine.execute("TABLE public.orders") == [(1,)]


def url(server: EmbeddedPostgres, user: str = "postgres", database: str = "postgres") -> str:
    return f"postgresql://{user}@/{database}?host={server.options['host']}&port={server.options['port']}"


def test_everything_happens_in_a_schema_that_is_dropped_with_all_connections(server: EmbeddedPostgres) -> None:
    with start(url(server)) as engine:
        engine.execute("CREATE TABLE orders (id int)")
        assert engine.execute("SELECT count(*) FROM orders") == [(0,)]
        other = engine.another()
        other.execute("BEGIN")
        other.execute("SELECT * FROM orders")  # holds a lock that dropping would wait for
        assert len(server.execute(LEFT)) == 1
    assert server.execute(LEFT) == []


def test_a_session_that_holds_a_lock_does_not_keep_the_schema_alive(server: EmbeddedPostgres) -> None:
    engine = PostgresAt(url(server))
    engine.execute("CREATE TABLE orders (id int)")
    held = engine.sqlalchemy().connect()
    held.exec_driver_sql("SELECT * FROM orders")
    begun = time.monotonic()
    engine.close()
    assert time.monotonic() - begun < 5
    assert server.execute(LEFT) == []
    held.invalidate()


PROGRAM = """
import signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from archbook.schema.engines import start
engine = start(sys.argv[1])
engine.execute("CREATE TABLE orders (id int)")
print("ready", flush=True)
{then}
"""
WAITS = {
    "in Python": "time.sleep(60)",
    "in a statement": "engine.execute('SELECT pg_sleep(60)')",
    "in a with block": "with engine:\n    engine.execute('SELECT pg_sleep(60)')",
}


@pytest.mark.parametrize("then", WAITS.values(), ids=WAITS.keys())
def test_ctrl_c_drops_the_schema(server: EmbeddedPostgres, then: str) -> None:
    command = [sys.executable, "-c", PROGRAM.format(then=then), url(server)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
        assert len(server.execute(LEFT)) == 1
        time.sleep(0.2)
        program.send_signal(signal.SIGINT)
        said = program.communicate(timeout=20)[1]
    assert "KeyboardInterrupt" in said
    assert server.execute(LEFT) == []


def test_what_a_killed_program_left_is_dropped_by_a_start_a_day_later_and_nothing_else(
    server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = [sys.executable, "-c", PROGRAM.format(then="time.sleep(60)"), url(server)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        program.stdout.readline()
        monkeypatch.setattr("archbook.schema.engines.remote.DAY_S", -5)  # as if every schema were old
        start(url(server)).close()
        assert len(server.execute(LEFT)) == 1  # its program still runs
        program.kill()
    (left,) = server.execute(LEFT)
    server.execute("CREATE SCHEMA archbook_00000000")  # named like ours, without our remark
    monkeypatch.undo()
    start(url(server)).close()
    assert len(server.execute(LEFT)) == 2  # not yet a day old
    monkeypatch.setattr("archbook.schema.engines.remote.DAY_S", -5)
    start(url(server)).close()
    assert server.execute(LEFT) == [("archbook_00000000",)]
    assert left != ("archbook_00000000",)
    server.execute("DROP SCHEMA archbook_00000000")


def test_a_server_that_is_gone_at_the_end_is_told_with_what_is_left_there() -> None:
    with EmbeddedPostgres() as server:
        engine = PostgresAt(url(server))
    with pytest.raises(EngineUnavailable, match=rf"our schema {engine.workplace} is left there"):
        engine.close()
    engine.close()


@pytest.mark.parametrize(
    ("user", "database", "said"),
    [
        ("postgres", "nope", r'refuses the connection .*database "nope" does not exist'),
        ("nobody", "postgres", r'refuses the connection .*role "nobody" does not exist'),
        ("guest:hidden-word", "postgres", r'`guest` may not make .*GRANT CREATE ON DATABASE "postgres" TO "guest"'),
    ],
)
def test_a_database_that_takes_no_schema_of_ours_is_a_plain_sentence(
    server: EmbeddedPostgres, user: str, database: str, said: str
) -> None:
    with pytest.raises(EngineUnavailable, match=said) as caught:
        start(url(server, user, database))
    assert "hidden-word" not in str(caught.value)


def test_a_read_only_server_is_a_plain_sentence(server: EmbeddedPostgres) -> None:
    standby = server.standby()
    address = f"postgresql://postgres@/postgres?host={standby.options['host']}&port={standby.options['port']}"
    with pytest.raises(EngineUnavailable, match="is read-only: give the primary's URL"):
        start(address)


def listening(answer: Callable[[socket.socket], None]) -> tuple[int, socket.socket]:
    """A loopback server that answers each connection in its own way."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                guest, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(guest,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    return door.getsockname()[1], door


def web_server(guest: socket.socket) -> None:
    with contextlib.suppress(OSError), guest:
        guest.recv(1024)
        guest.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def silent(guest: socket.socket) -> None:
    with contextlib.suppress(OSError), guest:
        guest.recv(1024)
        time.sleep(30)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (web_server, r"what answers at postgresql://me:\*\*\*@127.0.0.1:\d+/db\S* is not PostgreSQL"),
        (silent, r"postgresql://me:\*\*\*@127.0.0.1:\d+/db\S* does not answer \(connection timeout"),
    ],
)
def test_what_is_no_postgresql_or_says_nothing_ends_in_time_and_in_a_sentence(
    answer: Callable[[socket.socket], None], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert postgresql.CONNECT_LIMIT_S <= 10
    monkeypatch.setattr(postgresql, "CONNECT_LIMIT_S", 2)
    port, door = listening(answer)
    begun = time.monotonic()
    with door, pytest.raises(EngineUnavailable, match=said) as caught:
        start(f"postgresql://me:hidden-word@127.0.0.1:{port}/db?sslmode=prefer")
    assert time.monotonic() - begun < 5
    assert "hidden-word" not in str(caught.value)


def test_a_password_in_the_query_is_hidden_as_well() -> None:
    with pytest.raises(EngineUnavailable) as caught:
        start("postgresql://me@127.0.0.1:1/db?password=hidden-word&application_name=x")
    assert "hidden-word" not in str(caught.value)
    assert "application_name=x" in str(caught.value)


def pooler(server: EmbeddedPostgres) -> Callable[[socket.socket], None]:
    """Hands bytes on as PgBouncer does, which gives its clients process numbers of its own."""

    def answer(guest: socket.socket) -> None:
        behind = socket.socket(socket.AF_UNIX)
        behind.connect(f"{server.options['host']}/.s.PGSQL.{server.options['port']}")

        def hand_on(source: socket.socket, target: socket.socket, renumbered: bool) -> None:
            with contextlib.suppress(OSError):
                while part := source.recv(65536):
                    at = part.find(b"K\0\0\0\x0c") if renumbered else -1
                    target.sendall(part if at < 0 else part[: at + 5] + b"\0\0\0\x01" + part[at + 9 :])
                target.shutdown(socket.SHUT_WR)

        threading.Thread(target=hand_on, args=(guest, behind, False), daemon=True).start()
        hand_on(behind, guest, True)

    return answer


@pytest.mark.skipif(os.name == "nt", reason="the server listens on no Unix socket on Windows")
def test_a_connection_pooler_is_refused_since_it_may_mix_our_session_with_the_hosts(server: EmbeddedPostgres) -> None:
    port, door = listening(pooler(server))
    with door, pytest.raises(EngineUnavailable, match=r"a connection pooler answers at .* give the server's own URL"):
        start(f"postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable")
    assert server.execute(LEFT) == []


def test_an_old_or_another_server_is_refused(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archbook.schema.engines.remote.OLDEST", 990_000)
    with pytest.raises(EngineUnavailable, match=r"is `PostgreSQL 18.* experiments need PostgreSQL 99 or later"):
        start(url(server))


def test_citus_is_noticed(server: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    with PostgresAt(url(server)) as engine:
        assert engine.citus == ""
    answered = PostgresAt.execute

    def with_citus(self: PostgresAt, statement: str, parameters: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        return [("13.0-1",)] if "pg_extension" in statement else answered(self, statement, parameters)

    monkeypatch.setattr(PostgresAt, "execute", with_citus)
    with PostgresAt(url(server)) as engine:
        assert engine.citus == "13.0-1"


def test_an_answer_of_postgresql_that_is_no_end_stays_its_own_error(server: EmbeddedPostgres) -> None:
    server.execute("CREATE TABLE held (a int)")
    server.execute("BEGIN")
    server.execute("LOCK TABLE held")
    with server.another() as other, pytest.raises(psycopg.errors.LockNotAvailable):
        other.execute("BEGIN; LOCK TABLE held NOWAIT")
    server.execute("COMMIT")
