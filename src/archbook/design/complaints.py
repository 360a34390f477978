"""What is wrong with the values of a design, in our own words: every fault that the model finds, once."""

from __future__ import annotations

import types
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from archbook.design.model import Design, Where
from archbook.errors import nearest, shown


@dataclass(frozen=True, slots=True)
class Complaint:
    """One fault at one place. The remedy is a sentence, or the nearest of the `known` names to `name`."""

    where: Where
    what: str
    remedy: str = ""
    name: str = ""
    known: Iterable[str] = field(default=(), compare=False)


FAULTS_LIMIT = 1000
_KINDS = {
    "string_type": ("text", "put it in quotation marks"),
    "int_type": ("a whole number", "write it like `4`"),
    "bool_type": ("true or false", "only these two words are"),
    "dict_type": ("a mapping", "write `key: value` lines, or {key: value}"),
    "model_type": ("a mapping", "write `key: value` lines, or {key: value}"),
    "tuple_type": ("a list", "write lines that begin with `- `, or [one, two]"),
    "float_type": ("a number", "write it like `1.5`"),
}
_PATTERNS = {
    "^[A-Za-z]": ("is not a name", "begin with a letter and use letters, digits, `.`, `_` and `-`, at most 63"),
    "^(GET": ("is not an endpoint", "write it like `GET /api/v1/users/{id}`"),
    "^\\d{4}": ("is not a day", "write it like `2026-11-23`"),
}
_UNIONS = {
    "steps": ("is not an endpoint", "write it like `GET /api/v1/users`, or {do: GET /api/v1/users, times: 3}"),
    "on": ("is neither an endpoint nor an event", "write it like `GET /api/v1/users` or `order.created`"),
    "added_by": ("is neither an endpoint nor an event", "write it like `GET /api/v1/users` or `order.created`"),
    "per_request": ("is neither a number nor `per row`", "write it like `1.5` or `per row`"),
    "alternatives": ("is not an alternative", "write it as text, or {option: …, why_not: …}"),
}


def complaints(error: ValidationError, data: Any) -> Iterator[Complaint]:
    """Each fault once; a value that may be one of two things gets one complaint, not one for each."""
    plain, branches = [], defaultdict(list)
    for fault in error.errors(include_url=False, include_input=False)[:FAULTS_LIMIT]:
        where, branch_at, tag = _placed(fault, data)
        if tag is None:
            plain.append((where, fault))
        else:
            branches[where[:branch_at]].append((where, tag, fault))
    for place, faults in branches.items():
        yield from _of_union(place, faults, data)
    unknown = {where for where, fault in plain if fault["type"] == "extra_forbidden"}
    for where, fault in plain:
        if fault["type"] != "missing" or not _misspelt(where, unknown):
            yield _worded(where, fault, data)


def value_at(data: Any, where: Where) -> Any:
    """The value at a place of the raw data, or None where nothing stands."""
    for step in where:
        if not _holds(data, step):
            return None
        data = data[step]
    return data


def _holds(data: Any, step: str | int) -> bool:
    if isinstance(data, list):
        return isinstance(step, int) and 0 <= step < len(data)
    return isinstance(data, Mapping) and step in data


def _placed(fault: Mapping[str, Any], data: Any) -> tuple[Where, int, str | None]:
    """Where a fault stands in the file; for a union, where that stands and which branch complains."""
    where: Where = ()
    branch_at, tag = 0, None
    for step in fault["loc"]:
        if _holds(data, step):
            where, data = (*where, step), data[step]
        elif fault["type"] == "missing" and step == fault["loc"][-1]:
            where = (*where, step)
        elif step != "[key]" and tag is None:
            branch_at, tag = len(where), str(step)
    return where, branch_at, tag


def _of_union(place: Where, faults: Sequence[tuple[Where, str, Mapping[str, Any]]], data: Any) -> Iterator[Complaint]:
    value = value_at(data, place)
    inner = [(where, fault) for where, tag, fault in faults if tag in ("Step", "Alternative")]
    number = [(where, fault) for where, _, fault in faults if fault["type"] == "value_error"]
    if isinstance(value, Mapping) and inner:
        unknown = {where for where, fault in inner if fault["type"] == "extra_forbidden"}
        yield from (_worded(w, f, data) for w, f in inner if f["type"] != "missing" or not _misspelt(w, unknown))
    elif number and not isinstance(value, str | None | bool | list):
        yield _worded(place, number[0][1], data)
    else:
        key = next((step for step in reversed(place) if isinstance(step, str)), "")
        what, remedy = _UNIONS.get(key, ("does not fit here", "look it up with `archbook schema`"))
        yield _empty(place) if value is None else Complaint(place, f"{_quoted(value)} {what}", remedy)


def _misspelt(missing: Where, unknown: set[Where]) -> bool:
    """Whether a missing key is there under nearly its name (which is told already)."""
    beside = [str(where[-1]) for where in unknown if where[:-1] == missing[:-1]] if len(unknown) < 100 else []
    return nearest(str(missing[-1]), beside) is not None


def _worded(where: Where, fault: Mapping[str, Any], data: Any) -> Complaint:
    kind, context = fault["type"], fault.get("ctx", {})
    value = value_at(data, where)
    quoted = _quoted(value)
    if kind == "missing":
        return Complaint(where, "is missing", _description(where))
    if kind == "extra_forbidden":
        return Complaint(where, "there is no such key", name=str(where[-1]), known=keys_at(where[:-1]))
    if fault["loc"][-1] == "[key]":
        what, remedy = _PATTERNS["^[A-Za-z]"]
        return Complaint(where, f"{shown(where[-1])} {what}", remedy)
    if kind == "value_error":
        message, *key = context["error"].args
        what, _, remedy = message.partition("; ")
        subject = "" if isinstance(value, Mapping) and not key else _quoted(value_at(value, tuple(key))) + " "
        return Complaint((*where, *key), subject + what, remedy)
    if value is None:
        return _empty(where)
    if kind == "literal_error":
        return _of_choices(where, value)
    if kind in _KINDS:
        expected, remedy = _KINDS[kind]
        written = isinstance(value, Mapping | list)
        remedy = "write one value" if written and kind in ("string_type", "int_type", "bool_type") else remedy
        return Complaint(where, f"is {quoted} and must be {expected}", remedy)
    return Complaint(where, *_out_of_bounds(kind, context, value, quoted))


def _out_of_bounds(kind: str, context: Mapping[str, Any], value: Any, quoted: str) -> tuple[str, str]:
    if kind == "string_pattern_mismatch":
        matching = (words for start, words in _PATTERNS.items() if context["pattern"].startswith(start))
        what, remedy = next(matching, ("does not fit here", "look it up with `archbook schema`"))
        return f"{quoted} {what}", remedy
    if kind == "string_too_long":
        return f"is {len(value)} characters long, more than {context['max_length']}", "shorten it"
    if kind == "too_short":
        return "is empty", "put at least one entry, or leave the key out where it is not required"
    if kind in ("greater_than_equal", "less_than_equal"):
        side, bound = ("least", context["ge"]) if kind[0] == "g" else ("most", context["le"])
        return f"{quoted} must be at {side} {bound}", ""
    return f"{quoted} does not fit here", "look it up with `archbook schema`"


def _of_choices(where: Where, value: Any) -> Complaint:
    choices = [choice for kind in _branches(_type_at(where)) for choice in get_args(kind)]
    if where == ("archbook",):
        return Complaint(where, f"{_quoted(value)} is a format that this Archbook does not read", "write `archbook: 1`")
    return Complaint(where, f"{_quoted(value)} is not known here", name=str(value), known=[str(c) for c in choices])


def _empty(where: Where) -> Complaint:
    return Complaint(where, "is empty", "write a value, or leave the key out")


def _quoted(value: Any) -> str:
    """A value as an error names it; booleans as YAML writes them, mappings and lists not at length."""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if isinstance(value, Mapping | list):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return shown(value[:500] if isinstance(value, str) else value) if value not in (None, "") else "an empty value"


def keys_at(where: Where) -> list[str]:
    """The keys that the format knows at a place."""
    models = [kind for kind in _branches(_type_at(where)) if _is_model(kind)]
    return [info.alias or name for model in models for name, info in model.model_fields.items()]


def _description(where: Where) -> str:
    for model in filter(_is_model, _branches(_type_at(where[:-1]))):
        for name, info in model.model_fields.items():
            if (info.alias or name) == where[-1]:
                return f"add it: {(info.description or '')[:1].lower()}{(info.description or '')[1:].rstrip('.')}"
    return "add it"


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _branches(kind: Any) -> list[Any]:
    """The types that an annotation stands for, without Annotated and None."""
    if hasattr(kind, "__metadata__"):
        return _branches(kind.__origin__)
    if get_origin(kind) in (Union, types.UnionType):
        return [branch for part in get_args(kind) for branch in _branches(part)]
    return [] if kind is type(None) else [kind]


def _type_at(where: Where) -> Any:
    """The annotation of the model at a place, or None where the format knows nothing."""
    kind: Any = Design
    for step in where:
        inside = [found for branch in _branches(kind) if (found := _inside(branch, step)) is not None]
        kind = inside[0] if inside else None
    return kind


def _inside(kind: Any, step: str | int) -> Any:
    if _is_model(kind):
        fields = kind.model_fields.items()
        return next((info.annotation for name, info in fields if (info.alias or name) == step), None)
    if get_origin(kind) is dict:
        return get_args(kind)[1]
    if get_origin(kind) is tuple:
        return get_args(kind)[0]
    return None
