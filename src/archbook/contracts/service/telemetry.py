"""What the one who runs a service sees of it: a request id, a line of log a request, metrics, health and readiness."""

from __future__ import annotations

import asyncio
import datetime
import itertools
import json
import logging
import re
import secrets
import time
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from archbook.contracts.secrets import redact
from archbook.contracts.service.calls import (
    KEY,
    App,
    Call,
    Message,
    Receive,
    Routes,
    Scope,
    Send,
    answer,
    header,
    refuse,
)  # fmt: skip
from archbook.contracts.service.metrics import Metrics
from archbook.design.model import Design

LOGGER = logging.getLogger("archbook.service")
METRICS, HEALTH, READINESS = "/metrics", "/healthz", "/readyz"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
Log = Callable[[str], None]


class Telemetry:
    """ASGI, the outermost: makes the call of each request, logs and counts it, and answers the operator's questions.

    log: takes one JSON line a request; by default LOGGER. ready: whether the service can work; asked by /readyz.
    An exception that nobody caught becomes a 500 with the request id; its traceback goes to the log.
    """

    def __init__(
        self, app: App, design: Design, log: Log | None = None, ready: Callable[[], Awaitable[bool]] | None = None
    ) -> None:
        self._app, self._style, self._log, self._ready = app, design.api.style, log or LOGGER.info, ready
        self._heard: Callable[[], bool] = (lambda: True) if log else (lambda: LOGGER.isEnabledFor(logging.INFO))
        self._began, self._count = secrets.token_hex(12), itertools.count()
        self._routes, self.metrics = Routes(design.api.endpoints), Metrics()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        route, endpoint = self._routes.find(scope["method"], scope["path"])
        if not route and scope["path"] in (METRICS, HEALTH, READINESS):
            await self._operator(scope["path"], send)
            return
        sent = header(scope, b"x-request-id") or ""
        request_id = sent if _ID.fullmatch(sent) else f"{self._began}{next(self._count):08x}"
        call = Call(request_id, route, endpoint)
        call.ip = (scope.get("client") or ("",))[0]
        scope[KEY] = call
        await self._observed(call, scope, receive, send)

    async def _observed(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        started, status, failure = time.perf_counter(), 0, ""
        request_id = (b"x-request-id", call.request_id.encode())

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), request_id]}
            await send(message)

        self.metrics.in_flight += 1
        try:
            await self._app(scope, receive, watched)
        except asyncio.CancelledError:
            failure = "the client went away, or the service is stopping"
            raise
        except Exception as error:
            failure = "".join(traceback.format_exception(error))
            if not status:
                told = "the service failed; the request id helps to find out why"
                await refuse(watched, self._style, call, 500, told)
        finally:
            self.metrics.in_flight -= 1
            seconds = time.perf_counter() - started
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self.metrics.seen(method, call.route or "none", status or 499, seconds)
            if self._heard():
                self._log(_line(call, method, status or 499, seconds, failure))

    async def _operator(self, path: str, send: Send) -> None:
        if path == METRICS:
            await answer(send, 200, self.metrics.text().encode(), "text/plain; version=0.0.4; charset=utf-8")
            return
        good = path == HEALTH or self._ready is None or await self._is_ready()
        said = {"status": "ok" if good else "not ready"}
        headers = [("cache-control", "no-store")]
        await answer(send, 200 if good else 503, json.dumps(said).encode(), "application/json", headers)

    async def _is_ready(self) -> bool:
        try:
            return self._ready is not None and await self._ready()
        except Exception as error:
            self._log(json.dumps({"level": "error", "readiness": redact(f"{type(error).__name__}: {error}")}))
            return False


def _line(call: Call, method: str, status: int, seconds: float, failure: str) -> str:
    """A request as one line of JSON, without the path, the query, the body or a secret."""
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
    line: dict[str, Any] = {
        "time": now, "level": "error" if status >= 500 else "info", "request_id": call.request_id, "method": method,
        "route": call.route or None, "status": status, "duration_ms": round(seconds * 1000, 3),
        "user": call.caller.subject or None, "why": call.why or None,
    }  # fmt: skip
    if failure:
        line["failure"] = failure
    line = {key: redact(value) if key in ("why", "failure") and value else value for key, value in line.items()}
    return json.dumps(line, ensure_ascii=False)
