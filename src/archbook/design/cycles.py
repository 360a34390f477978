"""Cycles in the calls and events of a design."""

from __future__ import annotations

import graphlib
import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Edge = tuple[int, str, str, "frozenset[str] | None"]
"""A call: its index, caller, callee and the causes in `on` (None: always)."""
STEPS_LIMIT = 500_000
CYCLES_LIMIT = 20


def cycles(graph: Mapping[str, Iterable[str]]) -> Iterator[list[str]]:
    """Cycles that share no edge, each as a path whose first and last node are the same; at most 20.

    >>> list(cycles({"a": ["b"], "b": ["c"], "c": ["b"]}))
    [['b', 'c', 'b']]
    """
    rest = {node: list(successors) for node, successors in graph.items()}
    for _ in range(CYCLES_LIMIT):
        try:
            return graphlib.TopologicalSorter(rest).prepare()
        except graphlib.CycleError as error:
            path = error.args[1][::-1]
        turn = path.index(min(path))
        yield [*path[turn:-1], *path[: turn + 1]]
        for node, successor in itertools.pairwise(path):
            rest[node].remove(successor)


def call_cycles(data: Mapping[str, Any]) -> Iterator[tuple[int, list[str]]]:
    """Circles of synchronous calls that can happen in one request: index of the last call in file order, and the path.

    Only calls whose `on` have an endpoint or event in common, or are empty, make a circle. A gateway's call without
    `on` is made for the endpoints that its target serves. Designs with very many such causes are searched in part.
    """
    edges = _in_knots(_edges(data))
    always = [edge for edge in edges if edge[3] is None]
    by_cause: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        for cause in edge[3] or ():
            by_cause[cause].append(edge)
    told: set[int] = set()
    steps = 0
    for caused in [[], *by_cause.values()]:
        steps += len(always) + len(caused)
        if steps > STEPS_LIMIT or len(told) >= CYCLES_LIMIT:
            return
        together = [*always, *caused]
        for path in cycles(_graph(together)):
            pairs = set(itertools.pairwise(path))
            last = max(edge[0] for edge in together if (edge[1], edge[2]) in pairs)
            if last not in told:
                told.add(last)
                yield last, path


def _edges(data: Mapping[str, Any]) -> list[Edge]:
    services, calls = data.get("services"), data.get("calls")
    if not isinstance(services, Mapping) or not isinstance(calls, list):
        return []
    served = _served(data)
    edges: list[Edge] = []
    for index, call in enumerate(calls):
        if not isinstance(call, Mapping) or call.get("mode", "sync") != "sync":
            continue
        caller, callee, on = call.get("from"), call.get("to"), call.get("on")
        if not (isinstance(caller, str) and isinstance(callee, str) and caller in services and callee in services):
            continue
        gateway = isinstance(services[caller], Mapping) and services[caller].get("role") == "gateway"
        causes = frozenset(map(str, on)) if isinstance(on, list) and on else None
        edges.append((index, caller, callee, frozenset(served[callee]) if gateway and causes is None else causes))
    return edges


def _served(data: Mapping[str, Any]) -> dict[str, set[str]]:
    """Endpoints that each service answers."""
    served: dict[str, set[str]] = defaultdict(set)
    api = data.get("api")
    endpoints = api.get("endpoints") if isinstance(api, Mapping) else None
    for endpoint in endpoints if isinstance(endpoints, list) else ():
        if isinstance(endpoint, Mapping) and isinstance(endpoint.get("service"), str):
            served[endpoint["service"]].add(str(endpoint.get("name")))
    return served


def _graph(edges: Iterable[Edge]) -> dict[str, list[str]]:
    graph: dict[str, dict[str, None]] = {}
    for _, caller, callee, _ in edges:
        graph.setdefault(caller, {})[callee] = None
        graph.setdefault(callee, {})
    return {node: list(successors) for node, successors in graph.items()}


def _in_knots(edges: Sequence[Edge]) -> list[Edge]:
    """The edges that may lie on a cycle: what is left when sources and sinks are peeled off."""
    loose: set[str] = set()
    for swap in (False, True):
        graph = _graph(
            [(i, callee, caller, on) if swap else (i, caller, callee, on) for i, caller, callee, on in edges]
        )
        sorter = graphlib.TopologicalSorter(graph)
        if not _prepared_with_cycle(sorter):
            return []
        while ready := sorter.get_ready():
            loose.update(ready)
            sorter.done(*ready)
    return [edge for edge in edges if edge[1] not in loose and edge[2] not in loose]


def _prepared_with_cycle(sorter: graphlib.TopologicalSorter[str]) -> bool:
    """Prepare a sorter, which then gives what lies before its cycles; whether it has one."""
    try:
        sorter.prepare()
    except graphlib.CycleError:
        return True
    return False
