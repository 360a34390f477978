"""A schema as DBML, the language of dbdiagram.io and of `@dbml/core`."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.schema.model import Column, ForeignKey, Index, Schema, Table
from archbook.schema.postgres_ddl import parts_of


def to_dbml(schema: Schema) -> str:
    """Enums, tables with columns, indexes, checks and notes, and references.

    DBML has no partial indexes, partitions, domains or generated columns: a predicate and an expression are told in
    a note, partitions are part of their parent, a domain becomes the type under it. References to tables that the
    DDL does not have are left out, and of several between the same columns all but the last.
    Source: the DBML language reference, dbml.dbdiagram.io/docs.

    >>> from archbook.schema.ddl import parse
    >>> print(to_dbml(parse("CREATE TABLE users (id bigserial PRIMARY KEY, name text NOT NULL)")), end="")
    Table "users" {
      "id" "bigint" [pk, increment]
      "name" "text" [not null]
    }
    """
    blocks = [
        f"Enum {_name(enum.name)} {{\n" + "".join(f"  {_quoted(value or ' ')}\n" for value in enum.values) + "}\n"
        for enum in schema.enums.values()
        if enum.values
    ]
    tables = [table for table in schema.tables.values() if not table.partition_of and table.columns]
    blocks += ["\n".join([f"Table {_name(t.name)} {{", *_body(schema, t), "}\n"]) for t in tables]
    names = {table.name for table in tables}
    keys = {
        (t.name, key.columns, key.to, schema.target(key)): _reference(schema, t, key)
        for t in tables
        for key in t.foreign_keys
        if _leads(schema, key, names)
    }
    return "\n".join([*blocks, "".join(keys.values())] if keys else blocks)


def _body(schema: Schema, table: Table) -> Iterator[str]:
    for column in table.columns:
        settings = ", ".join(_settings(table, column))
        yield f"  {_quoted(column.name)} {_type(schema, column)}{f' [{settings}]' if settings else ''}"
    indexes = list(_indexes(table))
    if indexes:
        yield "\n".join(["  indexes {", *(f"    {line}" for line in indexes), "  }"])
    if table.checks:
        checks = [f"    {_code(c.expression)}" + (f" [name: {_text(c.name)}]" if c.name else "") for c in table.checks]
        yield "\n".join(["  checks {", *checks, "  }"])
    if table.comment:
        yield f"  Note: {_text(table.comment)}"


def _settings(table: Table, column: Column) -> Iterator[str]:
    if table.primary_key == (column.name,):
        yield "pk"
    elif not column.nullable:
        yield "not null"
    if any(unique.columns == (column.name,) for unique in table.uniques):
        yield "unique"
    if column.identity:
        yield "increment"
    elif column.default is not None:
        yield f"default: {_code(column.default)}"
    generated = f"generated: {column.generated}" if column.generated is not None else ""
    if remark := ". ".join(filter(None, (column.comment, generated))):
        yield f"note: {_text(remark)}"


def _indexes(table: Table) -> Iterator[str]:
    if len(table.primary_key) > 1:
        yield f"({', '.join(map(_quoted, table.primary_key))}) [pk]"
    for unique in table.uniques:
        if len(unique.columns) > 1:
            name = f", name: {_text(unique.name)}" if unique.name else ""
            yield f"({', '.join(map(_quoted, unique.columns))}) [unique{name}]"
    for index in table.indexes:
        yield _index(index)


def _index(index: Index) -> str:
    parts = [_quoted(column) for column in index.columns] + [_code(expression) for expression in index.expressions]
    settings = ["unique"] if index.unique else []
    settings += [f"name: {_text(index.name)}"]
    settings += [f"type: {index.method}"] if index.method in ("btree", "hash", "gin", "gist") else []
    settings += [f"note: {_text(f'only where {index.where}')}"] if index.where else []
    return f"({', '.join(parts)}) [{', '.join(settings)}]"


def _reference(schema: Schema, table: Table, key: ForeignKey) -> str:
    """A foreign key as many to one; DBML puts it on the left side (unique columns say that it is one to one)."""
    events = (("delete", key.on_delete), ("update", key.on_update))
    actions = ", ".join(f"{event}: {action.lower()}" for event, action in events if action)
    name = f" {_quoted(key.name)}" if key.name else ""
    ends = (_end(table.name, key.columns), _end(key.to, schema.target(key)))
    return f"Ref{name}: {ends[0]} > {ends[1]}{f' [{actions}]' if actions else ''}\n"


def _leads(schema: Schema, key: ForeignKey, names: set[str]) -> bool:
    to = schema.target(key)
    return key.to in names and len(to) == len(key.columns) and schema.tables[key.to].has(*to)


def _end(table: str, columns: tuple[str, ...]) -> str:
    listed = ", ".join(map(_quoted, columns))
    return f"{_name(table)}.{f'({listed})' if len(columns) > 1 else listed}"


def _type(schema: Schema, column: Column) -> str:
    base = schema.base(column.type)
    return _name(base.name) if base.name in schema.enums and not base.array else _quoted(str(base))


def _name(key: str) -> str:
    return ".".join(_quoted(part) for part in parts_of(key))


def _quoted(name: str) -> str:
    return '"' + _escaped(name).replace('"', '\\"') + '"'


def _text(text: str) -> str:
    return "'" + _escaped(text).replace("'", "\\'") + "'"


def _code(expression: str) -> str:
    """DBML's code knows no escapes: a backtick in it (in a string or an odd name) becomes an apostrophe."""
    return "`" + " ".join(expression.splitlines()).replace("`", "’") + "`"


def _escaped(text: str) -> str:
    """Backslashes and line ends as DBML's strings write them."""
    return text.replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t")
