"""Small readers of libpg_query's parse tree, shared by the modules that walk it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import postgast
from postgast.pg_query_pb2 import ParseResult

from archbook.schema.draft import Draft
from archbook.schema.model import READABLE, Identity, Type

SERIALS = {"serial": "int4", "serial4": "int4", "bigserial": "int8", "serial8": "int8",
           "smallserial": "int2", "serial2": "int2"}  # fmt: skip
MYSQL = {
    "tinyint": "int2", "mediumint": "int4", "double": "float8", "datetime": "timestamp", "tinytext": "text",
    "mediumtext": "text", "longtext": "text", "blob": "bytea", "tinyblob": "bytea", "mediumblob": "bytea",
    "longblob": "bytea", "binary": "bytea", "varbinary": "bytea",
}  # fmt: skip
"""Types of MySQL that PostgreSQL's grammar takes for types of the user's own."""
ACTIONS = {"a": "", "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
IDENTITIES: dict[str, Identity] = {"a": "always", "d": "by default"}


@dataclass(slots=True)
class Reader:
    """Reads the parts of one statement; lines are counted inside its text."""

    draft: Draft
    text: bytes
    line: int

    def made(self, relation: Any) -> str:
        """The key of a table that is created."""
        return self.draft.made(name_of(relation))

    def meant(self, relation: Any) -> str:
        """The key of a table that is spoken of."""
        return self.draft.find(name_of(relation), self.draft.tables)

    def type_of(self, node: Any) -> tuple[Type, Identity]:
        """A column's type, a type of the DDL by its key; and how it numbers rows (serial types)."""
        type_, identity = read_type(node)
        for own in (self.draft.enums, self.draft.domains, self.draft.composites):
            if found := self.draft.on_path(type_.name, own):
                return replace(type_, name=found), identity
        if type_.name in MYSQL:
            meant = MYSQL[type_.name]
            if type_.name not in self.draft.told:
                what = f"is MySQL's; read as {READABLE.get(meant, meant)}, here and below"
                self.draft.note(f"type {type_.name}", what, "", "read as meant")
            self.draft.told.add(type_.name)
            type_ = Type(meant, type_.modifiers if meant == "timestamp" else (), type_.array)
        return type_, identity

    def line_of(self, node: Any) -> int:
        """The line of a node of the parse tree."""
        return self.line + self.text.count(b"\n", 0, max(node.location, 0))


def sql(expression: Any) -> str:
    """An expression of the parse tree as SQL text."""
    tree = ParseResult(version=180000)
    target = tree.stmts.add().stmt.select_stmt.target_list.add()
    target.res_target.val.CopyFrom(expression)
    return str(postgast.deparse(tree)).removeprefix("SELECT ")


def partition_bound(bound: Any) -> str:
    """Which rows a partition takes, as it stands behind PARTITION OF."""
    tree = ParseResult(version=180000)
    statement = tree.stmts.add().stmt.create_stmt
    statement.relation.relname, statement.relation.relpersistence, statement.relation.inh = "p", "p", True
    statement.inh_relations.add().range_var.CopyFrom(statement.relation)
    statement.partbound.CopyFrom(bound)
    return str(postgast.deparse(tree)).removeprefix("CREATE TABLE p PARTITION OF p ")


def index_part(element: Any) -> str:
    """One element of an index as SQL: column or expression, collation, operator class, order."""
    tree = ParseResult(version=180000)
    statement = tree.stmts.add().stmt.index_stmt
    statement.relation.relname, statement.relation.relpersistence, statement.relation.inh = "t", "p", True
    statement.access_method = "btree"
    statement.index_params.add().index_elem.CopyFrom(element)
    return str(postgast.deparse(tree)).removeprefix("CREATE INDEX ON t USING btree (")[:-1]


def exclusion(constraint: Any) -> str:
    """An exclusion constraint as SQL."""
    tree = ParseResult(version=180000)
    statement = tree.stmts.add().stmt.alter_table_stmt
    statement.relation.relname, statement.relation.relpersistence, statement.relation.inh = "t", "p", True
    statement.objtype = 42  # OBJECT_TABLE
    command = statement.cmds.add().alter_table_cmd
    command.subtype = 17  # AT_AddConstraint
    getattr(command, "def").constraint.CopyFrom(constraint)
    return str(postgast.deparse(tree)).partition("EXCLUDE ")[2]


def label(node: Any, field: str) -> str:
    """The name of an enumeration's value in a node."""
    values = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(node, field)].name)


def strings(nodes: Iterable[Any]) -> tuple[str, ...]:
    """The words in a list of string nodes."""
    return tuple(node.string.sval for node in nodes)


def name_of(relation: Any) -> str:
    """The key of a table: its name, with the schema in front unless that is `public`."""
    return qualified((relation.schemaname, relation.relname))


def qualified(parts: Iterable[str]) -> str:
    """A dotted name without `public` and `pg_catalog`.

    >>> qualified(("public", "users")), qualified(("sales", "users"))
    ('users', 'sales.users')
    """
    named = (f'"{part}"' if "." in part else part for part in parts)
    return ".".join(part for part in named if part and part not in ("public", "pg_catalog"))


def read_type(node: Any) -> tuple[Type, Identity]:
    """A column's type, and how it numbers rows (serial types)."""
    name = qualified(strings(node.names))
    identity: Identity = "serial" if name in SERIALS else ""
    modifiers = () if name == "interval" else tuple(_modifier(m) for m in node.typmods)
    return Type(SERIALS.get(name, name), modifiers, bool(node.array_bounds)), identity


def _modifier(node: Any) -> int | str:
    """A number, or what an ENUM of MySQL lists: a string, or a name where it is in double quotes."""
    value = node.a_const.WhichOneof("val")
    if value == "ival":
        return int(node.a_const.ival.ival)
    if len(node.column_ref.fields) == 1:
        return str(node.column_ref.fields[0].string.sval)
    return str(node.a_const.sval.sval) if value == "sval" else sql(node)
