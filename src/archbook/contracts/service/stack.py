"""The guards of a service in their order: who looks at a request first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from archbook.contracts.service.guard import Allowing, Guard, Identifying
from archbook.contracts.service.idempotency import Idempotency
from archbook.contracts.service.limits import Limiting
from archbook.contracts.service.oauth import Issuing
from archbook.contracts.service.telemetry import Log, Telemetry
from archbook.design.model import Design


def put_around(
    app: Any,
    design: Design,
    guard: Guard | None,
    *,
    limits: bool = True,
    log: Log | None = None,
    ready: Callable[[], Awaitable[bool]] | None = None,
) -> None:
    """Add the middlewares to a FastAPI or Starlette application, the innermost first.

    A request is logged, then its caller is found, then counted against the limits (also of who is not signed in), and
    only then let in. guard: None lets everybody in; it is kept as `app.state.guard`. limits: False counts nobody, for
    load runs from one address. log: by default the logger `archbook.service`, which is silent until it has a handler.
    """
    app.state.guard = guard
    app.add_middleware(Idempotency, design=design)
    if guard is not None:
        app.add_middleware(Allowing, guard=guard, design=design)
        app.add_middleware(Issuing, guard=guard)
    if limits:
        app.add_middleware(Limiting, design=design)
    if guard is not None:
        app.add_middleware(Identifying, guard=guard)
    app.add_middleware(Telemetry, design=design, log=log, ready=ready)
