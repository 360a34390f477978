"""One endpoint of a design, called live: a service, a request that fits, and the answer as a client sees it."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Self

from archbook.contracts.document import Document, Node
from archbook.contracts.load import TRIES, targets
from archbook.contracts.service.asking import Answer
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.errors import ArchbookError, shown

NOBODY = "nobody"
ROWS = 200
_DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: method and path, headers beside those that show who calls, and a body as JSON text."""

    line: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


class Live:
    """The service of a design on a free port of this machine, on few rows; a context manager.

    limits: whether requests are counted. Raises ArchbookError where it cannot be started, with what is missing.
    """

    def __init__(self, design: Design, rows: int = ROWS, limits: bool = True) -> None:
        from archbook.contracts.service.running import Running, check_installed

        check_installed()
        from archbook.contracts.service.app import create

        self.design = design
        app = create(design, rows=rows, limits=limits)
        self.document = Document("the service", app.state.document)
        self._guard = app.state.guard
        self._running = Running(app, name=design.name)
        self.clients = (NOBODY, *self._guard.accounts.by_name)

    def proof(self, who: str) -> dict[str, str]:
        """The headers by which a client shows who it is; none for nobody. Raises UnknownName."""
        return {} if who == NOBODY else dict(self._guard.proof(who))

    def fitting(self, endpoint: Endpoint, who: str) -> Request:
        """A request to an endpoint: with a key of its list where it has one, required headers, and an example body."""
        path = next(iter(targets(self.design, endpoint, self._running.url, self.proof(who))))
        operation = next((o for o in self.document.operations if o.name == endpoint.name), None)
        if operation is None:
            return Request(f"{endpoint.method} {path}")
        headers = {p["name"]: _header(self.document, p) for p in self.document.parameters(operation)
                   if p.get("in") == "header" and p.get("required")}  # fmt: skip
        body = next(
            iter(self.document.content(self.document.resolve(operation.node.get("requestBody"))).values()), None
        )
        text = "" if body is None else json.dumps(an_example(self.document, body), indent=1, ensure_ascii=False)
        return Request(f"{endpoint.method} {path}", headers, text)

    def call(self, request: Request, who: str) -> str:
        """Request and answer, as they go over the wire. Raises ArchbookError for what is no request."""
        try:
            body = json.loads(request.body) if request.body.strip() else None
        except ValueError:
            raise ArchbookError(f"the body {shown(request.body)} is no JSON; write `{{}}` for an empty one") from None
        sent = {**self.proof(who), **request.headers}
        answer = self._running.ask(request.line, body=body, headers=sent)
        told = [f"{name}: {value if len(value) < 60 else value[:50] + ' …'}" for name, value in sent.items()]
        return "\n".join([request.line, *told, *([request.body] if body is not None else []), "", str(answer)])

    def read(self, endpoint: Endpoint, headers: Mapping[str, str] | None = None) -> Answer | None:
        """What a GET is answered for the first client that gets anything; None where nobody does."""
        for who in self.clients:
            proof = self.proof(who)
            for path in islice(targets(self.design, endpoint, self._running.url, proof), TRIES):
                answer = self._running.ask(f"GET {path}", headers={**proof, **(headers or {})})
                if answer.status in (200, 304):
                    return answer
                if answer.status in (401, 403):
                    break
        return None

    def stop(self) -> None:
        """Stop the service; nothing is left running."""
        self._running.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def an_example(document: Document, schema: Any, depth: int = 0) -> Any:
    """A value that a schema allows, as far as its type and bounds say; of an object what is required.

    >>> shape = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 3}}}
    >>> an_example(Document("a", {}), shape)
    {'n': 3}
    """
    node: Node = document.resolve(schema)
    for known in ("examples", "enum"):
        if document.items(node.get(known)):
            return node[known][0]
    kinds = node.get("type")
    kind = next((k for k in (kinds if isinstance(kinds, list) else [kinds]) if k != "null"), None)
    if kind == "object" and depth < _DEEPEST:
        parts = document.resolve(node.get("properties"))
        needed = document.items(node.get("required")) or list(parts)[:1]
        return {name: an_example(document, parts.get(name), depth + 1) for name in needed}
    if kind == "array" and depth < _DEEPEST:
        return [an_example(document, node.get("items"), depth + 1)]
    if kind == "string":
        return "a" * max(int(node.get("minLength") or 0), 1)
    return kind == "boolean" or node.get("minimum", 1)


def _header(document: Document, parameter: Node) -> str:
    """A value for a header that is required; a new one where it is a key for a request."""
    name = str(parameter["name"]).lower()
    if name == "idempotency-key":
        return secrets.token_hex(8)
    return "*" if name == "if-match" else str(an_example(document, parameter.get("schema")))
