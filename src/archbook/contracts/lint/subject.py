"""What an API rule looks at: operations with their parts resolved, the style of the API, and what keeps rules short."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from archbook.contracts.document import Document, Node, Operation
from archbook.design.contract import Style
from archbook.design.model import Where
from archbook.errors import shown
from archbook.findings import Hit, Severity

PAGE_SIZE = re.compile(
    r"\$?(limit|top|first|count|max_?results|(page_?|per_?page_?|items_?)?size|per_?page|take)", re.IGNORECASE
)
PAGE = re.compile(r"\$?(page([_-]?(number|index|no))?|offset|skip|start(_?index)?)", re.IGNORECASE)
CURSOR = re.compile(
    r"(next_?|page_?)?(cursor|token)|continue|continuation_?token|(starting_|ending_)?(after|before)|since_id|marker",
    re.IGNORECASE,
)
ROWS = ("data", "items", "results", "value", "values", "records", "entries", "list", "rows")
MOST_FIELDS, MOST_PARTS = 60, 300
Fields = tuple[tuple[str, Node], ...]


class Endpoint:
    """One operation under lint. Everything is worked out once, when the first rule asks for it."""

    def __init__(self, subject: Subject, operation: Operation) -> None:
        self.subject, self.document, self.operation = subject, subject.document, operation
        self.method, self.path, self.name = operation.method, operation.path, operation.name
        self.node = operation.node
        self.segments = [segment for segment in operation.path.split("/") if segment]
        self.one = bool(self.segments) and self.segments[-1].startswith("{")

    @cached_property
    def parameters(self) -> list[Node]:
        return self.document.parameters(self.operation)

    @cached_property
    def query(self) -> list[str]:
        return [p["name"] for p in self.parameters if p["in"] == "query"]

    @cached_property
    def headers(self) -> frozenset[str]:
        """Names of request headers, in lower case."""
        return frozenset(p["name"].lower() for p in self.parameters if p["in"] == "header")

    @cached_property
    def body(self) -> Node:
        return self.document.resolve(self.node.get("requestBody"))

    @cached_property
    def takes(self) -> dict[str, Node]:
        """Schemas of the body by media type."""
        return self.document.content(self.body)

    @cached_property
    def responses(self) -> dict[str, Node]:
        return self.document.responses(self.operation)

    def answers(self, *first_digits: str) -> list[tuple[str, Node]]:
        """Answers whose status begins so, such as ``2``; ``default`` by its own name."""
        held = self.responses
        return [(status, held[status]) for status in _beginning(self._statuses, first_digits)]

    @cached_property
    def _statuses(self) -> tuple[str, ...]:
        return tuple(self.responses)

    @cached_property
    def shapes(self) -> list[tuple[str, Node]]:
        """Status and schema of the JSON answers that mean success."""
        return [
            (status, schema)
            for status, answer in self.answers("2")
            for kind, schema in self.document.content(answer).items()
            if is_json(kind) and schema
        ]

    @cached_property
    def errors(self) -> list[tuple[str, Node]]:
        """Answers that mean failure."""
        return self.answers("4", "5", "default")

    @cached_property
    def failing(self) -> int:
        """The same number as that of all operations with the same `errors`, which are looked at once."""
        return self.subject.failing(tuple((status, id(answer)) for status, answer in self.errors))

    @cached_property
    def security(self) -> Any:
        """What the operation requires, by itself or for all; None where nothing is said."""
        return self.node.get("security", self.document.data.get("security"))

    @cached_property
    def secured(self) -> bool:
        """Whether no request without credentials is let in."""
        held = self.security
        return isinstance(held, list) and bool(held) and all(isinstance(r, Mapping) and r for r in held)

    @cached_property
    def rows(self) -> bool:
        """Whether it answers with a list of things."""
        if self.method != "GET":
            return False
        for _, schema in self.shapes:
            if is_type(schema, "array"):
                return True
            properties = self.subject.properties(schema)
            if (self.paging or not self.one) and any(is_type(properties.get(name, {}), "array") for name in ROWS):
                return True
        return False

    @cached_property
    def paging(self) -> str:
        """How its list is cut: ``page``, ``cursor``, or empty."""
        if any(CURSOR.fullmatch(name) for name in self.query):
            return "cursor"
        return "page" if any(PAGE.fullmatch(name) or PAGE_SIZE.fullmatch(name) for name in self.query) else ""

    def headers_of(self, answer: Node) -> frozenset[str]:
        """Names of the headers of an answer, in lower case."""
        held = answer.get("headers")
        return _lowered(tuple(held)) if isinstance(held, Mapping) else frozenset()

    def at(self, what: str, do: str, *seen: str, where: Where = (), severity: Severity | None = None) -> Hit:
        """A hit at this operation; `what` goes on after its name. where: a place inside it."""
        return Hit(self.name, f"{self.name} {what}", do, (*self.operation.where, *where), seen, 0.0, severity)


class Subject:
    """One API under lint, with the style that it declares, or that most of it has."""

    def __init__(self, document: Document, style: Style | None = None) -> None:
        self.document, self.declared = document, style is not None
        self.endpoints = tuple(Endpoint(self, operation) for operation in document.operations)
        self._properties: dict[int, tuple[Node, dict[str, Node]]] = {}
        self._fields: dict[int, tuple[Node, Fields]] = {}
        self._failing: dict[tuple[tuple[str, int], ...], int] = {}
        self._style = style

    @cached_property
    def style(self) -> Style:
        """The declared style, or that of the majority."""
        from archbook.contracts.lint.style import inferred

        return self._style or inferred(self)

    @cached_property
    def paths(self) -> dict[str, Endpoint]:
        """Every path with its first operation."""
        found: dict[str, Endpoint] = {}
        for endpoint in self.endpoints:
            found.setdefault(endpoint.path, endpoint)
        return found

    @cached_property
    def addresses(self) -> list[str]:
        """Every path, also those without an operation: linters of style count them all."""
        held = self.document.data.get("paths")
        return [path for path in held if not path.startswith("x-")] if isinstance(held, Mapping) else []

    @cached_property
    def methods(self) -> dict[str, dict[str, Endpoint]]:
        """Operations by path and method."""
        found: dict[str, dict[str, Endpoint]] = {}
        for endpoint in self.endpoints:
            found.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        return found

    @cached_property
    def schemes(self) -> dict[str, Node]:
        """Security schemes by name."""
        held = self.document.resolve(self.document.resolve(self.document.data.get("components")).get("securitySchemes"))
        return {name: self.document.resolve(node) for name, node in held.items()}

    @cached_property
    def servers(self) -> list[str]:
        """Addresses of the API."""
        held = map(self.document.resolve, self.document.items(self.document.data.get("servers")))
        return [url for server in held if isinstance(url := server.get("url"), str)]

    @cached_property
    def named(self) -> list[tuple[str, Where, Node]]:
        """Schemas that belong to the document itself: the named ones, and those written out in operations."""
        held = [(name, node) for name, node in self.document.schemas.items() if isinstance(node, dict)]
        found: list[tuple[str, Where, Node]] = [
            (name, ("components", "schemas", name), node) for name, node in held if "$ref" not in node
        ]
        known = {id(node) for _, _, node in found}
        for endpoint in self.endpoints:
            for schema in [*endpoint.takes.values(), *(shape for _, shape in endpoint.shapes)]:
                if id(schema) not in known:
                    known.add(id(schema))
                    found.append((endpoint.name, endpoint.operation.where, schema))
        return found

    def properties(self, schema: Node) -> dict[str, Node]:
        """The resolved properties of a schema, those of its `allOf`, `oneOf` and `anyOf` among them."""
        if id(schema) not in self._properties:
            self._properties[id(schema)] = schema, self._all_properties(schema)
        return self._properties[id(schema)][1]

    def fields(self, schema: Node) -> Fields:
        """Every value inside a schema that is no object, with its path, such as ``items[].price``; the nearest first.

        Each schema is looked into once, so that those that contain themselves end; at most 60 values.
        """
        if id(schema) not in self._fields:
            self._fields[id(schema)] = schema, tuple(islice(self._inside(schema), MOST_FIELDS))
        return self._fields[id(schema)][1]

    def failing(self, errors: tuple[tuple[str, int], ...]) -> int:
        """A number for each group of failures: status and identity of the answer."""
        return self._failing.setdefault(errors, len(self._failing))

    def inputs(self, endpoint: Endpoint) -> Iterator[tuple[str, Node]]:
        """Every value that a client sends, with its name."""
        for parameter in endpoint.parameters:
            schema = self.document.resolve(parameter.get("schema"))
            if schema:
                yield parameter["name"], schema
        for schema in endpoint.takes.values():
            yield from self.fields(schema)

    def examples(self, node: Node) -> Iterator[Any]:
        """Examples of a body or an answer, of every media type."""
        held = node.get("content")
        for media in map(self.document.resolve, held.values() if isinstance(held, Mapping) else ()):
            yield media.get("example")
            named = media.get("examples")
            yield from (
                self.document.resolve(e).get("value") for e in (named.values() if isinstance(named, Mapping) else ())
            )
            yield self.document.resolve(media.get("schema")).get("example")

    def at_scheme(self, name: str, what: str, do: str) -> Hit:
        """A hit at a security scheme."""
        return Hit(name, f"{shown(name)} {what}", do, ("components", "securitySchemes", name))

    def at_path(self, path: str, what: str, do: str, *seen: str) -> Hit:
        """A hit at a path and all its methods."""
        return Hit(path, f"{path} {what}", do, ("paths", path), seen)

    def counted(self) -> str:
        return f"{len(self.endpoints)} operations on {len(self.paths)} paths"

    def _all_properties(self, schema: Node) -> dict[str, Node]:
        order, waiting, seen = list[Node](), [schema], set[int]()
        while waiting and len(order) < MOST_PARTS:
            part = waiting.pop()
            if id(part) not in seen:
                seen.add(id(part))
                order.append(part)
                waiting += map(self.document.resolve, parts(part))
        found: dict[str, Node] = {}
        for part in reversed(order):  # what a schema says itself goes before what its parts say
            held = part.get("properties")
            if isinstance(held, Mapping):
                found |= {str(name): self.document.resolve(node) for name, node in held.items()}
        return found

    def _inside(self, schema: Node) -> Iterator[tuple[str, Node]]:
        waiting, seen = deque([("", schema)]), {id(schema)}
        while waiting:
            path, node = waiting.popleft()
            if is_type(node, "array"):
                yield path or "[]", node
            elif path and not self.properties(node):
                yield path, node
            held = [(f"{path}.{name}".lstrip("."), inner) for name, inner in self.properties(node).items()]
            if "items" in node:
                held.append((f"{path}[]", self.document.resolve(node["items"])))
            for entry in held:
                if id(entry[1]) not in seen:
                    seen.add(id(entry[1]))
                    waiting.append(entry)


@lru_cache(maxsize=4096)  # most operations have the same answers
def _beginning(statuses: tuple[str, ...], first_digits: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(status for status in statuses if status.startswith(first_digits))


@lru_cache(maxsize=4096)
def _lowered(names: tuple[Any, ...]) -> frozenset[str]:
    return frozenset(str(name).lower() for name in names)


def parts(schema: Node) -> Sequence[Any]:
    """The schemas that a schema is put together from."""
    return [part for key in ("allOf", "oneOf", "anyOf") if isinstance(held := schema.get(key), list) for part in held]


def is_type(schema: Node, name: str) -> bool:
    """Whether values of a schema may be of a type; OpenAPI 3.1 lists several.

    >>> is_type({"type": ["string", "null"]}, "string"), is_type({"type": "object"}, "string")
    (True, False)
    """
    held = schema.get("type")
    return (
        held == name
        or (isinstance(held, list) and name in held)
        or (held is None and name == "array" and "items" in schema)
    )


def is_json(kind: str) -> bool:
    """Whether a media type is JSON.

    >>> is_json("application/problem+json"), is_json("text/html")
    (True, False)
    """
    kind = kind.partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json")) or kind == "*/*"
