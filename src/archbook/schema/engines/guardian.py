"""Starts a PostgreSQL server, and stops it and removes its folder when its owner closes the pipe or dies.

Run as a program of its own, with the standard library only: ``guardian.py FOLDER PROGRAMS USER``.  It writes
``ready HOST PORT`` (or ``failed REASON``) and then waits on its standard input.  The end of that input is the one
signal to stop, so an ordinary close, an exception, Ctrl-C and a killed owner all end in the same few lines.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

START_LIMIT_S = 60.0
SETTINGS = """
shared_buffers = 256MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
checkpoint_timeout = 30min
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 200
jit = off
logging_collector = off
log_min_messages = fatal
"""


def main(folder: Path, programs: Path, user: str) -> int:
    """Serve until standard input ends; always leave nothing behind."""
    server: subprocess.Popen[bytes] | None = None
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(_clean_up(folder, server)))
    try:
        address = _prepare(folder, programs, user or None)
        server = _run([programs / "postgres", "-D", folder / "data"], user or None, folder)
        _wait_until_ready(server, folder, *address)
        print("ready", *address, flush=True)
        sys.stdin.buffer.read()
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        with contextlib.suppress(OSError):
            print("failed", " ".join(str(error).split()), flush=True)
    finally:
        _clean_up(folder, server)
    return 0


def _prepare(folder: Path, programs: Path, user: str | None) -> tuple[str, int]:
    """Make a cluster; where it will listen: a Unix socket folder, or a loopback port on Windows."""
    command = [programs / "initdb", "-D", folder / "data", "-U", "postgres", "--auth=trust", "--encoding=UTF8",
               "--locale=C", "--no-sync", "--no-instructions"]  # fmt: skip
    done = _run(command, user, folder).wait(START_LIMIT_S)
    if done != 0:
        raise RuntimeError(f"initdb failed: {_log(folder)}")
    with open(folder / "data" / "postgresql.conf", "a", encoding="utf-8") as config:
        config.write(SETTINGS)
        if os.name == "nt":
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                host, port = probe.getsockname()
            config.write(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
            return str(host), int(port)
        config.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n")
    return str(folder), 5432


def _run(command: list[object], user: str | None, folder: Path) -> subprocess.Popen[bytes]:
    log = open(folder / "log", "ab")  # noqa: SIM115 - the child keeps it
    with log:
        return subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, cwd=folder,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )  # fmt: skip


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path, host: str, port: int) -> None:
    state = folder / "data" / "postmaster.pid"
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server stopped: {_log(folder)}")
        with contextlib.suppress(OSError):
            if state.read_text().rstrip().endswith("ready"):
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server at {host} port {port} was not ready after {START_LIMIT_S:g} s")


def _log(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "log").read_text(errors="replace")[-300:]
    return "it left no log"


def _clean_up(folder: Path, server: subprocess.Popen[bytes] | None) -> int:
    if server is not None and server.poll() is None:
        server.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGQUIT)  # immediate: nothing is kept
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        if server.poll() is None:
            server.kill()
            server.wait()
    for _ in range(20):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            break
        time.sleep(0.1)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
