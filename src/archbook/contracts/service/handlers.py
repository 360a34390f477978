"""Answers every endpoint of a design: from rows of its tables, in its style, with the headers that HTTP has for it."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

from pydantic_core import to_json

from archbook.contracts import answers
from archbook.contracts.exchanges import cache_control, sunset
from archbook.contracts.resources import PARAMETER, resource_of
from archbook.contracts.roles import reaches_all
from archbook.contracts.service.bodies import Wrong
from archbook.contracts.service.calls import Call, Receive, Scope, Send, answer, call_of
from archbook.contracts.service.cursors import Cursors
from archbook.contracts.service.holdings import Holdings
from archbook.contracts.service.kept import Kept, Shelf
from archbook.contracts.service.reading import Asked, Gone, Reader
from archbook.contracts.service.rows import NOTHING, Rows, See
from archbook.contracts.shapes import property_name
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.errors import EngineUnavailable, TransactionLost, suggestion
from archbook.schema.refusals import Refused
from archbook.schema.serving import Serving

Pairs = list[tuple[str, str]]
Row = dict[str, Any]
_REFUSED = {"duplicate": 409, "used": 409}
TRUSTED = 10
"""So many reads of an endpoint must have been quick before the next one is done without a thread."""
QUICK_AMONG_OTHERS_S, QUICK_ALONE_S = 0.02, 0.002
"""A read is quick that takes no longer: in a thread, where it waits for others too, and without one."""


class Things(Protocol):
    """What an endpoint speaks of, in a table or in memory. See `Rows`."""

    def page(self, asked: Asked) -> tuple[list[Row], Row]: ...
    def one(self, asked: Asked) -> Row | None: ...
    def create(self, asked: Asked) -> Row: ...
    def put(self, asked: Asked, see: See) -> tuple[Row, bool]: ...
    def change(self, asked: Asked, see: See) -> Row | None: ...
    def remove(self, asked: Asked, see: See) -> bool: ...
    def key_of(self, row: Mapping[str, Any]) -> str: ...
    def fields(self, columns: Any) -> str: ...


@dataclass(slots=True)
class Operation:
    """One endpoint. whole: roles that reach what belongs to others. quick: how many reads of late were."""

    endpoint: Endpoint
    reader: Reader
    things: Things
    whole: frozenset[str]
    headers: Pairs
    quick: int = 0


class Handlers:
    """ASGI, the innermost: one request to one endpoint. people: keys of users, for requests of nobody in particular.

    at_once: whether reads that have been quick are done without a thread; handing one over, and back, takes as long.
    """

    def __init__(
        self, design: Design, document: Mapping[str, Any], serving: Serving | None, held: Holdings,
        executor: Executor, *, people: tuple[str, ...] = (), guarded: bool = True, one_by_one: bool = False,
        at_once: bool = True,
    ) -> None:  # fmt: skip
        self._at_once = at_once
        self._design, self._style, self._document = design, design.api.style, document
        self._serving, self._held, self._executor, self._guarded = serving, held, executor, guarded
        self._people, self._one_by_one, self._cursors, self._shelf = people, one_by_one, Cursors(), Shelf()
        self._media = answers.media_type(self._style, design.name)
        self._operations = {endpoint.name: self._operation(endpoint) for endpoint in design.api.endpoints}
        self._paths: dict[str, list[str]] = {}
        for endpoint in design.api.endpoints:
            self._paths.setdefault(endpoint.path, []).append(endpoint.method)
        self._homes = {e.path.rpartition("/")[0]: e.path for e in design.api.endpoints
                       if e.method == "GET" and e.path.endswith("}")}  # fmt: skip

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        call = call_of(scope)
        try:
            if call.endpoint is None:
                await self._elsewhere(scope, call, send)
            else:
                await self._answer(self._operations[call.endpoint.name], scope, receive, call, send)
        except Wrong as wrong:
            await self._refuse(send, call, wrong.status, wrong.message, wrong.field)
        except TransactionLost:
            await self._refuse(send, call, 409, "somebody else changed it at the same time; try again")
        except EngineUnavailable as error:
            call.why = str(error)
            await self._refuse(
                send, call, 503, "the database does not answer; try again", headers=[("retry-after", "5")]
            )
        except Gone:
            call.why = "the client went away before it had sent all"

    def _operation(self, endpoint: Endpoint) -> Operation:
        node = self._document["paths"][endpoint.path][endpoint.method.lower()]
        resource = self._held.resources.get(endpoint.name) or resource_of(self._design, endpoint)
        things: Things = Kept(self._shelf, endpoint, resource.name, self._style)
        if resource.table is not None and self._serving:
            things = Rows(self._serving, self._held, endpoint, resource, self._style, self._cursors, self._one_by_one)
        roles = self._design.security.roles
        whole = frozenset(
            name for name, role in roles.items()
            if (not endpoint.roles or name in endpoint.roles) and reaches_all(endpoint, role)
        )  # fmt: skip
        return Operation(endpoint, Reader(endpoint, node, self._document), things, whole, _told(endpoint))

    async def _answer(self, one: Operation, scope: Scope, receive: Receive, call: Call, send: Send) -> None:
        asked = one.reader.first(scope, call)
        await one.reader.read_body(scope, receive, asked)
        if self._style.links != "none":
            asked.address = _host(scope) * (self._style.links == "absolute") + quote(scope["path"])
        asked.caller = call.caller.subject or next(iter(self._people), "")
        alone = self._guarded and one.endpoint.ownership and not call.caller.roles & one.whole
        asked.owner = call.caller.subject if alone and not call.caller.service else None
        status, body, headers = await self._in_time(one, asked)
        if body and scope["method"] != "HEAD":
            await answer(send, status, body, self._media, [*one.headers, *headers])
        else:
            kind = [("content-type", self._media), ("content-length", str(len(body)))] if body else []
            raw = [(n.encode(), v.encode("latin-1")) for n, v in [*kind, *one.headers, *headers]]
            await send({"type": "http.response.start", "status": status, "headers": raw})
            await send({"type": "http.response.body", "body": b""})

    async def _in_time(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        """Do what is asked, in a thread unless it is likely to be done before one has it."""
        free = self._serving is None or self._serving.has_free_connection
        if self._at_once and one.quick >= TRUSTED and free:
            return self._timed(one, asked, QUICK_ALONE_S)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._executor, self._timed, one, asked, QUICK_AMONG_OTHERS_S)

    def _timed(self, one: Operation, asked: Asked, quick_s: float) -> tuple[int, bytes, Pairs]:
        began = time.perf_counter()
        try:
            return self._done(one, asked)
        finally:
            quick = one.endpoint.method == "GET" and time.perf_counter() - began < quick_s
            one.quick = min(one.quick + 1, 8 * TRUSTED) if quick else one.quick // 2

    def _done(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        """Do what is asked. Raises Wrong."""
        method = one.endpoint.method
        acts = {"POST": self._post, "PUT": self._put, "PATCH": self._patch, "DELETE": self._delete}
        try:
            if method == "OPTIONS":
                return 204, b"", [("allow", ", ".join(self._allowed(one.endpoint.path)))]
            return acts.get(method, self._get)(one, asked)
        except Refused as refused:
            field = one.things.fields(refused.columns)
            what = str(refused).removeprefix(f"{', '.join(refused.columns)}: ")
            told = f"`{field}`: {what}" if field else what
            raise Wrong(_REFUSED.get(refused.reason, 422), told, field or None) from None

    def _get(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        kept = [("cache-control", cache_control(one.endpoint))]
        if one.endpoint.list:
            rows, beside = one.things.page(asked)
            data, tag = _tagged(rows, beside)
        else:
            row = one.things.one(asked)
            if row is None:
                raise Wrong(404, NOTHING)
            beside = {}
            data, tag = _tagged(row)
        if _matches(asked.headers.get("if-none-match", ""), tag, weakly=True):
            return 304, b"", [("etag", tag), *kept]
        return 200, self._wrapped(data, asked, beside, one.endpoint.list), [("etag", tag), *kept]

    def _post(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        row = one.things.create(asked)
        data, tag = _tagged(row)
        return 201, self._wrapped(data, asked), [("etag", tag), ("location", self._location(one, asked, row))]

    def _put(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        row, new = one.things.put(asked, _unchanged(asked))
        data, tag = _tagged(row)
        here = [("location", _filled(one.endpoint.path, list(asked.path.values())))] if new else []
        return 201 if new else 200, self._wrapped(data, asked), [("etag", tag), *here]

    def _patch(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        row = one.things.change(asked, _unchanged(asked))
        if row is None:
            raise Wrong(404, NOTHING)
        data, tag = _tagged(row)
        return 200, self._wrapped(data, asked), [("etag", tag)]

    def _delete(self, one: Operation, asked: Asked) -> tuple[int, bytes, Pairs]:
        if not one.things.remove(asked, _unchanged(asked)):
            raise Wrong(404, NOTHING)
        return 204, b"", []

    def _wrapped(self, data: bytes, asked: Asked, beside: Row | None = None, rows: bool = False) -> bytes:
        """An answer in the declared style."""
        if not rows and not self._style.envelope:
            return data
        meta = {**(beside or {}), self._request_id: asked.call.request_id}
        if rows and beside and self._style.links != "none":
            meta["links"] = answers.page_links(self._style, asked.address, asked.query, beside)
        name, errors = (b"data", b',"errors":[]') if self._style.envelope else (b"items", b"")
        return b'{"' + name + b'":' + data + b',"meta":' + to_json(meta) + errors + b"}"

    @property
    def _request_id(self) -> str:
        return property_name("request_id", self._style.case)

    def _location(self, one: Operation, asked: Asked, row: Row) -> str:
        """Where a new thing can be read."""
        home = self._homes.get(one.endpoint.path, one.endpoint.path + "/{}")
        return _filled(home, [*asked.path.values(), one.things.key_of(row)])

    async def _elsewhere(self, scope: Scope, call: Call, send: Send) -> None:
        """404 for a path that there is not, 405 for a method that it has not, and OPTIONS of any path."""
        if not call.route:
            raise Wrong(404, f"there is nothing under this path; {suggestion(scope['path'][:200], self._paths)}")
        allow = [("allow", ", ".join(self._allowed(call.route)))]
        if scope["method"] == "OPTIONS":
            raw = [(name.encode(), value.encode()) for name, value in allow]
            await send({"type": "http.response.start", "status": 204, "headers": raw})
            await send({"type": "http.response.body", "body": b""})
            return
        await self._refuse(send, call, 405, f"this path knows {allow[0][1]}", headers=allow)

    def _allowed(self, path: str) -> Iterator[str]:
        methods = {*self._paths[path], "OPTIONS", *(["HEAD"] if "GET" in self._paths[path] else [])}
        return iter(sorted(methods))

    async def _refuse(
        self, send: Send, call: Call, status: int, message: str, field: str | None = None, headers: Pairs | None = None
    ) -> None:
        said = answers.error_body(self._style, status, message=message, field=field, request_id=call.request_id)
        media = "application/problem+json" if self._style.errors == "problem+json" else "application/json"
        await answer(send, status, to_json(said), media, [("cache-control", "no-store"), *(headers or [])])


def _host(scope: Scope) -> str:
    """Where the service stands by its own knowledge: what a client writes into Host goes into no answer."""
    name, port = scope.get("server") or ("localhost", None)
    return f"{scope['scheme']}://{name}{f':{port}' if port else ''}"


def _told(endpoint: Endpoint) -> Pairs:
    """Headers that every answer of an endpoint has: that clients are to leave it (RFC 9745, RFC 8594)."""
    found = [("deprecation", "@0")] if endpoint.deprecated or endpoint.sunset else []
    return found + ([("sunset", sunset(endpoint))] if sunset(endpoint) else [])


def _tagged(value: Any, beside: Any = None) -> tuple[bytes, str]:
    """A value as JSON, and its strong ETag: that of what is told, without the id of the request."""
    data = to_json(value)
    said = data + to_json(beside) if beside else data
    return data, f'"{hashlib.blake2b(said, digest_size=10).hexdigest()}"'


def _matches(header: str, tag: str, weakly: bool = False) -> bool:
    """Whether a list of ETags has one (RFC 9110, 8.8.3.2)."""
    named = [text.strip() for text in header.split(",")]
    return tag in ([text.removeprefix("W/") for text in named] if weakly else named) or named == ["*"]


def _unchanged(asked: Asked) -> See:
    """Raises Wrong (412) where If-Match names another version than that of the thing."""

    def see(thing: Mapping[str, Any]) -> None:
        wanted = asked.headers.get("if-match", "")
        if wanted and not (thing and _matches(wanted, _tagged(thing)[1])):
            raise Wrong(412, "it has changed since you read it; read it again", "If-Match")

    return see


def _filled(path: str, values: list[Any]) -> str:
    left = iter(values)
    return PARAMETER.sub(lambda _: quote(str(next(left, "")), safe=""), path.replace("{}", "{key}"))
