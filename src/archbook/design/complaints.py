"""What is wrong with the values of a design, in our own words: every fault that the model finds, once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from archbook.design.model import Design, Where
from archbook.design.places import holds, value_at
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
_LOOK = "look it up with `archbook schema`"
_WORDS = {
    "string_type": ("is {value} and must be text", "put it in quotation marks"),
    "int_type": ("is {value} and must be a whole number", "write it like `4`"),
    "bool_type": ("is {value} and must be true or false", "only these two words are"),
    "dict_type": ("is {value} and must be a mapping", "write `key: value` lines, or {{key: value}}"),
    "model_type": ("is {value} and must be a mapping", "write `key: value` lines, or {{key: value}}"),
    "tuple_type": ("is {value} and must be a list", "write lines that begin with `- `, or [one, two]"),
    "string_too_long": ("is {length} characters long, more than {max_length}", "shorten it"),
    "too_short": ("is empty", "put at least one entry, or leave the key out where it is not required"),
    "greater_than_equal": ("{value} must be at least {ge}", ""),
    "less_than_equal": ("{value} must be at most {le}", ""),
}
_PATTERNS = {
    "^[A-Za-z]": ("is not a name", "begin with a letter and use letters, digits, `.`, `_` and `-`, at most 63"),
    "^(GET": ("is not an endpoint", "write it like `GET /api/v1/users/{id}`"),
    "^\\d{4}": ("is not a day", "write it like `2026-11-23`"),
}
_CAUSE = ("is neither an endpoint nor an event", "write it like `GET /api/v1/users` or `order.created`")
_UNIONS = {
    "steps": ("is not an endpoint", "write it like `GET /api/v1/users`, or {do: GET /api/v1/users, times: 3}"),
    "on": _CAUSE,
    "added_by": _CAUSE,
    "per_request": ("is neither a number nor `per row`", "write it like `1.5` or `per row`"),
    "alternatives": ("is not an alternative", "write it as text, or {option: …, why_not: …}"),
}


def complaints(error: ValidationError, data: Any, root: type[BaseModel] = Design) -> Iterator[Complaint]:
    """Each fault once; a value that may be one of two things gets one complaint, not one for each.

    root: what the data was to be.
    """
    plain: list[tuple[Where, Any]] = []
    branches: dict[Where, list[tuple[Where, Any]]] = defaultdict(list)
    for fault in error.errors(include_url=False, include_input=False)[:FAULTS_LIMIT]:
        where, union = _placed(fault, data)
        (plain if union is None else branches[union]).append((where, fault))
    for place, faults in branches.items():
        fitting = [(where, fault) for where, fault in faults if where != place or _is_of_number(fault, data, place)]
        plain += fitting
        if not fitting:
            yield _neither(place, value_at(data, place))
    unknown = {where for where, fault in plain if fault["type"] == "extra_forbidden"}
    for where, fault in plain:
        if fault["type"] != "missing" or not _misspelt(where, unknown):
            yield _worded(where, fault, data, root)


def _placed(fault: Mapping[str, Any], data: Any) -> tuple[Where, Where | None]:
    """Where a fault stands in the file; and where the value stands that may be one of two things, if it is in one."""
    where: Where = ()
    union = None
    for step in fault["loc"]:
        if holds(data, step):
            where, data = (*where, step), data[step]
        elif fault["type"] == "missing" and step == fault["loc"][-1]:
            where = (*where, step)
        elif step != "[key]" and union is None:
            union = where
    return where, union


def _is_of_number(fault: Mapping[str, Any], data: Any, place: Where) -> bool:
    """Whether a number (or {low, likely, high}) is complained of, and not that it is no other thing."""
    return fault["type"] == "value_error" and not isinstance(value_at(data, place), str | bool | list | None)


def _neither(place: Where, value: Any) -> Complaint:
    key = next((step for step in reversed(place) if isinstance(step, str)), "")
    what, remedy = _UNIONS.get(key, ("does not fit here", _LOOK))
    return _empty(place) if value is None else Complaint(place, f"{_quoted(value)} {what}", remedy)


def _misspelt(missing: Where, unknown: set[Where]) -> bool:
    """Whether a missing key is there under nearly its name (which is told already)."""
    beside = [str(where[-1]) for where in unknown if where[:-1] == missing[:-1]] if len(unknown) < 100 else []
    return nearest(str(missing[-1]), beside) is not None


def _worded(where: Where, fault: Mapping[str, Any], data: Any, root: type[BaseModel]) -> Complaint:
    kind, context, value = fault["type"], fault.get("ctx", {}), value_at(data, where)
    if kind == "missing":
        meaning = keys_at(where[:-1], root).get(str(where[-1]), "").rstrip(".")
        return Complaint(where, "is missing", f"add it: {meaning[:1].lower()}{meaning[1:]}")
    if kind == "extra_forbidden":
        return Complaint(where, "there is no such key", name=str(where[-1]), known=keys_at(where[:-1], root))
    if kind == "value_error":
        return _of_quantity(where, context["error"], value)
    if fault["loc"][-1] == "[key]":
        value = where[-1]
    if value is None:
        return _empty(where)
    quoted = _quoted(value)
    if kind == "literal_error" and where == ("archbook",):
        return Complaint(where, f"{quoted} is a format that this Archbook does not read", "write `archbook: 1`")
    if kind == "literal_error":
        choices = re.findall(r"'([^']+)'", context["expected"])
        return Complaint(where, f"{quoted} is not known here", name=str(value), known=choices)
    if kind == "string_pattern_mismatch":
        matching = (words for start, words in _PATTERNS.items() if context["pattern"].startswith(start))
        what, remedy = next(matching, ("does not fit here", _LOOK))
        return Complaint(where, f"{quoted} {what}", remedy)
    what, remedy = _WORDS.get(kind, ("{value} does not fit here", _LOOK))
    if isinstance(value, Mapping | list) and kind in ("string_type", "int_type", "bool_type"):
        remedy = "write one value"
    return Complaint(where, what.format(value=quoted, length=len(str(value)), **context), remedy.format())


def _of_quantity(where: Where, error: ValueError, value: Any) -> Complaint:
    """What is wrong with a number and its unit; with a second argument, with that bound of an uncertain one."""
    message, *key = error.args
    what, _, remedy = message.partition("; ")
    subject = "" if isinstance(value, Mapping) and not key else _quoted(value_at(value, tuple(key))) + " "
    return Complaint((*where, *key), subject + what, remedy)


def _empty(where: Where) -> Complaint:
    return Complaint(where, "is empty", "write a value, or leave the key out")


def _quoted(value: Any) -> str:
    """A value as an error names it; booleans as YAML writes them, mappings and lists not at length."""
    if isinstance(value, bool):
        return f"`{value}`".lower()
    if isinstance(value, Mapping | list):
        return "a mapping" if isinstance(value, Mapping) else "a list"
    return shown(value[:500] if isinstance(value, str) else value) if value not in (None, "") else "an empty value"


def keys_at(where: Where, root: type[BaseModel] = Design) -> dict[str, str]:
    """The keys that the format knows at a place, and their meanings.

    >>> keys_at(("services", "orders", "service_time"))["mean"]
    'Mean time of own work on one request, such as `12ms`.'
    """
    models, is_entry = [root], False
    for step in where:
        if is_entry:
            is_entry = False
            continue
        fields = [info for model in models for name, info in model.model_fields.items() if (info.alias or name) == step]
        models = [model for info in fields for model in _models(info.annotation)]
        is_entry = any(get_origin(info.annotation) in (dict, tuple) for info in fields)
    return {info.alias or name: info.description or "" for m in models for name, info in m.model_fields.items()}


def _models(annotation: Any) -> list[Any]:
    """The parts of a design that an annotation speaks of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for inner in get_args(annotation) for model in _models(inner)]
