"""A service that runs: on a port of this machine, in the foreground or beside a notebook, and stopped without loss."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Self

from archbook.contracts.service.asking import Answer, ask
from archbook.errors import ArchbookError, shown

NEEDED = {"fastapi": "fastapi", "uvicorn": "uvicorn", "jwt": "pyjwt[crypto]", "cryptography": "pyjwt[crypto]"}
LOOPBACK = "127.0.0.1"
GRACE_S = 5
"""How long requests that are being answered have when the service stops."""
STARTS_WITHIN_S = 120.0


def check_installed() -> None:
    """Raises ArchbookError with the command that installs what the service needs and is not there."""
    missing = sorted({package for module, package in NEEDED.items() if find_spec(module) is None})
    if missing:
        raise ArchbookError(f"the service needs {' and '.join(missing)}: pip install 'archbook[service]'")


def listen(host: str = LOOPBACK, port: int = 0, *, public: bool = False) -> socket.socket:
    """A socket that listens; port 0 takes a free one. public: also where others reach it.

    Raises ArchbookError for a port that is taken or cannot be, and for an address that is not this machine's own.
    """
    try:
        address = ipaddress.ip_address(LOOPBACK if host == "localhost" else host)
    except ValueError:
        raise ArchbookError(f"{shown(host)} is no address to listen on; take 127.0.0.1, ::1 or localhost") from None
    if not address.is_loopback and not public:
        raise ArchbookError(f"at {host} others reach the service; say --public if that is meant, or leave --host away")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise ArchbookError(f"there is no port {shown(port)}; ports go from 1 to 65535, and 0 takes a free one")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # With the protocol named, asyncio sends small answers at once; else each waits 40 ms for an acknowledgement.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((str(address), port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        why = "is taken" if taken else f"cannot be listened on ({error.strerror})"
        raise ArchbookError(f"port {port} of {host} {why}; take another one, or 0 for any that is free") from None
    return listening


def address_of(listening: socket.socket) -> str:
    """The URL of a socket that listens."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: Any, listening: socket.socket) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; requests under way are answered first."""
    server = _server(app)
    _serve(server, listening)
    if not server.started:
        raise ArchbookError("the service did not start; its log says why")


class Running:
    """A service that runs beside: a context manager, or until `stop`.

    url: where it answers. Raises ArchbookError where it does not start.
    """

    def __init__(self, app: Any, listening: socket.socket | None = None, name: str = "") -> None:
        listening = listening or listen()
        self.url, self.name, self._app = address_of(listening), name, app
        self._server = _server(app)
        self._thread = threading.Thread(
            target=_serve, args=(self._server, listening), name=f"service {self.url}", daemon=True
        )
        self._thread.start()
        until = time.monotonic() + STARTS_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > until:
                listening.close()
                raise ArchbookError("the service did not start; its log says why")
            time.sleep(0.005)

    def ask(self, request: str, who: str = "", body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Send one request, such as ``GET /api/v1/orders``. who: a client of the service, such as a role's name.

        body: sent as JSON; text or bytes as they are. Raises UnknownName for a client that there is not.
        """
        guard = getattr(self._app.state, "guard", None)
        proof = guard.proof(who) if who and guard is not None else {}
        return ask(self.url, request, body, {**proof, **(headers or {})})

    def stop(self) -> None:
        """Answer what is under way and stop; nothing is left running."""
        self._server.should_exit = True
        self._thread.join(GRACE_S + 2)
        if self._thread.is_alive():
            self._server.force_exit = True
            self._thread.join(2)

    def __str__(self) -> str:
        state = "answers at" if self._thread.is_alive() else "has stopped; it answered at"
        return f"The service{' of ' * bool(self.name)}{self.name} {state} {self.url}."

    def _repr_pretty_(self, printer: Any, _: bool) -> None:
        printer.text(str(self))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def _serve(server: Any, listening: socket.socket) -> None:
    """Until the server stops; it exits where the application fails to start, which `started` then says."""
    with suppress(SystemExit):
        asyncio.run(server.serve(sockets=[listening]))


def _server(app: Any) -> Any:
    """Uvicorn's server, silent, that believes no header about who calls, and stops without raising the signal again."""
    check_installed()
    import uvicorn

    class Server(uvicorn.Server):
        @contextmanager
        def capture_signals(self) -> Iterator[None]:
            if threading.current_thread() is not threading.main_thread():
                yield
                return
            before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
            try:
                yield
            finally:
                for sig, handler in before.items():
                    signal.signal(sig, handler)

    return Server(
        uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False, server_header=False, ws="none",
                       loop="asyncio", lifespan="on", timeout_graceful_shutdown=GRACE_S)
    )  # fmt: skip
