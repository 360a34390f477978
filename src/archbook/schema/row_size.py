"""Bytes that a row takes in PostgreSQL, estimated from its DDL."""

from __future__ import annotations

from functools import lru_cache
from math import ceil

from archbook.design.model import Design, a_design
from archbook.schema.ddl import parse
from archbook.schema.model import Column, Schema, Table
from archbook.schema.shapes import TEXT, text_shape

HEADER_B = 23  # HeapTupleHeader, before the null bitmap
INDEX_HEADER_B, FILLED = 8, 0.9  # of a btree entry; how full its pages are kept
ITEM_POINTER_B = 4  # the row's entry in its page
FIXED: dict[str, tuple[int, int]] = {  # bytes and alignment
    "bool": (1, 1), "char": (1, 1), "int2": (2, 2), "int4": (4, 4), "int8": (8, 8), "float4": (4, 4),
    "float8": (8, 8), "date": (4, 4), "time": (8, 8), "timetz": (12, 8), "timestamp": (8, 8), "timestamptz": (8, 8),
    "interval": (16, 8), "uuid": (16, 1), "money": (8, 8), "oid": (4, 4), "macaddr": (6, 4), "point": (16, 8),
    "name": (64, 1),
}  # fmt: skip
VARIABLE_B = {"json": 80.0, "jsonb": 90.0, "bytea": 64.0, "tsvector": 160.0, "inet": 7.0, "cidr": 7.0, "xml": 120.0}
OTHER_B = 16.0  # a type that this table does not know
ARRAY_B, ARRAY_ITEMS = 24, 3  # header of an array, and items assumed in it


def row_size_b(schema: Schema, table: Table) -> float:
    """Bytes that one row of `table` takes in a PostgreSQL page, without its indexes.

    Header 23 B and null bitmap, rounded up to 8; each column at its type's alignment; text by the shape that its
    name suggests (one length byte up to 126 B, four beyond); the row rounded up to 8; 4 B of item pointer.
    Values beyond 2 kB would move to TOAST, which is not counted apart. Nullable columns count as filled.
    Source: PostgreSQL documentation, "Database Page Layout" and "Data Types"; tests hold it against a server.

    >>> schema = parse("CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL, paid boolean)")
    >>> row_size_b(schema, schema.table("t"))  # 24 + 8 + 4 + 1, rounded up to 40, and the pointer
    44.0
    """
    bitmap = ceil(len(table.columns) / 8) if any(column.nullable for column in table.columns) else 0
    size = float(_aligned(HEADER_B + bitmap, 8))
    for column in table.columns:
        if column.generated is None:
            width, alignment = _width_b(schema, column)
            size = _aligned(size, alignment) + width
    return float(_aligned(size, 8) + ITEM_POINTER_B)


def index_size_b(schema: Schema, table: Table) -> float:
    """Bytes that one row takes in all indexes of `table` in PostgreSQL: primary key, unique constraints, indexes.

    Each: index header 8 B, its columns at their alignment, rounded up to 8, 4 B of item pointer; pages filled to 90 %.
    A partial index counts as if it held every row; expressions as 16 B; duplicates that share a posting list, and
    methods other than btree, take less.
    Source: PostgreSQL documentation, "B-Tree Implementation".

    >>> schema = parse("CREATE TABLE t (id bigint PRIMARY KEY, n int); CREATE INDEX t_n ON t (n)")
    >>> round(index_size_b(schema, schema.table("t")), 1)  # two entries of 8 + 8 + 4 bytes
    44.4
    """
    keys = [table.primary_key, *(unique.columns for unique in table.uniques)]
    keys += [(*index.columns, *index.include) for index in table.indexes]
    expressions = sum(len(index.expressions) for index in table.indexes)
    return sum(_entry_b(schema, table, key) for key in keys if key) + expressions * OTHER_B / FILLED


def _entry_b(schema: Schema, table: Table, key: tuple[str, ...]) -> float:
    size = float(INDEX_HEADER_B)
    for column in table.columns:
        if column.name in key:
            width, alignment = _width_b(schema, column)
            size = _aligned(size, alignment) + width
    return (_aligned(size, 8) + ITEM_POINTER_B) / FILLED


def _aligned(size: float, alignment: int) -> float:
    return ceil(size / alignment) * alignment if alignment > 1 else size


def _width_b(schema: Schema, column: Column) -> tuple[float, int]:
    base = schema.base(column.type)
    if base.array:
        return ARRAY_B + ARRAY_ITEMS * FIXED.get(base.name, (OTHER_B, 1))[0], 1
    if base.name in schema.enums:
        return 4, 4
    if base.name in FIXED:
        return FIXED[base.name]
    if base.name == "numeric":
        return _numeric_b(base.modifiers), 1
    if base.name in TEXT:
        return _stored(text_shape(column).mean_length), 1
    return _stored(VARIABLE_B.get(base.name, OTHER_B)), 1


def _numeric_b(modifiers: tuple[int | str, ...]) -> float:
    """A numeric: 3 B of headers, 2 B for each four decimal digits; half the allowed digits are used."""
    precision = modifiers[0] if modifiers and isinstance(modifiers[0], int) else 10
    return 3 + 2 * ceil(precision / 2 / 4 + 0.5)


def _stored(size: float) -> float:
    return size + (1 if size <= 126 else 4)


@lru_cache(maxsize=64)
def _sizes(ddl: str) -> dict[tuple[str, ...], float]:
    schema = parse(ddl)
    rows: dict[tuple[str, ...], float] = {}
    for name, table in schema.tables.items():
        for called in {name, name.rpartition(".")[2]}:  # designs often leave out the schema that the table is in
            if called == name or called not in schema.tables:
                rows[called,] = row_size_b(schema, table)
                rows[called, "indexes"] = index_size_b(schema, table)
    return rows


def row_sizes(design: Design) -> dict[tuple[str, ...], float]:
    """Bytes of a row of every table of every store with a DDL file, and of its entries in the table's indexes:
    (store, table) → bytes, (store, table, "indexes") → bytes. A table of a named schema goes by its bare name too.
    """
    return {
        (store, *key): size for store, ddl in a_design(design).source.ddl.items() for key, size in _sizes(ddl).items()
    }
