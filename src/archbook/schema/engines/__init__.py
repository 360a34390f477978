"""Engines that schema experiments run on: DuckDB in the process, PostgreSQL beside it or at a user's URL."""

from __future__ import annotations

from archbook.errors import UnknownName
from archbook.schema.engines.protocol import Engine

NAMES = ("duckdb", "postgresql")


def start(name: str, time_limit_s: float = 120.0) -> Engine:
    """A running engine; use it as a context manager. name: ``duckdb``, ``postgresql`` or a PostgreSQL URL.

    time_limit_s: the longest that one statement may run. Raises EngineUnavailable, UnknownName.
    """
    if name == "duckdb":
        from archbook.schema.engines.duckdb import DuckDb

        return DuckDb(time_limit_s=time_limit_s)
    if name == "postgresql":
        from archbook.schema.engines.embedded import EmbeddedPostgres

        return EmbeddedPostgres(time_limit_s=time_limit_s)
    if "://" in name:
        from archbook.schema.engines.remote import PostgresAt

        return PostgresAt(name, time_limit_s=time_limit_s)
    raise UnknownName("engine", name, [*NAMES, "postgresql://user@host/database"])


__all__ = ["NAMES", "Engine", "start"]
