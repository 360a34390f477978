"""What an experiment may ask of an engine, and what engines do alike."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from archbook.schema.duckdb_ddl import create_enum, enums_of
from archbook.schema.model import Entry, Schema, Table, Type
from archbook.schema.sql import quoted

if TYPE_CHECKING:
    import sqlalchemy

Row = tuple[Any, ...]


class Engine(ABC):
    """A running database that is ours alone. Parameters stand as ``$1``, ``$2`` … in the statement."""

    name: ClassVar[str]
    version: str
    _types: set[str]  # enums that are there

    @staticmethod
    @abstractmethod
    def column_type(schema: Schema, type_: Type) -> str:
        """A type in the engine's words."""

    @abstractmethod
    def execute(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement and fetch its rows. Raises EngineUnavailable (gone, too slow, out of memory)."""

    @abstractmethod
    def read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        """As `execute`, for a short query that is asked again and again; Ctrl-C waits for its end."""

    @abstractmethod
    def explain(self, statement: str, parameters: Sequence[object] = ()) -> str:
        """The plan as it was really run, as text for a person."""

    @abstractmethod
    def create(self, schema: Schema) -> tuple[Entry, ...]:
        """Create the whole schema with keys and indexes; the ledger says what was lost."""

    def create_bare(self, schema: Schema, table: Table) -> None:
        """Create one table with its columns (and their types) and NOT NULL, ready to be filled."""
        for name in enums_of(schema, table) - self._types:
            self.execute(create_enum(schema, name))
            self._types.add(name)
        columns = ", ".join(
            f"{quoted(c.name)} {self.column_type(schema, c.type)}{'' if c.nullable else ' NOT NULL'}"
            for c in table.columns
        )
        self.execute(f"CREATE TABLE {quoted(table.name)} ({columns})")

    def create_index(self, name: str, table: str, columns: Iterable[str], unique: bool = False) -> None:
        """Create a plain index."""
        kind = "UNIQUE INDEX" if unique else "INDEX"
        self.execute(f"CREATE {kind} {quoted(name)} ON {quoted(table)} ({quoted(*columns)})")

    @abstractmethod
    def analyze(self, table: str) -> None:
        """Bring the statistics of a table up to date."""

    @abstractmethod
    def size_b(self, table: str) -> float | None:
        """Bytes that the rows of a table take; None where the engine does not tell."""

    @abstractmethod
    def another(self) -> Engine:
        """A second connection to the same tables, for a client of its own; close it, or this engine will."""

    @abstractmethod
    def sqlalchemy(self) -> sqlalchemy.Engine:
        """A SQLAlchemy engine on the same tables; closed with this one."""

    @abstractmethod
    def interrupt(self) -> None:
        """End the statement that another thread runs here, which raises EngineUnavailable there."""

    @abstractmethod
    def close(self) -> None:
        """Stop, and leave nothing behind. Calling it twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
