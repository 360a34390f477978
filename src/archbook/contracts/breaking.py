"""What a new version of an API breaks: `diff_api` compares two documents and says for whom, and the way round."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from archbook.contracts.changes import Change, Changes
from archbook.contracts.document import Document, Node, Operation
from archbook.contracts.kinds import KINDS, Level
from archbook.contracts.schema_changes import Found, SchemaChanges, alike, renames
from archbook.design.loading import collector_at_rest
from archbook.errors import shown

_NOT_PARAMETERS = {("header", name) for name in ("accept", "content-type", "authorization")}  # OpenAPI ignores them
_SEGMENT = re.compile(r"\{[^{}]*\}")
_VERSION = re.compile(r"v\d+(\.\d+)*", re.IGNORECASE)
_LIKE, _SIMILAR, _MOST_CANDIDATES, _MOST_SHARING = 0.7, 0.8, 60, 500


def diff_api(old: Document, new: Document, today: datetime.date | None = None) -> Changes:
    """Every change between two versions of an API, the breaking ones first.

    today: the day on which the sunset of what was removed must have passed.
    """
    with collector_at_rest():
        return _Diff(old, new, today or datetime.date.today()).changes()


class _Diff:
    def __init__(self, old: Document, new: Document, today: datetime.date) -> None:
        self.old, self.new, self.today = old, new, today
        self.schemas = SchemaChanges(old, new)

    def changes(self) -> Changes:
        olds, news = _by_key(self.old), _by_key(self.new)
        gone = [op for key, op in olds.items() if key not in news]
        come = [op for key, op in news.items() if key not in olds]
        renamed = _renamed(gone, come)
        kept = {path for _, path in news}
        for operation in gone:
            self._removed(operation, renamed.get(operation.name), kept)
        arrived = {operation.name for operation in renamed.values()}
        for operation in come:
            if operation.name not in arrived:
                self._add(operation, "endpoint-added")
        for key, operation in olds.items():
            if now := news.get(key) or renamed.get(operation.name):
                self._operation(operation, now)
        self._schemes()
        merged = self._merged()
        return Changes(
            old=self.old.name,
            new=self.new.name,
            operations=len(olds),
            changes=tuple(merged + self._version(any(change.level == "breaking" for change in merged))),
            notes=(*self.old.notes, *self.new.notes, *_servers(self.old, self.new)),
        )

    def _add(self, operation: Operation, kind: str, it: str = "", **parts: Any) -> None:
        self.schemas.add(operation.name, Found(kind, it or operation.name, **parts))

    def _removed(self, was: Operation, now: Operation | None, kept: set[str]) -> None:
        subject = "api" if _shaped(was.path) in kept else "api-path"
        sunset = _day(was.node)
        if now is not None:
            self._add(was, f"{subject}-removed-without-deprecation", renamed_to=now.name)
        elif was.node.get("deprecated") is not True:
            self._add(was, f"{subject}-removed-without-deprecation")
        elif sunset is not None and sunset > self.today:
            self._add(was, f"{subject}-removed-before-sunset", old=f"{sunset}")
        else:
            self._add(was, f"{subject}-removed-with-deprecation")

    def _operation(self, was: Operation, now: Operation) -> None:
        self._lifecycle(was, now)
        self._security(was, now)
        self._parameters(was, now)
        self._body(was, now)
        self._answers(was, now)

    def _lifecycle(self, was: Operation, now: Operation) -> None:
        before, after = was.node.get("deprecated") is True, now.node.get("deprecated") is True
        sunsets = _day(was.node), _day(now.node)
        if after and not before:
            self._add(now, "endpoint-deprecated-with-sunset" if sunsets[1] else "endpoint-deprecated")
        elif before and not after:
            self._add(now, "endpoint-reactivated")
        elif before and sunsets[0] and not sunsets[1]:
            self._add(now, "sunset-deleted", old=f"{sunsets[0]}")
        elif before and sunsets[0] and sunsets[1] and sunsets[1] < sunsets[0]:
            self._add(now, "api-sunset-date-changed-too-small", old=f"{sunsets[0]}", new=f"{sunsets[1]}")
        old, new = was.node.get("operationId"), now.node.get("operationId")
        if isinstance(old, str) and old != new:
            self._add(now, "api-operation-id-removed", old=old, new=str(new or ""))

    def _security(self, was: Operation, now: Operation) -> None:
        shared = "security" not in was.node and "security" not in now.node
        subject = "api-global-security" if shared else "api-security"
        it = "the whole API" if shared else now.name
        ways = _ways(self.old, was), _ways(self.new, now)
        several = {name for held in ways for name, times in Counter(name for name, _ in held).items() if times > 1}
        old, new = (_accepted(held, several) for held in ways)
        open_before, open_now = "" in old, "" in new
        for name in old.keys() - new.keys() - {""}:
            self._add(now, f"{subject}-removed", it, old=name, level="safe" if open_now else None)
        for name in new.keys() - old.keys() - {""}:
            closed = open_before and not open_now
            self._add(now, f"{subject}-added", it, new=name, level="breaking" if closed else None)
        for name in old.keys() & new.keys():
            for scope in sorted(new[name] - old[name]):
                self._add(now, "api-security-scope-added", it, old=name, new=scope)
            for scope in sorted(old[name] - new[name]):
                self._add(now, "api-security-scope-removed", it, old=scope)

    def _parameters(self, was: Operation, now: Operation) -> None:
        olds, news = _parameters(self.old, was), _parameters(self.new, now)
        gone, come = olds.keys() - news.keys(), news.keys() - olds.keys()
        shapes = [
            {f"{place} {name}": f"{place} {json.dumps(held[place, name].get('schema'), sort_keys=True, default=str)}"
             for place, name in keys if place != "path"}
            for held, keys in ((olds, gone), (news, come))
        ]  # fmt: skip
        renamed = renames(shapes[0], shapes[1])
        for place, name in sorted(gone):
            to = renamed.get(f"{place} {name}", "")
            if place != "path":  # a path without it is another path, and was told as such
                level: Level | None = "breaking" if to else None
                called = _called(olds[place, name])
                self._add(now, "request-parameter-removed", called, level=level, renamed_to=to.partition(" ")[2])
        for place, name in sorted(come):
            if f"{place} {name}" in renamed.values():
                continue
            needed = news[place, name].get("required") is True
            kind = f"new-{'required' if needed else 'optional'}-request-parameter"
            self._add(now, "new-request-path-parameter" if place == "path" else kind, _called(news[place, name]))
        pairs = [(key, key) for key in sorted(olds.keys() & news.keys())]
        pairs += [(_split(a), _split(b)) for a, b in renamed.items()]
        for was_at, now_at in pairs:
            old, new = olds[was_at], news[now_at]
            it = _called(new)
            if now_at[0] != "path" and (old.get("required") is True) != (new.get("required") is True):
                tail = "required" if new.get("required") is True else "optional"
                self._add(now, f"request-parameter-became-{tail}", it)
            self.schemas.compare(_schema(self.old, old), _schema(self.new, new), "request-parameter", it, now.name)

    def _body(self, was: Operation, now: Operation) -> None:
        old, new = self.old.resolve(was.node.get("requestBody")), self.new.resolve(now.node.get("requestBody"))
        it = "the request body"
        needed, needs = old.get("required") is True, new.get("required") is True
        if not old and new:
            self._add(now, f"request-body-added-{'required' if needs else 'optional'}", it)
        elif old and not new:
            self._add(now, "request-body-removed", it)
        elif needed != needs:
            self._add(now, f"request-body-became-{'required' if needs else 'optional'}", it)
        if old and new:
            self._media(now, old, new, "request-body", it)

    def _answers(self, was: Operation, now: Operation) -> None:
        olds, news = self.old.responses(was), self.new.responses(now)
        for status in olds:
            if status not in news:
                self._add(now, f"response-{_success(status)}-status-removed", old=status)
        for status, answer in news.items():
            if status not in olds:
                self._add(now, f"response-{_success(status)}-status-added", new=status)
                continue
            it = f"the answer {status}"
            self._media(now, olds[status], answer, "response", it)
            self._headers(now, olds[status], answer, it)

    def _media(self, now: Operation, old: Node, new: Node, side: str, it: str) -> None:
        olds, news = _media(self.old, old), _media(self.new, new)
        for name in olds.keys() - news.keys():
            self._add(now, f"{side}-media-type-removed", it, old=name)
        for name in news.keys() - olds.keys() if olds else ():
            self._add(now, f"{side}-media-type-added", it, new=name)
        scope = "request-body" if side == "request-body" else "response-body"
        for name in olds.keys() & news.keys():
            self.schemas.compare(olds[name], news[name], scope, it, now.name)

    def _headers(self, now: Operation, old: Node, new: Node, it: str) -> None:
        olds, news = _headers(self.old, old), _headers(self.new, new)
        for name, header in olds.items():
            need = "required" if header.get("required") is True else "optional"
            if name not in news:
                self._add(now, f"{need}-response-header-removed", it, old=name)
                continue
            if need == "required" and news[name].get("required") is not True:
                self._add(now, "response-header-became-optional", f"the header {name}")
            schemas = _schema(self.old, header), _schema(self.new, news[name])
            self.schemas.compare(*schemas, "response-header", f"the header {name}", now.name)
        for name in news.keys() - olds.keys():
            self._add(now, "response-header-added", it, new=name)

    def _schemes(self) -> None:
        """What changed in how a client proves who it is, told once for the API."""
        olds, news = _schemes(self.old), _schemes(self.new)
        for name in olds.keys() & news.keys():
            old, new = olds[name], news[name]
            kinds = [" ".join(str(held[key]) for key in ("type", "scheme", "in", "name") if key in held)
                     for held in (old, new)]  # fmt: skip
            if kinds[0] != kinds[1]:
                found = Found("api-security-component-type-changed", name, kinds[0], kinds[1])
                self.schemas.add(("scheme", name), found)
            for url, scopes in _flows(old, new):
                if url[0] and url[0] != url[1]:
                    found = Found("api-security-component-oauth-token-url-changed", name, *url)
                    self.schemas.add(("scheme", name), found)
                for scope in scopes:
                    found = Found("api-security-component-oauth-scope-removed", name, old=scope)
                    self.schemas.add(("scheme", name), found)

    def _merged(self) -> list[Change]:
        """Each change once, with all operations that it reaches."""
        reached: dict[Found, frozenset[str]] = {}
        for owner, found in self.schemas.found.items():
            operations = self.schemas.operations(owner)
            for change in found:
                reached[change] = reached.get(change, operations) | operations
        in_order = {names: tuple(sorted(names)) for names in set(reached.values())}
        return [_change(found, in_order[names]) for found, names in reached.items()]

    def _version(self, breaks: bool) -> list[Change]:
        was, now = (str(document.resolve(document.data.get("info")).get("version", "")) for document in
                    (self.old, self.new))  # fmt: skip
        if not breaks or not was:
            return []
        if was == now:
            return [_change(Found("api-version-not-bumped", "the version", was, now), ())]
        if was.lstrip("vV").split(".")[0] == now.lstrip("vV").split(".")[0]:
            return [_change(Found("api-major-version-not-bumped", "the version", was, now), ())]
        return []


def _change(found: Found, operations: tuple[str, ...]) -> Change:
    kind = KINDS[found.kind]
    level = found.level or kind.level
    client = kind.client.format(it=found.it, old=found.old or "before", new=found.new or "now")
    if found.renamed_to:
        client = f"a client that uses the old name of {found.it}"
    return Change(
        kind.id, level, found.it, found.old, found.new, found.renamed_to, operations,
        client=client if level != "safe" else "", path=kind.path if level != "safe" else "",
    )  # fmt: skip


def _by_key(document: Document) -> dict[tuple[str, str], Operation]:
    return {(operation.method, _shaped(operation.path)): operation for operation in document.operations}


def _shaped(path: str) -> str:
    """A path without the names of its parameters, which no client sees.

    >>> _shaped("/users/{userId}/orders")
    '/users/{}/orders'
    """
    return _SEGMENT.sub("{}", path)


@dataclass(frozen=True, slots=True)
class _Look:
    """What tells an operation under another path from a new one. id: its operationId, without case and version."""

    words: tuple[str, ...]
    id: str
    gist: str

    def marks(self, method: str) -> Iterator[tuple[str, ...]]:
        """What two must share one of."""
        yield method, "words", *self.words
        yield method, "gist", self.gist
        if self.id:
            yield method, "id", self.id


def _look(operation: Operation) -> _Look:
    plain = re.sub(r"[^a-z]|v\d+$", "", str(operation.node.get("operationId", "")).casefold())
    return _Look(tuple(_words(operation)), plain, json.dumps(_gist(operation), sort_keys=True, default=str))


def _renamed(gone: Iterable[Operation], come: Sequence[Operation]) -> dict[str, Operation]:
    """Which operation that went is which of those that came, by the old name: one method, and nearly the same path.

    What more than some hundreds share tells nobody apart, and is not followed.
    """
    looks = [_look(operation) for operation in come]
    places: dict[tuple[str, ...], list[int]] = {}
    for place, operation in enumerate(come):
        for mark in looks[place].marks(operation.method):
            places.setdefault(mark, []).append(place)
    pairs = []
    for was in gone:
        look = _look(was)
        sharing = (places.get(mark, ()) for mark in look.marks(was.method))
        near = {place for held in sharing if len(held) <= _MOST_SHARING for place in held}
        nearest = sorted(sorted(near), key=lambda place: -len({*look.words} & {*looks[place].words}))[:_MOST_CANDIDATES]
        pairs += [(like, was, come[n]) for n in nearest if (like := _likeness(look, looks[n])) >= _LIKE]
    found: dict[str, Operation] = {}
    taken: set[str] = set()
    for _, was, now in sorted(pairs, key=lambda pair: -pair[0]):
        if was.name not in found and now.name not in taken:
            found[was.name] = now
            taken.add(now.name)
    return found


def _words(operation: Operation) -> list[str]:
    """The fixed segments of a path, but for those that are a version."""
    return [
        part for part in _shaped(operation.path).split("/") if part and part != "{}" and not _VERSION.fullmatch(part)
    ]


def _likeness(was: _Look, now: _Look) -> float:
    """From 0 to 1: how much two operations of one method look like the same one under another path."""
    known = was.words == now.words or bool(was.id and was.id == now.id)
    if not known and was.gist != now.gist:
        return 0.0
    like = alike("/".join(was.words), "/".join(now.words), 2 * _LIKE - 1 if known else _SIMILAR)
    return (1 + like) / 2 if known else like if like >= _SIMILAR else 0.0


def _gist(operation: Operation) -> Any:
    """What goes in and what comes out when all is well, as written."""
    answers = operation.node.get("responses")
    well = [node for status, node in answers.items() if str(status)[:1] == "2"] if isinstance(answers, Mapping) else []
    return operation.node.get("requestBody"), [n.get("content") if isinstance(n, Mapping) else n for n in well]


def _day(node: Node) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(str(node.get("x-sunset"))[:10])
    except ValueError:
        return None


def _ways(document: Document, operation: Operation) -> list[tuple[str, frozenset[str]]]:
    """The ways to sign in, each with its scopes or roles; an empty name where no token is needed."""
    written = operation.node.get("security", document.data.get("security"))
    ways = []
    for way in document.items(written) or [{}]:
        if isinstance(way, Mapping):
            scopes = (f"{scope}" for held in way.values() for scope in document.items(held))
            ways.append((" and ".join(sorted(map(str, way))), frozenset(scopes)))
    return ways


def _accepted(ways: Iterable[tuple[str, frozenset[str]]], several: Collection[str]) -> dict[str, frozenset[str]]:
    """The ways by name. Where there are several of one name, any of which suffices, each is one of its own."""
    return {
        f"{name} with {' and '.join(sorted(scopes)) or 'nothing'}" if name in several else name:
        frozenset() if name in several else scopes for name, scopes in ways
    }  # fmt: skip


def _parameters(document: Document, operation: Operation) -> dict[tuple[str, str], Node]:
    """By place and name; one of a path by its position, since no client sees its name."""
    positions = {name[1:-1]: f"#{number}" for number, name in enumerate(_SEGMENT.findall(operation.path), start=1)}
    found: dict[tuple[str, str], Node] = {}
    for parameter in document.parameters(operation):
        place, name = str(parameter["in"]), str(parameter["name"])
        if place == "header":
            name = name.casefold()
        if (place, name) in _NOT_PARAMETERS:
            continue
        found[place, positions.get(name, name) if place == "path" else name] = parameter
    return found


def _split(name: str) -> tuple[str, str]:
    place, _, rest = name.partition(" ")
    return place, rest


def _called(parameter: Node) -> str:
    return f"{parameter['name']} in the {parameter['in']}"


def _schema(document: Document, parameter: Node) -> Any:
    """The schema of a parameter or header, its own or that of its content."""
    if "schema" in parameter:
        return parameter["schema"]
    return next(iter(_media(document, parameter).values()), None)


def _media(document: Document, node: Node) -> dict[str, Any]:
    """The schemas by media type, as written."""
    held = node.get("content")
    media = held.items() if isinstance(held, Mapping) else ()
    return {str(name).casefold(): document.resolve(value).get("schema") for name, value in media}


def _headers(document: Document, answer: Node) -> dict[str, Node]:
    held = answer.get("headers")
    return {str(k).casefold(): document.resolve(v) for k, v in held.items()} if isinstance(held, Mapping) else {}


def _success(status: str) -> str:
    return "success" if status[:1] == "2" else "non-success"


def _schemes(document: Document) -> dict[str, Node]:
    held = document.resolve(document.resolve(document.data.get("components")).get("securitySchemes"))
    return {str(name): document.resolve(node) for name, node in held.items()}


def _flows(old: Node, new: Node) -> Iterator[tuple[tuple[str, str], list[str]]]:
    """Of each OAuth flow that both have: where tokens are fetched, before and now, and the scopes that went."""
    olds, news = old.get("flows"), new.get("flows")
    if not isinstance(olds, Mapping) or not isinstance(news, Mapping):
        return
    for name, flow in olds.items():
        other = news.get(name)
        if isinstance(flow, Mapping) and isinstance(other, Mapping):
            scopes = [held if isinstance(held := part.get("scopes"), Mapping) else {} for part in (flow, other)]
            urls = str(flow.get("tokenUrl", "")), str(other.get("tokenUrl", ""))
            yield urls, sorted(map(str, scopes[0].keys() - scopes[1].keys()))


def _servers(old: Document, new: Document) -> list[str]:
    """A sentence where the API moved: every address changes, though no path does."""
    urls = [
        [str(document.resolve(server).get("url", "")) for server in document.items(document.data.get("servers"))]
        for document in (old, new)
    ]
    if not urls[0] or not urls[1] or set(urls[0]) & set(urls[1]):
        return []
    return [f"the address changed from {shown(urls[0][0])} to {shown(urls[1][0])}; answer at the old one as well"]
