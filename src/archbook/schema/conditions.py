"""Checks as DuckDB judges them, and what might make each true where a row breaks it."""

# ruff: noqa: S608 - every identifier is quoted, and expressions are parsed ones

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from archbook.schema.model import Column, Index, Schema, Table
from archbook.schema.patterns import like, places, written
from archbook.schema.sql import quoted

_MATCHES = {"~": ("true", False), "!~": ("false", False), "~*": ("true", True), "!~*": ("false", True)}
NUMBER = "{number}"  # stands for a number from 0
_COMPARED = ("=", "<>", "<", ">", "<=", ">=")


@dataclass(frozen=True, slots=True)
class Condition:
    """A check or a unique index. said: as the DDL says it; broken: SQL that is true of a row that breaks it.

    columns, functions: those it names;
    tries: for each column, SQL of values that it is compared with; NUMBER in it stands for any number from 0.
    """

    said: str
    broken: str
    columns: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    tries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Trait:
    """What the checks ask of one column's text: `alphabets` of its places (see `patterns`), how many characters."""

    pattern: str = ""
    alphabets: tuple[str, ...] = ()
    shortest: int = 0
    longest: int | None = None


NOTHING = Trait()


def conditions(schema: Schema, table: Table) -> list[Condition]:
    """All checks of a table and of its columns' domains, and its unique indexes on expressions or on some rows."""
    found = [_check(check.expression) for check in table.checks]
    for column in table.columns:
        if not schema.base(column.type).array:  # its items are made within the limits of the domain
            found += [_check(said, column.name) for said in _domain_checks(schema, column)]
    indexes = [index for index in table.indexes if index.unique and not index.plain and index.method == "btree"]
    return found + [_unique(table, index) for index in indexes]


def computed_keys(table: Table) -> list[tuple[tuple[str, ...], bool]]:
    """The columns of unique indexes that are on expressions or on some rows, and whether on some rows only."""
    found = []
    for index in table.indexes:
        if index.unique and not index.plain and index.method == "btree":
            columns = dict.fromkeys([*index.columns, *(c for e in index.expressions for c in _read(e).columns)])
            found.append((tuple(column for column in columns if table.has(column)), index.where is not None))
    return found


def traits(schema: Schema, table: Table) -> dict[str, Trait]:
    """What single checks ask of the texts (or bytes) of a column, by column."""
    found: dict[str, Trait] = {}
    checks = [(check.expression, "") for check in table.checks if not check.limits]
    for column in table.columns:
        checks += [(said, column.name) for said in _domain_checks(schema, column)]
    for said, value in checks:
        tree = _tree(said)
        for asked, trait in _asked(_bare(tree)) if tree is not None else ():
            name = value or asked
            found[name] = _both(found.get(name, NOTHING), trait)
    return found


def translated(expression: str) -> str:
    """An expression of PostgreSQL in DuckDB's words.

    >>> translated("orders.code ~ '^A'")
    "regexp_matches(code, '^A') = true"
    """
    return _read(expression).sql


def _domain_checks(schema: Schema, column: Column) -> Iterator[str]:
    name, seen = column.type.name, set[str]()
    while name in schema.domains and name not in seen:
        seen.add(name)
        yield from (check.expression for check in schema.domains[name].checks)
        name = schema.domains[name].type.name


def _tree(expression: str) -> Any:
    """The parse tree of an expression, None where there is none."""
    import postgast

    try:
        tree = postgast.parse(f"SELECT {expression}")
    except postgast.PgQueryError:
        return None
    return tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val


@dataclass(frozen=True, slots=True)
class _Expression:
    sql: str
    columns: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    tries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _read(said: str, value: str = "") -> _Expression:
    """An expression for DuckDB; `value`: the column that a domain's `value` stands for."""
    from archbook.schema.pg_tree import sql

    tree = _tree(said)
    if tree is None:
        return _Expression(said)
    columns = tuple(dict.fromkeys(_renamed(tree, value)))
    tries: dict[str, list[str]] = {}
    for node in _nodes(tree, "A_Expr"):
        for column, text in _compared(node):
            tries.setdefault(column, []).append(text)
        _translate(node)
    for node in _nodes(tree, "FuncCall"):
        _count_nulls(node)
    calls = (node.funcname for node in _nodes(tree, "FuncCall"))
    functions = frozenset(name[0].string.sval for name in calls if len(name) == 1)  # the grammar's own have two
    return _Expression(sql(tree), columns, functions, {c: tuple(dict.fromkeys(found)) for c, found in tries.items()})


def _check(said: str, value: str = "") -> Condition:
    read = _read(said, value)
    return Condition(f"check ({said[:60]})", f"NOT ({read.sql})", read.columns, read.functions, read.tries)


def _unique(table: Table, index: Index) -> Condition:
    """A unique index as a condition of each row: no row before it has the same values."""
    keys, some = [_read(expression) for expression in index.expressions], _read(index.where or "true")
    texts = [quoted(column) for column in index.columns] + [f"({key.sql})" for key in keys]
    known = " AND ".join(f"{text} IS NOT NULL" for text in texts)
    ranked = f"SELECT rowid, row_number() OVER (PARTITION BY {', '.join(texts)} ORDER BY rowid) AS place"
    rows = f"{ranked} FROM {quoted(table.name)} WHERE ({some.sql}) AND {known}"
    columns = dict.fromkeys([*some.columns, *index.columns, *(column for key in keys for column in key.columns)])
    functions = some.functions.union(*(key.functions for key in keys))
    broken = f"rowid IN (SELECT rowid FROM ({rows}) WHERE place > 1)"
    return Condition(f"unique index {index.name}", broken, tuple(columns), functions, some.tries)


def _nodes(tree: Any, kind: str) -> list[Any]:
    import postgast

    return [node for _, node in postgast.walk(tree) if type(node).__name__ == kind]


def _renamed(tree: Any, value: str) -> Iterator[str]:
    """The columns of an expression, after taking table names off and putting a column for a domain's `value`."""
    for node in _nodes(tree, "ColumnRef"):
        name = node.fields[-1].string.sval
        del node.fields[:-1]
        if value and name.lower() == "value":
            node.fields[0].string.sval = name = value
        yield name


def _translate(node: Any) -> None:
    """Matching: PostgreSQL's ~ looks anywhere in the text, DuckDB's takes the whole of it."""
    from archbook.schema.pg_tree import label

    operator = node.name[-1].string.sval if node.name else ""
    if label(node, "kind") != "AEXPR_OP" or operator not in _MATCHES:
        return
    truth, any_case = _MATCHES[operator]
    left, right = type(node.lexpr)(), type(node.rexpr)()
    left.CopyFrom(node.lexpr)
    right.CopyFrom(node.rexpr)
    call = type(node.lexpr)()
    call.func_call.funcname.add().string.sval = "regexp_matches"
    call.func_call.args.extend([left, right])
    if any_case:
        call.func_call.args.add().a_const.sval.sval = "i"
    del node.name[:]
    node.name.add().string.sval = "="
    node.lexpr.CopyFrom(call)
    node.rexpr.Clear()
    node.rexpr.a_const.boolval.boolval = truth == "true"


def _count_nulls(node: Any) -> None:
    """num_nulls() and num_nonnulls() of PostgreSQL, as the sum of a list."""
    name = node.funcname[-1].string.sval
    if name not in ("num_nulls", "num_nonnulls"):
        return
    listed = type(node.args[0])()
    for argument in node.args:
        item = listed.a_array_expr.elements.add().type_cast
        item.type_name.names.add().string.sval = "int4"
        item.arg.null_test.arg.CopyFrom(argument)
        item.arg.null_test.nulltesttype = "IS_NULL" if name == "num_nulls" else "IS_NOT_NULL"
    del node.args[:]
    node.args.append(listed)
    node.funcname[-1].string.sval = "list_sum"


def _compared(node: Any) -> Iterator[tuple[str, str]]:
    """Each column of a comparison, and the SQL of what it is compared with."""
    from archbook.schema.pg_tree import label, sql

    kind, operator = label(node, "kind"), node.name[-1].string.sval if node.name else ""
    left, right = _bare(node.lexpr), _bare(node.rexpr)
    if kind in ("AEXPR_BETWEEN", "AEXPR_IN", "AEXPR_OP_ANY"):
        for item in right.list.items or right.a_array_expr.elements:
            yield from _pair(left, item, sql)
    elif kind == "AEXPR_OP" and operator in _COMPARED:
        yield from _pair(left, right, sql)
        yield from _pair(right, left, sql)
    elif column := _column(left):
        alphabets = _alphabets(kind, operator, _text(right))
        if alphabets:
            yield column, written(alphabets, NUMBER)


def _pair(left: Any, right: Any, sql: Any) -> Iterator[tuple[str, str]]:
    column = _column(left)
    others = {node.fields[-1].string.sval for node in _nodes(right, "ColumnRef")}
    if column and column not in others:
        yield column, sql(right)


def _column(node: Any) -> str:
    """The column that a node is, or that a function of one argument such as lower() is asked of; else nothing."""
    node = _bare(node)
    kind = node.WhichOneof("node")
    if kind == "func_call" and len(node.func_call.args) == 1:
        return _column(node.func_call.args[0])
    return str(node.column_ref.fields[-1].string.sval) if kind == "column_ref" else ""


def _bare(node: Any) -> Any:
    """A node without the casts around it."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def _text(node: Any) -> str:
    node = _bare(node)
    return str(node.a_const.sval.sval) if node.WhichOneof("node") == "a_const" else ""


def _whole(node: Any) -> int | None:
    node = _bare(node)
    is_number = node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "ival"
    return int(node.a_const.ival.ival) if is_number else None


def _alphabets(kind: str, operator: str, pattern: str) -> tuple[str, ...]:
    if not pattern:
        return ()
    if kind == "AEXPR_OP" and operator in ("~", "~*"):
        return places(pattern) or ()
    if (kind in ("AEXPR_LIKE", "AEXPR_ILIKE") and operator.startswith("~")) or operator in ("~~", "~~*"):
        return like(pattern)
    return ()


def _asked(node: Any) -> Iterator[tuple[str, Trait]]:
    """What an expression asks of single columns: parts joined by AND, or an OR with `IS NULL` beside one part."""
    kind = node.WhichOneof("node")
    if kind == "bool_expr":
        parts = [_bare(part) for part in node.bool_expr.args]
        if node.bool_expr.boolop == 2:  # OR
            parts = [part for part in parts if part.WhichOneof("node") != "null_test"]
        if node.bool_expr.boolop == 1 or (node.bool_expr.boolop == 2 and len(parts) == 1):
            for part in parts:
                yield from _asked(part)
    elif kind == "a_expr":
        yield from _atom(node.a_expr)


def _atom(node: Any) -> Iterator[tuple[str, Trait]]:
    from archbook.schema.pg_tree import label

    kind, operator = label(node, "kind"), node.name[-1].string.sval if node.name else ""
    left, right = _bare(node.lexpr), _bare(node.rexpr)
    if left.WhichOneof("node") == "column_ref":
        text = _text(right)
        if alphabets := _alphabets(kind, operator, text):
            anchored = operator not in ("~", "~*") or (text.startswith("^") and text.endswith("$"))
            pattern = text if operator in ("~", "~*") else ""
            if anchored:
                yield _column(left), Trait(pattern, alphabets)
    elif left.WhichOneof("node") == "func_call" and left.func_call.funcname[-1].string.sval in (
        "length", "char_length", "character_length", "octet_length",
    ):  # fmt: skip
        size = _whole(right)
        if size is not None and kind == "AEXPR_OP":
            shortest = {"=": size, ">=": size, ">": size + 1}.get(operator, 0)
            longest = {"=": size, "<=": size, "<": size - 1}.get(operator)
            yield _column(left), Trait(shortest=shortest, longest=longest)
        elif kind == "AEXPR_BETWEEN":
            low, high = (_whole(item) for item in right.list.items)
            yield _column(left), Trait(shortest=low or 0, longest=high)


def _both(one: Trait, other: Trait) -> Trait:
    longest = [limit for limit in (one.longest, other.longest) if limit is not None]
    which = other if other.alphabets else one
    shortest = max(one.shortest, other.shortest)
    return Trait(which.pattern, which.alphabets, shortest, min(longest) if longest else None)


def tries_of(column: Column, type_: str, texts: Iterable[str], number: str) -> list[str]:
    """Values to try for a column: what it is compared with, and a little less and more of it; NULL where it may be."""
    step = _step(type_, number)
    found = ["NULL"] if column.nullable else []
    if type_ == "BOOLEAN":
        found += ["true", "false"]
    for text in texts:
        value = f"TRY_CAST(({text.replace(NUMBER, number)}) AS {type_})"
        found += [value] + ([f"CAST({value} {sign} {step} AS {type_})" for sign in "+-"] if step else [])
    kept = quoted(column.name)
    return found if column.nullable else [f"coalesce({value}, {kept})" for value in found]


def _step(type_: str, number: str) -> str:
    if type_ in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"):
        return f"to_days(CAST(1 + {number} % 30 AS INTEGER))"
    is_number = type_.partition("(")[0] in ("SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL")
    return f"(1 + {number} % 9)" if is_number else ""


__all__ = ["NOTHING", "Condition", "Trait", "computed_keys", "conditions", "traits", "translated", "tries_of"]
