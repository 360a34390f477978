"""A reference service that tests ask without a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

MERGE = "application/merge-patch+json"


class Client:
    """Asks a service as somebody: the name of one of its accounts, or nobody."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def ask(
        self, request: str, body: Any = None, who: str = "", headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Send a request such as ``GET /orders``. body: JSON, or bytes as they are."""
        method, _, path = request.partition(" ")
        sent = {"Content-Type": MERGE if method == "PATCH" else "application/json"} if body is not None else {}
        if who:
            account = self.app.state.guard.accounts.by_name[who]
            sent["Authorization"] = f"Bearer {self.app.state.guard.issue(account)[0]}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, content=content, headers=sent | (headers or {}))

        return asyncio.run(asked())
