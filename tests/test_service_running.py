"""Starting and stopping the reference service, and what is said where it cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from archbook.contracts.service import running
from archbook.contracts.service.asking import ask
from archbook.contracts.service.running import Running, address_of, listen
from archbook.errors import ArchbookError

SLOW = """
import asyncio, sys
from contextlib import asynccontextmanager
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from archbook.contracts.service.running import address_of, listen, run

@asynccontextmanager
async def life(app):
    yield
    print("closed", flush=True)

async def slow(request):
    print("asked", flush=True)
    await asyncio.sleep(0.5)
    return PlainTextResponse("done")

listening = listen()
print(address_of(listening), flush=True)
run(Starlette(routes=[Route("/", slow)], lifespan=life), listening)
print("stopped", flush=True)
"""


def small(log: list[str], fail: bool = False) -> Starlette:
    @asynccontextmanager
    async def life(_: Starlette) -> AsyncIterator[None]:
        if fail:
            raise RuntimeError("no database")
        log.append("opened")
        yield
        log.append("closed")

    async def echo(request: Request) -> PlainTextResponse:
        await asyncio.sleep(float(request.query_params.get("wait", 0)))
        return PlainTextResponse(await request.body() or b"hello")

    return Starlette(routes=[Route("/{rest:path}", echo, methods=["GET", "POST"])], lifespan=life)


def test_a_service_beside_answers_and_stops_without_leaving_anything() -> None:
    log: list[str] = []
    with Running(small(log), name="shop") as service:
        answer = service.ask("GET /orders")
        assert (answer.status, answer.body, answer.data) == (200, b"hello", None)
        assert str(answer).startswith("GET /orders → 200 OK in ")
        assert "server" not in answer.headers
        assert service.ask("POST /orders", body={"a": 1}).data == {"a": 1}
        assert str(service) == f"The service of shop answers at {service.url}."
    assert log == ["opened", "closed"]
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("service")]
    with pytest.raises(ArchbookError, match="is the service running"):
        service.ask("GET /orders")


def test_what_is_under_way_is_answered_before_it_stops() -> None:
    answers: list[Any] = []
    with Running(small([])) as service:
        asking = threading.Thread(target=lambda: answers.append(ask(service.url, "GET /?wait=0.3")))
        asking.start()
        time.sleep(0.1)
    asking.join()
    assert [answer.status for answer in answers] == [200]


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's here")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_once_what_is_under_way_is_answered(sent: signal.Signals) -> None:
    paths = os.pathsep.join([str(Path(running.__file__).parents[3]), os.environ["PYTHONPATH"]])
    here = {**os.environ, "PYTHONPATH": paths}
    process = subprocess.Popen([sys.executable, "-c", SLOW], stdout=subprocess.PIPE, text=True, env=here)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    answers: list[Any] = []
    asking = threading.Thread(target=lambda: answers.append(ask(url, "GET /")))
    asking.start()
    assert process.stdout.readline() == "asked\n"
    process.send_signal(sent)
    asking.join()
    said, _ = process.communicate(timeout=10)
    assert (answers[0].body, said.split(), process.returncode) == (b"done", ["closed", "stopped"], 0)


def test_a_service_that_does_not_start_is_one_sentence(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ArchbookError, match="did not start"):
        Running(small([], fail=True))
    assert "Exception in thread" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"port": 65536}, "no port `65536`"),
        ({"port": -1}, "no port `-1`"),
        ({"host": "0.0.0.0"}, "say --public"),
        ({"host": "::"}, "say --public"),
        ({"host": "example.com"}, "is no address"),
    ],
)
def test_where_it_cannot_listen_is_one_sentence(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ArchbookError, match=said):
        listen(**options)


def test_a_port_that_is_taken_is_said() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(ArchbookError, match=f"port {port} of 127.0.0.1 is taken"):
            listen(port=port)


def test_a_service_listens_on_this_machine_alone() -> None:
    with listen() as listening:
        assert address_of(listening).startswith("http://127.0.0.1:")


def test_small_answers_are_sent_at_once() -> None:
    seen: list[int] = []
    echo = small([])

    async def looking(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            sent = send.__self__.transport.get_extra_info("socket")
            seen.append(sent.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        await echo(scope, receive, send)

    with Running(looking) as service:
        assert ask(service.url, "GET /orders").status == 200
    assert seen
    assert all(seen), "TCP_NODELAY: else an answer in two parts waits 40 ms"


def test_what_is_not_installed_is_said_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "find_spec", lambda name: None if name == "uvicorn" else name)
    with pytest.raises(ArchbookError, match=r"the service needs uvicorn: pip install 'archbook\[service\]'"):
        running.check_installed()


@pytest.mark.parametrize("request_", ["", "GET", "GET orders", "GET /a b", "GET /é", "G3T /", "GET /\r\nX: y"])
def test_what_is_no_request_is_said(request_: str) -> None:
    with pytest.raises(ArchbookError, match="is no request"):
        ask("http://127.0.0.1:1", request_)
