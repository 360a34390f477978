"""Places inside the raw data of a design file: how errors spell them, and what stands there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from archbook.design.model import Where
from archbook.errors import shown


def spelled(where: Where) -> str:
    """A place as errors spell it.

    >>> spelled(("calls", 2, "to"))
    'calls[2].to'
    """
    parts = (f"[{step}]" if isinstance(step, int) else "." + shown(step)[1:-1] for step in where)
    return "".join(parts).removeprefix(".")


def holds(data: Any, step: str | int) -> bool:
    """Whether a mapping has this key, or a list this index."""
    if isinstance(data, list):
        return isinstance(step, int) and 0 <= step < len(data)
    return isinstance(data, Mapping) and step in data


def value_at(data: Any, where: Where) -> Any:
    """The value at a place, or None where nothing stands."""
    for step in where:
        if not holds(data, step):
            return None
        data = data[step]
    return data


def found(data: Any, pattern: str) -> Iterator[tuple[Where, Any]]:
    """Places and values that match a pattern, in which ``*`` stands for every key or index.

    >>> list(found({"calls": [{"to": "a"}, {}, {"to": "b"}]}, "calls.*.to"))
    [(('calls', 0, 'to'), 'a'), (('calls', 2, 'to'), 'b')]
    """
    return _matching(data, pattern.split("."), ())


def _matching(data: Any, pattern: Sequence[str], where: Where) -> Iterator[tuple[Where, Any]]:
    if not pattern:
        yield where, data
    elif pattern[0] == "*":
        entries = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
        for step, value in entries:
            yield from _matching(value, pattern[1:], (*where, step))
    elif isinstance(data, Mapping) and pattern[0] in data:
        yield from _matching(data[pattern[0]], pattern[1:], (*where, pattern[0]))
