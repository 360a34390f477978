"""Tables filled with generated rows that a service reads and writes: bound values and quoted names only."""

# ruff: noqa: S608 - every identifier is quoted and every value is bound

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from queue import LifoQueue
from threading import Lock
from types import TracebackType
from typing import Any, Self, TypeVar

from archbook.errors import TransactionLost
from archbook.schema.asking import Condition, Held, View, Words
from archbook.schema.duckdb_ddl import default_sql
from archbook.schema.engines.protocol import Engine
from archbook.schema.filled_engine import FilledEngine
from archbook.schema.model import Column, ForeignKey, Schema, Table
from archbook.schema.refusals import Refused, refusal
from archbook.schema.sql import quoted

Done = TypeVar("Done")
TRIES = 5  # of a transaction that the engine gives up for another one


class Serving:
    """Tables of a schema in an engine, for as many clients at once as there are connections.

    A client that finds none free waits. engine: ``duckdb``, ``postgresql`` or a PostgreSQL URL. rows: of each table,
    or by table. meant: the same tables with foreign keys that rows are to follow though no constraint holds them.
    Raises EngineUnavailable, UnknownName.
    """

    def __init__(
        self, schema: Schema, engine: str = "duckdb", rows: int | Mapping[str, int] = 1_000, *, seed: int = 7,
        connections: int = 4, meant: Schema | None = None,
    ) -> None:  # fmt: skip
        self.schema = schema
        self.filled = FilledEngine(schema, meant or schema, engine, rows, seed)
        self.engine: Engine = self.filled.engine
        self._words = Words(self.filled)
        # DuckDB gives the later of two writers up at once; here they wait for each other, as PostgreSQL's do.
        self._turn: AbstractContextManager[Any] = Lock() if self.engine.name == "duckdb" else nullcontext()
        self._free: LifoQueue[Engine] = LifoQueue()
        for _ in range(connections):
            self._free.put(self.engine.another())

    def page(
        self, view: View, conditions: Sequence[Condition] = (), order: Sequence[tuple[str, bool]] = (),
        limit: int = 20, offset: int = 0,
    ) -> list[Held]:  # fmt: skip
        """Rows in an order, beginning anywhere: what is before is read too. order: columns, and whether descending."""
        where, values = self._words.where(view.table, conditions)
        ending = f"{self._words.order(view.table, order)} LIMIT {int(limit)} OFFSET {int(offset)}"
        return self._read(view, f"{where}{ending}", values)

    def after(
        self, view: View, conditions: Sequence[Condition], order: Sequence[tuple[str, bool]],
        last: Sequence[object] | None, limit: int = 20,
    ) -> list[Held]:  # fmt: skip
        """Rows behind the one whose values of `order` are `last` (None: from the start), however far it is.

        order: ends with the key, so that no two rows are alike.
        """
        where, values = self._words.where(view.table, conditions)
        if last is not None:
            behind = self._words.behind(view.table, list(zip(order, last, strict=True)), values)
            where = f"{where} AND {behind}" if where else f" WHERE {behind}"
        return self._read(view, f"{where}{self._words.order(view.table, order)} LIMIT {int(limit)}", values)

    def count(self, table: str, conditions: Sequence[Condition] = ()) -> int:
        """How many rows there are."""
        where, values = self._words.where(table, conditions)
        return int(self._asked(table, f"SELECT count(*) FROM {quoted(table)}{where}", values)[0][0])

    def one(self, view: View, conditions: Sequence[Condition]) -> Held | None:
        """The first row that meets all conditions."""
        where, values = self._words.where(view.table, conditions)
        return next(iter(self._read(view, f"{where} LIMIT 1", values)), None)

    def insert(self, view: View, row: Mapping[str, object]) -> Held:
        """Add a row, with what the schema numbers or sets by itself; as it was stored. Raises Refused."""
        table = self.schema.tables[view.table]
        values: list[object] = []
        given = {
            column.name: self._words.bound(table, column.name, row[column.name], values)
            if column.name in row
            else self._by_itself(table, column)
            for column in table.columns
        }
        given = {name: sql for name, sql in given.items() if sql}
        statement = f"INSERT INTO {quoted(table.name)} ({quoted(*given)}) VALUES ({', '.join(given.values())})"

        def work(connection: Engine) -> Held:
            self._see_references(connection, table, row)
            return self._words.rows(
                view, connection.execute(f"{statement} RETURNING {self._words.columns(view)}", values)
            )[0]

        return self._changing(table, work)

    def update(
        self, view: View, conditions: Sequence[Condition], changes: Callable[[Held], Mapping[str, object]]
    ) -> Held | None:
        """Change one row; as it is then, or None where there is none. Raises Refused.

        changes: is given the row as nobody else can change it meanwhile, and says which columns change; what it
        raises leaves the row as it was.
        """
        table = self.schema.tables[view.table]
        where, found = self._words.where(table.name, conditions)

        def work(connection: Engine) -> Held | None:
            rows = connection.execute(self._selected(view, where), found)
            if not rows:
                return None
            (row,) = self._words.rows(view, rows)
            changed = {name: value for name, value in changes(row).items() if name not in row or row[name] != value}
            if not changed:
                return row
            self._see_references(connection, table, changed)
            values: list[object] = []
            sets = [
                f"{quoted(name)} = {self._words.bound(table, name, value, values)}" for name, value in changed.items()
            ]
            same, bound = self._words.where(table.name, conditions, values)
            statement = f"UPDATE {quoted(table.name)} SET {', '.join(sets)}{same} RETURNING {self._words.columns(view)}"
            return self._words.rows(view, connection.execute(statement, bound))[0]

        return self._changing(table, work)

    def delete(self, view: View, conditions: Sequence[Condition], see: Callable[[Held], None]) -> bool:
        """Remove one row with those that go with it; whether there was one. Raises Refused.

        conditions: that one row meets. see: is given the row first; what it raises keeps it.
        """
        table = self.schema.tables[view.table]
        where, values = self._words.where(table.name, conditions)

        def work(connection: Engine) -> bool:
            rows = connection.execute(self._selected(view, where), values)
            if rows:
                see(self._words.rows(view, rows)[0])
                self._see_children(connection, table, where, values)
                connection.execute(f"DELETE FROM {quoted(table.name)}{where}", values)
            return bool(rows)

        return self._changing(table, work)

    @property
    def has_free_connection(self) -> bool:
        """Whether a client would not wait for one."""
        return not self._free.empty()

    def close(self) -> None:
        """Stop the engine; nothing is left behind. Calling it twice does no harm."""
        self.filled.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def _connection(self) -> Iterator[Engine]:
        connection = self._free.get()
        try:
            yield connection
        finally:
            self._free.put(connection)

    def _changing(self, table: Table, work: Callable[[Engine], Done]) -> Done:
        """Run a transaction, again where the engine gave it up for another one. Raises Refused, TransactionLost."""
        with self._turn, self._connection() as connection:
            for attempt in range(TRIES):
                connection.execute("BEGIN")
                try:
                    done = work(connection)
                    connection.execute("COMMIT")
                except BaseException as error:
                    self._roll_back(connection)
                    if isinstance(error, TransactionLost) and attempt + 1 < TRIES:
                        continue
                    if refused := refusal(error, self.schema, table):
                        raise refused from None
                    raise
                return done
        raise AssertionError("a transaction ends or raises")

    @staticmethod
    def _roll_back(connection: Engine) -> None:
        try:
            connection.execute("ROLLBACK")
        except TransactionLost:
            return  # DuckDB has done so by itself

    def _see_references(self, connection: Engine, table: Table, row: Mapping[str, object]) -> None:
        """DuckDB's tables have no foreign keys here, since it refuses many changes of rows that are pointed to."""
        if self.engine.name == "postgresql":
            return
        for key in table.foreign_keys:
            to = self.schema.target(key)
            values: list[object] = []
            if key.to not in self.schema.tables or not to or any(row.get(column) is None for column in key.columns):
                continue
            there = self.schema.tables[key.to]
            where = " AND ".join(
                f"{quoted(other)} = {self._words.bound(there, other, row[mine], values)}"
                for mine, other in zip(key.columns, to, strict=True)
            )
            if not connection.execute(f"SELECT 1 FROM {quoted(key.to)} WHERE {where} LIMIT 1", values):
                raise Refused("missing", key.columns, f"there is no row of {key.to} that it could name")

    def _see_children(self, connection: Engine, table: Table, where: str, values: list[object]) -> None:
        """What a foreign key says about rows that point to those that go (PostgreSQL does it by itself)."""
        if self.engine.name == "postgresql":
            return
        for child in self.schema.tables.values():
            for key in child.foreign_keys:
                to = self.schema.target(key)
                if key.to == table.name and len(to) == len(key.columns) == 1:
                    pointing = f"{quoted(*key.columns)} IN (SELECT {quoted(*to)} FROM {quoted(table.name)}{where})"
                    self._let_go(connection, child, key, pointing, values)

    def _let_go(self, connection: Engine, child: Table, key: ForeignKey, pointing: str, values: list[object]) -> None:
        name, where = quoted(child.name), f" WHERE {pointing}"
        if key.on_delete == "CASCADE":
            if child.name != key.to:
                self._see_children(connection, child, where, values)
            connection.execute(f"DELETE FROM {name}{where}", values)
        elif key.on_delete in ("SET NULL", "SET DEFAULT"):
            connection.execute(f"UPDATE {name} SET {quoted(*key.columns)} = NULL{where}", values)
        elif connection.execute(f"SELECT 1 FROM {name}{where} LIMIT 1", values):
            raise Refused("used", key.columns, f"rows of {child.name} still point to it")

    def _by_itself(self, table: Table, column: Column) -> str:
        """SQL of what a column gets that nobody set; empty where that is nothing."""
        if sequence := self.filled.sequences.get((table.name, column.name)):
            return f"nextval('{sequence}')"
        default = default_sql(column.default) if column.default is not None else None
        if default is None and not column.nullable and not column.generated:
            raise Refused("needed", (column.name,), "it has no value, and the table no default for it")
        return "gen_random_uuid()" if default == "uuid()" else default or ""

    def _selected(self, view: View, where: str) -> str:
        """The statement that reads one row so that it stays as it is until the transaction ends."""
        locked = " FOR UPDATE" if self.engine.name == "postgresql" else ""
        return f"SELECT {self._words.columns(view)} FROM {quoted(view.table)}{where} LIMIT 1{locked}"

    def _read(self, view: View, ending: str, values: list[object]) -> list[Held]:
        statement = f"SELECT {self._words.columns(view)} FROM {quoted(view.table)}{ending}"
        return self._words.rows(view, self._asked(view.table, statement, values))

    def _asked(self, table: str, statement: str, values: list[object]) -> list[tuple[Any, ...]]:
        """The rows of a query. Raises Refused for a value that does not fit its column."""
        with self._connection() as connection:
            try:
                return connection.read(statement, values)
            except Exception as error:
                raise refusal(error, self.schema, self.schema.tables[table]) or error from None
