"""A schema as SQLAlchemy's MetaData, for Core, the ORM and every tool that takes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import ischema_names
from sqlalchemy.types import TypeEngine, UserDefinedType

from archbook.schema.model import Column, Index, Schema, Table, Type
from archbook.schema.sql import distinct_names, quoted

PLAIN: dict[str, type[TypeEngine[Any]]] = {
    "int2": sa.SmallInteger, "int4": sa.Integer, "int8": sa.BigInteger, "float4": sa.REAL, "float8": sa.Double,
    "bool": sa.Boolean, "text": sa.Text, "uuid": sa.Uuid, "date": sa.Date, "bytea": sa.LargeBinary, "json": sa.JSON,
}  # fmt: skip
TIMES: dict[str, TypeEngine[Any]] = {
    "time": sa.Time(), "timetz": sa.Time(timezone=True),
    "timestamp": sa.DateTime(), "timestamptz": sa.DateTime(timezone=True), "interval": sa.Interval(),
}  # fmt: skip


class Named(UserDefinedType[Any]):
    """A type that SQLAlchemy has no class for, such as one of an extension: values pass as the driver gives them."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        """The type's name, as CREATE TABLE writes it."""
        return self.name


def to_metadata(schema: Schema) -> sa.MetaData:
    """Tables with types, keys, indexes, checks, identity, generated columns and comments.

    A table outside `public` has its schema in its name (``sales.users``), as the engines here create it. Indexes of
    one name get a number behind it. A partition is storage of its parent and has no table of its own. A foreign key
    to a table or to columns that the DDL does not have is left out; a domain becomes the type under it.

    >>> from archbook.schema.ddl import parse
    >>> metadata = to_metadata(parse("CREATE TABLE users (id bigserial PRIMARY KEY, email varchar(255) NOT NULL)"))
    >>> repr(metadata.tables["users"].c.email.type)
    'String(length=255)'
    """
    metadata = sa.MetaData()
    shared = _Shared(schema, metadata)
    for table in schema.tables.values():
        if not table.partition_of:
            sa.Table(table.name, metadata, *_parts(shared, table), comment=table.comment or None, **_storage(table))
    for table in schema.tables.values():
        if not table.partition_of:
            for key in _foreign_keys(schema, metadata, table):
                metadata.tables[table.name].append_constraint(key)
    return metadata


class _Shared:
    """What tables share: enums (one object each, created once) and the names of indexes, which are distinct."""

    def __init__(self, schema: Schema, metadata: sa.MetaData) -> None:
        self.schema = schema
        indexes = [index for table in schema.tables.values() if not table.partition_of for index in table.indexes]
        self.index_names = dict(zip(map(id, indexes), distinct_names(i.name for i in indexes), strict=True))
        self.enums = {name: sa.Enum(*enum.values, name=name, metadata=metadata) for name, enum in schema.enums.items()}

    def type_of(self, type_: Type) -> TypeEngine[Any]:
        base = self.schema.base(type_)
        item = self._item(base)
        return sa.ARRAY(item) if base.array else item

    def _item(self, base: Type) -> TypeEngine[Any]:
        numbers = [m for m in base.modifiers if isinstance(m, int)]
        if base.name in self.enums:
            return self.enums[base.name]
        if base.name in PLAIN:
            return PLAIN[base.name]()
        if base.name in TIMES:
            return TIMES[base.name]
        if base.name == "numeric":
            precision, scale = (*numbers, None, None)[:2]
            return sa.Numeric(precision, scale)
        if base.name in ("varchar", "bpchar"):
            kind = sa.String if base.name == "varchar" else sa.CHAR
            return kind(numbers[0] if numbers else None)
        if base.name in ischema_names and not base.modifiers:
            known: TypeEngine[Any] = ischema_names[base.name]()
            return known
        return Named(str(Type(base.name, base.modifiers)))


def _parts(shared: _Shared, table: Table) -> Iterator[Any]:
    """Columns, keys, checks and indexes of a table."""
    for column in table.columns:
        yield _column(shared, table, column)
    if table.primary_key:
        yield sa.PrimaryKeyConstraint(*table.primary_key)
    for unique in table.uniques:
        yield sa.UniqueConstraint(*unique.columns, name=unique.name or None)
    for check in table.checks:
        yield sa.CheckConstraint(_sql(check.expression), name=check.name or None)
    for index in table.indexes:
        yield _index(index, shared.index_names[id(index)])


def _column(shared: _Shared, table: Table, column: Column) -> sa.Column[Any]:
    numbered: list[sa.Identity | sa.Computed] = []
    alone = table.primary_key == (column.name,)
    if column.generated is not None:
        numbered = [sa.Computed(_sql(column.generated), persisted=True)]
    elif column.identity and not (column.identity == "serial" and alone):
        numbered = [sa.Identity(always=column.identity == "always")]
    default = None if numbered or column.default is None else _sql(column.default)
    return sa.Column(
        column.name,
        shared.type_of(column.type),
        *numbered,
        nullable=column.nullable,
        server_default=default,
        autoincrement=bool(column.identity),
        comment=column.comment or None,
    )


def _index(index: Index, name: str) -> sa.Index:
    parts: list[Any] = [_sql(f"{quoted(c)} DESC") if c in index.descending else c for c in index.columns]
    options: dict[str, Any] = {"postgresql_using": index.method, "postgresql_include": list(index.include)}
    if index.where is not None:
        options["postgresql_where"] = _sql(index.where)
    parts += [_sql(f"({expression})") for expression in index.expressions]
    return sa.Index(name, *parts, unique=index.unique, **options)


def _foreign_keys(schema: Schema, metadata: sa.MetaData, table: Table) -> Iterator[sa.ForeignKeyConstraint]:
    for key in table.foreign_keys:
        columns = schema.target(key)
        target = metadata.tables.get(key.to)
        if target is not None and len(columns) == len(key.columns) and all(c in target.c for c in columns):
            yield sa.ForeignKeyConstraint(
                key.columns,
                [target.c[column] for column in columns],
                name=key.name or None,
                ondelete=key.on_delete or None,
                onupdate=key.on_update or None,
                deferrable=key.deferrable or None,
            )


def _storage(table: Table) -> dict[str, Any]:
    return {"postgresql_partition_by": table.partition_by} if table.partition_by else {}


def _sql(expression: str) -> sa.ColumnElement[Any]:
    """SQL as it stands: `text()` would take a colon in it for a parameter."""
    return sa.literal_column(expression)
