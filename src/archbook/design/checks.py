"""Whether the parts of a design fit together: references, sums, orders and cycles.

The checks look at the raw data of the file, not at the validated model: a fault in one value hides no other, and a name
is known even where the part that bears it is faulty, so that one error brings no second.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from archbook import units
from archbook.design.complaints import Complaint
from archbook.design.cycles import call_cycles, cycles
from archbook.design.model import Where
from archbook.design.places import found, value_at
from archbook.errors import shown

SECTIONS = {
    "service": "services", "store": "stores", "external system": "externals", "event": "events",
    "endpoint": "api.endpoints", "zone": "security.zones", "role": "security.roles",
}  # fmt: skip
REFERENCES = {
    "service": "stores.*.owner calls.*.from events.*.from api.endpoints.*.service "
               "security.authentication.checked_by security.rate_limits.*.at",
    "store": "calls.*.unless_hit events.*.broker",
    "service or store": "events.*.to.*",
    "service, store or external system": "calls.*.to",
    "endpoint": "traffic.journeys.*.steps.* traffic.journeys.*.steps.*.do security.rate_limits.*.on.*",
    "endpoint or event": "stores.*.holds.*.added_by.* calls.*.on.* events.*.on.*",
    "zone": "services.*.zone stores.*.zone externals.*.zone",
    "role": "api.endpoints.*.roles.*",
}  # fmt: skip
DAYS = ("decisions.*.date", "waivers.*.until", "api.endpoints.*.sunset")
OBJECTIVES = ("services.*.slo", "stores.*.slo", "api.endpoints.*.slo")
SHARE_TOLERANCE = 0.002
Names = dict[str, Where]


def check(data: Mapping[str, Any]) -> Iterator[Complaint]:
    """Everything in a design that does not fit together."""
    for one in CHECKS:
        yield from one(data)


def names(data: Any, kind: str) -> Names | None:
    """Names of one kind and where they stand; None when their section is faulty, so that nothing is known of them."""
    home, section = tuple(SECTIONS[kind].split(".")), data
    for step in home:
        if not isinstance(section, Mapping):
            return None
        if step not in section:
            return None if kind == "service" else {}
        section = section[step]
    if kind == "endpoint" and isinstance(section, list):
        bearers = list(found(data, "api.endpoints.*.name"))
        return {name: where for where, name in reversed(bearers) if isinstance(name, str)}
    return {name: (*home, name) for name in section} if isinstance(section, Mapping) else None


def _references(data: Mapping[str, Any]) -> Iterator[Complaint]:
    known = {kind: names(data, kind) for kind in SECTIONS}
    for wanted, patterns in REFERENCES.items():
        kinds = wanted.replace(" or ", ", ").split(", ")
        candidates: dict[str, Where] = {}
        for kind in kinds:
            candidates |= known[kind] or {}
        if all(known[kind] is not None for kind in kinds):
            for where, name in (place for pattern in patterns.split() for place in found(data, pattern)):
                if isinstance(name, str) and name not in candidates:
                    yield _dangling(where, name, wanted, candidates, known)


def _dangling(where: Where, name: str, wanted: str, candidates: Names, known: Mapping[str, Names | None]) -> Complaint:
    other = next((kind for kind, group in known.items() if name in (group or ())), None)
    if other:
        remedy = "only services make calls" if where[::2] == ("calls", "from") else "name one of those"
        return Complaint(where, f"{shown(name)} is {_a(other)} and must be {_a(wanted)}", remedy)
    if not candidates:
        homes = " or ".join(f"`{SECTIONS[kind]}`" for kind in wanted.replace(" or ", ", ").split(", "))
        return Complaint(where, f"no {wanted} {shown(name)}", f"none is defined; define it in {homes}")
    return Complaint(where, f"no {wanted} {shown(name)}", name=name, known=candidates)


def _used_twice(data: Mapping[str, Any]) -> Iterator[Complaint]:
    first: dict[str, str] = {}
    for kind in ("service", "store", "external system"):
        for name, where in (names(data, kind) or {}).items():
            if first.setdefault(name, kind) != kind:
                yield Complaint(where, f"{shown(name)} is {_a(kind)} and also {_a(first[name])}", "rename one of them")
    endpoints = names(data, "endpoint") or {}
    for where, name in found(data, "api.endpoints.*.name"):
        if isinstance(name, str) and endpoints.get(name, where) != where:
            yield Complaint(where, f"the endpoint {shown(name)} is there already", "keep one of them")


def _gateways(data: Mapping[str, Any]) -> Iterator[Complaint]:
    gateways = [str(where[1]) for where, role in found(data, "services.*.role") if role == "gateway"]
    for second in gateways[1:]:
        what = f"{shown(second)} is a second gateway beside {shown(gateways[0])}"
        yield Complaint(("services", second, "role"), what, "clients enter through one; give the other `role: service`")
    if not gateways or not isinstance(value_at(data, ("calls",)), list | None):
        return
    callers = found(data, "calls.*.from")
    reached = {str(value_at(data, (*where[:2], "to"))) for where, caller in callers if caller == gateways[0]}
    reached.add(gateways[0])
    for where, service in found(data, "api.endpoints.*.service"):
        if isinstance(service, str) and service in data["services"] and service not in reached:
            reached.add(service)
            what = f"the gateway {shown(gateways[0])} never calls {shown(service)}, which answers this endpoint"
            yield Complaint(where, what, f"add {{from: {gateways[0]}, to: {service}}} to `calls`")


def _shares(data: Mapping[str, Any]) -> Iterator[Complaint]:
    journeys = value_at(data, ("traffic", "journeys"))
    if not isinstance(journeys, Mapping) or not journeys:
        return
    shares = [_parsed(value_at(journeys, (name, "share")), units.parse_share) for name in journeys]
    total = sum(share or 0 for share in shares)
    if None not in shares and abs(total - 1) > SHARE_TOLERANCE:
        off = units.significant(abs(1 - total))
        remedy = f"add {off} to one of them, or a journey" if total < 1 else f"take {off} away"
        what = f"the shares add up to {units.significant(total)} and must add up to 1"
        yield Complaint(("traffic", "journeys"), what, remedy)


def _per_row(data: Mapping[str, Any]) -> Iterator[Complaint]:
    endpoints = found(data, "api.endpoints.*.name")
    no_lists = {str(name) for where, name in endpoints if not value_at(data, (*where[:-1], "list"))}
    for where, name in found(data, "calls.*.on.*"):
        place: Where = (*where[:2], "per_request")
        if isinstance(name, str) and name in no_lists and value_at(data, place) == "per row":
            what = f"`per row` has no rows, for {shown(name)} is no list"
            yield Complaint(place, what, "set `list: true` on the endpoint, or write a number")


def _percentiles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for pattern in OBJECTIVES:
        for where, slo in found(data, pattern):
            p95, p99 = (_parsed(value_at(slo, (key,)), units.parse_duration) for key in ("p95", "p99"))
            if p95 is not None and p99 is not None and p95 > p99:
                what = f"{units.show_duration(p95)} is longer than the p99 of {units.show_duration(p99)}"
                yield Complaint((*where, "p95"), what, "the p99 is the longer time of the two")


def _hit_ratios(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for where, _ in found(data, "stores.*.keys"):
        if value_at(data, (*where[:2], "hit_ratio")) is not None:
            what = "`hit_ratio` is stated here, and `keys` is what it would be computed from"
            yield Complaint((*where[:2], "hit_ratio"), what, "keep the one that you know")


def _days(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for pattern in DAYS:
        for where, day in found(data, pattern):
            try:
                if isinstance(day, str) and len(day) == 10:
                    datetime.date.fromisoformat(day)
            except ValueError:
                yield Complaint(where, f"{shown(day)} is not in the calendar", "write a day like `2026-11-23`")


def _decisions(data: Mapping[str, Any]) -> Iterator[Complaint]:
    first: dict[int, Where] = {}
    ids = [(where, number) for where, number in found(data, "decisions.*.id") if type(number) is int]
    for where, number in ids:
        if first.setdefault(number, where) != where:
            yield Complaint(where, f"there is a decision {number} already", f"number it {max(n for _, n in ids) + 1}")
    for where, number in found(data, "decisions.*.superseded_by"):
        if type(number) is int and number == value_at(data, (*where[:2], "id")):
            yield Complaint(where, "the decision supersedes itself", "name the decision that replaced it")
        elif type(number) is int and number not in first:
            yield Complaint(where, f"no decision `{number}`", known=[str(n) for n in sorted(first)], name=str(number))


def _call_cycles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for last, path in call_cycles(data):
        remedy = "make one of these calls `mode: async`, or an event"
        yield Complaint(("calls", last), f"the calls go round in a circle: {_circle(path)}", remedy)


def _event_cycles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    causes = [(cause, str(where[1])) for where, cause in found(data, "events.*.on.*") if isinstance(cause, str)]
    for path in cycles(causes):
        what = f"the events bring each other about without end: {_circle(path)}"
        yield Complaint(("events", path[-2], "on"), what, "take one of them out of `on`")


def _circle(path: list[str]) -> str:
    names = [shown(name) for name in path]
    return " → ".join(names if len(names) < 12 else [*names[:5], f"{len(names) - 10} more", *names[-5:]])


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _parsed(value: Any, parse: Callable[[object], float]) -> float | None:
    """A quantity of the raw file, or None where it cannot be read (which is told elsewhere)."""
    try:
        return float(units.uncertain(value, parse)) if isinstance(value, Mapping) else parse(value)
    except ValueError:
        return None


CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Complaint]], ...] = (
    _references, _used_twice, _gateways, _shares, _per_row, _percentiles, _hit_ratios, _days, _decisions, _call_cycles,
    _event_cycles,
)  # fmt: skip
