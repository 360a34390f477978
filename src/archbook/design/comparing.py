"""What differs between two designs, key by key, in the words and units of the file."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from archbook.design.changes import REST, Change, KeyChange, gist
from archbook.design.contract import Api, Decision, Endpoint, RateLimit, Role, Security, Waiver, Zone
from archbook.design.elements import External, Journey, Service, Store, Traffic
from archbook.design.interactions import Call, Event
from archbook.design.model import Design, a_design
from archbook.design.plain import as_written, defaults
from archbook.design.quantities import Part
from archbook.units import show_count

__all__ = ["Change", "KeyChange", "compare", "gist"]

GROUPS = {
    "service": ("services",), "store": ("stores",), "external system": ("externals",), "event": ("events",),
    "journey": ("traffic", "journeys"), "role": ("security", "roles"), "zone": ("security", "zones"),
}  # fmt: skip
KINDS: dict[str, type[Part]] = {
    "service": Service, "store": Store, "external system": External, "event": Event, "journey": Journey, "role": Role,
    "zone": Zone, "call": Call, "endpoint": Endpoint, "rate limit": RateLimit, "decision": Decision, "waiver": Waiver,
    "traffic": Traffic, "api": Api, "security": Security, "design": Design,
}  # fmt: skip
ELEMENTS = ("service", "store", "external system", "event")
LISTS = {
    "call": (("calls",), ("from", "to")), "endpoint": (("api", "endpoints"), ("name",)),
    "rate limit": (("security", "rate_limits"), ("per", "at")), "decision": (("decisions",), ("id",)),
    "waiver": (("waivers",), ("rule", "about")),
}  # fmt: skip
NOT_COMPARED = ("archbook", "name", *REST, *(place[0] for place in GROUPS.values()), "calls", "decisions", "waivers")
ALIKE = 0.8  # share of equal keys from which one element that went and one that came are the same one, renamed


def compare(old: Design, new: Design) -> tuple[Change, ...]:
    """Everything that differs, by the order of the file; nothing where both say the same.

    A service, store, external system or event that went, and one alike that came, are one that was renamed. Raises
    InvalidInput for what is no design.

    >>> from archbook.design.loading import read
    >>> text = "archbook: 1\\nname: a\\ntraffic: {daily_active_users: 1}\\nservices: {b: {instances: 2}}"
    >>> print(*compare(read(text), read(text.replace("2", "4"))))
    service b: instances 2 → 4
    """
    before, after = (as_written(a_design(design)) for design in (old, new))
    names = renames(before, after)
    before = _renamed(before, names)
    titled = ("title",) if old.source.variant or new.source.variant else ()  # Archbook's own words, not the author's
    whole_before, whole_after = (_without(data, (*NOT_COMPARED, *titled)) for data in (before, after))
    found = [
        *_keys_of("design", "", whole_before, whole_after),
        *(change for part in REST for change in _keys_of(part, "", _own(before, part), _own(after, part))),
        *(change for part in GROUPS for change in _group(part, before, after, names)),
        *_ddl(old, new, names),
        *(change for part in LISTS for change in _list(part, before, after)),
        *_order(before, after),
    ]
    return tuple(found)


def renames(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, str]:
    """Old name → new name of the elements that are the same but for their name."""
    found: dict[str, str] = {}
    for part in ELEMENTS:
        gone, came = (
            {name: element for name, element in _at(one, GROUPS[part]).items() if name not in _at(other, GROUPS[part])}
            for one, other in ((before, after), (after, before))
        )
        pairs = sorted(
            ((_likeness(gone[a], came[b]), a, b) for a in gone for b in came), key=lambda pair: (-pair[0], pair[1:])
        )
        for likeness, a, b in pairs:
            if likeness >= ALIKE and a not in found and b not in found.values():
                found[a] = b
    return found


def _likeness(one: Any, other: Any) -> float:
    """Share of the keys of both that are equal; 0 where there are too few to tell."""
    a, b = flat(one), flat(other)
    keys = a.keys() | b.keys()
    return sum(a.get(key) == b.get(key) for key in keys) / len(keys) if len(keys) > 2 else 0.0


def flat(part: Any, above: str = "") -> dict[str, Any]:
    """Values by their dotted keys; a list is one value.

    >>> flat({"slo": {"p95": "200ms"}, "roles": ["a"]})
    {'slo.p95': '200ms', 'roles': ['a']}
    """
    if not isinstance(part, Mapping):
        return {above: part}
    inner = (flat(entry, f"{above}.{name}" if above else name) for name, entry in part.items())
    return {key: value for values in inner for key, value in values.items()}


def _renamed(part: Any, names: Mapping[str, str]) -> Any:
    """A part in which elements have their new names, wherever they are spoken of."""
    if not names:
        return part
    if isinstance(part, Mapping):
        return {names.get(key, key): _renamed(value, names) for key, value in part.items()}
    if isinstance(part, list):
        return [_renamed(item, names) for item in part]
    return names.get(part, part) if isinstance(part, str) else part


def _at(data: Any, place: Sequence[str]) -> Any:
    for step in place:
        data = data.get(step, {})
    return data


def _without(data: Mapping[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key not in set(keys)}


def _own(data: Mapping[str, Any], part: str) -> dict[str, Any]:
    """The keys of a section that are no list or mapping of parts of their own."""
    places = (*GROUPS.values(), *(place for place, _ in LISTS.values()))
    inner = [place[1] for place in places if place[0] == part and place[1:]]
    return _without(data.get(part, {}), inner)


def _keys_of(name: str, part: str, old: Any, new: Any, about: tuple[str, ...] = (), was: str = "") -> Iterator[Change]:
    if old == new and not was:
        return
    a, b, known = flat(old), flat(new), defaults(KINDS[part or name])
    keys = tuple(
        KeyChange(key, a.get(key, known.get(key)), b.get(key, known.get(key)))
        for key in {**a, **b} if a.get(key) != b.get(key)
    )  # fmt: skip
    if keys or was:
        yield Change("renamed" if was else "changed", part, name, keys, was, about)


def _group(part: str, before: Any, after: Any, names: Mapping[str, str]) -> Iterator[Change]:
    old, new = _at(before, GROUPS[part]), _at(after, GROUPS[part])
    was = {b: a for a, b in names.items()} if part in ELEMENTS else {}
    for name in {**old, **new}:
        about = (name,) if part in ELEMENTS else ()
        if name not in new:
            yield Change("removed", part, name, about=about)
        elif name not in old:
            yield Change("added", part, name, about=about)
        else:
            yield from _keys_of(name, part, old[name], new[name], about, was.get(name, ""))


def _list(part: str, before: Any, after: Any) -> Iterator[Change]:
    """Items of a list, matched by what names them; of several that are named alike, the likest."""
    place, named_by = LISTS[part]
    groups: dict[Any, tuple[list[Any], list[Any]]] = {}
    for side, data in enumerate((before, after)):
        for item in _at(data, place) or ():
            groups.setdefault(tuple(str(item.get(key, "")) for key in named_by), ([], []))[side].append(item)
    for old, new in groups.values():
        pairs = _paired(old, new)
        for a, b in pairs:
            yield from _keys_of(_called(part, b), part, a, b, _about(part, b))
        yield from (Change("removed", part, _called(part, a), about=_about(part, a)) for a in _left(old, pairs, 0))
        yield from (Change("added", part, _called(part, b), about=_about(part, b)) for b in _left(new, pairs, 1))


def _paired(old: Sequence[Any], new: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Items that are the same one: the likest first, and at last those that are left on both sides in their order."""
    if len(old) == len(new) == 1:
        return [(old[0], new[0])]
    ranked = sorted(((_same(a, b), -i, -j) for i, a in enumerate(old) for j, b in enumerate(new)), reverse=True)
    taken: dict[int, int] = {}
    for likeness, i, j in ranked:
        if likeness > 0 and -i not in taken and -j not in taken.values():
            taken[-i] = -j
    return [(old[i], new[j]) for i, j in sorted(taken.items(), key=lambda pair: pair[1])]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> float:
    """How alike two calls between the same two are: 0 where neither what they do nor what they are for is the same."""
    if one == other:
        return 3.0
    same_work = one.get("does") == other.get("does") and "does" in one
    shared = bool(set(one.get("on", ())) & set(other.get("on", ()))) or ("on" not in one and "on" not in other)
    return (same_work + shared) + _likeness(one, other) / 10 if same_work or shared else 0.0


def _left(items: Sequence[Any], pairs: Sequence[tuple[Any, Any]], side: int) -> Iterator[Any]:
    taken = {id(pair[side]) for pair in pairs}
    return (item for item in items if id(item) not in taken)


def _order(before: Any, after: Any) -> Iterator[Change]:
    """Services whose calls are the same, and are made in another order."""
    made: dict[str, tuple[list[str], list[str]]] = {}
    for side, data in enumerate((before, after)):
        for call in data.get("calls", ()):
            made.setdefault(call["from"], ([], []))[side].append(_called("call", call))
    for caller, (old, new) in made.items():
        a, b = [name for name in old if name in new], [name for name in new if name in old]
        if a != b and sorted(a) == sorted(b):
            yield Change("changed", "service", caller, (KeyChange("order of its calls", a, b),), about=(caller,))


def _called(part: str, item: Mapping[str, Any]) -> str:
    if part == "call":
        return f"{item['from']} → {item['to']}" + (f" ({item['does']})" if item.get("does") else "")
    if part == "decision":
        return f"{item['id']}, {item['title']}"
    if part == "waiver":
        return f"of {item['rule']} at {item['about']}"
    return str(item["name"]) if part == "endpoint" else f"per {item.get('per', 'user')} at {item.get('at', 'none')}"


def _about(part: str, item: Mapping[str, Any]) -> tuple[str, ...]:
    keys = {"call": ("from", "to"), "endpoint": ("service",)}.get(part, ())
    return tuple(item[key] for key in keys)


def _ddl(old: Design, new: Design, names: Mapping[str, str]) -> Iterator[Change]:
    """Lines of DDL that came and went, a store at a time."""
    before = {names.get(store, store): text for store, text in old.source.ddl.items()}
    for store in {**before, **new.source.ddl}:
        one, other = before.get(store, ""), new.source.ddl.get(store, "")
        if one != other and store in new.stores and (store in before or store in old.stores):
            lines = [line[:1] for line in difflib.unified_diff(one.splitlines(), other.splitlines(), n=0)][2:]
            key = KeyChange("DDL", show_count(lines.count("-"), "line"), show_count(lines.count("+"), "line"))
            yield Change("changed", "store", store, (key,), about=(store,))
