"""Two services made one: the calls between them go, all other work stays exactly as much as it was."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator
from typing import Any

from pydantic import TypeAdapter, ValidationError

from archbook.capacity.flow import plan
from archbook.capacity.handlings import DEFAULT_ROWS
from archbook.capacity.visits import Visits, visits
from archbook.design.contract import Endpoint
from archbook.design.elements import Service, ServiceTime
from archbook.design.interactions import Call, Event
from archbook.design.model import Design, a_design
from archbook.design.quantities import Name
from archbook.design.varying import rebuilt
from archbook.errors import InvalidInput, UnknownName, shown
from archbook.units import parse_duration

HOP = "1ms"
"""What one call costs beside its work: a stated round trip of 0.5 ms within a data centre, and as much for messages."""


def merged(design: Design, first: str, second: str, name: str = "", hop: str = HOP) -> Design:
    """A copy of a design in which two services are one, called `name`, or as the first where none is given.

    Calls between them vanish with their waits, timeouts and retries, and each takes `hop` off the work of its callee
    (at most the shorter own time of the two): writing, sending, reading and checking its messages. All else is done as
    often as it was: statements, calls of others, and own work, which adds up within a request; what an optional call
    led to stays optional. The same machines run it: instances and places (instances × concurrency, rounded down) add
    up, cost and memory of one are their mean, its availability is the lower one. Stores and events that were theirs are
    its own; an event between them stays, for what was done later is done later still. Endpoints keep what they promise.
    Not modelled: work beside other work (`parallel`, own work behind an asynchronous call) is done in a row; and
    work for events and for endpoints of others, which takes one mean time. Mend a loop over rows before: its work is
    part of the endpoint's afterwards. Raises UnknownName, and InvalidInput (where calls would go round, too).
    """
    return _Merging(a_design(design), first, second, name or first, read_hop(hop)).design()


def read_hop(hop: str) -> float:
    """Seconds of one hop. Raises InvalidInput."""
    try:
        seconds = parse_duration(hop)
    except ValueError as error:
        raise InvalidInput(f"the hop {shown(str(hop))} {error}") from None
    if seconds < 0:
        raise InvalidInput(f"the hop {shown(str(hop))} is negative; write 0 where a call costs nothing")
    return seconds


def inner_service(design: Design, name: str) -> str:
    """The name of a service that is no gateway. Raises UnknownName, InvalidInput."""
    if not isinstance(name, str) or name not in design.services:
        raise UnknownName("service", str(name), design.services)
    if name == design.gateway:
        raise InvalidInput(f"{shown(name)} is the gateway, which routes to all others; name a service behind it")
    return name


def free_name(design: Design, name: str, besides: Collection[str] = ()) -> str:
    """A name that no element has but those `besides`. Raises InvalidInput."""
    try:
        TypeAdapter(Name).validate_python(name)
    except ValidationError:
        raise InvalidInput(f"{shown(str(name))} is no name of a service; write one like `cart-service`") from None
    if name in {*design.services, *design.stores, *design.externals} - {*besides}:
        raise InvalidInput(f"{shown(name)} is taken; give the service another name")
    return name


class _Merging:
    def __init__(self, design: Design, first: str, second: str, name: str, hop_s: float) -> None:
        if inner_service(design, first) == inner_service(design, second):
            raise InvalidInput(f"{shown(first)} is one service already; name two")
        free_name(design, name, besides=(first, second))
        self.old, self.name, self.pair = design, name, (first, second)
        self.rows = {endpoint.name: float(endpoint.rows or DEFAULT_ROWS) for endpoint in design.api.endpoints}
        self.lists = {endpoint.name for endpoint in design.api.endpoints if endpoint.list}
        self.endpoints = {endpoint.name: endpoint for endpoint in design.api.endpoints}
        self.visits = visits(design, plan(design), self.pair)
        times = [float(work.mean) for one in self.pair if (work := design.services[one].service_time)]
        self.hop_s = min([hop_s, *times])
        self.inner = [call for call in design.calls if call.from_ in self.pair and call.to in self.pair]

    def design(self) -> Design:
        old, services = self.old, dict[str, Service]()
        for name, service in old.services.items():
            services |= {self.name: self.service()} if name == self.pair[0] else {}
            services |= {} if name in self.pair else {name: service}
        security = old.security
        checked = security.authentication
        if checked is not None:
            checked = checked.model_copy(update={"checked_by": self.renamed(checked.checked_by)})
        limits = tuple(rule.model_copy(update={"at": self.renamed(rule.at)}) for rule in security.rate_limits)
        return rebuilt(
            old, "+".join(self.pair),
            services=services,
            stores={name: store.model_copy(update={"owner": self.renamed(store.owner)})
                    for name, store in old.stores.items()},
            calls=tuple(call for before in old.calls for call in self.calls(before)),
            events={name: self.event(event) for name, event in old.events.items()},
            api=old.api.model_copy(update={"endpoints": tuple(map(self.endpoint, old.api.endpoints))}),
            security=security.model_copy(update={"authentication": checked, "rate_limits": limits}),
            decisions=tuple(d.model_copy(update={"about": tuple(dict.fromkeys(map(self.renamed, d.about)))})
                            for d in old.decisions),
        )  # fmt: skip

    def renamed(self, name: Any) -> Any:
        return self.name if name in self.pair else name

    def service(self) -> Service:
        """The two as one program on the machines of both."""
        a, b = (self.old.services[name] for name in self.pair)
        copies = a.instances + b.instances

        def mean(key: str) -> Any:
            values = getattr(a, key), getattr(b, key)
            return None if None in values else (values[0] * a.instances + values[1] * b.instances) / copies

        queue = mean("queue")
        parts: dict[str, Any] = {key: mean(key) for key in ("cpu", "memory", "monthly_cost")}
        known = None not in (a.availability, b.availability)
        return a.model_copy(update=parts | {
            "does": "; ".join(filter(None, (a.does, b.does))), "why": "",
            "technology": " + ".join(dict.fromkeys(filter(None, (a.technology, b.technology)))),
            "instances": copies,
            "concurrency": max(1, (a.instances * a.concurrency + b.instances * b.concurrency) // copies),
            "queue": None if queue is None else int(queue),
            "service_time": self.elsewhere(),
            "slo": a.slo or b.slo, "health_check": a.health_check or b.health_check, "zone": a.zone or b.zone,
            "availability": min(a.availability or 0, b.availability or 0) if known else None,
            "alerts": (*a.alerts, *b.alerts), "logs": tuple(dict.fromkeys((*a.logs, *b.logs))),
            "stateless": a.stateless and b.stateless,
            "fetches_user_urls": a.fetches_user_urls or b.fetches_user_urls,
        })  # fmt: skip

    def calls(self, call: Call) -> Iterator[Call]:
        """What becomes of one call: nothing of one between the two, several where it is made in different numbers."""
        if call.from_ not in self.pair:
            routed = call.from_ == self.old.gateway and not call.on and call.to in self.pair
            on = tuple(e.name for e in self.old.api.endpoints if e.service == call.to) if routed else call.on
            yield call.model_copy(update={"to": self.renamed(call.to), "on": on})
            return
        if call.to in self.pair:
            return
        groups: dict[tuple[tuple[str, Any], ...], list[str]] = {}
        for cause, some in self.visits.items():
            if some.of.get(call.from_) and (cause in call.on or not call.on):
                update = {"per_request": self.times(call, cause, some)} | self.softened(call, cause, some)
                groups.setdefault(tuple(update.items()), []).append(cause)
        for group, causes in groups.items():
            always = not call.on and len(causes) == len(self.visits)
            on = () if always else tuple([cause for cause in call.on if cause in causes] or causes)
            yield call.model_copy(update={"from_": self.name, "on": on, **dict(group)})

    def softened(self, call: Call, cause: str, some: Visits) -> dict[str, Any]:
        """What a call takes over from the one that led to it: nobody needs it, or nobody waits for it."""
        led = [inner for inner in self.inner if inner.to == call.from_ and (cause in inner.on or not inner.on)]
        if some.entered.get(call.from_) or not led:
            return {}
        fallback = call.fallback or next((inner.fallback for inner in led if inner.fallback), None)
        soft = {"optional": True, "fallback": fallback} if all(inner.optional for inner in led) else {}
        return soft | ({"mode": "async"} if all(inner.mode == "async" for inner in led) else {})

    def times(self, call: Call, cause: str, some: Visits) -> float | str:
        """How often it is made for one visit of the merged service: as often as it was in all."""
        share, rows = some.of[call.from_] / some.total, self.rows.get(cause, DEFAULT_ROWS)
        if math.isclose(share, 1):
            return call.per_request
        times = share * (rows if isinstance(call.per_request, str) else float(call.per_request))
        by_row = any(inner.per_request == "per row" and (cause in inner.on or not inner.on) for inner in self.inner)
        return "per row" if by_row and cause in self.lists and math.isclose(times, rows) else times

    def event(self, event: Event) -> Event:
        update: dict[str, Any] = {"to": tuple(dict.fromkeys(map(self.renamed, event.to)))}
        if event.from_ in self.pair:
            on = tuple(cause for cause in event.on if cause in self.visits and self.visits[cause].of.get(event.from_))
            some = [self.visits[cause] for cause in on]
            was, now = (sum(each) for each in ([s.per_s * s.of[event.from_] for s in some],
                                               [s.per_s * s.total for s in some]))  # fmt: skip
            times = event.per_request * (was / now if now else 1.0)
            update |= {"from_": self.name, "on": on or event.on, "per_request": times}
        return event.model_copy(update=update)

    def endpoint(self, endpoint: Endpoint) -> Endpoint:
        if endpoint.service not in self.pair:
            return endpoint
        slo = endpoint.slo or self.old.services[endpoint.service].slo
        own = self.own(endpoint.name)
        return endpoint.model_copy(update={"service": self.name, "slo": slo, "service_time": own})

    def own(self, cause: str) -> ServiceTime | None:
        """Own work of one visit while an endpoint or event is handled; None where it is not known."""
        endpoint, some = self.endpoints.get(cause), self.visits.get(cause)
        mean = variance = 0.0
        for name in self.pair:
            stated = endpoint.service_time if endpoint and endpoint.service == name else None
            work = stated or self.old.services[name].service_time
            count = some.of.get(name, 0.0) / some.total if some else float(bool(endpoint and endpoint.service == name))
            if count and work is None:
                return None
            if count and work is not None:
                part = count - math.floor(count)
                mean += count * work.mean
                variance += count * work.scv * work.mean**2 + part * (1 - part) * work.mean**2
        hops = (sum(some.of.values()) - sum(some.entered.values())) / some.total if some else 0.0
        mean = max(mean - hops * self.hop_s, 0.1 * mean)
        return ServiceTime.model_construct(mean=mean, scv=variance / mean**2) if mean else None

    def elsewhere(self) -> ServiceTime | None:
        """Mean own work of visits that no endpoint of its own states: events, and requests for endpoints of others."""
        own = {cause for cause, endpoint in self.endpoints.items() if endpoint.service in self.pair}
        causes = [cause for cause in self.visits if cause not in own] or list(self.visits)
        some = [self.visits[cause] for cause in causes]
        works = [(each.per_s * each.total, self.own(cause)) for cause, each in zip(causes, some, strict=True)]
        return mixed(works) if works else self.old.services[self.pair[0]].service_time


def mixed(works: list[tuple[float, ServiceTime | None]]) -> ServiceTime | None:
    """The work of one visit, of several kinds by their rates; None where one of them is not known.

    >>> slow, quick = ServiceTime(mean="3ms", scv=0), ServiceTime(mean="1ms", scv=0)
    >>> work = mixed([(1.0, slow), (1.0, quick)])
    >>> round(work.mean, 6), round(work.scv, 6)
    (0.002, 0.25)
    """
    weights = [rate for rate, _ in works] if any(rate for rate, _ in works) else [1.0] * len(works)
    known = [(w / sum(weights), work) for w, (_, work) in zip(weights, works, strict=True) if work]
    if len(known) < len(works):
        return None
    mean = sum(share * float(work.mean) for share, work in known)
    square = sum(share * float(work.mean) ** 2 * (1 + float(work.scv)) for share, work in known)
    return ServiceTime.model_construct(mean=mean, scv=max(0.0, square / mean**2 - 1)) if mean else None
