"""What the parts of the service know of one call, and how each of them answers an error."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from typing import Any

from archbook.contracts.answers import error_body
from archbook.design.contract import Endpoint, Style

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[str, str]]
KEY = "archbook.call"
"""Where the call lies in an ASGI scope."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls. subject: the key of a user, or the name of a service; empty for somebody who is not signed in.

    refused: why a token that was sent is not accepted; for the log only.
    """

    subject: str = ""
    roles: frozenset[str] = frozenset()
    service: bool = False
    refused: str = ""

    @property
    def signed_in(self) -> bool:
        """Whether a token was accepted."""
        return bool(self.subject)


@dataclass(slots=True)
class Call:
    """One request on its way through. why: what decided about it, for the log only; ip: of the other side."""

    request_id: str
    route: str = ""
    endpoint: Endpoint | None = None
    caller: Caller = Caller()
    ip: str = ""
    why: str = ""


class Routes:
    """The endpoints of an API by method and path.

    >>> names = ("GET /orders/{id}", "GET /orders/late")
    >>> routes = Routes([Endpoint(name=name, service="orders") for name in names])
    >>> [routes.find("GET", path)[0] for path in ("/orders/7", "/orders/late", "/orders", "/orders/")]
    ['/orders/{id}', '/orders/late', '', '']
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._by_length: dict[int, list[tuple[tuple[str | None, ...], str, dict[str, Endpoint]]]] = {}
        by_path: dict[str, dict[str, Endpoint]] = {}
        for endpoint in endpoints:
            by_path.setdefault(endpoint.path, {})[endpoint.method] = endpoint
        self._fixed = {path: endpoints for path, endpoints in by_path.items() if "{" not in path}
        for path in sorted(by_path, key=lambda path: [part.startswith("{") for part in path.split("/")]):
            parts = tuple(None if part.startswith("{") else part for part in path.split("/")[1:])
            self._by_length.setdefault(len(parts), []).append((parts, path, by_path[path]))

    def find(self, method: str, path: str) -> tuple[str, Endpoint | None]:
        """The template of a path, empty where there is none; and its endpoint for the method, if it has one."""
        fixed = self._fixed.get(path, {}).get(method)
        if fixed:
            return path, fixed
        asked = path.split("/")[1:]
        template = ""
        for parts, route, endpoints in self._by_length.get(len(asked), ()):
            if all(part == given or (part is None and given) for part, given in zip(parts, asked, strict=True)):
                found = endpoints.get(method) or (endpoints.get("GET") if method == "HEAD" else None)
                if found:
                    return route, found
                template = template or route
        return template, None


def call_of(scope: Scope) -> Call:
    """The call of a scope; a new one where nothing in front has made it."""
    call = scope.get(KEY)
    if not isinstance(call, Call):
        call = scope[KEY] = Call(request_id="", ip=(scope.get("client") or ("",))[0])
    return call


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a header that was sent once; None where there is none. name: in small letters."""
    values = [value for key, value in scope["headers"] if key == name]
    return values[0].decode("latin-1") if len(values) == 1 else None


async def answer(send: Send, status: int, body: bytes, media: str, headers: Headers = ()) -> None:
    """Send a whole answer."""
    fields = [("content-type", media), ("content-length", str(len(body))), *headers]
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


async def refuse(send: Send, style: Style, call: Call, status: int, message: str, headers: Headers = ()) -> None:
    """Send an error in the form that the design declares; nothing of the reasons that `call.why` has."""
    body = json.dumps(error_body(style, status, message=message, request_id=call.request_id), ensure_ascii=False)
    media = "application/problem+json" if style.errors == "problem+json" else "application/json"
    await answer(send, status, body.encode(), media, [("cache-control", "no-store"), *headers])
