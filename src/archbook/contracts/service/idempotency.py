"""Idempotency keys: a request that comes again gets the answer of the first time, and nothing is done twice.

Source: draft-ietf-httpapi-idempotency-key-header-06.
"""

from __future__ import annotations

import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from archbook.contracts.service.calls import App, Call, Message, Receive, Scope, Send, call_of, header, refuse
from archbook.design.model import Design

KEPT_FOR_S = 86400.0
MOST_KEPT, MOST_KEPT_B = 10_000, 64_000_000
LONGEST_KEY = 64
LONGEST_BODY_B = 1_000_000
"""Of a request that is recognised, where the endpoint has no limit of its own."""
REPLAYED = (b"idempotent-replayed", b"true")
Key = tuple[str, str, str]


@dataclass(slots=True)
class _Kept:
    """fingerprint: of the first request. messages: of its answer; empty while it is being worked on."""

    fingerprint: bytes
    at_s: float
    messages: tuple[Message, ...] = ()
    size_b: int = 0


class Idempotency:
    """ASGI: where an endpoint has idempotency keys, answers each of them once; 400 where there is none.

    The same key and body: the first answer again, with Idempotent-Replayed. Another body: 422. Still being worked on:
    409. Only answers that did something (2xx) are kept, each caller's own, for a day and in bounded memory.
    """

    def __init__(self, app: App, design: Design, clock: Callable[[], float] = time.monotonic) -> None:
        self._app, self._style, self._clock = app, design.api.style, clock
        self._kept: OrderedDict[Key, _Kept] = OrderedDict()
        self._size_b = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        call = call_of(scope)
        if call.endpoint is None or not call.endpoint.idempotency_key:
            await self._app(scope, receive, send)
            return
        key = header(scope, b"idempotency-key") or ""
        if not key.strip() or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
            told = f"send Idempotency-Key once: 1 to {LONGEST_KEY} printable ASCII characters, new for each request"
            await refuse(send, self._style, call, 400, told)
            return
        most = int(call.endpoint.body_limit or LONGEST_BODY_B)
        messages, whole = await _read(receive, most)
        again = _again(messages, receive)
        if not whole:  # too long to be done: the application refuses it
            await self._app(scope, again, send)
            return
        await self._once((call.caller.subject or call.ip, call.endpoint.name, key), call, messages, scope, again, send)

    async def _once(
        self, key: Key, call: Call, messages: list[Message], scope: Scope, receive: Receive, send: Send
    ) -> None:
        version = (header(scope, b"api-version") or "").encode()
        asked = [scope["path"].encode(), scope.get("query_string", b""), version]
        body = b"".join(message.get("body", b"") for message in messages)
        fingerprint = hashlib.sha256(b"\0".join([*asked, body])).digest()
        kept = self._known(key)
        if kept is not None:
            await self._answer_again(kept, fingerprint, call, send)
            return
        entry = self._kept[key] = _Kept(fingerprint, self._clock())
        answered: list[Message] = []

        async def remembering(message: Message) -> None:
            answered.append(message)
            await send(message)

        try:
            await self._app(scope, receive, remembering)
        finally:
            self._keep(key, entry, answered)

    async def _answer_again(self, kept: _Kept, fingerprint: bytes, call: Call, send: Send) -> None:
        if kept.fingerprint != fingerprint:
            told = "this Idempotency-Key was sent with another request; take a new key for a new request"
            await refuse(send, self._style, call, 422, told)
        elif not kept.messages:
            told = "the first request with this Idempotency-Key is still being worked on; try again in a moment"
            await refuse(send, self._style, call, 409, told, [("retry-after", "1")])
        else:
            first, *others = kept.messages
            await send({**first, "headers": [*first.get("headers", ()), REPLAYED]})
            for message in others:
                await send(message)

    def _known(self, key: Key) -> _Kept | None:
        while self._kept:
            oldest, entry = next(iter(self._kept.items()))
            if self._clock() - entry.at_s < KEPT_FOR_S and self._within_bounds():
                break
            self._forget(oldest)
        return self._kept.get(key)

    def _within_bounds(self) -> bool:
        return len(self._kept) < MOST_KEPT and self._size_b < MOST_KEPT_B

    def _forget(self, key: Key) -> None:
        self._size_b -= self._kept.pop(key).size_b

    def _keep(self, key: Key, entry: _Kept, answered: list[Message]) -> None:
        """Keep a whole answer that did something; forget the key of any other, so that it may be tried again."""
        if self._kept.get(key) is not entry:
            return
        whole = bool(answered) and not answered[-1].get("more_body") and answered[-1]["type"] == "http.response.body"
        if not whole or not 200 <= answered[0]["status"] < 300:
            self._forget(key)
            return
        entry.messages = tuple(answered)
        entry.size_b = sum(len(message.get("body", b"")) for message in answered)
        self._size_b += entry.size_b


async def _read(receive: Receive, most_b: int) -> tuple[list[Message], bool]:
    """The messages of a request's body, and whether that is all of it."""
    messages, size = [], 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if message["type"] != "http.request" or size > most_b:
            return messages, False
        if not message.get("more_body"):
            return messages, True


def _again(messages: list[Message], receive: Receive) -> Receive:
    """A `receive` that gives what was read, and then what still comes."""
    left = list(reversed(messages))

    async def again() -> Message:
        return left.pop() if left else await receive()

    return again
