"""Reading an OpenAPI document that somebody else wrote: JSON or YAML, 3.x or Swagger 2.0, and broken in places.

One broken node never loses the run: it is told in `Document.notes`, and what stands beside it is read. Nothing is
fetched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from archbook.contracts.json_lines import JsonLines
from archbook.contracts.swagger import from_swagger
from archbook.design.cycles import cycles
from archbook.design.loading import collector_at_rest
from archbook.design.model import Where
from archbook.design.yaml_safe import Limits, decoded, read_yaml, refusal
from archbook.errors import ArchbookError, InvalidInput, shown
from archbook.units import listed, show_count

LIMITS = Limits(size_b=50_000_000, depth=100, values=4_000_000, foreign=True)
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
REFERENCES_LIMIT = 50
TOO_DEEP = f"has values inside values, more than {LIMITS.depth} deep", "an API needs about 20"
_FILE = re.compile(r"[^{}\n]+\.(json|ya?ml)", re.IGNORECASE)
Node = Mapping[str, Any]
NOTHING: Node = {}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    node: what the document says, with the parameters of the path merged in. line: in the file, where it is known.
    """

    method: str
    path: str
    node: Node
    where: Where
    line: int | None = None

    @property
    def name(self) -> str:
        """As people call it, such as ``GET /users``."""
        return f"{self.method} {self.path}"

    @property
    def pointer(self) -> str:
        """The JSON pointer (RFC 6901).

        >>> Operation("GET", "/users", {}, ("paths", "/users", "get")).pointer
        '#/paths/~1users/get'
        """
        return pointer(self.where)


def pointer(where: Where) -> str:
    """A place as a JSON pointer in a URL fragment."""
    return "#" + "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in where)


@dataclass
class Document:
    """An OpenAPI document, in the shape of version 3 whatever it was written in.

    name: as errors and findings call it. notes: what could not be read, or was read in another way than written.
    """

    name: str
    data: Node
    notes: list[str] = field(default_factory=list)
    _places: Mapping[Where, int] | JsonLines = field(default_factory=dict)

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every operation of `paths`, in the order of the file."""
        return tuple(self._operations())

    @cached_property
    def schemas(self) -> Node:
        """The named schemas."""
        return self.resolve(self.resolve(self.data.get("components")).get("schemas"))

    def resolve(self, node: Any) -> Node:
        """What a node says, or what its `$ref` points to; an empty mapping where that is nothing that can be read.

        What stands beside a `$ref` goes before what it points to (OpenAPI 3.1).

        >>> document = read('{"openapi": "3.1.0", "components": {"schemas": {"A": {"type": "string"}}}}')
        >>> document.resolve({"$ref": "#/components/schemas/A"}), document.resolve({"$ref": "#/nowhere"})
        ({'type': 'string'}, {})
        """
        if not isinstance(node, dict):
            return NOTHING
        reference = node.get("$ref")
        if not isinstance(reference, str):
            return node
        key = reference if len(node) == 1 else id(node)
        if key not in self._resolved:  # always the same object, or one that contains itself would never be known
            self._resolved[key] = node, self._followed(node)
        return self._resolved[key][1]

    def target(self, reference: str) -> Any:
        """What a local reference points to; None where it is dangling, remote or no reference."""
        if reference not in self._targets:
            self._targets[reference] = self._find(reference)
        return self._targets[reference]

    def items(self, node: Any) -> list[Any]:
        """The list, or nothing where it is none."""
        return node if isinstance(node, list) else []

    def parameters(self, operation: Operation) -> list[Node]:
        """The resolved parameters of an operation, those of its path among them, that have a name and a place."""
        found = map(self.resolve, self.items(operation.node.get("parameters")))
        return [p for p in found if isinstance(p.get("name"), str) and isinstance(p.get("in"), str)]

    def responses(self, operation: Operation) -> dict[str, Node]:
        """The resolved answers of an operation by status as written: ``200``, ``4XX``, ``default``."""
        held = operation.node.get("responses")
        return {str(status): self.resolve(node) for status, node in (held if isinstance(held, Mapping) else {}).items()}

    def content(self, node: Node) -> dict[str, Node]:
        """The schemas, resolved, of a body or an answer by media type."""
        if id(node) not in self._contents:
            held = node.get("content")
            media = held.items() if isinstance(held, Mapping) else ()
            found = {str(kind): self.resolve(self.resolve(value).get("schema")) for kind, value in media}
            self._contents[id(node)] = node, found  # the node too, so that no other one takes its id
        return self._contents[id(node)][1]

    def line(self, where: Where) -> int | None:
        """The line of a place, or of the nearest place around it that has one."""
        while where:
            if (line := self._places.get(where)) is not None:
                return line
            where = where[:-1]
        return None

    def _followed(self, node: Any) -> Node:
        beside: dict[str, Any] = {}
        for _ in range(REFERENCES_LIMIT):
            if not isinstance(node, dict):
                return NOTHING
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return {**node, **beside} if beside else node
            if len(node) > 1:
                beside = {**{key: value for key, value in node.items() if key != "$ref"}, **beside}
            node = self.target(reference)
        return NOTHING

    @cached_property
    def _resolved(self) -> dict[int | str, tuple[Node, Node]]:
        return {}

    @cached_property
    def _contents(self) -> dict[int, tuple[Node, dict[str, Node]]]:
        return {}

    @cached_property
    def _targets(self) -> dict[str, Any]:
        return {}

    def _find(self, reference: str) -> Any:
        if reference == "#":
            return self.data
        if not reference.startswith("#/"):
            return None
        node: Any = self.data
        for step in _steps(reference):
            if isinstance(node, list) and step.isdecimal() and int(step) < len(node):
                node = node[int(step)]
            elif isinstance(node, Mapping) and step in node:
                node = node[step]
            else:
                return None
        return node

    def _operations(self) -> Iterator[Operation]:
        paths = self.data.get("paths")
        if not isinstance(paths, Mapping):
            if "paths" in self.data:
                self.notes.append(f"{self._at(('paths',))}: `paths` is no mapping, so there are no operations")
            return
        for path, written in paths.items():
            if path.startswith("x-"):
                continue
            where = ("paths", path)
            item = self.resolve(written)
            if not isinstance(written, Mapping):
                self.notes.append(f"{self._at(where)}: {shown(path)} is no mapping, and was left out")
            for key, node in item.items():
                if key.lower() not in METHODS:
                    continue
                if not isinstance(node, Mapping):
                    self.notes.append(f"{self._at((*where, key))}: {key} of {shown(path)} is no mapping; left out")
                    continue
                yield Operation(key.upper(), path, self._merged(item, node), (*where, key), self.line((*where, key)))

    def _merged(self, item: Node, node: Node) -> Node:
        """An operation with what its path says for all: parameters that it does not have itself, and servers."""
        shared, own = self.items(item.get("parameters")), self.items(node.get("parameters"))
        servers = {"servers": item["servers"]} if "servers" in item and "servers" not in node else {}
        if not shared and not servers:
            return node
        named = {self._key(parameter) for parameter in own}
        return {**node, **servers, "parameters": [*(p for p in shared if self._key(p) not in named), *own]}

    def _key(self, parameter: Any) -> tuple[str, str]:
        resolved = self.resolve(parameter)
        return str(resolved.get("name")), str(resolved.get("in"))

    def _at(self, where: Where) -> str:
        line = self.line(where)
        return f"{self.name}:{line}" if line else self.name


def read(source: str | bytes | Path, name: str = "openapi.yaml") -> Document:
    """Read an OpenAPI 3 or Swagger 2 document, from a file (a Path, or its name) or a text.

    name: what findings call a text. Raises DesignError for what is no such document, and ArchbookError where a file
    cannot be read.

    >>> [operation.name for operation in read('{"openapi": "3.1.0", "paths": {"/users": {"get": {}}}}').operations]
    ['GET /users']
    """
    if not isinstance(source, str | bytes | Path):
        raise InvalidInput(f"a {type(source).__name__} is no OpenAPI document; give its text, or a Path to its file")
    if isinstance(source, str) and _FILE.fullmatch(source.strip()):
        source = Path(source.strip())
    if isinstance(source, Path):
        source, name = _content(source), str(source)
    with collector_at_rest():
        data, places, notes = _parsed(source, name)
        document = Document(name, _checked(data, name), notes, places)
        if "swagger" in document.data:
            document.data = from_swagger(document.data)
            document.notes.append(f"{name}: is Swagger 2.0, and was read as OpenAPI 3")
        document.notes += _about_references(document)
        _ = document.operations
    return document


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LIMITS.size_b + 1)
    except OSError as error:
        raise ArchbookError(f"{path}: cannot be read ({error.strerror})") from None


def _parsed(source: str | bytes, name: str) -> tuple[Any, Mapping[Where, int] | JsonLines, list[str]]:
    text = decoded(source, name, LIMITS)
    if text.lstrip()[:1] not in ("{", "["):
        document = read_yaml(text, name, LIMITS)
        return document.data, document.lines, [str(problem) for problem in document.problems]
    twice: dict[str, None] = {}

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        data = dict(pairs)
        if len(data) < len(pairs):
            seen: set[str] = set()
            twice.update({key: None for key, _ in pairs if key in seen or seen.add(key)})  # type: ignore[func-returns-value]
        return data

    try:
        data = json.loads(text, strict=False, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        if name.endswith((".yaml", ".yml")):  # YAML in braces is no JSON
            document = read_yaml(text, name, LIMITS)
            return document.data, document.lines, [str(problem) for problem in document.problems]
        what = f"is no JSON here ({error.msg[:1].lower()}{error.msg[1:]})"
        raise refusal(name, error.lineno, what, "mend it, or export it anew") from None
    except RecursionError:
        raise refusal(name, None, *TOO_DEEP) from None
    except ValueError:
        raise refusal(
            name, None, "has a number of thousands of digits", "write a number that means something"
        ) from None
    if _deeper_than(LIMITS.depth, data):
        raise refusal(name, None, *TOO_DEEP)
    notes = [f"{name}: the key {shown(key)} stands twice in one mapping; the last one was read" for key in twice]
    return data, JsonLines(text), notes


def _deeper_than(levels: int, data: Any) -> bool:
    level = [data]
    for _ in range(levels):
        level = [
            value
            for node in level
            if isinstance(node, dict | list)
            for value in (node.values() if isinstance(node, dict) else node)
        ]
    return bool(level)


def _checked(data: Any, name: str) -> Node:
    """The data, if they say which version of OpenAPI they are."""
    if not isinstance(data, dict):
        what = "is empty" if data is None else "is no mapping"
        raise refusal(name, 1, f"{what}, so it is no OpenAPI document", "it begins with `openapi: 3.1.0`")
    version = str(data.get("openapi", data.get("swagger", "")))
    if not re.match(r"3(\.|$)" if "openapi" in data else r"2(\.0)?$", version):
        written = next((key for key in ("openapi", "swagger") if key in data), "")
        what = (
            f"says `{written}: {shown(version)[1:-1]}`" if written else "is no OpenAPI document: `openapi` is missing"
        )
        raise refusal(name, None, what, "Archbook reads OpenAPI 3.x (`openapi: 3.1.0`) and Swagger 2.0")
    return data


def _steps(reference: str) -> list[str]:
    raw = unquote(reference) if "%" in reference else reference
    return [step.replace("~1", "/").replace("~0", "~") for step in raw[2:].split("/")]


def _about_references(document: Document) -> list[str]:
    """What is to be known of the references: remote, dangling, and named parts that contain themselves."""
    held = list(_references(document.data))
    remote = dict.fromkeys(ref for _, ref in held if not ref.startswith("#"))
    dangling = dict.fromkeys(ref for _, ref in held if ref.startswith("#") and document.target(ref) is None)
    inside = [("/".join(_steps(ref)[:3]), _owner(where)) for where, ref in held if ref.startswith("#/components/")]
    circles = [path[:-1] for path in cycles((owner, target) for target, owner in inside if owner)]
    notes = []
    if remote:
        what = f"{_some(remote)} {'is' if len(remote) == 1 else 'are'} elsewhere; nothing is fetched"
        notes.append(f"{document.name}: {what}, so what stands there was not looked at")
    if dangling:
        notes.append(f"{document.name}: {_some(dangling)} {'leads' if len(dangling) == 1 else 'lead'} nowhere")
    if circles:
        names = " → ".join(name.rpartition("/")[2] for name in [*circles[0], circles[0][0]])
        more = f" and {len(circles) - 1} more" if len(circles) > 1 else ""
        notes.append(f"{document.name}: parts that contain themselves ({shown(names)}{more}) were looked at once")
    return notes


def _some(references: Iterable[str]) -> str:
    told = [shown(reference) for reference in references]
    return f"{show_count(len(told), '$ref')} ({listed(told, most=3)})"


def _owner(where: Where) -> str:
    return "/".join(map(str, where[:3])) if where[:1] == ("components",) else ""


def _references(data: Any) -> Iterator[tuple[Where, str]]:
    """Every `$ref` with the place of the mapping it is in, to three levels; a value that YAML shares is seen once."""
    waiting: list[tuple[Where, Any]] = [((), data)]
    seen: set[int] = set()
    while waiting:
        where, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, dict):
            if isinstance(reference := node.get("$ref"), str):
                yield where, reference
            deeper = node.items()
        elif isinstance(node, list):
            deeper = enumerate(node)  # type: ignore[assignment]
        else:
            continue
        waiting += [
            (where if len(where) > 2 else (*where, key), value)
            for key, value in deeper
            if isinstance(value, dict | list) and key not in ("example", "examples", "default", "enum")
        ]
