"""The guards of a service in their order: who looks at a request first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from archbook.contracts.service.calls import App, Receive, Scope, Send
from archbook.contracts.service.guard import Allowing, Guard, Identifying
from archbook.contracts.service.idempotency import Idempotency
from archbook.contracts.service.limits import Limiting
from archbook.contracts.service.oauth import Issuing
from archbook.contracts.service.telemetry import Log, Telemetry
from archbook.design.model import Design


def put_around(
    app: Any,
    answers: App,
    design: Design,
    guard: Guard | None,
    *,
    limits: bool = True,
    log: Log | None = None,
    ready: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """Put the guards between a FastAPI or Starlette application and what answers its requests.

    They take the place of the framework's own middlewares, for which there is nothing to do here. A request is logged,
    then its caller is found, then counted against the limits (also of who is not signed in), and only then let in.
    guard: None lets everybody in; it is kept as `app.state.guard`. limits: False counts nobody, for load runs from one
    address. log: by default the logger `archbook.service`, which is silent until it has a handler.
    """
    app.state.guard = guard
    around: App = Idempotency(answers, design)
    if guard is not None:
        around = Issuing(Allowing(around, guard, design), guard)
    if limits:
        around = Limiting(around, design)
    if guard is not None:
        around = Identifying(around, guard)
    outermost = Telemetry(around, design, log, ready)

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        await (outermost if scope["type"] == "http" else app.router)(scope, receive, send)

    app.middleware_stack = served
