"""The reference service: how soon it answers, and pages of a million orders for 16 clients (issue: 2 s, p95 20 ms)."""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import archbook as ab
from archbook.contracts.clients import Asked, Clients, request_of
from archbook.contracts.load_outcome import times_of
from archbook.contracts.service.asking import ask
from archbook.contracts.service.beside import Beside
from archbook.design.model import Design
from bench.measure import Measurement, spread_of

ROOT = Path(__file__).resolve().parents[1]
ORDERS = 1_000_000
PAGES, CLIENTS, SECONDS, TURNS = 200, 16, 4.0, 3
PEER = "bare FastAPI, a constant page"
CONSTANT = """
import sys
from fastapi import FastAPI
from fastapi.responses import Response
from archbook.contracts.service.running import address_of, listen, run

app, page = FastAPI(openapi_url=None), b"x" * int(sys.argv[1])

@app.get("/page")
async def constant() -> Response:
    return Response(page, media_type="application/json")

listening = listen()
print(address_of(listening), flush=True)
run(app, listening)
"""


def run() -> Iterator[Measurement]:
    starts = [_start_s() for _ in range(3)]
    yield Measurement("service: from the command to its first answer", statistics.median(starts), "s", 2.0,
                      spread_of(starts), len(starts))  # fmt: skip
    design = ab.load("ecommerce")
    design = design.model_copy(update={"api": design.api.model_copy(update={
        "style": design.api.style.model_copy(update={"pagination": "cursor"})})})  # fmt: skip
    with Beside(design, engine="postgresql", rows={"orders": ORDERS}, limits=False) as service:
        requests, size = _pages(design, service)
        with _constant(size) as url:
            ours, theirs = [], []
            for turn in range(TURNS):
                ours.append(_p95_ms(design, service.url, requests, turn))
                theirs.append(_p95_ms(design, url, [request_of(url, "/page", {})], turn))
    name = f"PostgreSQL: keyset page of 20 of {ORDERS / 1e6:.0f} M orders, {CLIENTS} clients, p95"
    yield Measurement(name, statistics.median(ours), "ms", 20.0, spread_of(ours), TURNS, PEER,
                      statistics.median(theirs))  # fmt: skip


def _start_s() -> float:
    """From `archbook serve` to the first answer that says it is ready."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "archbook", "serve", "ecommerce", "--port", "0", "--no-log"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = next(line for line in process.stdout if " answers at http" in line)
        ready = ask(said.split(" answers at ")[1].split(";")[0], "GET /readyz")
        seconds = time.perf_counter() - began
        assert ready.status == 200
        process.terminate()
    return seconds


def _pages(design: Design, service: Beside) -> tuple[list[bytes], int]:
    """Requests for pages all over the list, by a role that sees everybody's orders; and the bytes of one."""
    proof, path, requests = service.proofs["support"], "/api/v1/orders", []
    target = f"{path}?limit={design.api.style.max_page_size}"
    for _ in range(PAGES):
        found = ask(service.url, f"GET {target}", headers=dict(proof))
        assert found.status == 200, str(found)
        cursor = found.data["meta"]["next_cursor"]
        target = f"{path}?limit={design.api.style.max_page_size}&cursor={cursor}"
        requests.append(request_of(service.url, f"{path}?limit=20&cursor={cursor}", proof))
    page = ask(service.url, f"GET {path}?limit=20&cursor={cursor}", headers=dict(proof))
    assert len(page.data["data"]) == 20
    return requests, len(page.body)


def _p95_ms(design: Design, url: str, requests: list[bytes], seed: int) -> float:
    part = Asked(design.api.endpoints[0], 1.0, requests)
    asyncio.run(Clients(url, [part], seed=seed).last(SECONDS, CLIENTS))
    assert not part.failures
    return 1000 * times_of(part.seconds).p95_s


@contextmanager
def _constant(size_b: int) -> Iterator[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-c", CONSTANT, str(size_b)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
