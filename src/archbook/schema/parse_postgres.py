"""PostgreSQL's own grammar (libpg_query through postgast) to the model, one statement at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import postgast

from archbook.schema.alter_postgres import alter_table
from archbook.schema.checks import limits_of
from archbook.schema.draft import Draft, named
from archbook.schema.model import Check, Composite, Domain, Enum, Index, Table
from archbook.schema.pg_tree import Reader, index_part, label, name_of, partition_bound, qualified, sql, strings
from archbook.schema.renames import rename, set_schema
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
    draft, name = reader.draft, reader.made(node.relation)
    line = reader.line_of(node.relation)
    table = Table(name, (), line=line)
    for relation in node.inh_relations:
        parent = reader.meant(relation.range_var)
        known = draft.tables.get(parent)
        table = replace(table, columns=table.columns + (known.columns if known else ()))
        if node.HasField("partbound"):
            table = replace(table, partition_of=parent, partition_bound=partition_bound(node.partbound))
        else:
            copied = "columns and checks are copied" if known else "columns are not in this DDL before it"
            table = replace(table, checks=table.checks + (known.checks if known else ()))
            draft.note(f"table {name}", f"inherits from {parent}; its {copied}", line=line)
    if node.HasField("partspec"):
        table = replace(table, partition_by=_partition(node.partspec))
    for element in node.table_elts:
        table = with_element(reader, table, element)
    if node.relation.relpersistence == "t":
        draft.note(f"table {name}", "is temporary; read as a table", line=line)
    if node.relation.relpersistence == "u":
        draft.note("UNLOGGED table", "is read as a table", "", "setting", line)
    if node.HasField("of_typename"):
        draft.note(f"table {name}", "is made OF a type, whose columns are not read", line=line)
    draft.add_table(table, node.if_not_exists)


def _partition(spec: Any) -> str:
    parts = [p.partition_elem.name or sql(p.partition_elem.expr) for p in spec.part_params]
    return f"{STRATEGIES.get(label(spec, 'strategy'), 'range')} ({', '.join(parts)})"


def _create_index(reader: Reader, node: Any) -> None:
    elements = [_whole_column(reader, node, p.index_elem) for p in node.index_params]
    columns = tuple(e.name for e in elements if e.name)
    table = reader.meant(node.relation)
    descending = tuple(e.name for e in elements if e.name and label(e, "ordering") == "SORTBY_DESC")
    odd = any(e.opclass or e.collation or e.HasField("expr") or e.nulls_ordering > 1 for e in elements)
    if node.nulls_not_distinct:
        reader.draft.note(f"index {node.idxname}", "is NULLS NOT DISTINCT; read as if nulls were distinct")
    index = Index(
        node.idxname or named(table, columns, "idx"),
        columns,
        unique=node.unique,
        method=node.access_method or "btree",
        include=tuple(p.index_elem.name for p in node.index_including_params),
        where=sql(node.where_clause) if node.HasField("where_clause") else None,
        expressions=tuple(sql(e.expr) for e in elements if not e.name),
        descending=descending,
        parts=tuple(map(index_part, elements)) if odd else (),
        line=reader.line_of(node.relation),
    )
    reader.draft.change(table, f"index {index.name}", indexes=(index,))


def _whole_column(reader: Reader, node: Any, element: Any) -> Any:
    """``name(20)`` of MySQL, the first characters of a column, which PostgreSQL's grammar takes for a function call."""
    call = element.expr.func_call
    table = reader.draft.tables.get(reader.meant(node.relation))
    if table is None or len(call.args) != 1 or call.args[0].a_const.WhichOneof("val") != "ival":
        return element
    name = reader.draft.find(strings(call.funcname)[-1], [column.name for column in table.columns])
    if table.has(name):
        element.ClearField("expr")
        element.name = name
        reader.draft.note(f"index {node.idxname}", "covers a prefix of a column; read as the whole")
    return element


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
    name = reader.draft.made(qualified(strings(node.type_name)))
    reader.draft.enums[name] = Enum(name, strings(node.vals), reader.line)


def _create_composite(reader: Reader, node: Any) -> None:
    name = reader.made(node.typevar)
    fields = tuple((c.column_def.colname, reader.type_of(c.column_def.type_name)[0]) for c in node.coldeflist)
    reader.draft.composites[name] = Composite(name, fields, reader.line)


def _alter_enum(reader: Reader, node: Any) -> None:
    name = reader.draft.find(qualified(strings(node.type_name)), reader.draft.enums)
    enum = reader.draft.enums.get(name)
    if enum is None:
        reader.draft.note(f"type {name}", "is altered but not created in this DDL")
        return
    values = list(enum.values)
    if node.old_val:
        values = [node.new_val if value == node.old_val else value for value in values]
    elif node.new_val not in values:
        at = values.index(node.new_val_neighbor) if node.new_val_neighbor in values else len(values)
        values.insert(at + (node.new_val_is_after and at < len(values)), node.new_val)
    reader.draft.enums[name] = replace(enum, values=tuple(values))


def _create_domain(reader: Reader, node: Any) -> None:
    name = reader.draft.made(qualified(strings(node.domainname)))
    constraints = [c.constraint for c in node.constraints]
    checks = tuple(
        Check(sql(c.raw_expr), limits_of(c.raw_expr), c.conname, reader.line)
        for c in constraints
        if label(c, "contype") == "CONSTR_CHECK"
    )
    nullable = all(label(c, "contype") != "CONSTR_NOTNULL" for c in constraints)
    reader.draft.domains[name] = Domain(name, reader.type_of(node.type_name)[0], nullable, checks, reader.line)


def _alter_domain(reader: Reader, node: Any) -> None:
    name = reader.draft.find(qualified(strings(node.type_name)), reader.draft.domains)
    domain = reader.draft.domains.get(name)
    kind = node.subtype
    if domain is None or kind not in "CONX":
        reader.draft.note(f"domain {name}", "is altered in a way that is not read" if domain else "is not in this DDL")
    elif kind in "NO":
        reader.draft.domains[name] = replace(domain, nullable=kind == "N")
    elif kind == "X":
        kept = tuple(check for check in domain.checks if check.name != node.name)
        reader.draft.domains[name] = replace(domain, checks=kept)
    else:
        check = getattr(node, "def").constraint
        added = Check(sql(check.raw_expr), limits_of(check.raw_expr), check.conname, reader.line)
        reader.draft.domains[name] = replace(domain, checks=(*domain.checks, added))


def _drop(reader: Reader, node: Any) -> None:
    draft, kind = reader.draft, label(node, "remove_type")
    for item in node.objects:
        parts = strings(item.list.items if item.WhichOneof("node") == "list" else item.type_name.names)
        name, dropped = qualified(parts), False
        if kind == "OBJECT_TABLE":
            gone = draft.tables.pop(draft.find(name, draft.tables), None)
            dropped = gone is not None
        elif kind == "OBJECT_INDEX":
            dropped = _drop_index(draft, parts[-1])
        elif kind in ("OBJECT_TYPE", "OBJECT_DOMAIN"):
            groups: tuple[dict[str, Any], ...] = (draft.enums, draft.domains, draft.composites)
            dropped = any(group.pop(draft.find(name, group), None) for group in groups)
        what = "is dropped again" if dropped else "is dropped, which changes nothing here"
        draft.note(f"{kind.removeprefix('OBJECT_').lower()} {name}", what, "", "unread" if dropped else "setting")


def _drop_index(draft: Draft, name: str) -> bool:
    for table in draft.tables.values() if draft.may_search() else ():
        kept = tuple(index for index in table.indexes if index.name != name)
        if len(kept) < len(table.indexes):
            draft.tables[table.name] = replace(table, indexes=kept)
            return True
    return False


def _foreign_table(reader: Reader, node: Any) -> None:
    _create_table(reader, node.base_stmt)
    reader.draft.note(f"table {name_of(node.base_stmt.relation)}", "is a foreign table; read as a table of its own")


READERS: dict[str, Callable[[Reader, Any], None]] = {
    "create_stmt": _create_table,
    "index_stmt": _create_index,
    "alter_table_stmt": alter_table,
    "comment_stmt": _comment,
    "create_enum_stmt": _create_enum,
    "alter_enum_stmt": _alter_enum,
    "composite_type_stmt": _create_composite,
    "create_domain_stmt": _create_domain,
    "alter_domain_stmt": _alter_domain,
    "create_foreign_table_stmt": _foreign_table,
    "drop_stmt": _drop,
    "rename_stmt": rename,
    "alter_object_schema_stmt": set_schema,
}
