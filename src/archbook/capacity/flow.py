"""Traffic carried from journeys over the call graph: how often each element is reached, and by whom.

A plan is made once for a design's calls, events, endpoints and traffic. It does not depend on growth, instances,
servers or service times, so that moving those is cheap. Equal work is one *handling*: what one element does for one
request, with the handlings that it calls. Endpoints and events in whose handling a service does the same share them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from archbook.capacity.caching import hit_ratio
from archbook.capacity.handlings import Handling, Handlings, asked_first, misses, ordered
from archbook.capacity.network import Network
from archbook.design.model import Design, a_design
from archbook.errors import ArchbookError
from archbook.units import show_share, significant

MOST_HITS = 1 - 1e-6
"""Even where all keys fit each is fetched once: a computed hit ratio is at most this."""


@dataclass(frozen=True, eq=False)
class Plan:
    """Rates at today's peak of everything in a design, per second, and the handlings behind them."""

    design: Design
    elements: tuple[str, ...]  # services, stores, externals
    handlings: tuple[Handling, ...]  # callees before callers
    entries: Mapping[str, int]  # endpoint → handling at which its requests enter
    asked_per_s: Mapping[str, float]  # endpoint → requests of clients
    arriving_per_s: Mapping[str, float]  # endpoint → those that no client cache or CDN answers
    handling_per_s: tuple[float, ...]
    reads_per_s: Mapping[str, float]  # element → visits that read
    writes_per_s: Mapping[str, float]
    calls_per_s: tuple[float, ...]  # first attempts of each call
    attempts_per_s: tuple[float, ...]
    events_per_s: Mapping[str, float]
    warnings: tuple[str, ...]
    hit_ratios: Mapping[str, float] = field(default_factory=dict)  # of caches, where computed from their keys
    memo: dict[str, Any] = field(default_factory=dict)  # the system last solved with this plan

    def fits(self, design: Design) -> bool:
        """Whether this plan also holds for `design`: only capacities and times differ."""
        mine = self.design
        return (
            mine.calls is design.calls
            and mine.events is design.events
            and mine.api is design.api
            and mine.traffic is design.traffic
            and self.elements == _elements(design)
            and mine.gateway == design.gateway
            and misses(mine) == misses(design)
            and _keyed(mine) == _keyed(design)
        )

    def looked_up_per_s(self, cache: str) -> float:
        """Look-ups of a cache by calls that ask it first, hits and misses, at today's peak."""
        missed = sum(rate for call, rate in zip(self.design.calls, self.calls_per_s, strict=True)
                     if call.unless_hit == cache)  # fmt: skip
        share = 1 - self.hit_ratios.get(cache, float(self.design.stores[cache].hit_ratio or 0))
        return missed / share if share else math.nan

    @cached_property
    def handled_by(self) -> dict[str, list[int]]:
        """Element (or event) → its handlings."""
        found: dict[str, list[int]] = {name: [] for name in self.elements}
        for index, handling in enumerate(self.handlings):
            found.setdefault(handling.element, []).append(index)
        return found

    @cached_property
    def waits_for(self) -> dict[str, dict[str, None]]:
        """Element → elements for whose answer it waits."""
        edges: dict[str, dict[str, None]] = {name: {} for name in self.elements}
        for handling in self.handlings:
            for leg in handling.legs:
                if leg.sync:
                    edges[handling.element][self.handlings[leg.handling].element] = None
        return edges

    @cached_property
    def levels(self) -> list[list[str]]:
        """Elements that wait only for earlier levels; one level of all where two services wait for each other."""
        try:
            order = ordered({name: list(callees) for name, callees in self.waits_for.items()})
        except ArchbookError:
            return [list(self.elements)]
        depth: dict[str, int] = {}
        levels: list[list[str]] = []
        for name in order:
            depth[name] = 1 + max((depth[callee] for callee in self.waits_for[name]), default=-1)
            levels += [[]] if depth[name] == len(levels) else []
            levels[depth[name]].append(name)
        return levels

    @property
    def circular(self) -> bool:
        """Whether two services wait for each other, though for different endpoints."""
        return len(self.levels) == 1 and any(self.waits_for.values())

    @cached_property
    def network(self) -> Network:
        """The plan as arrays."""
        return Network(self)


def plan(design: Design, like: Plan | None = None) -> Plan:
    """Carry the traffic of a design over its call graph.

    like: an earlier plan, which is handed back where it fits; so is the one last made for this design, or for the one
    that it was changed from. Raises ArchbookError when calls go round in a circle.
    """
    for earlier in (like, a_design(design).memo.get("plan")):
        if earlier is not None and earlier.fits(design):
            design.memo["plan"] = earlier
            return earlier
    found = _plan(design)
    if _keyed(design):
        found = _plan(design, found)
    design.memo["plan"] = found
    return found


def _keyed(design: Design) -> dict[str, Any]:
    """What the hit ratios of caches are computed from, for those that say so."""
    stores = {name: design.stores[name] for name in asked_first(design)}
    return {name: (s.keys, s.capacity, s.ttl) for name, s in stores.items() if s.keys and s.hit_ratio is None}


def _plan(design: Design, cold: Plan | None = None) -> Plan:
    """cold: the plan in which caches whose hit ratio is computed miss all: it says what they are asked."""
    hits: dict[str, float] = {}
    if cold:
        found = {name: hit_ratio(design.stores[name], cold.looked_up_per_s(name)) for name in _keyed(design)}
        hits = {name: min(ratio, MOST_HITS) for name, ratio in found.items()}
    builder = Handlings(design, {**misses(design), **{name: 1 - hit for name, hit in hits.items()}})
    entries = {endpoint.name: builder.enter(endpoint.name) for endpoint in design.api.endpoints}
    asked = _asked(design)
    arriving = {e.name: asked[e.name] * (1 - float(e.hit_ratio or 0)) for e in design.api.endpoints}
    rates = [0.0] * len(builder.handlings)
    for name, index in entries.items():
        rates[index] += arriving[name]
    reads: dict[str, float] = defaultdict(float)
    writes: dict[str, float] = defaultdict(float)
    calls, attempts = [0.0] * len(design.calls), [0.0] * len(design.calls)
    for index in range(len(rates) - 1, -1, -1):
        for leg in builder.handlings[index].legs if rates[index] else ():
            made = rates[index] * leg.times
            rates[leg.handling] += made
            (writes if leg.write else reads)[builder.handlings[leg.handling].element] += made
            if leg.call >= 0:
                calls[leg.call] += rates[index] * leg.per_visit
                attempts[leg.call] += made
    for name, index in entries.items():
        reads[builder.handlings[index].element] += arriving[name]
    events = {name: rates[index] for name, index in builder.events.items()}
    return Plan(
        design, _elements(design), tuple(builder.handlings), entries, asked, arriving, tuple(rates),
        {name: reads[name] for name in _elements(design)}, {name: writes[name] for name in _elements(design)},
        tuple(calls), tuple(attempts), events,
        (*builder.warnings(), *_never(design, arriving, calls, events), *_flushed(hits)), hits,
    )  # fmt: skip


def _flushed(hits: Mapping[str, float]) -> list[str]:
    """Sentences on what stands behind caches whose hit ratio was computed."""
    return [f"{name} answers {show_share(hit)} of look-ups (computed from its keys, at today's peak); while it is "
            f"empty what is behind it is asked {significant(1 / (1 - hit))} times as much"
            for name, hit in hits.items()]  # fmt: skip


def _asked(design: Design) -> dict[str, float]:
    rates = dict.fromkeys((e.name for e in design.api.endpoints), 0.0)
    sessions = design.sessions_per_s()
    for journey in design.traffic.journeys.values():
        for name, times in design.steps(journey):
            rates[name] += sessions * float(journey.share) * float(times)
    return rates


def _elements(design: Design) -> tuple[str, ...]:
    return (*design.services, *design.stores, *design.externals)


def _never(
    design: Design, arriving: Mapping[str, float], calls: Sequence[float], events: Mapping[str, float]
) -> list[str]:
    """Sentences on what no request of these journeys ever reaches."""
    if not any(arriving.values()):
        return ["no request arrives: no journey of the design makes a step that reaches the system"]
    lines = []
    idle = [f"{c.from_} → {c.to}" for c, rate in zip(design.calls, calls, strict=True) if not rate]
    if idle:
        names = ", ".join(idle[:4]) + (f" and {len(idle) - 4} more" if len(idle) > 4 else "")
        lines.append(f"never made in these journeys: {names}")
    lines += [f"event {name} is never announced in these journeys" for name, rate in events.items() if not rate]
    return lines
