"""What a rule looks at: a design, its estimate, what has been measured, and what keeps rules short."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from math import isfinite
from typing import Any, TypeVar

from archbook.capacity import curve
from archbook.capacity.flow import Plan, plan
from archbook.capacity.result import ElementEstimate, Estimate, PoolEstimate, StorageEstimate
from archbook.design.contract import Endpoint
from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.evidence import Evidence
from archbook.findings import Crash, Hit, Severity
from archbook.schema import Schema, parse, row_sizes
from archbook.units import show_duration, show_factor, show_rate, show_share, significant

ROWS = 20.0
"""Rows of a list whose endpoint does not say how many it has."""

WHOLE = ("design", "api", "calls")
"""Parts of a design that evidence speaks of as a whole."""

KINDS = {"simulate": ("simulate-", "replay-", "balancing."), "load": ("load",)}
"""How the ids of the evidence begin that a command makes."""

Placed = tuple[int, Call]
"""A call with its index in `design.calls`."""

_Key = TypeVar("_Key", bound=Hashable)


def grouped(calls: Iterable[Placed], key: Callable[[Call], _Key]) -> dict[_Key, list[Placed]]:
    """Calls by a key, such as their caller."""
    groups: dict[_Key, list[Placed]] = {}
    for index, call in calls:
        groups.setdefault(key(call), []).append((index, call))
    return groups


def _told_of(entry: Evidence, name: str) -> str:
    """What an entry claims of an element or endpoint; empty where it says nothing of it."""
    if f"{entry.about}.".startswith(tuple(f"{section}.{name}." for section in ("services", "stores", "externals"))):
        return entry.claim
    if entry.about not in WHOLE:
        return ""
    figures = entry.details.get("endpoints", {}).get(name) or entry.details.get("elements", {}).get(name) or {}
    if "p95_s" in figures:
        return f"{name} answers 95 % within {show_duration(figures['p95_s'])}, by {entry.source or entry.id}"
    if "utilisation" in figures:
        return f"{name} is {show_share(figures['utilisation'])} in use, by {entry.source or entry.id}"
    named = re.search(rf"(?<![\w/-]){re.escape(name)}(?![\w/-])", entry.claim)
    return entry.claim if named else ""


class Subject:
    """One design under review. Everything is worked out once, when the first rule asks for it.

    day: against which dates in the design are held; the present one when None. growth: the multiple of today's load at
    which it is looked at; the one that the design is made for when None.
    """

    def __init__(
        self,
        design: Design,
        evidence: Iterable[Evidence] = (),
        day: datetime.date | None = None,
        growth: float | None = None,
    ) -> None:
        self.design = design
        self.growth = design.traffic.growth if growth is None else growth
        self.evidence = tuple(evidence)
        self.day = day or datetime.date.today()
        self.no_estimate = ""
        self.crashes: list[Crash] = []
        self.kept: dict[str, Any] = {}  # what rules have worked out once for all of them
        self._stale: dict[tuple[str, str], bool] = {}

    @cached_property
    def grown(self) -> Estimate | None:
        """The estimate at the `growth` of this look; None where there is none (see `no_estimate`)."""
        return self._estimates[0]

    @cached_property
    def today(self) -> Estimate | None:
        """The estimate at today's load."""
        return self._estimates[1]

    @cached_property
    def gateway(self) -> str | None:
        """The service through which clients enter, or None."""
        return self.design.gateway

    @cached_property
    def plan(self) -> Plan | None:
        """Traffic carried over the call graph: what each element does for each request; None without an estimate."""
        return plan(self.design) if self.grown else None

    @cached_property
    def asking(self) -> list[float]:
        """Requests a second, at growth, in whose handling each call of the design is made at all; 0 where unknown."""
        rates = [0.0] * len(self.design.calls)
        for handling, rate in zip(self.plan.handlings, self.plan.handling_per_s, strict=True) if self.plan else ():
            for leg in handling.legs if rate else ():
                if leg.call >= 0:
                    rates[leg.call] += rate * self.growth * min(1.0, leg.per_visit)
        return rates

    @cached_property
    def peak(self) -> str:
        """How the load of `grown` is called in a sentence."""
        return "at today's peak" if self.growth == 1 else f"at {show_factor(self.growth)} today's peak"

    @cached_property
    def crossings(self) -> tuple[Placed, ...]:
        """Calls that leave a service for another one, or for a system of somebody else, with their index."""
        return tuple((i, call) for i, call in enumerate(self.design.calls) if call.to not in self.design.stores)

    @cached_property
    def schemas(self) -> Mapping[str, Schema]:
        """What the DDL of each store says, of those that name a schema file."""
        return {store: parse(ddl) for store, ddl in self.design.source.ddl.items()}

    @cached_property
    def pools(self) -> tuple[PoolEstimate, ...]:
        """Connection pools at growth."""
        return self.grown.pools if self.grown else ()

    @cached_property
    def pools_of(self) -> Mapping[str, list[PoolEstimate]]:
        """Those pools by the store that they lead to."""
        found: dict[str, list[PoolEstimate]] = {}
        for pool in self.pools:
            found.setdefault(pool.store, []).append(pool)
        return found

    @cached_property
    def calls_to(self) -> Mapping[str, list[Placed]]:
        """All calls by what they ask, with their index."""
        return grouped(enumerate(self.design.calls), lambda call: call.to)

    @cached_property
    def served(self) -> dict[str, list[Endpoint]]:
        """Service → the endpoints that it answers."""
        found: dict[str, list[Endpoint]] = {}
        for endpoint in self.design.api.endpoints:
            found.setdefault(endpoint.service, []).append(endpoint)
        return found

    @cached_property
    def _crossings_from(self) -> dict[str, list[Placed]]:
        return grouped(self.crossings, lambda call: call.from_)

    def path(self, endpoint: Endpoint) -> Iterator[Placed]:
        """The crossings that are made, directly or further down, while a client waits for `endpoint`.

        An asynchronous call is part of the path, what follows from it is not.
        """
        gateway = self.gateway
        seen = {gateway or endpoint.service}
        waiting = [*seen]
        while waiting:
            caller = waiting.pop()
            for index, call in self._crossings_from.get(caller, ()):
                routed = caller != gateway or call.to == endpoint.service or call.to not in self.design.services
                if endpoint.name in call.on if call.on else routed:
                    yield index, call
                    if call.mode == "sync" and call.to not in seen:
                        seen.add(call.to)
                        waiting.append(call.to)

    def at_calls(
        self,
        calls: Sequence[Placed],
        what: str,
        do: str,
        *seen: str,
        about: str = "",
        mend: Mapping[tuple[str | int, ...], Any] | None = None,
        severity: Severity | None = None,
    ) -> Hit:
        """A hit at the first of `calls`; seen, and ranked by, the calls a second through all of them."""
        index, call = calls[0]
        rate = sum([self.grown.calls[i].calls_per_s for i, _ in calls]) if self.grown else 0.0
        much = f"{show_rate(rate, 'calls')} {self.peak}" if rate else "no journey comes here"
        carried = (f"{much} (computed: traffic carried over the call graph)",) if self.grown else ()
        name, where = about or f"{call.from_} → {call.to}", ("calls", index)
        return Hit(name, what, do, where, (*seen, *carried), rate, severity, mend=mend or {})

    def at(
        self,
        where: tuple[str | int, ...],
        about: str,
        what: str,
        do: str,
        *seen: str,
        cost: float = 0.0,
        mend: Mapping[tuple[str | int, ...], Any] | None = None,
        severity: Severity | None = None,
    ) -> Hit:
        """A hit anywhere; a service or store that it is about (and no `cost`) ranks it by its requests a second."""
        found = self.grown.elements.get(about) if self.grown else None
        rate = cost or (found.arrival_rate_per_s if found else 0.0)
        return Hit(about, what, do, where, seen, rate, severity, mend=mend or {})

    def at_endpoint(
        self, index: int, what: str, do: str, *seen: str, mend: Mapping[tuple[str | int, ...], Any] | None = None
    ) -> Hit:
        """A hit at the endpoint of that index, ranked by the requests a second that clients make."""
        name, where = self.design.api.endpoints[index].name, ("api", "endpoints", index)
        return Hit(name, what, do, where, seen, self.requests_per_s(name), mend=mend or {})

    def at_event(
        self, name: str, what: str, do: str, *seen: str, mend: Mapping[tuple[str | int, ...], Any] | None = None
    ) -> Hit:
        """A hit at an event; seen, and ranked by, how often it is announced."""
        rate = self.grown.basis[1].events_per_s[name] * self.grown.growth if self.grown and self.grown.basis else 0.0
        often = (f"announced {show_rate(rate, 'times')} {self.peak} (computed: traffic over the call graph)",)
        return self.at(("events", name), name, what, do, *seen, *(often if rate else ()), cost=rate, mend=mend)

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

    def rows(self, store: str, holding: str) -> float | None:
        """The most items of a table, bucket or key family until the horizon; None where nothing is known of them."""
        found = self._holding(store, holding)
        return max(found.items_now, found.items_at_horizon) if found else None

    def growth_of(self, store: str, holding: str) -> list[str]:
        """How many items a store holds today and at the horizon, as a sentence."""
        if (held := self._holding(store, holding)) is None:
            return []
        now, then = significant(held.items_now), significant(held.items_at_horizon)
        horizon = show_duration(self.design.traffic.horizon)
        grows = f" today and {then} in {horizon} (computed: growth of storage)" if then != now else " (declared)"
        return [f"{store} holds {now} {holding}{grows}"]

    def _holding(self, store: str, table: str) -> StorageEstimate | None:
        """What grows in a table, which the design may call without the schema that the table is in."""
        return self._held.get((store, table)) or self._held.get((store, table.rpartition(".")[2]))

    @cached_property
    def _held(self) -> dict[tuple[str, str], StorageEstimate]:
        return {(held.store, held.holding): held for held in (self.grown.storage if self.grown else ())}

    def cited(self, name: str) -> list[str]:
        """What has been measured or simulated about a service, store, external system or endpoint, with its date.

        Says when it is stale. Of what is kept about the design, its API or its calls as a whole, the figure of `name`,
        or the claim where it names it.
        """
        found = ((entry, _told_of(entry, name)) for entry in self.evidence)
        return [self._told(entry, claim) for entry, claim in found if claim]

    def measured(self, experiment: str, store: str) -> list[str]:
        """What one schema experiment, such as ``index_or_scan``, found on the tables of a store, as `cited` has it."""
        found = [entry for entry in self.evidence if f"{entry.id}.".startswith(f"{experiment}.{store}.")]
        return [self._told(entry, entry.claim) for entry in found]

    def bearing(self, command: str, about: str) -> list[str]:
        """What is kept of the kind that a command measures, such as ``archbook simulate DESIGN``, as `cited` has it.

        about: what a finding is about: an element, an endpoint, or two elements with an arrow between.
        """
        words = command.split()[1:]
        kinds = (f"{words[-1]}.",) if words[:1] == ["experiment"] else KINDS.get(words[0] if words else "", ())
        entries = [entry for entry in self.evidence if entry.id.startswith(kinds)]
        told = ((entry, _told_of(entry, name)) for name in about.split(" → ") for entry in entries)
        return [self._told(entry, claim) for entry, claim in told if claim]

    def stale(self, entry: Evidence) -> bool:
        """Whether the part that an entry speaks of has changed since; asked once of each part."""
        key = (entry.about, entry.digest)
        if key not in self._stale:
            self._stale[key] = entry.stale(self.design)
        return self._stale[key]

    def _told(self, entry: Evidence, claim: str) -> str:
        stale = ", stale: its part of the design has changed since" if self.stale(entry) else ""
        return f"{claim.rstrip('.')} ({entry.how}, {entry.date[:10] or 'undated'}{stale})"

    @cached_property
    def _estimates(self) -> Sequence[Estimate | None]:
        """Both loads, solved together."""
        try:
            return curve(self.design, [self.growth, 1.0], row_sizes(self.design))
        except ArchbookError as error:
            self.no_estimate = str(error)
        except Exception as error:  # a fault of ours must be seen in the report, and must not lose the findings
            self.crashes.append(Crash("estimate", f"{type(error).__name__}: {error}"))
        return None, None
