"""One request to a service, and its answer as a client sees it."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from archbook.errors import ArchbookError, shown
from archbook.units import show_duration

LONGEST_SHOWN = 2000
TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers in small letters, body, and how long it took from the first byte sent, in seconds."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float

    @property
    def data(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    def __str__(self) -> str:
        reason = HTTPStatus(self.status).phrase if self.status in HTTPStatus._value2member_map_ else ""
        fields = [f"{name}: {value}" for name, value in self.headers.items() if name not in ("date", "content-length")]
        body = json.dumps(self.data, indent=1, ensure_ascii=False) if self.data is not None else self.body.decode(
            "utf-8", "replace")  # fmt: skip
        body = body if len(body) <= LONGEST_SHOWN else body[:LONGEST_SHOWN] + " …"
        first = f"{self.request} → {self.status} {reason} in {show_duration(self.seconds)}"
        return "\n".join([first, *fields, *(["", body] if body else [])])

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(str(self))


def ask(url: str, request: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Answer:
    """Send one request, such as ``GET /orders``, to a service on this machine. Raises ArchbookError without an answer.

    body: sent as JSON; text or bytes as they are.
    """
    method, _, target = request.strip().partition(" ")
    if not target.startswith("/") or not method.isalpha() or any(c <= " " or c > "~" for c in target):
        raise ArchbookError(f"{shown(request)} is no request; write a method and a path, such as `GET /api/v1/orders`")
    sent = dict(headers or {})
    if body is not None and not isinstance(body, str | bytes):
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        sent, body = {"Content-Type": kind, **sent}, json.dumps(body)
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=TIMEOUT_S)
    started = time.perf_counter()
    try:
        connection.request(method, target, body.encode() if isinstance(body, str) else body, sent)
        answer = connection.getresponse()
        content = answer.read()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ArchbookError(f"no answer from {url} to {shown(request)} ({error}): is the service running?") from None
    finally:
        connection.close()
    seconds = time.perf_counter() - started
    return Answer(request.strip(), answer.status, {k.lower(): v for k, v in answer.getheaders()}, content, seconds)
