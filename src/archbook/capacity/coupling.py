"""Coupling of services, measured: who needs whom, in what share of its work, how often and with how many bytes."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass

from archbook.capacity import rendering
from archbook.capacity.bandwidth import calls as traffic
from archbook.capacity.flow import Plan, plan
from archbook.capacity.formulas import checked
from archbook.design.elements import BROKERS
from archbook.design.model import Design
from archbook.tables import Table, as_columns
from archbook.units import listed, show_count, show_rate, show_share, show_size, significant

_COPIES = ("cache", "replica", "cdn", "broker")
Rates = dict[str, float]
Crossed = dict[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Pair:
    """What one service asks or tells another at peak, once for each direction in which something goes."""

    from_: str
    to: str
    share: float  # of the requests and events that `from_` handles, those in which it calls `to`
    calls_each: float  # calls in one of those; 0 where only events go
    calls_per_s: float  # first attempts
    bytes_per_s: float  # of calls and events, both ways; nan where no size is stated
    events_per_s: float
    waits: bool  # whether one of the calls is synchronous


@dataclass(frozen=True, slots=True)
class Ties:
    """The ties of one service. A caller depends on whom it calls, a consumer on the service whose event it hears."""

    service: str
    fan_in: int  # services that depend on it
    fan_out: int  # services that it depends on
    stores: tuple[str, ...]  # that it reaches

    @property
    def instability(self) -> float:
        """Share of its ties that are its own dependencies: 0, others rely on it; 1, nobody does; nan without ties.

        Source: Martin, Agile Software Development (2002), ch. 20: I = fan-out / (fan-in + fan-out).
        """
        ties = self.fan_in + self.fan_out
        return self.fan_out / ties if ties else math.nan


@dataclass(frozen=True, slots=True)
class Coupling:
    """How closely the services of a design hang together. The gateway, which routes to all, is left out."""

    design: str
    pairs: tuple[Pair, ...]  # those in which the larger share of work needs the other come first
    services: tuple[Ties, ...]
    shared: dict[str, tuple[str, ...]]  # store that several services reach (no broker) → those services

    @property
    def answer(self) -> str:
        """Which two hang together most, how many pairs talk at all, and what is shared."""
        possible = len(self.services) * (len(self.services) - 1) // 2
        talking = {frozenset((pair.from_, pair.to)) for pair in self.pairs}
        called = {frozenset((pair.from_, pair.to)) for pair in self.pairs if pair.calls_per_s}
        said = f"{len(talking)} of {show_count(possible, 'pair')} of services talk"
        said += f", {len(talking - called)} of them by events only." if talking - called else "."
        closest = self.pairs[0] if self.pairs and self.pairs[0].calls_per_s else None
        if closest:
            times = "once" if closest.calls_each == 1 else f"{significant(closest.calls_each)} times"
            said += (f" The closest: in {show_share(closest.share)} of its work {closest.from_} calls {closest.to}, "
                     f"{times} each{' and waits' if closest.waits else ''}.")  # fmt: skip
        shares = (f"{name} is shared by {listed(users)}" for name, users in self.shared.items())
        return f"{said} {'; '.join(shares) or 'No store is shared'}."

    def pair(self, from_: str, to: str) -> Pair:
        """What goes from one service to another; nothing where they do not talk."""
        found = (pair for pair in self.pairs if (pair.from_, pair.to) == (from_, to))
        return next(found, Pair(from_, to, 0.0, 0.0, 0.0, 0.0, 0.0, waits=False))

    def table(self) -> Table:
        """Every pair that talks, closest first."""
        rows = [(pair.from_, pair.to, show_share(pair.share) if pair.share else None,
                 significant(pair.calls_each) if pair.share else None,
                 show_rate(pair.calls_per_s, "calls") if pair.calls_per_s else None,
                 show_rate(pair.events_per_s, "events") if pair.events_per_s else None,
                 None if math.isnan(pair.bytes_per_s) else f"{show_size(pair.bytes_per_s)}/s",
                 "yes" if pair.waits else "no")
                for pair in self.pairs]  # fmt: skip
        heads = ("from", "to", ">of its work", ">times", ">calls", ">events", ">across", "waits")
        return as_columns(
            heads, rows, "In what share of its work who calls whom, how often then, and what goes across (computed)"
        )

    def service_table(self) -> Table:
        """Every service with those that depend on it, those that it depends on, and the stores that it reaches."""
        rows = [(ties.service, ties.fan_in, ties.fan_out,
                 None if math.isnan(ties.instability) else significant(ties.instability), listed(ties.stores) or None)
                for ties in self.services]  # fmt: skip
        heads = ("service", ">fan-in", ">fan-out", ">instability", "stores")
        return as_columns(heads, rows, "Instability: 0, others rely on it; 1, it relies on others")

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        tables = self.table().html() + self.service_table().html()
        return {"text/html": rendering.leading(self.answer) + tables, "text/plain": str(self)}

    def __str__(self) -> str:
        return "\n\n".join((self.answer, self.table().text(), self.service_table().text()))


def coupling(design: Design, growth: float = 1.0) -> Coupling:
    """Calls, events and bytes between each two services at `growth` times today's peak, and what they share.

    The work of a service is all requests and events that it handles. A retry is no further call. Raises InvalidInput,
    and ArchbookError when calls go round in a circle.
    """
    growth = checked("growth", growth, above=0, most=1e9)
    flow = plan(design)
    services = [name for name in design.services if name != design.gateway]
    handled, crossed = _walked(flow)
    calls, sent, waits = defaultdict[tuple[str, str], float](float), defaultdict[tuple[str, str], float](float), set()
    for call, found in zip(design.calls, traffic(design, flow, growth), strict=True):
        calls[call.from_, call.to] += found.calls_per_s
        sent[call.from_, call.to] += found.bandwidth_b_per_s if found.calls_per_s else 0.0
        waits |= {(call.from_, call.to)} if call.mode == "sync" else set()
    events = defaultdict[tuple[str, str], float](float)
    for name, event in design.events.items():
        for consumer in event.to:
            rate = growth * flow.events_per_s[name]
            events[event.from_, consumer] += rate
            sent[event.from_, consumer] += rate * (math.nan if event.size is None else event.size) if rate else 0.0
    pairs = []
    for pair in dict.fromkeys([*calls, *events]):
        if pair[0] != pair[1] and {*pair} <= {*services} and (calls[pair] or events[pair]):
            rate, of = growth * crossed.get(pair, 0.0), growth * handled[pair[0]]
            pairs.append(Pair(*pair, rate / of if of else 0.0, calls[pair] / rate if rate else 0.0, calls[pair],
                              sent[pair], events[pair], pair in waits))  # fmt: skip
    pairs.sort(key=lambda pair: (-pair.share, -pair.calls_per_s, -pair.events_per_s))
    users = _users(design, services)
    shared = {name: by for name, by in users.items() if len(by) > 1 and design.stores[name].engine not in BROKERS}
    ties = _ties(design, services, users)
    return Coupling(design.title or design.name, tuple(pairs), ties, shared)


def _users(design: Design, services: list[str]) -> dict[str, tuple[str, ...]]:
    """Store → services that call it."""
    found: dict[str, dict[str, None]] = {}
    for call in design.calls:
        if call.to in design.stores and call.from_ in services:
            found.setdefault(call.to, {})[call.from_] = None
    return {name: tuple(by) for name, by in found.items()}


def _ties(design: Design, services: list[str], users: dict[str, tuple[str, ...]]) -> tuple[Ties, ...]:
    known = {*services}
    needs = {(call.from_, call.to) for call in design.calls}
    needs |= {(consumer, event.from_) for event in design.events.values() for consumer in event.to}
    inner = [(a, b) for a, b in needs if a != b and a in known and b in known]
    fan_out, fan_in = Counter(a for a, _ in inner), Counter(b for _, b in inner)
    return tuple(
        Ties(name, fan_in[name], fan_out[name], tuple(store for store, by in users.items() if name in by))
        for name in services
    )


@dataclass(frozen=True, slots=True)
class OneRequest:
    """What one request of an endpoint is made of, without what its events cause later."""

    endpoint: str
    services: tuple[str, ...]  # that it visits, the gateway too
    calls: float  # between services; the gateway's routing is not counted
    statements: float  # asked of stores
    outside: float  # calls of systems of others
    written: tuple[str, ...]  # stores with data of their own (no cache, CDN or broker) that it writes

    @property
    def consistency(self) -> str:
        """What keeps its writes together: a transaction, or a saga where several stores are written."""
        stores = len(self.written)
        return ("nothing to keep together", "one transaction")[stores] if stores < 2 else f"a saga over {stores} stores"


def one_request(design: Design, endpoint: str) -> OneRequest:
    """What one request is made of; caches save what they save on the mean. Raises UnknownName."""
    flow = plan(design)
    entry = flow.entries[design.endpoint(endpoint).name]
    made = _made(flow)[entry]
    visited = dict.fromkeys([flow.handlings[entry].element, *(to for _, to in made)])
    inner = (times for (a, b), times in made.items() if b in design.services and a != design.gateway)
    seen, waiting, written = {entry}, [entry], dict[str, None]()
    while waiting:
        for leg in flow.handlings[waiting.pop()].legs:
            store = design.stores.get(callee := flow.handlings[leg.handling].element)
            if leg.write and leg.call >= 0 and store and store.role not in _COPIES and store.engine not in BROKERS:
                written[callee] = None
            if leg.call >= 0 and leg.handling not in seen:
                seen.add(leg.handling)
                waiting.append(leg.handling)
    return OneRequest(
        endpoint, tuple(name for name in visited if name in design.services), sum(inner),
        sum(times for (_, to), times in made.items() if to in design.stores),
        sum(times for (_, to), times in made.items() if to in design.externals), tuple(sorted(written)),
    )  # fmt: skip


def _made(flow: Plan) -> list[Crossed]:
    """Handling → calls between each two elements in one visit, all that follows from them too; none of events."""
    made: list[Crossed] = []  # callees come first
    for handling in flow.handlings:
        found: Crossed = {}
        for leg in handling.legs:
            callee = flow.handlings[leg.handling].element
            if leg.call >= 0:
                found[handling.element, callee] = found.get((handling.element, callee), 0.0) + leg.per_visit
                for pair, times in made[leg.handling].items():
                    found[pair] = found.get(pair, 0.0) + times * leg.per_visit
        made.append(found)
    return made


def _walked(flow: Plan) -> tuple[Rates, Crossed]:
    """Element → requests and events a second that it handles; pair → those of the first in which it calls the other."""
    made = _made(flow)
    roots = [(entry, flow.arriving_per_s[name]) for name, entry in flow.entries.items()]
    for name, rate in flow.events_per_s.items():
        consumers = [leg.handling for index in flow.handled_by.get(f"event {name}", ()) for leg in
                     flow.handlings[index].legs]  # fmt: skip
        roots += [(consumer, rate) for consumer in consumers]
    handled, crossed = defaultdict[str, float](float), defaultdict[tuple[str, str], float](float)
    for entry, rate in roots:
        visited = {flow.handlings[entry].element: 1.0}
        for pair, times in made[entry].items():
            crossed[pair] += rate * min(1.0, times)
            visited[pair[1]] = visited.get(pair[1], 0.0) + times
        for name, times in visited.items():
            handled[name] += rate * min(1.0, times)
    return handled, crossed
