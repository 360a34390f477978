"""Expressions of PostgreSQL read for DuckDB: in its words, and what would make them true."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from archbook.schema.patterns import like, places, written

_MATCHES = {"~": ("true", False), "!~": ("false", False), "~*": ("true", True), "!~*": ("false", True)}
NUMBER = "{number}"  # stands for a number from 0
MADE = "{made}"  # stands for an ordinary value of a column
MOST_WAYS = 24
_COMPARED = ("=", "<>", "<", ">", "<=", ">=")
_DENIED = {"=": "<>", "<>": "=", "<": ">=", ">": "<=", "<=": ">", ">=": "<"}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
Way = Mapping[str, tuple[str, int]]
"""Column → SQL of a value (or NULL, MADE), and -1 or 1 where it is to be a little less or more."""


def sql(node: Any) -> str:
    """An expression of the parse tree as SQL text."""
    from archbook.schema import pg_tree  # postgast is imported when there is something to parse

    return pg_tree.sql(node)


def label(node: Any, field: str) -> str:
    """The name of an enumeration's value in a node."""
    from archbook.schema import pg_tree

    return pg_tree.label(node, field)


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression for DuckDB, the columns and functions that it names, and what makes it true.

    tries: for each column, SQL of values that it is compared with; NUMBER in it stands for any number from 0.
    ways: sets of values that each make it true, as far as is known (see `ways`).
    """

    sql: str
    columns: tuple[str, ...] = ()
    functions: frozenset[str] = frozenset()
    tries: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ways: tuple[Way, ...] = ()


def read(said: str, value: str = "") -> Expression:
    """An expression for DuckDB; `value`: the column that a domain's `value` stands for."""
    tree = tree_of(said)
    if tree is None:
        return Expression(said)
    columns = tuple(dict.fromkeys(_renamed(tree, value)))
    found = ways(tree)
    tries: dict[str, list[str]] = {}
    for node in _nodes(tree, "A_Expr"):
        for column, text in _compared(node):
            tries.setdefault(column, []).append(text)
        _translate(node)
    for node in _nodes(tree, "FuncCall"):
        _count_nulls(node)
    calls = (node.funcname for node in _nodes(tree, "FuncCall"))
    functions = frozenset(name[0].string.sval for name in calls if len(name) == 1)  # the grammar's own have two
    return Expression(
        sql(tree), columns, functions, {c: tuple(dict.fromkeys(texts)) for c, texts in tries.items()}, found
    )


def translated(expression: str) -> str:
    """An expression of PostgreSQL in DuckDB's words.

    >>> translated("orders.code ~ '^A'")
    "regexp_matches(code, '^A') = true"
    """
    return read(expression).sql


def tree_of(expression: str) -> Any:
    """The parse tree of an expression, None where there is none."""
    import postgast

    try:
        tree = postgast.parse(f"SELECT {expression}")
    except postgast.PgQueryError:
        return None
    return tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val


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
    kind, operator = label(node, "kind"), node.name[-1].string.sval if node.name else ""
    left, right = bare(node.lexpr), bare(node.rexpr)
    if kind in ("AEXPR_BETWEEN", "AEXPR_IN", "AEXPR_OP_ANY"):
        for item in right.list.items or right.a_array_expr.elements:
            yield from _pair(left, item)
    elif kind == "AEXPR_OP" and operator in _COMPARED:
        yield from _pair(left, right)
        yield from _pair(right, left)
    elif column := column_of(left):
        alphabets = alphabets_of(kind, operator, text_of(right))
        if alphabets:
            yield column, written(alphabets, NUMBER)


def _pair(left: Any, right: Any) -> Iterator[tuple[str, str]]:
    column = column_of(left)
    others = {node.fields[-1].string.sval for node in _nodes(right, "ColumnRef")}
    if column and column not in others:
        yield column, sql(right)


def column_of(node: Any) -> str:
    """The column that a node is, or that a function of one argument such as lower() is asked of; else nothing."""
    node = bare(node)
    kind = node.WhichOneof("node")
    if kind == "func_call" and len(node.func_call.args) == 1:
        return column_of(node.func_call.args[0])
    return str(node.column_ref.fields[-1].string.sval) if kind == "column_ref" else ""


def bare(node: Any) -> Any:
    """A node without the casts around it."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def text_of(node: Any) -> str:
    node = bare(node)
    return str(node.a_const.sval.sval) if node.WhichOneof("node") == "a_const" else ""


def alphabets_of(kind: str, operator: str, pattern: str) -> tuple[str, ...]:
    if not pattern:
        return ()
    if kind == "AEXPR_OP" and operator in ("~", "~*"):
        return places(pattern) or ()
    if (kind in ("AEXPR_LIKE", "AEXPR_ILIKE") and operator.startswith("~")) or operator in ("~~", "~~*"):
        return like(pattern)
    return ()


def ways(node: Any, wanted: bool = True) -> tuple[Way, ...]:
    """Values of columns that make an expression true (or false): one way for each part of its disjunctive form.

    A part that is not understood asks nothing, so a way may not be enough.
    """
    node = bare(node)
    kind = node.WhichOneof("node")
    if kind == "bool_expr":
        parts, operator = node.bool_expr.args, node.bool_expr.boolop
        if operator == 3:  # NOT
            return ways(parts[0], not wanted)
        found = [ways(part, wanted) for part in parts]
        return _all(found) if (operator == 1) is wanted else tuple(way for part in found for way in part)[:MOST_WAYS]
    if kind == "null_test" and (column := column_of(node.null_test.arg)):
        return ({column: ("NULL" if (label(node.null_test, "nulltesttype") == "IS_NULL") is wanted else MADE, 0)},)
    if kind == "boolean_test" and (column := column_of(node.boolean_test.arg)):
        said = label(node.boolean_test, "booltesttype")
        true = said in ("IS_TRUE", "IS_NOT_FALSE")
        return ({column: (str(true is wanted).lower(), 0)},)
    if kind == "column_ref":
        return ({column_of(node): (str(wanted).lower(), 0)},)
    return _comparison_ways(node.a_expr, wanted) if kind == "a_expr" else ({},)


def _comparison_ways(node: Any, wanted: bool) -> tuple[Way, ...]:
    kind, operator = label(node, "kind"), node.name[-1].string.sval if node.name else ""
    left, right, column = bare(node.lexpr), bare(node.rexpr), column_of(node.lexpr)
    if kind in ("AEXPR_IN", "AEXPR_OP_ANY") and column:
        if (operator == "=") is not wanted:
            return ({column: (MADE, 0)},)
        return tuple({column: (sql(item), 0)} for item in right.list.items or right.a_array_expr.elements)[:MOST_WAYS]
    if kind != "AEXPR_OP" or operator not in _COMPARED:
        texts = [text for _, text in _compared(node)]
        return ({column: (texts[0], 0)},) if column and texts and wanted else ({},)
    operator = operator if wanted else _DENIED[operator]
    found = []
    for one, other, said in ((left, right, operator), (right, left, _TURNED.get(operator, operator))):
        for name, text in _pair(one, other):
            found.append({name: (_other_than(other) if said == "<>" else text, {"<": -1, ">": 1}.get(said, 0))})
    return tuple(found) or ({},)


def _other_than(node: Any) -> str:
    """What is not the value of a node: of true it is false, of anything else a value made anew."""
    is_truth = node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "boolval"
    return str(not node.a_const.boolval.boolval).lower() if is_truth else MADE


def _all(found: Iterable[tuple[Way, ...]]) -> tuple[Way, ...]:
    """One way of each part, together; those that contradict each other are left out."""
    together: list[Way] = [{}]
    for part in found:
        pairs = list(product(together, part))[: MOST_WAYS * 4]
        agreed: list[Way] = [{**one, **_kept(one, other)} for one, other in pairs if _agree(one, other)]
        together = agreed[:MOST_WAYS]
    return tuple(together)


def _kept(one: Way, other: Way) -> Way:
    return {column: value for column, value in other.items() if column not in one or one[column][0] == MADE}


def _agree(one: Way, other: Way) -> bool:
    return all((one[column][0] == "NULL") is (value[0] == "NULL") for column, value in other.items() if column in one)
