"""What an experiment may ask of an engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

from archbook.schema.model import Entry, Schema, Table

if TYPE_CHECKING:
    import sqlalchemy

Row = tuple[Any, ...]


class Engine(Protocol):
    """A running database that is ours alone. Parameters stand as ``$1``, ``$2`` … in the statement."""

    name: str
    version: str

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Run one statement and fetch its rows. Raises EngineUnavailable (gone, too slow, out of memory)."""

    def read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        """As `execute`, for a short query that is asked again and again; Ctrl-C waits for its end."""

    def explain(self, statement: str, parameters: Sequence[object] = ()) -> str:
        """The plan as it was really run, as text for a person."""

    def create(self, schema: Schema) -> tuple[Entry, ...]:
        """Create the whole schema with keys and indexes; the ledger says what was lost."""

    def create_bare(self, schema: Schema, table: Table) -> None:
        """Create one table with its columns and nothing else, ready to be filled."""

    def create_index(self, name: str, table: str, columns: Iterable[str], unique: bool = False) -> None:
        """Create a plain index."""

    def analyze(self, table: str) -> None:
        """Bring the statistics of a table up to date."""

    def size_b(self, table: str) -> float | None:
        """Bytes that the rows of a table take; None where the engine does not tell."""

    def another(self) -> Engine:
        """A second connection to the same tables, for a client of its own; close it, or this engine will."""

    def sqlalchemy(self) -> sqlalchemy.Engine:
        """A SQLAlchemy engine on the same tables; closed with this one."""

    def interrupt(self) -> None:
        """End the statement that another thread runs here, which raises EngineUnavailable there."""

    def close(self) -> None:
        """Stop, and leave nothing behind. Calling it twice does no harm."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...
