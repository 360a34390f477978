"""An engine whose tables are filled with generated rows and keep their keys, so that they can be written to."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archbook.errors import UnknownName
from archbook.schema import duckdb_ddl, postgres_ddl
from archbook.schema.copying import copy
from archbook.schema.engines import NAMES, start
from archbook.schema.engines.duckdb import DuckDb
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.model import Column, Entry, Schema, Table
from archbook.schema.rows import fill
from archbook.schema.shapes import INTEGERS
from archbook.schema.sql import quoted

ROWS = 1_000  # of a table that no number is given for


class FilledEngine:
    """The tables of a schema in an engine, with rows, keys and what numbers new rows.

    DuckDB gets no foreign keys: it refuses many changes of rows that others point to. ledger: what of the schema the
    engine does not keep. Raises EngineUnavailable, UnknownName.
    """

    def __init__(self, schema: Schema, meant: Schema, engine: str, rows: int | Mapping[str, int], seed: int) -> None:
        if engine not in NAMES and "://" not in engine:
            raise UnknownName("engine", engine, [*NAMES, "postgresql://user@host/database"])
        names = [table.name for table in schema.tables.values() if table.columns]
        wanted = dict.fromkeys(names, rows) if isinstance(rows, int) else {n: rows.get(n, ROWS) for n in names}
        self.schema, self.sequences = schema, dict[tuple[str, str], str]()
        self.ledger: list[Entry] = []
        source = DuckDb(
            threads=1 if engine == "duckdb" else None
        )  # small statements: more threads cost more than they help
        self.engine: Engine = source
        try:
            made = fill(source, meant, wanted, seed, shuffled=False)
            self.rows = made.rows
            self.ledger += made.ledger
            if engine == "duckdb":
                self._keep(source, names)
            else:
                self.engine = self._carry(source, engine, names)
                source.close()
            for name in names:
                self._number(schema.tables[name])
                self.engine.analyze(name)
        except BaseException:
            source.close()
            self.engine.close()
            raise

    def type_of(self, column: Column) -> str:
        """The type of a column in the engine's words."""
        ddl: Any = postgres_ddl if self.engine.name == "postgresql" else duckdb_ddl
        return str(ddl.column_type(self.schema, column.type))

    def close(self) -> None:
        """Stop the engine; nothing is left behind. Calling it twice does no harm."""
        self.engine.close()

    def _keep(self, engine: DuckDb, names: list[str]) -> None:
        """Give DuckDB's tables their keys, checks and indexes: they are made anew and the rows are moved."""
        bare = {name: replace(self._relaxed(self.schema.tables[name]), foreign_keys=()) for name in names}
        ddl = duckdb_ddl.to_duckdb(replace(self.schema, tables=bare))
        self.ledger += ddl.ledger
        for number, name in enumerate(names):
            engine.execute(f"ALTER TABLE {quoted(name)} RENAME TO {quoted(f'archbook_filled_{number}')}")
        for part, statement in ddl.statements:
            if not part.startswith("type "):
                engine.execute(statement)
            if part.startswith("table "):
                name = part.removeprefix("table ")
                filled = quoted(f"archbook_filled_{names.index(name)}")
                engine.execute(f"INSERT INTO {quoted(name)} SELECT * FROM {filled}{self._newest_first(name)}")
                engine.execute(f"DROP TABLE {filled}")

    def _newest_first(self, name: str) -> str:
        """DuckDB scans: a page of the newest of a million takes 3 ms where they lie in front, and 90 ms behind."""
        table = self.schema.tables[name]
        key = [column for column in table.columns if table.primary_key == (column.name,) and column.identity]
        return f" ORDER BY {quoted(key[0].name)} DESC" if key else ""

    def _carry(self, source: DuckDb, engine: str, names: list[str]) -> Postgres:
        """A PostgreSQL with the rows of DuckDB, and the keys, checks, foreign keys and indexes of the schema."""
        import psycopg

        schema = replace(self.schema, tables={n: self._relaxed(self.schema.tables[n]) for n in names})
        target = start(engine)
        assert isinstance(target, Postgres)
        try:
            copy(source, target, schema, names)
            ddl = postgres_ddl.to_postgres(schema, scratch=True)
            self.ledger += ddl.ledger
            for part, statement in ddl.statements:
                if part.startswith(("keys ", "foreign keys ", "index ")):
                    try:
                        target.execute(statement)
                    except psycopg.Error as error:
                        self.ledger.append(Entry(0, part, "is lost", str(error).splitlines()[0][:160], "lost"))
        except BaseException:
            target.close()
            raise
        return target

    @staticmethod
    def _relaxed(table: Table) -> Table:
        """A table without what neither engine computes here: such columns may be empty."""

        def plain(column: Column) -> Column:
            empty = column.nullable or (bool(column.generated) and column.name not in table.primary_key)
            return replace(column, nullable=empty, generated=None, default=None, identity="")

        return replace(table, columns=tuple(map(plain, table.columns)))

    def _number(self, table: Table) -> None:
        """A sequence behind the highest number of each column that numbers rows."""
        for column in table.columns:
            whole = self.schema.base(column.type).name in INTEGERS
            alone = table.primary_key == (column.name,) and not any(
                column.name in k.columns for k in table.foreign_keys
            )
            if whole and (column.identity or (alone and column.default is None)):
                most = self.engine.execute(f"SELECT coalesce(max({quoted(column.name)}), 0) FROM {quoted(table.name)}")
                name = f"archbook_sequence_{len(self.sequences) + 1}"
                self.engine.execute(f"CREATE SEQUENCE {name} START WITH {int(most[0][0]) + 1}")
                self.sequences[table.name, column.name] = name
