"""What changed between two schemas: through `$ref`, `allOf`, `oneOf` and `anyOf`, at any depth, circles too.

Named schemas are compared once each, and their changes reach every operation that uses them. `not`, `if`,
`prefixItems` and `patternProperties` are not looked at.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from archbook.contracts.document import NOTHING, Document, Node
from archbook.contracts.kinds import LOWER, UPPER, Level

_DOCUMENTATION = frozenset({"$ref", "allOf", "description", "title", "summary", "example", "examples", "deprecated"})
_NARROWER = {("integer", "number"), ("int32", "int64"), ("float", "double")}
_MADE_OF = frozenset({"$ref", "allOf", "oneOf", "anyOf", "properties", "items", "additionalProperties"})
_BOUNDS = UPPER | LOWER
_BOUNDED = frozenset(_BOUNDS)
_LIKE = 0.6
_FLATTENED = 1000
_PAIRS = 20_000


@dataclass(frozen=True, slots=True)
class Found:
    """One change at one place; `it` is the place as a person names it. level: where it is not that of the kind."""

    kind: str
    it: str
    old: str = ""
    new: str = ""
    renamed_to: str = ""
    level: Level | None = None


class SchemaChanges:
    """Compares pairs of schemas, each pair of named ones once, and remembers who uses which."""

    def __init__(self, old: Document, new: Document) -> None:
        self.old, self.new = old, new
        self.found: dict[Hashable, list[Found]] = {}
        self._users: dict[Hashable, set[Hashable]] = {}
        self._reached: dict[Hashable, frozenset[str]] = {}
        self._waiting: deque[tuple[Any, Any, str, str, Hashable]] = deque()

    def add(self, owner: Hashable, change: Found) -> None:
        """Remember a change of an operation or of a named schema."""
        self.found.setdefault(owner, []).append(change)

    def compare(self, old: Any, new: Any, scope: str, it: str, owner: Hashable) -> None:
        """Compare two schemas, and all that they are made of."""
        self._waiting.append((old, new, scope, it, owner))
        while self._waiting:
            self._pair(*self._waiting.popleft())

    def operations(self, owner: Hashable) -> frozenset[str]:
        """The names of the operations that a change reaches."""
        names, seen, waiting = set(), {owner}, [owner]
        while waiting:
            user = waiting.pop()
            if isinstance(user, str):
                names.add(user)
            elif user in self._reached:
                names |= self._reached[user]
            else:
                waiting += self._users.get(user, set()) - seen
                seen |= self._users.get(user, set())
        self._reached[owner] = frozenset(names)
        return self._reached[owner]

    def _pair(self, old: Any, new: Any, scope: str, it: str, owner: Hashable) -> None:
        if old == new and not (isinstance(old, Mapping) and _MADE_OF & old.keys()):
            return
        names = _name(old), _name(new)
        if any(names) or _refers(old) or _refers(new):  # every circle goes through one of these
            key = (names[0] or id(old), names[1] or id(new), scope)
            known = key in self._users
            self._users.setdefault(key, set()).add(owner)
            if known:
                return
            owner = key
            it = (names[0] or names[1] or it).rpartition("/")[2]
        before, after = flat(self.old, old), flat(self.new, new)
        side = "request" if scope.startswith("request") else "response"
        hidden = "readOnly" if side == "request" else "writeOnly"
        if before.get(hidden) is True and after.get(hidden) is True:
            return
        for tail, was, now in _edits(before, after, side):
            self.add(owner, Found(f"{scope}-{tail}", it, was, now))
        self._properties(before, after, scope, it, owner)
        inner = _inner(scope)
        for keyword, mark in (("items", "[]"), ("additionalProperties", ".*")):
            if isinstance(before.get(keyword), Mapping) and isinstance(after.get(keyword), Mapping):
                self._waiting.append((before[keyword], after[keyword], inner, it + mark, owner))
        for keyword, tail in (("oneOf", "one-of"), ("anyOf", "any-of")):
            self._union(before, after, keyword, f"{scope}-{tail}", it, owner)

    def _properties(self, before: Node, after: Node, scope: str, it: str, owner: Hashable) -> None:
        olds, news = _mapping(before, "properties"), _mapping(after, "properties")
        needed, needs = _texts(before, "required"), _texts(after, "required")
        asks = scope.startswith("request")
        hidden = "readOnly" if asks else "writeOnly"
        gone = {n: p for n, p in olds.items() if n not in news and self.old.resolve(p).get(hidden) is not True}
        come = {n: p for n, p in news.items() if n not in olds and self.new.resolve(p).get(hidden) is not True}
        renamed = renames(
            {name: self._shape(self.old, node) for name, node in gone.items()},
            {name: self._shape(self.new, node) for name, node in come.items()},
        )
        for name in gone:
            need = "required" if name in needed else "optional"
            kind = "request-property-removed" if asks else f"response-{need}-property-removed"
            to = renamed.get(name, "")
            self.add(owner, Found(kind, f"{it}.{name}", renamed_to=to, level="breaking" if to else None))
        for name in come.keys() - set(renamed.values()):
            self.add(owner, Found(_added(asks, name in needs, self.new.resolve(come[name])), f"{it}.{name}"))
        for name in olds.keys() & news.keys():
            self._requiredness(name in needed, name in needs, asks, news[name], f"{it}.{name}", owner)
        for name, to in [*((n, n) for n in olds if n in news), *renamed.items()]:
            self._waiting.append((olds[name], news[to], _inner(scope), f"{it}.{to}", owner))

    def _requiredness(self, was: bool, now: bool, asks: bool, node: Any, it: str, owner: Hashable) -> None:
        resolved = self.new.resolve(node)
        if was == now or resolved.get("readOnly" if asks else "writeOnly") is True:
            return
        tail = "became-required" if now else "became-optional"
        if asks and now and "default" in resolved:
            tail += "-with-default"
        self.add(owner, Found(f"{'request' if asks else 'response'}-property-{tail}", it))

    def _union(self, before: Node, after: Node, keyword: str, kind: str, it: str, owner: Hashable) -> None:
        if keyword not in before or keyword not in after:
            return
        olds = {self._branch(self.old, node): node for node in self.old.items(before[keyword])}
        news = {self._branch(self.new, node): node for node in self.new.items(after[keyword])}
        pairs = [(name, name) for name in olds if name in news]
        gone, come = [n for n in olds if n not in news], [n for n in news if n not in olds]
        if len(gone) == len(come) == 1 and not (_name(olds[gone[0]]) or _name(news[come[0]])):
            pairs.append((gone[0], come[0]))
            gone, come = [], []
        for name in gone:
            self.add(owner, Found(f"{kind}-removed", it, old=_short(name)))
        for name in come:
            self.add(owner, Found(f"{kind}-added", it, new=_short(name)))
        for name, to in pairs:
            self._waiting.append((olds[name], news[to], _inner(kind.rpartition("-o")[0]), it, owner))

    def _branch(self, document: Document, node: Any) -> str:
        named = _name(node)
        if named:
            return named.rpartition("/")[2]
        resolved = document.resolve(node)
        return str(resolved.get("title") or json.dumps(resolved, sort_keys=True, default=str))

    def _shape(self, document: Document, node: Any) -> str:
        """What two properties must have in common for one to be the other renamed."""
        seen = document.resolve(node)
        return _name(node) or json.dumps(
            [seen.get(key) for key in ("type", "format", "enum", "properties", "items")], sort_keys=True, default=str
        )


def renames(gone: Mapping[str, str], come: Mapping[str, str]) -> dict[str, str]:
    """Which of the names that went is which of those that came: the same shape, and the names most alike.

    >>> renames({"userName": "text", "age": "number"}, {"user_name": "text", "size": "number"})
    {'userName': 'user_name'}
    """
    by_shape: dict[str, list[str]] = {}
    for name, shape in come.items():
        by_shape.setdefault(shape, []).append(name)
    near = {old: by_shape.get(shape, []) for old, shape in gone.items()}
    if sum(map(len, near.values())) > _PAIRS:  # then only what differs in case and separators
        plain: dict[str, list[str]] = {}
        for name in come:
            plain.setdefault(_plain(name), []).append(name)
        near = {old: [new for new in plain.get(_plain(old), ()) if come[new] == shape] for old, shape in gone.items()}
    pairs = [(alike(old.casefold(), new.casefold()), old, new) for old, names in near.items() for new in names]
    found: dict[str, str] = {}
    for like, old, new in sorted(pairs, reverse=True):
        if like >= _LIKE and old not in found and new not in found.values():
            found[old] = new
    return found


def alike(one: str, other: str, least: float = _LIKE) -> float:
    """How much two names are alike, from 0 to 1; 0 where it cannot be as much as what matters.

    >>> alike("userName", "user_name") > _LIKE, alike("price", "city")
    (True, 0.0)
    """
    matcher = SequenceMatcher(None, one, other)
    return matcher.ratio() if matcher.real_quick_ratio() >= least and matcher.quick_ratio() >= least else 0.0


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def flat(document: Document, node: Any) -> Node:
    """A schema with all that its `allOf` says put into one, each part once."""
    resolved = document.resolve(node)
    if not document.items(resolved.get("allOf")):
        return resolved
    merged: dict[str, Any] = {}
    waiting, seen = [resolved], set[int]()
    while waiting and len(seen) < _FLATTENED:
        part = waiting.pop()
        if id(part) not in seen:
            seen.add(id(part))
            waiting += reversed([document.resolve(branch) for branch in document.items(part.get("allOf"))])
            _merge(merged, part)
    return merged


def _merge(merged: dict[str, Any], part: Node) -> None:
    """Add what a part says to what those before it said."""
    for key, value in part.items():
        if key == "properties":
            merged[key] = {**_mapping(part, key), **_mapping(merged, key)}
        elif key == "required":
            merged[key] = sorted(_texts(part, key) | _texts(merged, key))
        elif key in UPPER or key in LOWER:
            numbers: list[Any] = [n for n in (value, merged.get(key)) if _is_number(n)]
            if numbers:
                merged[key] = min(numbers) if key in UPPER else max(numbers)
        elif key != "allOf":
            merged.setdefault(key, value)


def _edits(before: Node, after: Node, side: str) -> Iterator[tuple[str, str, str]]:
    """The changes of one node itself: what ends its kind's name, and both values as text."""
    yield from _types(before, after, side)
    if _nullable(before) != _nullable(after) and _kinds(before) and _kinds(after):
        yield ("became-nullable" if _nullable(after) else "became-not-nullable"), "", ""
    yield from _values(before, after)
    if side == "request":  # a further value in an open list is what clients were told to await
        open_before, open_after = (_enum({"enum": node.get("x-extensible-enum")}) or [] for node in (before, after))
        gone = [value for value in open_before if open_after and value not in open_after]
        yield from (("x-extensible-enum-value-removed", value, "") for value in gone)
    was, now = before.get("pattern"), after.get("pattern")
    if was != now:
        action = "added" if was is None else "removed" if now is None else "changed"
        yield f"pattern-{action}", _text(was), _text(now)
    if side == "request" and before.get("default") != after.get("default"):
        action = "added" if "default" not in before else "removed" if "default" not in after else "changed"
        yield f"default-value-{action}", _text(before.get("default")), _text(after.get("default"))
    for keyword, name in _BOUNDS.items() if _BOUNDED & (before.keys() | after.keys()) else ():
        old, new = _bound(before, keyword), _bound(after, keyword)
        if old != new:
            action = "set" if old is None else "unset" if new is None else "increased" if new > old else "decreased"
            yield f"{name}-{action}", _said(keyword, old), _said(keyword, new)


def _types(before: Node, after: Node, side: str) -> Iterator[tuple[str, str, str]]:
    old, new = _kinds(before), _kinds(after)
    said = _type_text(before, old), _type_text(after, new)
    if said[0] == said[1]:
        return
    forms = _format(before), _format(after)
    wider = _within(old, new) and (forms[1] is None or forms[0] == forms[1] or forms in _NARROWER)
    narrower = _within(new, old) and (forms[0] is None or forms[0] == forms[1] or forms[::-1] in _NARROWER)
    if side == "request":
        yield ("type-generalized" if wider else "type-changed"), *said
    else:
        yield ("type-specialized" if narrower else "type-changed"), *said


def _values(before: Node, after: Node) -> Iterator[tuple[str, str, str]]:
    old, new = _enum(before), _enum(after)
    if old is None and new is not None:
        yield "became-enum", "", ", ".join(new)
    elif old is not None and new is None:
        yield "became-not-enum", ", ".join(old), ""
    elif old is not None and new is not None:
        yield from (("enum-value-removed", value, "") for value in old if value not in new)
        yield from (("enum-value-added", "", value) for value in new if value not in old)


def _kinds(node: Node) -> frozenset[str]:
    """The types, without null; none where any is allowed."""
    held = node.get("type")
    types = {held} if isinstance(held, str) else set(_texts(node, "type"))
    if not types:
        types = {name for key, name in (("properties", "object"), ("items", "array")) if key in node}
    return frozenset(types - {"null"})


def _nullable(node: Node) -> bool:
    return node.get("nullable") is True or (_is_list(node.get("type")) and "null" in node["type"])


def _within(inner: frozenset[str], outer: frozenset[str]) -> bool:
    """Whether all that one allows, the other does too; one without types allows any."""
    return not outer or (bool(inner) and all(t in outer or (t == "integer" and "number" in outer) for t in inner))


def _type_text(node: Node, types: Iterable[str]) -> str:
    said = " or ".join(sorted(types)) or "anything"
    form = _format(node)
    return f"{said} ({form})" if form is not None else said


def _format(node: Node) -> str | None:
    form = node.get("format")
    return form if isinstance(form, str) else None


def _enum(node: Node) -> list[str] | None:
    if "const" in node:
        return [_text(node["const"])]
    return [_text(value) for value in node["enum"] if value is not None] if _is_list(node.get("enum")) else None


def _bound(node: Node, keyword: str) -> float | None:
    """A bound; in OpenAPI 3.0 an exclusive one is a flag beside `maximum` or `minimum`."""
    value, flag = node.get(keyword), node.get(f"exclusive{keyword[0].upper()}{keyword[1:]}")
    if keyword.startswith("exclusive") and value is True:
        value = node.get(keyword[9:].lower())
    elif flag is True:
        return None
    return value if _is_number(value) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _said(keyword: str, value: float | None) -> str:
    return f"no {keyword}" if value is None else f"{keyword} {value}"


def _added(asks: bool, needed: bool, node: Node) -> str:
    if not asks:
        return f"response-{'required' if needed else 'optional'}-property-added"
    if not needed:
        return "new-optional-request-property"
    return "new-required-request-property" + ("-with-default" if "default" in node else "")


def _inner(scope: str) -> str:
    if scope.startswith("response"):
        return "response-property"
    return "request-parameter-property" if scope.startswith("request-parameter") else "request-property"


def _name(node: Any) -> str:
    """The `$ref` of a node that says nothing else about the values, alone or as the one part of an `allOf`."""
    if not isinstance(node, Mapping) or any(k not in _DOCUMENTATION and not k.startswith("x-") for k in node):
        return ""
    parts = node.get("allOf")
    if isinstance(parts, list) and len(parts) == 1 and "$ref" not in node:
        return _name(parts[0])
    reference = node.get("$ref")
    return reference if isinstance(reference, str) and "allOf" not in node else ""


def _refers(node: Any) -> bool:
    return isinstance(node, Mapping) and ("$ref" in node or "allOf" in node)


def _mapping(node: Node, key: str) -> Node:
    held = node.get(key)
    return held if isinstance(held, Mapping) else NOTHING


def _texts(node: Node, key: str) -> frozenset[str]:
    return frozenset(v for v in node[key] if isinstance(v, str)) if _is_list(node.get(key)) else frozenset()


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
