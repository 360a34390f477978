"""Columns and constraints of PostgreSQL's CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archbook.schema.checks import limits_of
from archbook.schema.draft import mysql_index, named
from archbook.schema.model import Check, Column, Enum, ForeignKey, Index, Table, Type, Unique
from archbook.schema.pg_tree import ACTIONS, IDENTITIES, Reader, exclusion, label, sql, strings
from archbook.schema.sql import literal

LIKE = {"COMMENTS": 1, "CONSTRAINTS": 4, "DEFAULTS": 8, "GENERATED": 16, "IDENTITY": 32, "INDEXES": 64}
"""Bits of what LIKE … INCLUDING copies (TableLikeOption in PostgreSQL's parsenodes.h)."""


def with_element(reader: Reader, table: Table, element: Any) -> Table:
    kind = element.WhichOneof("node")
    if kind == "column_def":
        index = _hidden_index(reader, element.column_def)
        if index:
            return replace(table, indexes=(*table.indexes, mysql_index(reader.draft, table.name, index)))
        return with_column(reader, table, element.column_def)
    if kind == "constraint":
        return with_constraint(reader, table, element.constraint)
    if kind == "table_like_clause":
        return _like(reader, table, element.table_like_clause)
    reader.draft.note(f"table {table.name}", f"has a part that is not read ({kind})", line=table.line)
    return table


def _like(reader: Reader, table: Table, node: Any) -> Table:
    """LIKE: names, types and NOT NULL of another table, and what INCLUDING names."""
    source = reader.draft.tables.get(reader.meant(node.relation))
    what = "its columns are copied" if source else "whose columns are not in this DDL before it"
    reader.draft.note(f"table {table.name}", f"is made LIKE another; {what}", line=table.line)
    if source is None:
        return table
    wanted = {name: bool(node.options & bit) for name, bit in LIKE.items()}
    columns = tuple(
        replace(
            column,
            default=column.default if wanted["DEFAULTS"] else None,
            identity=column.identity if wanted["DEFAULTS" if column.identity == "serial" else "IDENTITY"] else "",
            generated=column.generated if wanted["GENERATED"] else None,
            comment=column.comment if wanted["COMMENTS"] else "",
        )
        for column in source.columns
    )
    table = replace(table, columns=table.columns + columns)
    if wanted["CONSTRAINTS"]:
        table = replace(table, checks=table.checks + source.checks)
    if wanted["INDEXES"]:
        keys = {"primary_key": source.primary_key, "uniques": source.uniques}
        named_anew = tuple(replace(i, name=named(table.name, i.columns or ("expr",), "idx")) for i in source.indexes)
        table = replace(table, indexes=named_anew, **keys)  # type: ignore[arg-type]
    return table


def _hidden_index(reader: Reader, node: Any) -> Index | None:
    """``INDEX idx (col)``: PostgreSQL's grammar takes it for a column named index of type idx."""
    modifiers = node.type_name.typmods
    quoted = reader.text[node.location : node.location + 1] == b'"'
    if node.colname not in ("index", "key") or quoted or node.constraints or not modifiers:
        return None
    if not all(m.WhichOneof("node") == "column_ref" for m in modifiers):
        return None
    columns = tuple(m.column_ref.fields[-1].string.sval for m in modifiers)
    return Index(strings(node.type_name.names)[-1], columns, line=reader.line_of(node))


def with_column(reader: Reader, table: Table, node: Any) -> Table:
    type_, identity = reader.type_of(node.type_name)
    if type_.name in ("enum", "set") and type_.modifiers:
        type_ = _listed(reader, table, node.colname, type_)
    if node.HasField("coll_clause"):
        reader.draft.note("COLLATE of a column", "is not kept", "", "setting")
    line = reader.line_of(node)
    fields: dict[str, Any] = {"nullable": not identity, "identity": identity}
    constraints = [wrapped.constraint for wrapped in node.constraints]
    for constraint in constraints:
        fields |= _property(reader, f"{table.name}.{node.colname}", constraint)
    table = replace(table, columns=(*table.columns, Column(node.colname, type_, line=line, **fields)))
    for constraint in constraints:
        table = with_constraint(reader, table, constraint, node.colname)
    return table


def with_constraint(reader: Reader, table: Table, node: Any, column: str = "") -> Table:
    kind = label(node, "contype")
    own = (column,) if column else ()
    line = reader.line_of(node)
    columns = strings(node.keys) or own
    if kind == "CONSTR_PRIMARY":
        reader.draft.key_names[table.name] = node.conname or named(table.name, (), "pkey")
        return replace(table, primary_key=columns) if columns else _using_index(reader, table, node, line)
    if kind == "CONSTR_UNIQUE":
        if not columns:
            return _using_index(reader, table, node, line)
        if node.nulls_not_distinct:
            what = "is NULLS NOT DISTINCT; read as if nulls were distinct"
            reader.draft.note(f"unique constraint {node.conname} of {table.name}", what, line=line)
        return replace(table, uniques=(*table.uniques, Unique(columns, node.conname, line)))
    if kind == "CONSTR_FOREIGN":
        key = _foreign_key(reader, node, strings(node.fk_attrs) or own, line)
        return replace(table, foreign_keys=(*table.foreign_keys, key))
    if kind == "CONSTR_CHECK":
        check = Check(sql(node.raw_expr), limits_of(node.raw_expr), node.conname, line)
        return replace(table, checks=(*table.checks, check))
    if kind == "CONSTR_ATTR_DEFERRABLE" and table.foreign_keys and table.foreign_keys[-1].columns == own:
        last = replace(table.foreign_keys[-1], deferrable=True)
        return replace(table, foreign_keys=(*table.foreign_keys[:-1], last))
    if column:
        return table  # the column has it
    if kind == "CONSTR_NOTNULL":
        filled = tuple(replace(c, nullable=False) if c.name in columns else c for c in table.columns)
        return replace(table, columns=filled)
    if kind == "CONSTR_EXCLUSION":
        what = f"is an exclusion constraint: {exclusion(node)[:100]}"
        reader.draft.note(f"constraint {node.conname} of {table.name}", what, "it is not applied", line=line)
    elif not kind.startswith("CONSTR_ATTR"):
        reader.draft.note(f"constraint {node.conname} of {table.name}", f"is not read ({kind})", line=line)
    return table


def _property(reader: Reader, part: str, node: Any) -> dict[str, Any]:
    """What NOT NULL, DEFAULT, GENERATED and the like say of one column."""
    kind = label(node, "contype")
    if kind == "CONSTR_NOTNULL":
        return {"nullable": False}
    if kind == "CONSTR_DEFAULT":
        return default_of(reader, part, _default(reader, node.raw_expr))
    if kind == "CONSTR_IDENTITY":
        return {"identity": IDENTITIES.get(node.generated_when, "by default"), "nullable": False}
    if kind != "CONSTR_GENERATED":
        return {}
    if node.generated_kind == "v":
        reader.draft.note("VIRTUAL column", "is read as a STORED one", "", "setting")
    return {"generated": sql(node.raw_expr)}


def _default(reader: Reader, expression: Any) -> str:
    """A default as SQL; a name in double quotes is MySQL's string, since no default names a column."""
    name = expression.column_ref
    if len(name.fields) != 1 or reader.text[name.location : name.location + 1] != b'"':
        return sql(expression)
    _tell_once(reader, "default in double quotes", "is a string as MySQL writes it; PostgreSQL wants '…'")
    return literal(name.fields[0].string.sval)


def _listed(reader: Reader, table: Table, column: str, type_: Type) -> Type:
    """ENUM and SET of MySQL, which PostgreSQL's grammar takes for types of the user's own with modifiers."""
    if type_.name == "set":
        return Type("text")
    _tell_once(reader, "type ENUM (…)", "is MySQL's; PostgreSQL wants CREATE TYPE … AS ENUM (…)")
    name = named(table.name, (column,), "enum")
    reader.draft.enums[name] = Enum(name, tuple(map(str, type_.modifiers)), reader.line)
    return Type(name)


def _tell_once(reader: Reader, part: str, what: str) -> None:
    if part not in reader.draft.told:
        reader.draft.note(part, f"{what}; here and below", "", "read as meant")
    reader.draft.told.add(part)


def default_of(reader: Reader, part: str, expression: str) -> dict[str, Any]:
    """What a DEFAULT says; MySQL's date of zeros is none."""
    if expression.lower().startswith("nextval("):
        return {"identity": "serial"}
    if expression.startswith("'0000-00-00"):
        reader.draft.note(part, f"default {expression} is left out", "only MySQL has such a date", "lost")
        return {"default": None}
    return {"default": None if expression.partition("::")[0].upper() == "NULL" else expression}


def _using_index(reader: Reader, table: Table, node: Any, line: int) -> Table:
    index = next((i for i in table.indexes if i.name == node.indexname), None)
    if index is None:
        reader.draft.note(f"constraint {node.conname} of {table.name}", f"uses an unknown index {node.indexname}")
        return table
    return replace(table, uniques=(*table.uniques, Unique(index.columns, node.conname, line)))


def _foreign_key(reader: Reader, node: Any, columns: tuple[str, ...], line: int) -> ForeignKey:
    if node.fk_matchtype == "f":
        reader.draft.note(f"foreign key {node.conname}", "is MATCH FULL; read as MATCH SIMPLE", line=line)
    if node.initdeferred:
        reader.draft.note("INITIALLY DEFERRED", "is read as DEFERRABLE", "", "setting", line)
    return ForeignKey(
        columns, reader.meant(node.pktable), strings(node.pk_attrs), ACTIONS.get(node.fk_del_action, ""),
        ACTIONS.get(node.fk_upd_action, ""), node.deferrable, node.conname, line,
    )  # fmt: skip
