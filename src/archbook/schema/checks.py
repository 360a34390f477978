"""What a CHECK says about a column, where it is a list of values or a range."""

from __future__ import annotations

from typing import Any

from archbook.schema.model import Limit

_RANGES = {">": ("low", True), ">=": ("low", False), "<": ("high", True), "<=": ("high", False)}
_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "=": "="}


def limits_of(expression: Any) -> tuple[Limit, ...]:
    """All that a check says as limits of single columns; empty where it says anything more."""
    node = _bare(expression)
    kind = node.WhichOneof("node")
    if kind == "bool_expr" and node.bool_expr.boolop == 1:  # AND
        parts = [limits_of(arg) for arg in node.bool_expr.args]
        return tuple(limit for part in parts for limit in part) if all(parts) else ()
    if kind == "bool_expr" and node.bool_expr.boolop == 2:  # OR of equalities on one column
        return _either([limits_of(arg) for arg in node.bool_expr.args])
    return _comparison(node.a_expr) if kind == "a_expr" else ()


def _either(parts: list[tuple[Limit, ...]]) -> tuple[Limit, ...]:
    single = [part[0] for part in parts if len(part) == 1 and part[0].values]
    if len(single) < len(parts) or len({limit.column for limit in single}) != 1:
        return ()
    return (Limit(single[0].column, tuple(value for limit in single for value in limit.values)),)


def _comparison(node: Any) -> tuple[Limit, ...]:
    operator = node.name[0].string.sval if node.name else ""
    kind = node.DESCRIPTOR.fields_by_name["kind"].enum_type.values_by_number[node.kind].name
    left, right = _bare(node.lexpr), _bare(node.rexpr)
    column = _column(left)
    if kind in ("AEXPR_IN", "AEXPR_OP_ANY") and operator == "=":
        return _listed(column, _items(right))
    if kind == "AEXPR_BETWEEN" and column:
        low, high = (_number(item) for item in _items(right))
        return () if low is None or high is None else (Limit(column, low=low, high=high),)
    if kind != "AEXPR_OP":
        return ()
    if column is None:
        column, right, operator = _column(right), left, _TURNED.get(operator, "")
    if operator == "=":
        return _listed(column, [right])
    bound = _number(right)
    if column is None or bound is None or operator not in _RANGES:
        return ()
    side, is_open = _RANGES[operator]
    return (Limit(column, **{side: bound, f"{side}_open": is_open}),)  # type: ignore[arg-type]


def _listed(column: str | None, items: list[Any]) -> tuple[Limit, ...]:
    values = [_constant(item) for item in items]
    if column is None or not values or any(value is None for value in values):
        return ()
    return (Limit(column, tuple(value for value in values if value is not None)),)


def _bare(node: Any) -> Any:
    """A node without the casts around it."""
    while node.WhichOneof("node") == "type_cast":
        node = node.type_cast.arg
    return node


def _items(node: Any) -> list[Any]:
    if node.WhichOneof("node") == "a_array_expr":
        return list(node.a_array_expr.elements)
    return list(node.list.items)


def _column(node: Any) -> str | None:
    if node.WhichOneof("node") != "column_ref":
        return None
    name = node.column_ref.fields[-1].string.sval
    return str(name) or None


def _constant(node: Any) -> str | float | None:
    node = _bare(node)
    if node.WhichOneof("node") == "a_const" and node.a_const.WhichOneof("val") == "sval":
        return str(node.a_const.sval.sval)
    return _number(node)


def _number(node: Any) -> float | None:
    node = _bare(node)
    if node.WhichOneof("node") == "a_expr" and node.a_expr.name[0].string.sval == "-":
        inner = _number(node.a_expr.rexpr)
        return None if inner is None else -inner
    if node.WhichOneof("node") != "a_const":
        return None
    value = node.a_const.WhichOneof("val")
    if value == "ival":
        return float(node.a_const.ival.ival)
    return float(node.a_const.fval.fval) if value == "fval" else None
