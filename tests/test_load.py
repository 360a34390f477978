"""Load runs: what clients count, how a run is laid beside the estimate, and what is kept of it."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import archbook as ab
from archbook.contracts import clients as asking
from archbook.contracts import load
from archbook.contracts.clients import Asked, Clients, Kept, request_of
from archbook.contracts.load_outcome import LoadOutcome, outcome_of
from archbook.contracts.service.running import Running
from archbook.design.contract import Endpoint
from archbook.errors import ArchbookError

PRODUCTS, ORDERS = "GET /api/v1/products", "GET /api/v1/orders"
TOLD = {"clients": 2, "rate_per_s": None, "seconds": 10.0, "seed": 7, "rows": 1000, "engine": "duckdb"}


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "WARM_UP_S", 0.1)


class Small:
    """A service that waits, fails or may be kept, as the path says, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.app = Starlette(routes=[Route("/{what}", self._answer)])

    async def _answer(self, request: Request) -> JSONResponse:
        what = request.path_params["what"]
        self.asked[what] += 1
        await asyncio.sleep(0.02 if what == "slow" else 0)
        headers = {"Cache-Control": "public, max-age=60"} if what == "kept" else {}
        return JSONResponse({}, 500 if what == "wrong" else 200, headers)

    def run(self, what: str, seconds: float, clients: int = 2, rate: float | None = None, kept: Any = None) -> Asked:
        with Running(self.app) as service:
            part = Asked(Endpoint(name=f"GET /{what}", service="a"), 1.0, [request_of(service.url, f"/{what}", {})])
            asyncio.run(Clients(service.url, [part], rate, 7, kept).last(seconds, clients))
        return part


def test_each_answer_is_timed_from_its_request_to_its_end() -> None:
    part = Small().run("slow", 0.5)
    assert part.failures == 0
    assert min(part.seconds) >= 0.02
    assert 10 <= len(part.seconds) <= 2 * 0.6 / 0.02


def test_errors_are_counted_and_not_timed() -> None:
    part = Small().run("wrong", 0.2)
    assert part.failures > 0
    assert part.seconds == []


def test_at_a_rate_the_clients_ask_so_often_and_waiting_counts_from_when_a_request_was_due() -> None:
    part = Small().run("slow", 2.0, clients=4, rate=40.0)
    assert 80 - 4 * 9 <= len(part.seconds) <= 80 + 4 * 9  # Poisson: within four standard deviations
    crowded = Small().run("slow", 1.0, clients=1, rate=500.0)  # one client, 50 a second at most
    assert max(crowded.seconds) > 0.4
    assert len(crowded.seconds) <= 55


def test_a_service_that_cannot_keep_up_is_said() -> None:
    assert "could not keep up" in dataclasses.replace(outcome(_=[0.1] * 1000), rate_per_s=200.0).verdict
    assert "could not keep up" not in dataclasses.replace(outcome(_=[0.1] * 1000), rate_per_s=100.0).verdict


@pytest.mark.parametrize(
    ("parts", "good"),
    [
        ([b"HTTP/1.1 200 OK\r\nContent-Le", b"ngth: 6\r\n\r", b"\nabc", b"def"], 1),
        ([b"HTTP/1.1 204 No Content\r\n\r\n"], 1),
        ([b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc"], 0),
        ([], 0),
    ],
)
def test_an_answer_counts_when_all_of_it_has_come_and_one_cut_short_ends_the_run(
    monkeypatch: pytest.MonkeyPatch, parts: list[bytes], good: int
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0.02)
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        await Clients(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", [part]).last(1.0, 1)

    monkeypatch.setattr(asking, "WARM_UP_S", 0.0)
    part = Asked(Endpoint(name="GET /a", service="a"), 1.0, [b"GET /a HTTP/1.1\r\n\r\n"])
    with pytest.raises(ArchbookError, match="closed a connection in the middle of the run"):
        asyncio.run(run())
    assert (len(part.seconds), part.failures) == (good, 0)


def test_a_cache_asks_once_for_what_may_be_kept() -> None:
    small = Small()
    part = small.run("kept", 0.3, clients=1, rate=100.0, kept=Kept())
    assert len(part.seconds) > 5
    assert small.asked["kept"] == 1
    small.run("slow", 0.3, clients=1, rate=50.0, kept=Kept())
    assert small.asked["slow"] > 5


def outcome(**variants: list[float]) -> LoadOutcome:
    design = ab.load("ecommerce")
    estimates = ab.estimate(design).endpoints
    endpoint = next(endpoint for endpoint in design.api.endpoints if endpoint.name == PRODUCTS)
    asked = {name.replace("_", " ").strip(): [Asked(endpoint, 1.0, [], times, 0)] for name, times in variants.items()}
    return outcome_of(design, asked, {ORDERS: "it writes"}, TOLD, estimates)


def test_a_run_is_laid_beside_the_estimate_and_says_what_it_is_of() -> None:
    found = outcome(_=[n / 10_000 for n in range(1, 1001)])
    assert found.verdict == (
        "2 clients, each asking again at once: 100 req/s answered; 95 % within 95 ms (93.7 ms to 96.4 ms), "
        "half of them within 50 ms."
    )
    row = dict(zip(found.table().columns, found.table().rows[0], strict=True))
    assert (row["endpoint"], row[">p95"], row[">estimated p95"]) == (PRODUCTS, "95 ms", "55.8 ms")
    assert "Only reads are asked; 1 endpoint writes." in found.notes
    entry = found.evidence(ab.load("ecommerce"))[0]
    assert (entry.id, entry.value, entry.unit, entry.about, entry.how) == ("load", 0.095, "s", "api", "measurement")
    assert not entry.stale(ab.load("ecommerce"))


@pytest.mark.parametrize(
    ("factor", "said"),
    [
        (10.0, "With last one: 10× faster ("),
        (0.1, "With last one: 10× slower ("),
        (1.0, "With last one: no difference, within the spread"),
    ],
)
def test_a_comparison_says_how_many_times_and_between_what(factor: float, said: str) -> None:
    slow = [0.1 + n / 10_000 for n in range(100)]
    found = outcome(first_one=slow, last_one=[value / factor for value in slow])
    assert found.verdict.startswith(said)
    assert len(found.table().rows) == 2
    assert found.evidence(ab.load("ecommerce"))[0].unit == "×"


def test_a_run_without_a_good_answer_is_one_sentence() -> None:
    with pytest.raises(ArchbookError, match="no request was answered well"):
        outcome(_=[])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"seconds": 0}, "a run takes 1 s to 600 s"),
        ({"seconds": float("nan")}, "a run takes 1 s to 600 s"),
        ({"clients": 0}, "1 to 256 ask at once"),
        ({"clients": 2.5}, "1 to 256 ask at once"),
        ({"rate_per_s": -1.0}, "must be above 0"),
        ({"compare": "cach"}, "no comparison `cach`; did you mean `cache`?"),
    ],
)
def test_what_cannot_be_run_is_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchbookError, match=said):
        load.load_test(ab.load("minimal"), **options)


def test_an_outcome_is_plain_json() -> None:
    found = outcome(_=[0.1, 0.2])
    assert found.to_json()["endpoints"][0]["name"] == PRODUCTS
    assert dataclasses.is_dataclass(found)
