"""Documents with one broken node: each place of a good one in turn, with each value that does not belong there."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

WRONG: tuple[Any, ...] = (
    None, True, 5, "x", [], {}, [5], [[]], ["x"], [{}], {"x": 5}, {"x": {"x": []}}, {"$ref": "#/nowhere"}, {"$ref": 5},
    {"$ref": "#"}, [{"$ref": "https://elsewhere.example/a"}],
)  # fmt: skip


def places(data: Any, where: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place inside mappings and lists."""
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in entries:
        yield (*where, step)
        yield from places(value, (*where, step))


def broken_documents(data: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Copies that differ in one value; the one that says the version stays, without which nothing is read."""
    for where in places(data):
        if where in (("openapi",), ("swagger",)):
            continue
        for wrong in WRONG:
            broken = copy.deepcopy(data)
            node: Any = broken
            for step in where[:-1]:
                node = node[step]
            node[where[-1]] = copy.deepcopy(wrong)
            yield broken
