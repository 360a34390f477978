"""ALTER TABLE as pg_dump and migrations write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archbook.schema.model import Table
from archbook.schema.pg_tree import IDENTITIES, Reader, label, name_of, read_type, sql
from archbook.schema.table_parts import default_of, with_column, with_constraint

SETTINGS = {"AT_ChangeOwner", "AT_ReplicaIdentity", "AT_ClusterOn", "AT_SetStatistics", "AT_SetStorage",
            "AT_EnableRowSecurity", "AT_EnableTrig", "AT_DisableTrig", "AT_SetRelOptions"}  # fmt: skip


def alter_table(reader: Reader, node: Any) -> None:
    """Take every command of one ALTER TABLE into the draft; what is not applied is told."""
    name = name_of(node.relation)
    for wrapped in node.cmds:
        command = wrapped.alter_table_cmd
        kind = label(command, "subtype")
        table = reader.draft.tables.get(name)
        if kind in SETTINGS or label(node, "objtype") != "OBJECT_TABLE":
            what = label(node, "objtype").removeprefix("OBJECT_").lower()
            reader.draft.note(f"setting of a {what}", "is not read", kind, "setting")
        elif table is None:
            reader.draft.note(f"table {name}", f"is altered ({kind}) but not created in this DDL")
        elif kind in COMMANDS:
            COMMANDS[kind](reader, table, command)
        else:
            reader.draft.note(f"table {name}", f"is altered in a way that is not read ({kind})")


def _attach(reader: Reader, table: Table, command: Any) -> None:
    child = name_of(getattr(command, "def").partition_cmd.name)
    reader.draft.change(child, f"partition {child}", partition_of=table.name)


def _add_constraint(reader: Reader, table: Table, command: Any) -> None:
    reader.draft.tables[table.name] = with_constraint(reader, table, getattr(command, "def").constraint)


def _add_column(reader: Reader, table: Table, command: Any) -> None:
    column = getattr(command, "def").column_def
    if table.has(column.colname):
        reader.draft.note(f"{table.name}.{column.colname}", "is added although it is there; the first is kept")
    else:
        reader.draft.tables[table.name] = with_column(reader, table, column)


def _default(reader: Reader, table: Table, command: Any) -> None:
    changes = default_of(sql(getattr(command, "def"))) if command.HasField("def") else {"default": None}
    reader.draft.change_column(table.name, command.name, **changes)


def _identity(reader: Reader, table: Table, command: Any) -> None:
    kind = IDENTITIES.get(getattr(command, "def").constraint.generated_when, "by default")
    reader.draft.change_column(table.name, command.name, identity=kind, nullable=False)


def _type(reader: Reader, table: Table, command: Any) -> None:
    type_ = read_type(getattr(command, "def").column_def.type_name)[0]
    reader.draft.change_column(table.name, command.name, type=type_)


def _drop_column(reader: Reader, table: Table, command: Any) -> None:
    reader.draft.note(f"{table.name}.{command.name}", "is dropped again")
    kept = tuple(column for column in table.columns if column.name != command.name)
    reader.draft.tables[table.name] = replace(table, columns=kept)


def _drop_constraint(reader: Reader, table: Table, command: Any) -> None:
    fields = ("foreign_keys", "uniques", "checks")
    kept = {f: tuple(part for part in getattr(table, f) if part.name != command.name) for f in fields}
    if all(len(kept[f]) == len(getattr(table, f)) for f in fields):
        reader.draft.note(f"constraint {command.name} of {table.name}", "is dropped but has not been seen")
    reader.draft.tables[table.name] = replace(table, **kept)  # type: ignore[arg-type]


COMMANDS: dict[str, Callable[[Reader, Table, Any], None]] = {
    "AT_AddConstraint": _add_constraint,
    "AT_AddColumn": _add_column,
    "AT_AttachPartition": _attach,
    "AT_ColumnDefault": _default,
    "AT_AddIdentity": _identity,
    "AT_AlterColumnType": _type,
    "AT_DropColumn": _drop_column,
    "AT_DropConstraint": _drop_constraint,
    "AT_SetNotNull": lambda reader, table, c: reader.draft.change_column(table.name, c.name, nullable=False),
    "AT_DropNotNull": lambda reader, table, c: reader.draft.change_column(table.name, c.name, nullable=True),
}
