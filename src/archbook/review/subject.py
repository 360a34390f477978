"""What a rule looks at: a design, its estimate, what has been measured, and look-ups that keep rules short."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from math import isfinite

from archbook.capacity import estimate
from archbook.capacity.result import ElementEstimate, Estimate
from archbook.design.contract import Endpoint
from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence
from archbook.findings import Crash
from archbook.units import show_factor, show_rate

ROWS = 20.0
"""Rows of a list whose endpoint does not say how many it has."""


def listed(names: Iterable[str], most: int = 4) -> str:
    """Names as a sentence has them; beyond `most` only counted.

    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    known = list(dict.fromkeys(names))
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


class Subject:
    """One design under review. Everything is worked out once, when the first rule asks for it."""

    def __init__(self, design: Design, evidence: Iterable[Evidence] = ()) -> None:
        self.design = design
        self.evidence = tuple(evidence)
        self.no_estimate = ""
        self.crashes: list[Crash] = []

    @cached_property
    def grown(self) -> Estimate | None:
        """The estimate at the growth that the design is made for; None where there is none (see `no_estimate`)."""
        return self._estimate(self.design.traffic.growth)

    @cached_property
    def today(self) -> Estimate | None:
        """The estimate at today's load."""
        return self._estimate(1.0)

    @cached_property
    def peak(self) -> str:
        """How the load of `grown` is called in a sentence."""
        growth = self.design.traffic.growth
        return "at today's peak" if growth == 1 else f"at {show_factor(growth)} today's peak"

    @cached_property
    def crossings(self) -> tuple[tuple[int, Call], ...]:
        """Calls that leave a service for another one, or for a system of somebody else, with their index."""
        stores = self.design.stores
        return tuple((i, call) for i, call in enumerate(self.design.calls) if call.to not in stores)

    @cached_property
    def pairs(self) -> dict[tuple[str, str], list[tuple[int, Call]]]:
        """The crossings of each caller and callee."""
        pairs: dict[tuple[str, str], list[tuple[int, Call]]] = defaultdict(list)
        for index, call in self.crossings:
            pairs[call.from_, call.to].append((index, call))
        return dict(pairs)

    @cached_property
    def store_calls(self) -> dict[str, list[tuple[int, Call]]]:
        """The calls to each store."""
        calls: dict[str, list[tuple[int, Call]]] = {store: [] for store in self.design.stores}
        for index, call in enumerate(self.design.calls):
            if call.to in calls:
                calls[call.to].append((index, call))
        return calls

    @cached_property
    def _calls_from(self) -> dict[str, list[tuple[int, Call]]]:
        calls: dict[str, list[tuple[int, Call]]] = defaultdict(list)
        for index, call in self.crossings:
            calls[call.from_].append((index, call))
        return calls

    def path(self, endpoint: Endpoint) -> Iterator[tuple[int, Call]]:
        """The crossings that are made, directly or further down, while a client waits for `endpoint`.

        An asynchronous call is part of the path, what follows from it is not.
        """
        gateway = self.design.gateway
        seen = {gateway or endpoint.service}
        waiting = [*seen]
        while waiting:
            caller = waiting.pop()
            for index, call in self._calls_from.get(caller, ()):
                routed = caller != gateway or call.to == endpoint.service or call.to not in self.design.services
                if endpoint.name in call.on if call.on else routed:
                    yield index, call
                    if call.mode == "sync" and call.to not in seen:
                        seen.add(call.to)
                        waiting.append(call.to)

    @cached_property
    def passing(self) -> frozenset[int]:
        """Calls that only pass work on: to another service, to write, or such that the answer can do without."""
        services = self.design.services
        return frozenset(i for i, c in self.crossings if c.to in services and (c.kind == "write" or c.optional))

    @cached_property
    def leads_to_passing(self) -> frozenset[str]:
        """Services from which, whatever the request, some call of `passing` may follow."""
        callers = defaultdict(set)
        for _, call in self.crossings:
            callers[call.to].add(call.from_)
        found = {self.design.calls[i].from_ for i in self.passing}
        waiting = [*found]
        while waiting:
            new = callers[waiting.pop()] - found
            found |= new
            waiting += new
        return frozenset(found)

    def times(self, call: Call, name: str) -> float:
        """How often `call` is made for one request of the endpoint `name` (empty: any request), after caches."""
        if call.per_request == "per row":
            times = max((e.rows or ROWS for e in self._handled(call, name)), default=ROWS)
        else:
            times = float(call.per_request)
        cache = self.design.stores.get(call.unless_hit or "")
        return times * (1 - (call.hit_ratio or 0.0)) * (1 - ((cache and cache.hit_ratio) or 0.0))

    def _handled(self, call: Call, name: str) -> list[Endpoint]:
        endpoints = self.design.api.endpoints
        return [e for e in endpoints if (e.name == name if name else e.service == call.from_)]

    def rate(self, calls: Sequence[int]) -> float:
        """Calls a second at growth through these (indexes of `design.calls`); 0 without an estimate."""
        return sum(self.grown.calls[i].calls_per_s for i in calls) if self.grown else 0.0

    def measured_rate(self, calls: Sequence[int]) -> tuple[str, ...]:
        """The same as evidence; empty without an estimate."""
        if self.grown is None:
            return ()
        rate = self.rate(calls)
        much = f"{show_rate(rate, 'calls')} {self.peak}" if rate else "no journey comes here"
        return (f"{much} (computed: traffic carried over the call graph)",)

    def requests_per_s(self, endpoint: str) -> float:
        """Requests of clients for an endpoint at growth; 0 without an estimate."""
        found = self.grown.endpoints.get(endpoint) if self.grown else None
        return found.rate_per_s if found else 0.0

    def element(self, name: str) -> ElementEstimate | None:
        """The estimate of an element at growth, or at today's load where it saturates before."""
        for at in (self.grown, self.today):
            found = at.elements.get(name) if at else None
            if found and isfinite(found.mean_response_s):
                return found
        return None

    def cited(self, about: str) -> tuple[str, ...]:
        """What has been measured or simulated about a part, with its date; says when it is stale."""
        return tuple(
            f"{entry.claim} ({entry.how}, {entry.date[:10] or 'undated'}"
            + (", stale: its part of the design has changed since)" if entry.stale(self.design) else ")")
            for entry in self.evidence
            if entry.about == about or entry.about.startswith(about + ".")
        )

    def _estimate(self, growth: float) -> Estimate | None:
        try:
            return estimate(self.design, growth)
        except ArchbookError as error:
            self.no_estimate = str(error)
        except Exception as error:  # a fault of ours must be seen in the report, and must not lose the findings
            self.crashes.append(Crash("estimate", f"{type(error).__name__}: {error}"))
        return None
