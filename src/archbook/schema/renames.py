"""ALTER … RENAME and SET SCHEMA: a new name, everywhere the old one stands."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from archbook.schema.draft import Draft
from archbook.schema.model import Check, Index, Table
from archbook.schema.pg_tree import Reader, label, qualified, strings
from archbook.schema.sql import quoted

_STRING = re.compile(r"('(?:[^']|'')*')")
_BARE = re.compile(r"[a-z_][a-z0-9_$]*")


def rename(reader: Reader, node: Any) -> None:
    """Take one ALTER … RENAME into the draft."""
    draft, kind = reader.draft, label(node, "rename_type")
    if not draft.may_search():
        draft.note(f"renaming to {node.newname}", "is not read: the text renames too much")
        return
    name = reader.meant(node.relation)
    table = draft.tables.get(name)
    if kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
        old = qualified(strings(node.object.list.items))
        _rename_type(draft, old, _beside(draft.find(old, _types(draft)), node.newname))
    elif kind == "OBJECT_INDEX":
        _rename_index(draft, node.relation.relname, node.newname)
    elif table is None:
        what = kind.removeprefix("OBJECT_").lower()
        draft.note(f"{what} {name}", f"is renamed to {node.newname}, but this DDL creates no such table", "", "setting")
    elif kind == "OBJECT_TABLE":
        _rename_table(draft, name, _beside(name, node.newname))
    elif kind == "OBJECT_COLUMN":
        _rename_column(draft, table, node.subname, node.newname)
    elif kind == "OBJECT_TABCONSTRAINT":
        draft.tables[name] = _renamed_constraint(table, node.subname, node.newname)
    else:
        draft.note(f"table {name}", f"is renamed in part to {node.newname}, which is not read")


def set_schema(reader: Reader, node: Any) -> None:
    """Take one ALTER … SET SCHEMA into the draft."""
    draft = reader.draft
    if label(node, "object_type") == "OBJECT_TABLE" and (name := reader.meant(node.relation)) in draft.tables:
        _rename_table(draft, name, qualified((node.newschema, name.rpartition(".")[2])))
    else:
        draft.note("SET SCHEMA statement", "is not read", "it is about no table of this DDL", "setting")


def _beside(name: str, new: str) -> str:
    """A new name in the schema of an old one."""
    schema = name.rpartition(".")[0]
    return f"{schema}.{new}" if schema else new


def _types(draft: Draft) -> dict[str, Any]:
    return {**draft.enums, **draft.domains, **draft.composites}


def _rename_type(draft: Draft, old: str, new: str) -> None:
    old = draft.find(old, _types(draft))
    groups: tuple[dict[str, Any], ...] = (draft.enums, draft.domains, draft.composites)
    for group in groups:
        if old in group:
            group[new] = replace(group.pop(old), name=new)
    for table in draft.tables.values():
        columns = tuple(replace(c, type=replace(c.type, name=new)) if c.type.name == old else c for c in table.columns)
        draft.tables[table.name] = replace(table, columns=columns)


def _rename_index(draft: Draft, old: str, new: str) -> None:
    for table in draft.tables.values() if draft.may_search() else ():
        if any(index.name == old for index in table.indexes):
            indexes = tuple(replace(index, name=new) if index.name == old else index for index in table.indexes)
            draft.tables[table.name] = replace(table, indexes=indexes)
            return


def _rename_table(draft: Draft, old: str, new: str) -> None:
    tables = {}
    for table in draft.tables.values():
        renamed = table
        if any(key.to == old for key in table.foreign_keys):
            keys = tuple(replace(key, to=new) if key.to == old else key for key in table.foreign_keys)
            renamed = replace(renamed, foreign_keys=keys)
        if old in (table.name, table.partition_of):
            parent = new if table.partition_of == old else table.partition_of
            renamed = replace(renamed, name=new if table.name == old else table.name, partition_of=parent)
        tables[renamed.name] = renamed
    draft.tables = tables


def _renamed_constraint(table: Table, old: str, new: str) -> Table:
    def named(parts: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(replace(part, name=new) if part.name == old else part for part in parts)

    return replace(
        table, foreign_keys=named(table.foreign_keys), uniques=named(table.uniques), checks=named(table.checks)
    )


def _rename_column(draft: Draft, table: Table, old: str, new: str) -> None:
    def listed(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(new if name == old else name for name in names)

    def text(expression: str) -> str:
        return _renamed_in(expression, old, new)

    def index(part: Index) -> Index:
        return replace(
            part,
            columns=listed(part.columns),
            include=listed(part.include),
            descending=listed(part.descending),
            where=part.where and text(part.where),
            expressions=tuple(map(text, part.expressions)),
            parts=tuple(map(text, part.parts)),
        )

    def check(part: Check) -> Check:
        limits = tuple(replace(li, column=new) if li.column == old else li for li in part.limits)
        return replace(part, expression=text(part.expression), limits=limits)

    columns = [replace(c, name=new) if c.name == old else c for c in table.columns]
    draft.tables[table.name] = replace(
        table,
        columns=tuple(replace(c, generated=c.generated and text(c.generated)) for c in columns),
        primary_key=listed(table.primary_key),
        foreign_keys=tuple(replace(key, columns=listed(key.columns)) for key in table.foreign_keys),
        uniques=tuple(replace(unique, columns=listed(unique.columns)) for unique in table.uniques),
        indexes=tuple(map(index, table.indexes)),
        checks=tuple(map(check, table.checks)),
        partition_by=text(table.partition_by),
    )
    for other in draft.tables.values():
        if any(key.to == table.name and old in key.to_columns for key in other.foreign_keys):
            keys = tuple(
                replace(k, to_columns=listed(k.to_columns)) if k.to == table.name else k for k in other.foreign_keys
            )
            draft.tables[other.name] = replace(other, foreign_keys=keys)


def mentions(expression: str, column: str) -> bool:
    """Whether an expression names a column, outside strings."""
    return _column(column).search("".join(_STRING.split(expression)[::2])) is not None


def _renamed_in(expression: str, old: str, new: str) -> str:
    """An expression with a column renamed, outside strings.

    >>> print(_renamed_in("(amount > 0) AND note <> 'amount'", "amount", "Total"))
    ("Total" > 0) AND note <> 'amount'
    """
    name = new if _BARE.fullmatch(new) else quoted(new)
    column = _column(old)
    parts = _STRING.split(expression)
    return "".join(part if i % 2 else column.sub(lambda _: name, part) for i, part in enumerate(parts))


def _column(name: str) -> re.Pattern[str]:
    return re.compile(rf'(?<![\w".])(?:"{re.escape(name)}"|{re.escape(name)})(?![\w"(])')
