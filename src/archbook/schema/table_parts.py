"""Columns and constraints of PostgreSQL's CREATE TABLE and ALTER TABLE."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from archbook.schema.checks import limits_of
from archbook.schema.draft import mysql_index
from archbook.schema.model import Check, Column, ForeignKey, Index, Table, Unique
from archbook.schema.pg_tree import ACTIONS, IDENTITIES, Reader, label, name_of, read_type, sql, strings


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
        source = reader.draft.tables.get(name_of(element.table_like_clause.relation))
        reader.draft.note(f"table {table.name}", "is made LIKE another; its columns are copied", line=table.line)
        return replace(table, columns=table.columns + (source.columns if source else ()))
    reader.draft.note(f"table {table.name}", f"has a part that is not read ({kind})", line=table.line)
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
    type_, identity = read_type(node.type_name)
    line = reader.line_of(node)
    column = Column(node.colname, type_, nullable=not identity, identity=identity, line=line)
    table = replace(table, columns=(*table.columns, column))
    for constraint in node.constraints:
        table = with_constraint(reader, table, constraint.constraint, node.colname)
    return table


def with_constraint(reader: Reader, table: Table, node: Any, column: str = "") -> Table:
    kind = label(node, "contype")
    own = (column,) if column else ()
    line = reader.line_of(node)
    columns = strings(node.keys) or own
    if kind == "CONSTR_PRIMARY":
        return replace(table, primary_key=columns) if columns else _using_index(reader, table, node, line)
    if kind == "CONSTR_UNIQUE":
        if not columns:
            return _using_index(reader, table, node, line)
        return replace(table, uniques=(*table.uniques, Unique(columns, node.conname, line)))
    if kind == "CONSTR_FOREIGN":
        return replace(
            table, foreign_keys=(*table.foreign_keys, _foreign_key(node, strings(node.fk_attrs) or own, line))
        )
    if kind == "CONSTR_CHECK":
        check = Check(sql(node.raw_expr), limits_of(node.raw_expr), node.conname, line)
        return replace(table, checks=(*table.checks, check))
    if kind == "CONSTR_ATTR_DEFERRABLE" and table.foreign_keys and table.foreign_keys[-1].columns == own:
        last = replace(table.foreign_keys[-1], deferrable=True)
        return replace(table, foreign_keys=(*table.foreign_keys[:-1], last))
    if column:
        return _with_property(table, node, kind, column)
    if kind == "CONSTR_NOTNULL":
        return _with_property(table, node, kind, columns[0])
    if kind == "CONSTR_EXCLUSION":
        reader.draft.note(f"constraint {node.conname} of {table.name}", "is an exclusion constraint", line=line)
    elif not kind.startswith("CONSTR_ATTR"):
        reader.draft.note(f"constraint {node.conname} of {table.name}", f"is not read ({kind})", line=line)
    return table


def _with_property(table: Table, node: Any, kind: str, column: str) -> Table:
    """NOT NULL, DEFAULT, GENERATED and the like, which belong to one column."""
    changes: dict[str, Any] = {}
    if kind == "CONSTR_NOTNULL":
        changes = {"nullable": False}
    elif kind == "CONSTR_DEFAULT":
        changes = default_of(sql(node.raw_expr))
    elif kind == "CONSTR_IDENTITY":
        changes = {"identity": IDENTITIES.get(node.generated_when, "by default"), "nullable": False}
    elif kind == "CONSTR_GENERATED":
        changes = {"generated": sql(node.raw_expr)}
    columns = tuple(replace(c, **changes) if c.name == column else c for c in table.columns)
    return replace(table, columns=columns)


def default_of(expression: str) -> dict[str, Any]:
    return {"identity": "serial"} if expression.lower().startswith("nextval(") else {"default": expression}


def _using_index(reader: Reader, table: Table, node: Any, line: int) -> Table:
    index = next((i for i in table.indexes if i.name == node.indexname), None)
    if index is None:
        reader.draft.note(f"constraint {node.conname} of {table.name}", f"uses an unknown index {node.indexname}")
        return table
    return replace(table, uniques=(*table.uniques, Unique(index.columns, node.conname, line)))


def _foreign_key(node: Any, columns: tuple[str, ...], line: int) -> ForeignKey:
    return ForeignKey(
        columns, name_of(node.pktable), strings(node.pk_attrs), ACTIONS.get(node.fk_del_action, ""),
        ACTIONS.get(node.fk_upd_action, ""), node.deferrable, node.conname, line,
    )  # fmt: skip
