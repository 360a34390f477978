"""ALTER TABLE as pg_dump and migrations write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from archbook.schema.draft import named
from archbook.schema.model import Check, Table
from archbook.schema.pg_tree import IDENTITIES, Reader, label, partition_bound, sql
from archbook.schema.renames import mentions
from archbook.schema.table_parts import default_of, with_column, with_constraint

SETTINGS = {"AT_ChangeOwner", "AT_ReplicaIdentity", "AT_ClusterOn", "AT_SetStatistics", "AT_SetStorage",
            "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity", "AT_NoForceRowSecurity",
            "AT_EnableTrig", "AT_DisableTrig", "AT_EnableTrigAll", "AT_DisableTrigAll", "AT_EnableTrigUser",
            "AT_DisableTrigUser", "AT_EnableAlwaysTrig", "AT_EnableReplicaTrig", "AT_SetRelOptions",
            "AT_ResetRelOptions", "AT_SetOptions", "AT_ResetOptions", "AT_SetCompression", "AT_SetTableSpace",
            "AT_SetLogged", "AT_SetUnLogged", "AT_SetAccessMethod", "AT_DropCluster",
            "AT_ValidateConstraint"}  # fmt: skip
TABLES = ("OBJECT_TABLE", "OBJECT_FOREIGN_TABLE")


def alter_table(reader: Reader, node: Any) -> None:
    """Take every command of one ALTER TABLE into the draft; what is not applied is told."""
    name = reader.meant(node.relation)
    for wrapped in node.cmds:
        command = wrapped.alter_table_cmd
        kind = label(command, "subtype")
        table = reader.draft.tables.get(name)
        if label(node, "objtype") == "OBJECT_TYPE":
            reader.draft.note(f"type {name}", f"is altered in a way that is not read ({kind})")
        elif kind in SETTINGS or label(node, "objtype") not in TABLES:
            what = label(node, "objtype").removeprefix("OBJECT_").lower()
            reader.draft.note(f"setting of a {what}", "is not read", kind, "setting")
        elif table is None:
            reader.draft.note(f"table {name}", f"is altered ({kind}) but not created in this DDL")
        elif kind in COMMANDS:
            COMMANDS[kind](reader, table, command)
        else:
            reader.draft.note(f"table {name}", f"is altered in a way that is not read ({kind})")


def _attach(reader: Reader, table: Table, command: Any) -> None:
    partition = getattr(command, "def").partition_cmd
    child, bound = reader.meant(partition.name), partition_bound(partition.bound)
    reader.draft.change(child, f"partition {child}", partition_of=table.name, partition_bound=bound)


def _detach(reader: Reader, table: Table, command: Any) -> None:  # noqa: ARG001 - one signature for all
    child = reader.meant(getattr(command, "def").partition_cmd.name)
    reader.draft.change(child, f"partition {child}", partition_of="", partition_bound="")


def _add_constraint(reader: Reader, table: Table, command: Any) -> None:
    reader.draft.tables[table.name] = with_constraint(reader, table, getattr(command, "def").constraint)


def _add_column(reader: Reader, table: Table, command: Any) -> None:
    column = getattr(command, "def").column_def
    if table.has(column.colname):
        reader.draft.note(f"{table.name}.{column.colname}", "is added although it is there; the first is kept")
    else:
        reader.draft.tables[table.name] = with_column(reader, table, column)


def _default(reader: Reader, table: Table, command: Any) -> None:
    part, changes = f"{table.name}.{command.name}", dict[str, Any](default=None)
    if command.HasField("def"):
        changes = default_of(reader, part, sql(getattr(command, "def")))
    reader.draft.change_column(table.name, command.name, **changes)


def _identity(reader: Reader, table: Table, command: Any) -> None:
    kind = IDENTITIES.get(getattr(command, "def").constraint.generated_when, "by default")
    reader.draft.change_column(table.name, command.name, identity=kind, nullable=False)


def _type(reader: Reader, table: Table, command: Any) -> None:
    type_ = reader.type_of(getattr(command, "def").column_def.type_name)[0]
    reader.draft.change_column(table.name, command.name, type=type_)


def _drop_column(reader: Reader, table: Table, command: Any) -> None:
    """PostgreSQL drops with a column the keys and indexes that have it."""
    gone = command.name
    reader.draft.note(f"{table.name}.{gone}", "is dropped again")
    reader.draft.tables[table.name] = replace(
        table,
        columns=tuple(column for column in table.columns if column.name != gone),
        primary_key=() if gone in table.primary_key else table.primary_key,
        foreign_keys=tuple(key for key in table.foreign_keys if gone not in key.columns),
        uniques=tuple(unique for unique in table.uniques if gone not in unique.columns),
        indexes=tuple(index for index in table.indexes if gone not in index.columns + index.include),
        checks=tuple(check for check in table.checks if not mentions(check.expression, gone)),
    )


def _drop_constraint(reader: Reader, table: Table, command: Any) -> None:
    """By its name, or by the one that PostgreSQL gives to a constraint without."""
    draft, gone = reader.draft, command.name
    if gone == draft.key_names.get(table.name):
        draft.tables[table.name] = replace(table, primary_key=())
        return
    kept = replace(
        table,
        foreign_keys=tuple(k for k in table.foreign_keys if gone != (k.name or named(table.name, k.columns, "fkey"))),
        uniques=tuple(u for u in table.uniques if gone != (u.name or named(table.name, u.columns, "key"))),
        checks=tuple(c for c in table.checks if gone != (c.name or _check_name(table, c))),
    )
    if kept == table:
        draft.note(f"constraint {gone} of {table.name}", "is dropped but has not been seen")
    draft.tables[table.name] = kept


def _check_name(table: Table, check: Check) -> str:
    """The name that PostgreSQL gives: with the column where the check is about one."""
    columns = [column.name for column in table.columns if mentions(check.expression, column.name)]
    return named(table.name, tuple(columns) if len(columns) == 1 else (), "check")


def _set_identity(reader: Reader, table: Table, command: Any) -> None:
    for option in getattr(command, "def").list.items:
        if option.def_elem.defname == "generated":
            kind = IDENTITIES.get(chr(option.def_elem.arg.integer.ival), "by default")
            reader.draft.change_column(table.name, command.name, identity=kind)


COMMANDS: dict[str, Callable[[Reader, Table, Any], None]] = {
    "AT_AddConstraint": _add_constraint,
    "AT_AddColumn": _add_column,
    "AT_AttachPartition": _attach,
    "AT_ColumnDefault": _default,
    "AT_AddIdentity": _identity,
    "AT_AlterColumnType": _type,
    "AT_DetachPartition": _detach,
    "AT_DropColumn": _drop_column,
    "AT_DropConstraint": _drop_constraint,
    "AT_DropExpression": lambda reader, table, c: reader.draft.change_column(table.name, c.name, generated=None),
    "AT_DropIdentity": lambda reader, table, c: reader.draft.change_column(table.name, c.name, identity=""),
    "AT_SetIdentity": _set_identity,
    "AT_SetNotNull": lambda reader, table, c: reader.draft.change_column(table.name, c.name, nullable=False),
    "AT_DropNotNull": lambda reader, table, c: reader.draft.change_column(table.name, c.name, nullable=True),
}
