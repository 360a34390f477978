"""Whether the parts of a design fit together: references, sums, orders and cycles.

The checks look at the raw data of the file, not at the validated model: a fault in one value hides no other, and a name
is known even where the part that bears it is faulty, so that one error brings no second.
"""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from archbook import units
from archbook.design.complaints import Complaint, value_at
from archbook.design.cycles import call_cycles, cycles
from archbook.design.model import Where
from archbook.errors import shown

Pattern = tuple[str, ...]
SECTIONS: dict[str, Pattern] = {
    "service": ("services",), "store": ("stores",), "external system": ("externals",), "event": ("events",),
    "endpoint": ("api", "endpoints"), "zone": ("security", "zones"), "role": ("security", "roles"),
}  # fmt: skip
REFERENCES: tuple[tuple[Pattern, str], ...] = (
    (("services", "*", "zone"), "zone"),
    (("stores", "*", "owner"), "service"),
    (("stores", "*", "zone"), "zone"),
    (("stores", "*", "holds", "*", "added_by", "*"), "endpoint or event"),
    (("externals", "*", "zone"), "zone"),
    (("calls", "*", "from"), "service"),
    (("calls", "*", "to"), "service, store or external system"),
    (("calls", "*", "on", "*"), "endpoint or event"),
    (("calls", "*", "unless_hit"), "store"),
    (("events", "*", "from"), "service"),
    (("events", "*", "to", "*"), "service or store"),
    (("events", "*", "on", "*"), "endpoint or event"),
    (("events", "*", "broker"), "store"),
    (("api", "endpoints", "*", "service"), "service"),
    (("api", "endpoints", "*", "roles", "*"), "role"),
    (("traffic", "journeys", "*", "steps", "*"), "endpoint"),
    (("traffic", "journeys", "*", "steps", "*", "do"), "endpoint"),
    (("security", "authentication", "checked_by"), "service"),
    (("security", "rate_limits", "*", "on", "*"), "endpoint"),
    (("security", "rate_limits", "*", "at"), "service"),
)
DAYS: tuple[Pattern, ...] = (("decisions", "*", "date"), ("waivers", "*", "until"), ("api", "endpoints", "*", "sunset"))
OBJECTIVES: tuple[Pattern, ...] = (("services", "*", "slo"), ("stores", "*", "slo"), ("api", "endpoints", "*", "slo"))
SHARE_TOLERANCE = 0.002


def check(data: Mapping[str, Any]) -> Iterator[Complaint]:
    """Everything in a design that does not fit together."""
    for one in CHECKS:
        yield from one(data)


def found(data: Any, pattern: Pattern, where: Where = ()) -> Iterator[tuple[Where, Any]]:
    """Places and values that match a pattern, in which ``*`` stands for every key or index."""
    if not pattern:
        yield where, data
    elif pattern[0] == "*":
        entries = data.items() if isinstance(data, Mapping) else enumerate(data) if isinstance(data, list) else ()
        for step, value in entries:
            yield from found(value, pattern[1:], (*where, step))
    elif isinstance(data, Mapping) and pattern[0] in data:
        yield from found(data[pattern[0]], pattern[1:], (*where, pattern[0]))


def names(data: Any, kind: str) -> dict[str, Where] | None:
    """Names of one kind and where they stand; None when their section is faulty, so that nothing is known of them."""
    section: Any = data
    for step in SECTIONS[kind]:
        if not isinstance(section, Mapping):
            return None
        if step not in section:
            return None if kind == "service" else {}
        section = section[step]
    if kind == "endpoint" and isinstance(section, list):
        bearers = list(found(section, ("*", "name"), SECTIONS[kind]))
        return {name: where for where, name in reversed(bearers) if isinstance(name, str)}
    return {name: (*SECTIONS[kind], name) for name in section} if isinstance(section, Mapping) else None


def _references(data: Mapping[str, Any]) -> Iterator[Complaint]:
    known = {kind: names(data, kind) for kind in SECTIONS}
    for pattern, wanted in REFERENCES:
        kinds = wanted.replace(" or ", ", ").split(", ")
        groups = [known[kind] for kind in kinds]
        if any(group is None for group in groups):
            continue
        candidates = {name: None for group in groups for name in group or ()}
        for where, name in found(data, pattern):
            if isinstance(name, str) and name not in candidates:
                yield _dangling(where, name, wanted, candidates, known)


def _dangling(
    where: Where, name: str, wanted: str, candidates: Mapping[str, None], known: Mapping[str, dict[str, Where] | None]
) -> Complaint:
    other = next((kind for kind, group in known.items() if name in (group or ())), None)
    if other:
        remedy = "only services make calls" if where[::2] == ("calls", "from") else "name one of those"
        return Complaint(where, f"{shown(name)} is {_a(other)} and must be {_a(wanted)}", remedy)
    if not candidates:
        homes = " or ".join(f"`{'.'.join(SECTIONS[kind])}`" for kind in wanted.replace(" or ", ", ").split(", "))
        return Complaint(where, f"no {wanted} {shown(name)}", f"none is defined; define it in {homes}")
    return Complaint(where, f"no {wanted} {shown(name)}", name=name, known=candidates)


def _names_used_twice(data: Mapping[str, Any]) -> Iterator[Complaint]:
    first: dict[str, str] = {}
    for kind in ("service", "store", "external system"):
        for name, where in (names(data, kind) or {}).items():
            if first.setdefault(name, kind) != kind:
                yield Complaint(where, f"{shown(name)} is {_a(kind)} and also {_a(first[name])}", "rename one of them")


def _endpoints_used_twice(data: Mapping[str, Any]) -> Iterator[Complaint]:
    first = names(data, "endpoint") or {}
    for where, name in found(data, ("api", "endpoints", "*", "name")):
        if isinstance(name, str) and name in first and first[name] != where:
            yield Complaint(where, f"the endpoint {shown(name)} is there already", "keep one of them")


def _gateways(data: Mapping[str, Any]) -> Iterator[Complaint]:
    roles = list(found(data, ("services", "*", "role")))
    gateways = [str(where[1]) for where, role in roles if role == "gateway"]
    for second in gateways[1:]:
        what = f"{shown(second)} is a second gateway beside {shown(gateways[0])}"
        yield Complaint(("services", second, "role"), what, "clients enter through one; give the other `role: service`")
    calls = value_at(data, ("calls",))
    if not gateways or not isinstance(calls, list | None):
        return
    reached = {str(call.get("to")) for call in _mappings(calls) if call.get("from") == gateways[0]}
    told = {gateways[0]}
    for where, service in found(data, ("api", "endpoints", "*", "service")):
        if isinstance(service, str) and service in data["services"] and service not in reached | told:
            told.add(service)
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
    lists = {e.get("name"): e.get("list", False) for e in _mappings(value_at(data, ("api", "endpoints")))
             if isinstance(e.get("name"), str)}  # fmt: skip
    for where, times in found(data, ("calls", "*", "per_request")):
        named = value_at(data, (*where[:2], "on"))
        for name in named if times == "per row" and isinstance(named, list) else ():
            if isinstance(name, str) and lists.get(name) is False:
                what = f"`per row` has no rows, for {shown(name)} is no list"
                yield Complaint(where, what, "set `list: true` on the endpoint, or write a number")


def _percentiles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for pattern in OBJECTIVES:
        for where, slo in found(data, pattern):
            p95, p99 = (_parsed(value_at(slo, (key,)), units.parse_duration) for key in ("p95", "p99"))
            if p95 is not None and p99 is not None and p95 > p99:
                what = f"{units.show_duration(p95)} is longer than the p99 of {units.show_duration(p99)}"
                yield Complaint((*where, "p95"), what, "the p99 is the longer time of the two")


def _days(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for pattern in DAYS:
        for where, day in found(data, pattern):
            try:
                if isinstance(day, str) and len(day) == 10:
                    datetime.date.fromisoformat(day)
            except ValueError:
                yield Complaint(where, f"{shown(day)} is not in the calendar", "write a day like `2026-11-23`")


def _decisions(data: Mapping[str, Any]) -> Iterator[Complaint]:
    ids = [(w, n) for w, n in found(data, ("decisions", "*", "id")) if type(n) is int]
    count = Counter(number for _, number in ids)
    first: dict[int, Where] = {}
    for where, number in ids:
        if first.setdefault(number, where) != where:
            yield Complaint(where, f"there is a decision {number} already", f"number it {max(count) + 1}")
    for where, number in found(data, ("decisions", "*", "superseded_by")):
        if type(number) is int and number == value_at(data, (*where[:2], "id")):
            yield Complaint(where, "the decision supersedes itself", "name the decision that replaced it")
        elif type(number) is int and number not in count:
            yield Complaint(where, f"no decision `{number}`", known=[str(n) for n in sorted(count)], name=str(number))


def _call_cycles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    for last, path in call_cycles(data):
        remedy = "make one of these calls `mode: async`, or an event"
        yield Complaint(("calls", last), f"the calls go round in a circle: {_circle(path)}", remedy)


def _event_cycles(data: Mapping[str, Any]) -> Iterator[Complaint]:
    events = names(data, "event") or {}
    follows: dict[str, list[str]] = {name: [] for name in events}
    for where, cause in found(data, ("events", "*", "on", "*")):
        if isinstance(cause, str) and cause in follows:
            follows[cause].append(str(where[1]))
    for path in cycles(follows):
        what = f"the events bring each other about without end: {_circle(path)}"
        yield Complaint(("events", path[-2], "on"), what, "take one of them out of `on`")


def _circle(path: list[str]) -> str:
    names = [shown(name) for name in path]
    return " → ".join(names if len(names) < 12 else [*names[:5], f"{len(names) - 10} more", *names[-5:]])


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _mappings(entries: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in entries if isinstance(entry, Mapping)] if isinstance(entries, list) else []


def _parsed(value: Any, parse: Callable[[object], float]) -> float | None:
    """A quantity of the raw file, or None where it cannot be read (which is told elsewhere)."""
    try:
        return float(units.uncertain(value, parse)) if isinstance(value, Mapping) else parse(value)
    except ValueError:
        return None


CHECKS: tuple[Callable[[Mapping[str, Any]], Iterator[Complaint]], ...] = (
    _references, _names_used_twice, _endpoints_used_twice, _gateways, _shares, _per_row, _percentiles, _days,
    _decisions, _call_cycles, _event_cycles,
)  # fmt: skip
