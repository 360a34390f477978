"""Columns for boxes that refer to each other, none much taller than the picture should be."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping
from itertools import count

COLUMN = 330.0  # px of a column of boxes with the lines beside it
WIDER = 1.5  # how many times wider than high a picture should be
LEAST = 700.0  # px: a column up to here is never broken


def columns(heights: Mapping[str, float], links: Iterable[tuple[str, str]]) -> dict[str, int]:
    """The column of each box: right of its parents', unless they are its children too.

    heights: px by name. links: (parent, child).

    >>> columns({"items": 90, "orders": 90, "users": 90}, [("users", "orders"), ("orders", "items")])
    {'items': 2, 'orders': 1, 'users': 0}
    """
    parents: dict[str, set[str]] = {name: set() for name in heights}
    children: dict[str, set[str]] = {name: set() for name in heights}
    for parent, child in links:
        if parent != child:
            parents[child].add(parent)
            children[parent].add(child)
    limit = max(LEAST, math.sqrt(sum(heights.values()) * COLUMN / WIDER))
    filled: defaultdict[int, float] = defaultdict(float)
    chosen: dict[str, int] = {}

    def put(name: str, candidates: Iterable[int]) -> None:
        for column in candidates:
            if not filled[column] or filled[column] + heights[name] <= limit:
                filled[column] += heights[name]
                chosen[name] = column
                return

    for name in _parents_first(parents, children):
        put(name, count(1 + max((chosen[parent] for parent in parents[name] if parent in chosen), default=-1)))
    for name in [name for name in heights if not parents[name] and children[name]]:  # towards their children
        filled[chosen[name]] -= heights[name]
        put(name, range(min(chosen[child] for child in children[name]) - 1, -1, -1))
    return {name: chosen[name] for name in heights}


def _parents_first(parents: Mapping[str, set[str]], children: Mapping[str, set[str]]) -> Iterator[str]:
    """All names, each after its parents; of a cycle first the one with most children."""
    waiting = {name: len(above) for name, above in parents.items()}
    ready = deque(name for name, left in waiting.items() if not left)
    while waiting:
        name = ready.popleft() if ready else max(waiting, key=lambda name: len(children[name]))
        if waiting.pop(name, None) is None:
            continue
        yield name
        for child in sorted(children[name] & waiting.keys()):
            waiting[child] -= 1
            if not waiting[child]:
                ready.append(child)
