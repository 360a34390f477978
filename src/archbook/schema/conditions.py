"""Checks as DuckDB judges them, and what might make each true where a row breaks it."""

# ruff: noqa: S608 - every identifier is quoted, and expressions are parsed ones

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from archbook.schema.expressions import (
    MADE,
    NUMBER,
    Way,
    alphabets_of,
    bare,
    column_of,
    label,
    read,
    text_of,
    tree_of,
    ways,
)
from archbook.schema.model import Column, Index, Same, Schema, Table
from archbook.schema.sql import quoted


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
    ways: tuple[Way, ...] = ()


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
            columns = dict.fromkeys([*index.columns, *(c for e in index.expressions for c in read(e).columns)])
            found.append((tuple(column for column in columns if table.has(column)), index.where is not None))
    return found


def traits(schema: Schema, table: Table) -> Mapping[str, Trait]:
    """What single checks ask of the texts (or bytes) of a column, by column."""
    return _traits(Same(schema), Same(table))


@lru_cache(maxsize=256)
def _traits(of: Same, at: Same) -> Mapping[str, Trait]:
    schema, table = of.value, at.value
    found: dict[str, Trait] = {}
    checks = [(check.expression, "") for check in table.checks if not check.limits]
    for column in table.columns:
        checks += [(said, column.name) for said in _domain_checks(schema, column)]
    for said, value in checks:
        tree = tree_of(said)
        for asked, trait in _asked(bare(tree)) if tree is not None else ():
            name = value or asked
            found[name] = _both(found.get(name, NOTHING), trait)
    return found


def _domain_checks(schema: Schema, column: Column) -> Iterator[str]:
    name, seen = column.type.name, set[str]()
    while name in schema.domains and name not in seen:
        seen.add(name)
        yield from (check.expression for check in schema.domains[name].checks)
        name = schema.domains[name].type.name


def _check(said: str, value: str = "") -> Condition:
    found = read(said, value)
    name = f"check ({said[:60]})"
    return Condition(name, f"NOT ({found.sql})", found.columns, found.functions, found.tries, found.ways)


def _unique(table: Table, index: Index) -> Condition:
    """A unique index as a condition of each row: no row before it has the same values."""
    keys, some = [read(expression) for expression in index.expressions], read(index.where or "true")
    texts = [quoted(column) for column in index.columns] + [f"({key.sql})" for key in keys]
    known = " AND ".join(f"{text} IS NOT NULL" for text in texts)
    ranked = f"SELECT rowid, row_number() OVER (PARTITION BY {', '.join(texts)} ORDER BY rowid) AS place"
    rows = f"{ranked} FROM {quoted(table.name)} WHERE ({some.sql}) AND {known}"
    columns = dict.fromkeys([*some.columns, *index.columns, *(column for key in keys for column in key.columns)])
    functions = some.functions.union(*(key.functions for key in keys))
    broken = f"rowid IN (SELECT rowid FROM ({rows}) WHERE place > 1)"
    out = ways(tree_of(index.where), wanted=False) if index.where else ()  # how a row gets out of the index
    return Condition(f"unique index {index.name}", broken, tuple(columns), functions, some.tries, out)


def _asked(node: Any) -> Iterator[tuple[str, Trait]]:
    """What an expression asks of single columns: parts joined by AND, or an OR with `IS NULL` beside one part."""
    kind = node.WhichOneof("node")
    if kind == "bool_expr":
        parts = [bare(part) for part in node.bool_expr.args]
        if node.bool_expr.boolop == 2:  # OR
            parts = [part for part in parts if part.WhichOneof("node") != "null_test"]
        if node.bool_expr.boolop == 1 or (node.bool_expr.boolop == 2 and len(parts) == 1):
            for part in parts:
                yield from _asked(part)
    elif kind == "a_expr":
        yield from _atom(node.a_expr)


def _atom(node: Any) -> Iterator[tuple[str, Trait]]:
    kind, operator = label(node, "kind"), node.name[-1].string.sval if node.name else ""
    left, right = bare(node.lexpr), bare(node.rexpr)
    if left.WhichOneof("node") == "column_ref":
        text = text_of(right)
        if alphabets := alphabets_of(kind, operator, text):
            anchored = operator not in ("~", "~*") or (text.startswith("^") and text.endswith("$"))
            pattern = text if operator in ("~", "~*") else ""
            if anchored:
                yield column_of(left), Trait(pattern, alphabets)
    elif left.WhichOneof("node") == "func_call" and left.func_call.funcname[-1].string.sval in (
        "length", "char_length", "character_length", "octet_length",
    ):  # fmt: skip
        size = _whole(right)
        if size is not None and kind == "AEXPR_OP":
            shortest = {"=": size, ">=": size, ">": size + 1}.get(operator, 0)
            longest = {"=": size, "<=": size, "<": size - 1}.get(operator)
            yield column_of(left), Trait(shortest=shortest, longest=longest)
        elif kind == "AEXPR_BETWEEN":
            low, high = (_whole(item) for item in right.list.items)
            yield column_of(left), Trait(shortest=low or 0, longest=high)


def _whole(node: Any) -> int | None:
    node = bare(node)
    is_number = node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "ival"
    return int(node.a_const.ival.ival) if is_number else None


def _both(one: Trait, other: Trait) -> Trait:
    longest = [limit for limit in (one.longest, other.longest) if limit is not None]
    which = other if other.alphabets else one
    shortest = max(one.shortest, other.shortest)
    return Trait(which.pattern, which.alphabets, shortest, min(longest) if longest else None)


def tries_of(column: Column, type_: str, condition: Condition, number: str) -> list[str]:
    """Values to try for a column: what it is compared with, and a little less and more of it; NULL where it may be."""
    step = _step(type_, number)
    found = ["NULL"] if column.nullable else []
    if type_ == "BOOLEAN":
        found += ["true", "false"]
    for text in condition.tries.get(column.name, ()):
        found += [_value(type_, text, sign, number) for sign in ((0, -1, 1) if step else (0,))]
    return found


def way_of(column: Column, type_: str, way: Way, number: str) -> str:
    """The value of a column in one way of making a condition true; empty where the way asks nothing of it."""
    text, sign = way.get(column.name, ("", 0))
    return text if text in ("", MADE, "NULL") else _value(type_, text, sign, number)


def _value(type_: str, text: str, sign: int, number: str) -> str:
    value, step = f"TRY_CAST(({text.replace(NUMBER, number)}) AS {type_})", _step(type_, number)
    return f"CAST({value} {'+' if sign > 0 else '-'} {step} AS {type_})" if sign and step else value


def _step(type_: str, number: str) -> str:
    if type_ in ("DATE", "TIMESTAMP", "TIMESTAMPTZ", "INTERVAL"):
        return f"to_days(CAST(1 + {number} % 30 AS INTEGER))"
    is_number = type_.partition("(")[0] in ("SMALLINT", "INTEGER", "BIGINT", "REAL", "DOUBLE", "DECIMAL")
    return f"(1 + {number} % 9)" if is_number else ""
