"""PostgreSQL's own grammar (libpg_query through postgast) to the model, one statement at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import postgast

from archbook.schema.alter_postgres import alter_table
from archbook.schema.checks import limits_of
from archbook.schema.draft import Draft, named
from archbook.schema.model import Check, Domain, Enum, Index, Table
from archbook.schema.pg_tree import Reader, label, name_of, qualified, read_type, sql, strings
from archbook.schema.table_parts import with_element

STRATEGIES = {"PARTITION_STRATEGY_RANGE": "range", "PARTITION_STRATEGY_LIST": "list", "PARTITION_STRATEGY_HASH": "hash"}


def read(draft: Draft, text: str, line: int) -> None:
    """Take one PostgreSQL statement into the draft. Raises postgast.PgQueryError where its grammar refuses it."""
    tree = postgast.parse(text)
    for raw in tree.stmts:
        kind = raw.stmt.WhichOneof("node")
        reader = Reader(draft, text.encode(), line)
        if kind in READERS:
            READERS[kind](reader, getattr(raw.stmt, kind))
        else:
            what = kind.removesuffix("_stmt").replace("_", " ")
            draft.note(what, "is not read", "", "setting" if kind == "alter_owner_stmt" else "unread")


def _create_table(reader: Reader, node: Any) -> None:
    draft, name = reader.draft, name_of(node.relation)
    line = reader.line_of(node.relation)
    table = Table(name, (), line=line)
    for relation in node.inh_relations:
        parent = name_of(relation.range_var)
        columns = draft.tables[parent].columns if parent in draft.tables else ()
        table = replace(table, columns=table.columns + columns)
        if node.HasField("partbound"):
            table = replace(table, partition_of=parent)
        else:
            draft.note(f"table {name}", f"inherits from {parent}; its columns are copied", line=line)
    if node.HasField("partspec"):
        table = replace(table, partition_by=_partition(node.partspec))
    for element in node.table_elts:
        table = with_element(reader, table, element)
    if node.relation.relpersistence == "t":
        draft.note(f"table {name}", "is temporary; read as a table", line=line)
    draft.add_table(table, node.if_not_exists)


def _partition(spec: Any) -> str:
    parts = [p.partition_elem.name or sql(p.partition_elem.expr) for p in spec.part_params]
    return f"{STRATEGIES.get(label(spec, 'strategy'), 'range')} ({', '.join(parts)})"


def _create_index(reader: Reader, node: Any) -> None:
    elements = [p.index_elem for p in node.index_params]
    columns = tuple(e.name for e in elements if e.name)
    table = name_of(node.relation)
    descending = tuple(e.name for e in elements if e.name and e.ordering == 3)
    index = Index(
        node.idxname or named(table, columns, "idx"),
        columns,
        unique=node.unique,
        method=node.access_method or "btree",
        include=tuple(p.index_elem.name for p in node.index_including_params),
        where=sql(node.where_clause) if node.HasField("where_clause") else None,
        expressions=tuple(sql(e.expr) for e in elements if not e.name),
        descending=descending,
        line=reader.line_of(node.relation),
    )
    reader.draft.change(table, f"index {index.name}", indexes=(index,))


def _comment(reader: Reader, node: Any) -> None:
    kind = label(node, "objtype")
    items = strings(node.object.list.items)
    if kind == "OBJECT_TABLE":
        reader.draft.change(qualified(items), f"comment on {qualified(items)}", comment=node.comment)
    elif kind == "OBJECT_COLUMN":
        reader.draft.change_column(qualified(items[:-1]), items[-1], comment=node.comment)
    else:
        what = kind.removeprefix("OBJECT_").lower()
        reader.draft.note(f"comment on {what}", "is not read", node.comment[:80], "setting")


def _create_enum(reader: Reader, node: Any) -> None:
    name = qualified(strings(node.type_name))
    reader.draft.enums[name] = Enum(name, strings(node.vals), reader.line)


def _alter_enum(reader: Reader, node: Any) -> None:
    name = qualified(strings(node.type_name))
    enum = reader.draft.enums.get(name)
    if enum is None or node.old_val:
        reader.draft.note(f"type {name}", "is altered in a way that is not read")
    else:
        reader.draft.enums[name] = replace(enum, values=(*enum.values, node.new_val))


def _create_domain(reader: Reader, node: Any) -> None:
    name = qualified(strings(node.domainname))
    constraints = [c.constraint for c in node.constraints]
    checks = tuple(
        Check(sql(c.raw_expr), limits_of(c.raw_expr), c.conname, reader.line)
        for c in constraints
        if label(c, "contype") == "CONSTR_CHECK"
    )
    nullable = all(label(c, "contype") != "CONSTR_NOTNULL" for c in constraints)
    reader.draft.domains[name] = Domain(name, read_type(node.type_name)[0], nullable, checks, reader.line)


def _drop(reader: Reader, node: Any) -> None:
    kind = label(node, "remove_type")
    for item in node.objects:
        name = qualified(strings(item.list.items))
        dropped = kind == "OBJECT_TABLE" and reader.draft.tables.pop(name, None) is not None
        what = "is dropped again" if dropped else "is dropped, which changes nothing here"
        reader.draft.note(
            f"{kind.removeprefix('OBJECT_').lower()} {name}", what, "", "unread" if dropped else "setting"
        )


def _rename(reader: Reader, node: Any) -> None:
    reader.draft.note(f"table {name_of(node.relation)}", f"is renamed in part to {node.newname}, which is not read")


READERS: dict[str, Callable[[Reader, Any], None]] = {
    "create_stmt": _create_table,
    "index_stmt": _create_index,
    "alter_table_stmt": alter_table,
    "comment_stmt": _comment,
    "create_enum_stmt": _create_enum,
    "alter_enum_stmt": _alter_enum,
    "create_domain_stmt": _create_domain,
    "drop_stmt": _drop,
    "rename_stmt": _rename,
}
