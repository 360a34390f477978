"""The API of a design as a FastAPI application, answered on generated rows."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from archbook.contracts.openapi import to_openapi
from archbook.contracts.service.accounts import demo_accounts
from archbook.contracts.service.calls import App, Receive, Scope, Send, answer, call_of
from archbook.contracts.service.guard import Guard
from archbook.contracts.service.handlers import Handlers
from archbook.contracts.service.holdings import Holdings, holdings
from archbook.contracts.service.stack import put_around
from archbook.contracts.service.telemetry import Log
from archbook.design.model import Design
from archbook.schema.asking import View
from archbook.schema.serving import Serving

if TYPE_CHECKING:
    from fastapi import FastAPI

DOCUMENT = "/openapi.json"
CONNECTIONS = 4
SEEN = 2_000  # rows that are looked at to find users who own something
PEOPLE = 32  # users whom the clients of the service act for


def create(
    design: Design, *, engine: str = "duckdb", rows: int | Mapping[str, int] = 1_000, seed: int = 7, guard: bool = True,
    limits: bool = True, connections: int = CONNECTIONS, one_by_one: bool = False, at_once: bool = True,
    log: Log | None = None,
) -> FastAPI:  # fmt: skip
    """A service that answers every endpoint of a design.

    engine: ``duckdb``, ``postgresql`` or a PostgreSQL URL. rows: generated for each table, or by table. guard: whether
    callers are asked who they are. limits: whether requests are counted. connections: to the database, and so requests
    that are worked on at once. one_by_one: lists read each row by a statement of its own, to show what that costs.
    at_once: whether reads that have been quick are answered without handing them to a thread.
    The tables are filled when it returns; `app.state.close()` stops the engine, as the end of the service does.
    Raises ArchbookError (no endpoints, no such engine).
    """
    from fastapi import FastAPI

    document = to_openapi(design)
    held = holdings(design)
    serving = Serving(held.schema, engine, rows, seed=seed, connections=connections, meant=held.meant) if (
        held.schema.tables) else None  # fmt: skip
    executor = ThreadPoolExecutor(connections, thread_name_prefix="archbook-service")

    def close() -> None:
        executor.shutdown(wait=True)
        if serving:
            serving.close()

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(close)

    async def ready() -> bool:
        return not serving or await asyncio.get_running_loop().run_in_executor(executor, _answers, serving)

    app = FastAPI(title=design.title or design.name, openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan,
                  telemetry={"tracing": False, "metrics": False, "logs": False})  # fmt: skip
    people = _people(design, held, serving)
    handlers = Handlers(
        design, document, serving, held, executor, people=people, guarded=guard, one_by_one=one_by_one, at_once=at_once
    )  # fmt: skip
    answers = _with_document(handlers, document)  # not routes: they would not match a line end in a path
    accounts = demo_accounts(design, *([people] if people else []))
    put_around(app, answers, design, Guard(design, accounts) if guard else None, limits=limits, log=log, ready=ready)
    app.state.close, app.state.serving, app.state.document = close, serving, document
    return app


def _answers(serving: Serving) -> bool:
    return serving.count(next(iter(serving.schema.tables))) >= 0


def _people(design: Design, held: Holdings, serving: Serving | None) -> tuple[str, ...]:
    """The keys of some users: of those who have most of what the first list of own things holds."""
    if serving is None:
        return ()
    for endpoint in sorted(design.api.endpoints, key=lambda e: not (e.ownership and e.list)):
        table = held.resources[endpoint.name].table
        path, column = (held.owner(table.name) if table else None) or ((), "")
        if table and column and not path:
            rows = serving.page(View(table.name, (column,)), limit=SEEN)
            owners = Counter(str(row[column]) for row in rows if row[column] is not None)
            return tuple(owner for owner, _ in owners.most_common(PEOPLE))
    return ()


def _with_document(app: App, document: Mapping[str, Any]) -> App:
    """The API's own document at /openapi.json, where the API has nothing else there."""
    body = json.dumps(document, ensure_ascii=False).encode()

    async def answered(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == DOCUMENT and not call_of(scope).route and scope["method"] in ("GET", "HEAD"):
            await answer(send, 200, b"" if scope["method"] == "HEAD" else body, "application/json")
        else:
            await app(scope, receive, send)

    return answered
