"""PostgreSQL through psycopg: the part that an embedded server and a user's URL share."""

from __future__ import annotations

import logging
import secrets
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

from archbook.errors import ArchbookError, EngineUnavailable, TransactionLost, shown
from archbook.schema.engines.protocol import Engine, Row
from archbook.schema.model import Entry, Schema, Table
from archbook.schema.postgres_ddl import column_type, to_postgres
from archbook.schema.sql import literal, quoted

if TYPE_CHECKING:
    import sqlalchemy

Connection = psycopg.Connection[Any]
EMBEDDED = "the embedded server"
CONNECT_LIMIT_S = 10
MOST_PREPARED = 100  # statements of a connection; PostgreSQL keeps them until they are given up
logging.getLogger("psycopg").addHandler(logging.NullHandler())  # else its warnings stand beside our sentence on stderr


class Postgres(Engine):
    """A PostgreSQL connection that works in a schema of its own.

    options: what psycopg connects with. workplace: the schema of another connection to work in; by default a new one.
    """

    name = "postgresql"
    column_type = staticmethod(column_type)
    citus = ""  # the version of the extension that spreads tables over servers, where there is one
    connection: Connection | None = None

    def __init__(
        self, options: Mapping[str, Any], time_limit_s: float, shown_as: str = EMBEDDED, workplace: str = ""
    ) -> None:
        self.options, self.shown_as, self.time_limit_s = dict(options), shown_as, time_limit_s
        self.workplace = workplace or f"archbook_{secrets.token_hex(4)}"
        self._types: set[str] = set()
        self._prepared: dict[tuple[str, tuple[int, ...]], bytes] = {}
        self._others: weakref.WeakSet[Postgres] = weakref.WeakSet()
        self._pools: list[sqlalchemy.Engine] = []
        self.connection = self._connect()
        self.version = (self.connection.info.parameter_status("server_version") or "").split()[0]
        try:
            if not workplace:
                self._settle()
        except BaseException:
            self.close()
            raise

    def _settle(self) -> None:
        """Make the schema that we work in."""
        self.execute(f"CREATE SCHEMA {quoted(self.workplace)}")

    def _connect(self) -> Connection:
        """A connection in our schema, in autocommit, named after the schema so that its sessions can be found."""
        connection = connect({**self.options, "application_name": self.workplace}, self.shown_as)
        settings = (
            f"SET search_path = {quoted(self.workplace)}",
            f"SET statement_timeout = {int(self.time_limit_s * 1000)}",
            "SET TimeZone = 'UTC'",
        )
        connection.execute("; ".join(settings).encode())  # one round trip
        return connection

    def another(self) -> Postgres:
        """A second connection that works in the same schema and shares nothing else; close it, or this one will."""
        other = Postgres(self.options, self.time_limit_s, self.shown_as, self.workplace)
        self._others.add(other)
        return other

    def sqlalchemy(self) -> sqlalchemy.Engine:
        """A SQLAlchemy engine (psycopg, with a pool of its own) in the same schema; closed with this one."""
        from sqlalchemy import create_engine

        def connection() -> Connection:
            made = self._connect()
            made.autocommit = False
            return made

        pool = create_engine("postgresql+psycopg://", creator=connection)
        self._pools.append(pool)
        return pool

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement and fetch its rows. Raises EngineUnavailable: too slow, no disk, or the server is gone.

        Raises TransactionLost for a conflict or deadlock: then ROLLBACK, and run the transaction again.
        """
        cursor = psycopg.RawCursor(self._open())
        with self._plain_errors():
            cursor.execute(statement.encode(), parameters or None, prepare=bool(parameters))
            found = cursor.pgresult
            return cursor.fetchall() if found and found.nfields else []

    def read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        """As `execute`, for a short query that is asked again and again: through libpq itself, in half the time."""
        connection = self._open()
        transformer = Transformer(connection)
        with self._plain_errors():
            values = transformer.dump_sequence(parameters, [PyFormat.AUTO] * len(parameters))
            types = transformer.types or ()
            for attempt in range(2):
                name = self._prepared_as(connection, statement, types)
                result = connection.pgconn.exec_prepared(name, values, transformer.formats)  # type: ignore[arg-type]
                if attempt or result.error_field(DiagnosticField.SQLSTATE) != b"26000":
                    break
                self._prepared.clear()  # psycopg gives all statements up after some of its own, such as ROLLBACK
            _see_done(connection, result, ExecStatus.TUPLES_OK)
            transformer.set_pgresult(result)
            return transformer.load_rows(0, result.ntuples, tuple)

    def _prepared_as(self, connection: Connection, statement: str, types: tuple[int, ...]) -> bytes:
        """The name of a prepared statement."""
        name = self._prepared.get((statement, types))
        if name is None:
            if len(self._prepared) >= MOST_PREPARED:
                connection.execute("DEALLOCATE ALL")
                self._prepared.clear()
            name = b"archbook_%d" % len(self._prepared)
            result = connection.pgconn.prepare(name, statement.encode(), types)
            _see_done(connection, result, ExecStatus.COMMAND_OK)
            self._prepared[statement, types] = name
        return name

    def explain(self, statement: str, parameters: Sequence[object] = ()) -> str:
        """EXPLAIN (ANALYZE, BUFFERS)."""
        return "\n".join(str(row[0]) for row in self.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}", parameters))

    def create_filled(self, schema: Schema, table: Table, lines: Iterable[str]) -> None:
        """Create one table with its columns and fill it from text in COPY's format, or leave nothing.

        One transaction, so the rows are frozen at once and VACUUM has nothing to write; one COPY, since each would
        leave pages empty. It may take longer than a statement may. Raises ArchbookError where a value is refused.
        """
        with self._plain_errors(), self._open().transaction():
            self.execute("SET LOCAL statement_timeout = 0")
            self.create_bare(schema, table)
            self._copy(table, lines)

    def _copy(self, table: Table, lines: Iterable[str]) -> None:
        columns = quoted(*(column.name for column in table.columns))
        statement = f"COPY {quoted(table.name)} ({columns}) FROM STDIN WITH (FREEZE)"
        try:
            with self._plain_errors(), psycopg.RawCursor(self._open()).copy(statement.encode()) as copy:
                for line in lines:
                    copy.write(line)
        except psycopg.Error as error:
            reason = shown(str(error), 160)
            raise ArchbookError(f"PostgreSQL refuses generated rows of {shown(table.name)}: {reason}") from None

    def hand_over(self, query: str, target: Postgres, table: str, through: Path) -> None:
        """Append the rows of a query here to a table of another server that has the same columns.

        through: a file that both servers may write and read; it is removed. Rows so never pass through Python.
        """
        try:
            self.execute(f"COPY ({query}) TO {literal(str(through))} (FORMAT binary)")
            target.execute(f"COPY {quoted(table)} FROM {literal(str(through))} (FORMAT binary)")
        finally:
            through.unlink(missing_ok=True)

    def create(self, schema: Schema) -> tuple[Entry, ...]:
        """Create the whole schema with keys and indexes; a part that is refused is told."""
        ddl = to_postgres(schema, scratch=True)
        ledger = list(ddl.ledger)
        self._types |= set(schema.enums)
        for part, statement in ddl.statements:
            try:
                self.execute(statement)
            except psycopg.Error as error:
                ledger.append(Entry(0, part, "is lost", str(error).splitlines()[0][:160], "lost"))
        return tuple(ledger)

    def analyze(self, table: str) -> None:
        """VACUUM and ANALYZE: statistics and visibility map as autovacuum would leave them."""
        self.execute(f"VACUUM (ANALYZE) {quoted(table)}")

    def size_b(self, table: str) -> float | None:
        """Bytes that the rows of a table take on disk, without indexes."""
        relation = f"{quoted(self.workplace)}.{quoted(table)}"
        return float(self.execute("SELECT pg_relation_size($1::regclass)", [relation])[0][0])

    def interrupt(self) -> None:
        if self.connection is not None:
            self.connection.cancel_safe()

    def close(self) -> None:
        """Disconnect, other connections too. Calling it twice does no harm."""
        for pool in self._pools:
            pool.dispose()
        for other in list(self._others):
            other.close()
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()

    def _open(self) -> Connection:
        if self.connection is None:
            raise EngineUnavailable("this PostgreSQL has been closed; start it again")
        return self.connection

    @contextmanager
    def _plain_errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.QueryCanceled:
            raise EngineUnavailable(
                f"PostgreSQL was stopped after {self.time_limit_s:g} s: ask for fewer rows"
            ) from None
        except psycopg.errors.DiskFull:
            raise EngineUnavailable("PostgreSQL has no disk left: ask for fewer rows, or free some") from None
        except (psycopg.errors.SerializationFailure, psycopg.errors.DeadlockDetected) as error:
            raise TransactionLost("PostgreSQL", str(error).splitlines()[0]) from None
        except psycopg.OperationalError as error:
            if error.sqlstate and error.sqlstate[:2] not in ("08", "57", "58", "XX"):
                raise  # such as a lock not to be had: an answer, not an end
            reason = str(error).splitlines()[0] if str(error) else "no reason given"
            raise EngineUnavailable(f"PostgreSQL is gone ({reason}); what was measured until then is lost") from None


def _see_done(connection: Connection, result: PGresult, done: ExecStatus) -> None:
    """Raises what psycopg's own cursor would."""
    if connection.broken:
        raise psycopg.OperationalError(result.get_error_message())
    if result.status != done:
        raise psycopg.errors.error_from_result(result)


def connect(options: Mapping[str, Any], shown_as: str = EMBEDDED) -> Connection:
    """A connection in autocommit. Raises EngineUnavailable, whose text never has the password."""
    try:
        return psycopg.connect(autocommit=True, connect_timeout=CONNECT_LIMIT_S, **options)
    except (psycopg.Error, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        for secret in (str(value) for name, value in options.items() if "pass" in name):
            reason = reason.replace(secret, "***")
        if "expected authentication request" in reason or "invalid response" in reason:
            raise EngineUnavailable(f"what answers at {shown_as} is not PostgreSQL ({reason})") from None
        what = "refuses the connection" if "FATAL" in reason else "does not answer"
        raise EngineUnavailable(f"PostgreSQL at {shown_as} {what} ({reason})") from None
