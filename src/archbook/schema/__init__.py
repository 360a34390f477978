"""The schema lab: DDL in; model, rows, engines, experiments and evidence out.

The only room with database drivers; they are imported when an engine starts.
"""

from __future__ import annotations

from archbook.schema.ddl import parse
from archbook.schema.model import Column, Entry, ForeignKey, Index, Schema, Table
from archbook.schema.row_size import row_size_b, row_sizes

__all__ = ["Column", "Entry", "ForeignKey", "Index", "Schema", "Table", "parse", "row_size_b", "row_sizes"]
