"""A request as an endpoint understands it: its parts checked against the OpenAPI document, or refused in a sentence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from archbook.contracts.resources import PARAMETER
from archbook.contracts.service.bodies import Body, Parameter, Wrong
from archbook.contracts.service.calls import Call, Receive, Scope
from archbook.contracts.service.idempotency import LONGEST_BODY_B
from archbook.design.contract import Endpoint
from archbook.errors import shown, suggestion
from archbook.units import show_size

Node = Mapping[str, Any]
_PLACES = ("path", "query", "header")


class Gone(Exception):
    """The client went away before it had sent all."""


@dataclass(slots=True)
class Asked:
    """What a request asks. owner: whose things alone it may touch; None where that is not asked.

    caller: the key of the user who asks; empty where nobody is known. address: of what is asked, as its links have it.
    """

    call: Call
    path: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)
    caller: str = ""
    owner: str | None = None
    address: str = ""


class Reader:
    """Reads requests to one endpoint. node: its operation in the OpenAPI document."""

    def __init__(self, endpoint: Endpoint, node: Node, document: Node) -> None:
        self.endpoint = endpoint
        schemas = document.get("components", {}).get("schemas", {})
        shared = document.get("components", {}).get("parameters", {})
        self._parameters: dict[str, dict[str, Parameter]] = {place: {} for place in _PLACES}
        for held in node.get("parameters", ()):
            named = shared[held["$ref"].rpartition("/")[2]] if "$ref" in held else held
            one = Parameter(named["name"], named["schema"], schemas, bool(named.get("required")))
            self._parameters[named["in"]][named["name"].lower() if named["in"] == "header" else named["name"]] = one
        content = node.get("requestBody", {}).get("content", {})
        self.media = next(iter(content), "")
        self._body = Body(content[self.media]["schema"], schemas) if self.media else None
        self.answers = next(iter(_content(node, ("200", "201"))), "")
        self._most_b = int(endpoint.body_limit or LONGEST_BODY_B)
        self._names = PARAMETER.findall(endpoint.path)
        self._path = re.compile(re.sub(r"\\\{[^{}]+\\\}", "([^/]+)", re.escape(endpoint.path)))

    def first(self, scope: Scope, call: Call) -> Asked:
        """All but the body. Raises Wrong."""
        asked = Asked(call)
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        self._see_accepted(headers.get("accept", ""))
        found = self._path.fullmatch(scope["path"])
        if not found:
            raise Wrong(404, "there is nothing under this path")
        for name, text in zip(self._names, found.groups(), strict=True):
            asked.path[name] = self._parameters["path"][name].read(text)
        self._read_query(scope.get("query_string", b""), asked)
        for name, header in self._parameters["header"].items():
            if name in headers:
                asked.headers[name] = header.read(headers[name])
            elif header.required:
                raise Wrong(400, f"the header `{header.name}` is needed", header.name)
        return asked

    async def read_body(self, scope: Scope, receive: Receive, asked: Asked) -> None:
        """The body, where the endpoint takes one. Raises Wrong, Gone."""
        if self._body is None:
            return
        headers = {key: value.decode("latin-1") for key, value in scope["headers"]}
        sent = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        if sent != self.media:
            raise Wrong(415, f"send `{self.media}`" + (f" and not {shown(sent)}" if sent else " as Content-Type"))
        told = headers.get(b"content-length", "")
        if told.isdigit() and int(told[:18]) > self._most_b:
            self._too_large()
        chunks, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise Gone
            chunks.append(message.get("body", b""))
            size += len(chunks[-1])
            if size > self._most_b:
                self._too_large()
            if not message.get("more_body"):
                break
        asked.body = self._body.read(b"".join(chunks))

    def _too_large(self) -> None:
        raise Wrong(413, f"the body is larger than {show_size(self._most_b)}, the most that is taken here")

    def _see_accepted(self, accept: str) -> None:
        """406 where the client takes none of what there is. `application/json` means whatever version there is."""
        if accept in ("", "*/*", self.answers) or not self.answers:
            return
        offered = {self.answers, "application/json", "application/*", "*/*"}
        for part in accept.split(","):
            kind, *rest = (text.strip().lower() for text in part.split(";"))
            if kind in offered and not any(re.fullmatch(r"q=0(\.0*)?", text) for text in rest):
                return
        raise Wrong(406, f"the answer is `{self.answers}`, which the Accept header does not take", "Accept")

    def _read_query(self, text: bytes, asked: Asked) -> None:
        known = self._parameters["query"]
        try:
            pairs = parse_qsl(text.decode("latin-1"), keep_blank_values=True, errors="strict", max_num_fields=100)
        except ValueError:
            raise Wrong(400, "the query cannot be read: it has more than 100 parts, or is not UTF-8") from None
        for name, value in pairs:
            if name not in known:
                raise Wrong(422, f"no query parameter {shown(name)}; {suggestion(name, known)}", name[:100])
            if name in asked.query:
                raise Wrong(422, f"`{name}` is given twice", name)
            asked.query[name] = known[name].read(value)
        for name, parameter in known.items():
            if name not in asked.query and parameter.default is not None:
                asked.query[name] = parameter.default


def _content(node: Node, statuses: tuple[str, ...]) -> Node:
    return next((node["responses"][s].get("content", {}) for s in statuses if s in node["responses"]), {})
