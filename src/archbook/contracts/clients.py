"""Clients that ask a service on this machine at once, and time its answers."""

from __future__ import annotations

import asyncio
import bisect
import itertools
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from archbook.design.contract import Endpoint
from archbook.errors import ArchbookError

WARM_UP_S = 0.5


@dataclass(slots=True)
class Asked:
    """Requests of one endpoint. weight: its share of the load. seconds: what each good answer took."""

    endpoint: Endpoint
    weight: float
    requests: Sequence[bytes]
    seconds: list[float] = field(default_factory=list)
    failures: int = 0


def request_of(url: str, target: str, proof: Mapping[str, str]) -> bytes:
    """A GET as it is sent. proof: headers by which a client shows who it is."""
    fields = {"Host": urlsplit(url).netloc, "Accept": "application/json", **proof}
    return "\r\n".join([f"GET {target} HTTP/1.1", *(f"{k}: {v}" for k, v in fields.items()), "", ""]).encode()


class Kept:
    """What a shared cache in front of the clients keeps: answers until Cache-Control's max-age is over."""

    def __init__(self) -> None:
        self._until: dict[bytes, float] = {}

    def has(self, request: bytes) -> bool:
        """Whether a request need not be sent."""
        return self._until.get(request, 0.0) > time.monotonic()

    def keep(self, request: bytes, head: bytes) -> None:
        """Keep an answer for as long as its head lets anybody."""
        said = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"cache-control:")), b"")
        age = said.partition(b"max-age=")[2].partition(b",")[0].strip()
        if age.isdigit() and b"no-store" not in said and b"private" not in said:
            self._until[request] = time.monotonic() + int(age)


class Clients:
    """Clients that ask one service at once, each on a connection of its own.

    rate_per_s: how often all together ask, at random moments; None: each asks again as soon as it is answered.
    """

    def __init__(
        self, url: str, asked: Sequence[Asked], rate_per_s: float | None = None, seed: int = 7, kept: Kept | None = None
    ) -> None:
        place = urlsplit(url)
        self._host, self._port = place.hostname or "", place.port or 80
        self._asked, self._rate, self._seed, self._kept = asked, rate_per_s, seed, kept
        self._shares = list(itertools.accumulate(part.weight for part in asked))

    async def last(self, seconds: float, clients: int) -> float:
        """Ask for so long; how long the answers that count took to come, in seconds. Raises ArchbookError."""
        began = time.perf_counter() + WARM_UP_S
        rate = self._rate / clients if self._rate else None
        dice = [random.Random(f"{self._seed} {number}") for number in range(clients)]
        try:
            async with asyncio.TaskGroup() as group:
                for one in dice:
                    group.create_task(self._client(one, began, began + seconds, rate))
        except ExceptionGroup as lost:
            raise lost.exceptions[0] from None
        return time.perf_counter() - began

    async def _client(self, dice: random.Random, began: float, until: float, rate_per_s: float | None) -> None:
        transport, connection = await asyncio.get_running_loop().create_connection(_Connection, self._host, self._port)
        due = time.perf_counter()
        try:
            while True:
                due = due + dice.expovariate(rate_per_s) if rate_per_s else time.perf_counter()
                if max(due, time.perf_counter()) >= until:  # also where it is behind: a run is bounded
                    return
                if (early := due - time.perf_counter()) > 0:
                    await asyncio.sleep(early)
                part = self._asked[bisect.bisect(self._shares, dice.random() * self._shares[-1])]
                good = await self._answered(connection, dice.choice(part.requests))
                now = time.perf_counter()
                if now >= began and good:
                    part.seconds.append(now - due)
                elif now >= began:
                    part.failures += 1
        except OSError:
            raise ArchbookError(
                "the service closed a connection in the middle of the run; is it still there?"
            ) from None
        finally:
            transport.close()

    async def _answered(self, connection: _Connection, request: bytes) -> bool:
        """Whether a request got a good answer, from the cache where there is one that has it."""
        if self._kept and self._kept.has(request):
            await asyncio.sleep(0)  # what the cache answers must not keep the others from asking
            return True
        head = await connection.ask(request)
        good = head[9:10] == b"2"
        if good and self._kept:
            self._kept.keep(request, head)
        return good


class _Connection(asyncio.Protocol):
    """A connection that asks for one answer at a time, which says how long it is."""

    def __init__(self) -> None:
        self._held, self._whole_b = b"", 0
        self._answer: asyncio.Future[bytes] | None = None

    async def ask(self, request: bytes) -> bytes:
        """The head of an answer that has come to its end. Raises OSError."""
        if self._transport.is_closing():
            raise ConnectionResetError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, _ = self._held.partition(b"\r\n\r\n")
        if end and not self._whole_b:
            length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
            self._whole_b = len(head) + len(end) + (int(length) if length.isdigit() else 0)
        if self._whole_b and len(self._held) >= self._whole_b:
            self._held, self._whole_b = self._held[self._whole_b :], 0
            if self._answer and not self._answer.done():
                self._answer.set_result(head)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        if self._answer and not self._answer.done():
            self._answer.set_exception(ConnectionResetError())
