"""The schema lab: DDL in; model, rows, engines, experiments and evidence out.

The only room with database drivers; they are imported when an engine starts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from archbook.schema.ddl import parse
from archbook.schema.experiments import experiments
from archbook.schema.model import Column, Entry, ForeignKey, Index, Schema, Table
from archbook.schema.row_size import index_size_b, row_size_b, row_sizes

if TYPE_CHECKING:
    from archbook.schema.cache_measuring import measure_cache
    from archbook.schema.cache_outcome import CacheOutcome
    from archbook.schema.dbml import to_dbml
    from archbook.schema.duckdb_ddl import to_duckdb
    from archbook.schema.metadata import to_metadata
    from archbook.schema.outcome import Outcome
    from archbook.schema.postgres_ddl import to_postgres
    from archbook.schema.reflecting import reflect
    from archbook.schema.running import run

_LATER = {
    "CacheOutcome": "cache_outcome",
    "Outcome": "outcome",
    "measure_cache": "cache_measuring",
    "reflect": "reflecting",
    "run": "running",
    "to_dbml": "dbml",
    "to_duckdb": "duckdb_ddl",
    "to_metadata": "metadata",
    "to_postgres": "postgres_ddl",
}
__all__ = [
    "CacheOutcome",
    "Column",
    "Entry",
    "ForeignKey",
    "Index",
    "Outcome",
    "Schema",
    "Table",
    "experiments",
    "index_size_b",
    "measure_cache",
    "parse",
    "reflect",
    "row_size_b",
    "row_sizes",
    "run",
    "to_dbml",
    "to_duckdb",
    "to_metadata",
    "to_postgres",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_LATER[name]}"), name)
