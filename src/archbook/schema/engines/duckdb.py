"""DuckDB in the process, locked down: no files, no network, bounded memory and time."""

from __future__ import annotations

import contextlib
import importlib.util
import math
import os
import secrets
import select
import signal
import socket
import tempfile
import threading
import time
import weakref
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from archbook.errors import EngineUnavailable, TransactionLost
from archbook.schema.duckdb_ddl import column_type, to_duckdb
from archbook.schema.engines.protocol import Engine, Row
from archbook.schema.model import Entry, Schema, Table
from archbook.schema.sql import quoted
from archbook.without import without

if TYPE_CHECKING:
    import sqlalchemy

MEMORY_LIMIT = "3GB"
CLOSING = b"\0"  # no signal has this number
WATCH_S = 0.05  # how often the time limit is looked at


class DuckDb(Engine):
    """An in-memory DuckDB. Reading or writing files, extensions and settings are refused.

    of: an engine whose database this one is another connection to.
    """

    name = "duckdb"
    column_type = staticmethod(column_type)
    version = duckdb.__version__
    _before = -1  # who was told of signals before us

    def __init__(
        self,
        time_limit_s: float = 120.0,
        memory_limit: str = MEMORY_LIMIT,
        threads: int | None = None,
        of: DuckDb | None = None,
    ) -> None:
        self.time_limit_s = time_limit_s
        self.connection: duckdb.DuckDBPyConnection = (
            of.connection.cursor() if of else _locked_down(memory_limit, threads or os.cpu_count() or 2)
        )
        self._types: set[str] = of._types if of else set()
        self._others: weakref.WeakSet[DuckDb] = weakref.WeakSet()
        self._deadline = math.inf
        self._first: DuckDb = of._first if of else self
        self._heard: socket.socket  # numbers of signals are read there, and Python writes them here
        self._signals: socket.socket
        self._heard, self._signals = (of._heard, of._signals) if of else socket.socketpair()
        self._signals.setblocking(False)
        self._watcher = threading.Thread(target=self._watch, name="archbook-duckdb-watch", daemon=True)
        if of is None:  # it watches the others too
            self._watcher.start()

    def another(self) -> DuckDb:
        """A cursor: a connection of its own to the same database; close it, or this one will."""
        other = DuckDb(self.time_limit_s, of=self)
        self._others.add(other)
        return other

    def sqlalchemy(self) -> sqlalchemy.Engine:
        """A SQLAlchemy engine on the same database, a cursor for each connection; closed with this one."""
        from duckdb_sqlalchemy import ConnectionWrapper
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        return create_engine(
            "duckdb:///:memory:", creator=lambda: ConnectionWrapper(self.connection.cursor()), poolclass=NullPool
        )

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement and fetch its rows. Raises EngineUnavailable when it takes too long or too much memory."""
        with self._limited():
            return self.connection.execute(statement, list(parameters)).fetchall()

    read = execute

    def explain(self, statement: str, parameters: Sequence[object] = ()) -> str:
        """EXPLAIN ANALYZE; plain EXPLAIN would say Seq Scan although an index is used."""
        return str(self.execute(f"EXPLAIN ANALYZE {statement}", parameters)[0][1])

    def create(self, schema: Schema) -> tuple[Entry, ...]:
        """Create the whole schema; a part that DuckDB refuses after all is made plainer, and told."""
        ddl = to_duckdb(schema)
        ledger = list(ddl.ledger)
        self._types |= set(schema.enums)
        for part, statement in ddl.statements:
            try:
                self.execute(statement)
            except duckdb.Error as error:
                table = schema.tables.get(part.removeprefix("table "))
                what = "is created without its keys" if table and self._plain(schema, table) else "is lost"
                ledger.append(Entry(table.line if table else 0, part, what, _first_line(error), "lost"))
        return tuple(ledger)

    def _plain(self, schema: Schema, table: Table) -> bool:
        try:
            self.create_bare(schema, table)
        except duckdb.Error:
            return False
        return True

    def analyze(self, table: str) -> None:
        self.execute(f"ANALYZE {quoted(table)}")

    def size_b(self, table: str) -> float | None:  # noqa: ARG002
        """DuckDB does not tell the size of a table in memory."""
        return None

    def interrupt(self) -> None:
        self.connection.interrupt()

    def close(self) -> None:
        """Close, other connections too; nothing is left behind. Calling it twice does no harm."""
        for other in list(self._others):
            other.close()
        if self._watcher.is_alive():
            self._signals.send(CLOSING)
            self._watcher.join()
            self._signals.close()
            self._heard.close()
        self.connection.close()

    @contextmanager
    def _limited(self) -> Iterator[None]:
        """Interrupt what runs longer than the limit, or on Ctrl-C (the watch costs a statement nothing)."""
        self._deadline = time.monotonic() + self.time_limit_s
        try:
            with not_looking_for_pandas(), self._hearing_signals():
                yield
        except duckdb.InterruptException:
            raise EngineUnavailable(f"DuckDB was stopped after {self.time_limit_s:g} s: ask for fewer rows") from None
        except duckdb.TransactionException as error:
            raise TransactionLost("DuckDB", _first_line(error)) from None
        except duckdb.OutOfMemoryException:
            raise EngineUnavailable(
                "DuckDB ran out of the memory, or of the disk, that it may use: ask for fewer rows"
            ) from None
        except RuntimeError as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # DuckDB hides Ctrl-C behind an error of its own
                raise error.__context__ from None
            raise
        finally:
            self._deadline = math.inf

    @contextmanager
    def _hearing_signals(self) -> Iterator[None]:
        """Tell the watch of signals: while the main thread waits for DuckDB, Python does not see them."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        self._first._before = signal.set_wakeup_fd(self._signals.fileno(), warn_on_full_buffer=False)
        try:
            yield
        finally:
            signal.set_wakeup_fd(self._first._before, warn_on_full_buffer=False)

    def _watch(self) -> None:
        """Interrupt statements that run too long, and all of them on Ctrl-C."""
        while True:
            numbers = self._heard.recv(64) if select.select([self._heard], [], [], WATCH_S)[0] else b""
            if CLOSING in numbers:
                return
            if numbers and self._before >= 0:
                with contextlib.suppress(OSError):  # who listened before, such as an event loop, hears it too
                    os.write(self._before, numbers)
            for engine in (self, *list(self._others)):
                over = time.monotonic() > engine._deadline
                if over or (engine._deadline < math.inf and signal.SIGINT in numbers):
                    engine.connection.interrupt()


def not_looking_for_pandas() -> AbstractContextManager[None]:
    """DuckDB imports pandas for each parameter, lest it is one of its values; where there is none, that fails at once.

    Looking for it along the whole path took as long again as a look-up by key, and was part of what is measured.
    """
    return without("pandas") if _pandas_is_missing() else nullcontext()


@cache
def _pandas_is_missing() -> bool:
    return importlib.util.find_spec("pandas") is None


def _locked_down(memory_limit: str, threads: int) -> duckdb.DuckDBPyConnection:
    spill = Path(tempfile.gettempdir()) / f"archbook-duckdb-{os.getpid()}-{secrets.token_hex(4)}"
    connection = duckdb.connect(
        ":memory:",
        config={
            "threads": threads,
            "memory_limit": memory_limit,
            "temp_directory": str(spill),  # made when it spills, removed when it closes
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        },
    )
    settings = (
        "GLOBAL TimeZone = 'UTC'",
        "GLOBAL disabled_optimizers = 'row_group_pruner'",  # 1.5.6: after deletes, ORDER BY … LIMIT misses rows
        "enable_progress_bar = false",
        "enable_external_access = false",
        "lock_configuration = true",
    )
    for setting in settings:
        connection.execute(f"SET {setting}")
    return connection


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:160]
