"""Cycles in the calls and events of a design."""

from __future__ import annotations

import graphlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from archbook.design.places import found, value_at

STEPS_LIMIT = 500_000
CYCLES_LIMIT = 20


class Edge(NamedTuple):
    """A synchronous call between services, and the endpoints and events that cause it (None: all)."""

    number: int
    caller: str
    callee: str
    causes: frozenset[str] | None


def cycles(edges: Iterable[tuple[str, str]]) -> Iterator[list[str]]:
    """Cycles that share no edge, each as a path whose first and last node are the same; at most 20.

    >>> list(cycles([("a", "b"), ("b", "c"), ("c", "b")]))
    [['b', 'c', 'b']]
    """
    rest: dict[str, dict[str, None]] = {}
    for source, target in edges:
        rest.setdefault(source, {})[target] = None
    for _ in range(CYCLES_LIMIT):
        try:
            return graphlib.TopologicalSorter(rest).prepare()
        except graphlib.CycleError as error:
            path = error.args[1][::-1]
        turn = path.index(min(path))
        yield [*path[turn:-1], *path[: turn + 1]]
        for node, successor in itertools.pairwise(path):
            del rest[node][successor]


def call_cycles(data: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Circles of synchronous calls that can happen in one request: index of the last call in file order, and the path.

    Only calls whose `on` have an endpoint or event in common, or are empty, make a circle. A gateway's call without
    `on` is made for the endpoints that its target serves. Designs with very many such causes are searched in part.
    """
    edges = list(_edges(data))
    if not any(cycles((edge.caller, edge.callee) for edge in edges)):
        return
    by_cause: dict[str | None, list[Edge]] = defaultdict(list)
    for edge in edges:
        for cause in (None,) if edge.causes is None else edge.causes:
            by_cause[cause].append(edge)
    always = by_cause.pop(None, [])
    told: set[int] = set()
    searched = list(by_cause.values())[: STEPS_LIMIT // len(edges)]
    for caused in [[], *searched]:
        together = [*always, *caused]
        for path in cycles((edge.caller, edge.callee) for edge in together):
            pairs = set(itertools.pairwise(path))
            last = max(edge.number for edge in together if (edge.caller, edge.callee) in pairs)
            if last not in told and len(told) < CYCLES_LIMIT:
                told.add(last)
                yield last, path


def _edges(data: Mapping[str, Any]) -> Iterator[Edge]:
    services = data.get("services")
    served: dict[Any, set[str]] = defaultdict(set)
    for where, service in found(data, "api.endpoints.*.service"):
        served[str(service)].add(str(value_at(data, (*where[:-1], "name"))))
    for (_, index), call in found(data, "calls.*"):
        caller, callee, on = (value_at(call, (key,)) for key in ("from", "to", "on"))
        if not all(isinstance(name, str) and value_at(services, (name,)) is not None for name in (caller, callee)):
            continue
        if call.get("mode", "sync") == "sync" and isinstance(index, int):
            routes = not on and value_at(services, (caller, "role")) == "gateway"
            causes = frozenset(map(str, on)) if isinstance(on, list) and on else None
            yield Edge(index, caller, callee, frozenset(served[callee]) if routes else causes)
