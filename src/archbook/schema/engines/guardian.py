"""Starts PostgreSQL servers, and stops them and removes their folder when their owner closes the pipe or dies.

Run as a program of its own, with the standard library only: ``guardian.py FOLDER PROGRAMS USER``.  It writes
``ready HOST PORT`` (or ``failed REASON``) and then reads its standard input: each line ``standby`` is answered alike.
The end of that input is the one signal to stop, so an ordinary close, an exception, Ctrl-C and a killed owner all end
in the same few lines.
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
wal_level = replica
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
    servers: list[subprocess.Popen[bytes]] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(_clean_up(folder, servers)))
    try:
        address = _prepare(folder, programs, user or None)
        _serve("data", folder, programs, user or None, servers)
        _say("ready", *address)
        for _ in sys.stdin:
            try:
                _say("ready", *_standby(len(servers), address, folder, programs, user or None, servers))
            except (OSError, subprocess.SubprocessError, RuntimeError) as error:
                _say("failed", " ".join(str(error).split()))
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        _say("failed", " ".join(str(error).split()))
    finally:
        _clean_up(folder, servers)
    return 0


def _say(*words: object) -> None:
    with contextlib.suppress(OSError):  # the owner is dead
        print(*words, flush=True)


def _standby(number: int, primary: tuple[str, int], folder: Path, programs: Path, user: str | None,
             servers: list[subprocess.Popen[bytes]]) -> tuple[str, int]:  # fmt: skip
    """A copy of the primary that follows its log; where it listens."""
    name, (host, primary_port) = f"standby{number}", primary
    command = [programs / "pg_basebackup", "-D", folder / name, "-h", host, "-p", primary_port, "-U", "postgres",
               "--write-recovery-conf", "--checkpoint=fast", "--wal-method=stream", "--no-sync"]  # fmt: skip
    if _run(command, user, folder).wait() != 0:
        raise RuntimeError(f"pg_basebackup failed: {_log(folder)}")
    port = _free_port() if os.name == "nt" else primary_port + number  # a number in the name of a socket, no port
    with open(folder / name / "postgresql.conf", "a", encoding="utf-8") as config:
        config.write(f"port = {port}\n")
    _serve(name, folder, programs, user, servers)
    return host, port


def _serve(name: str, folder: Path, programs: Path, user: str | None, servers: list[subprocess.Popen[bytes]]) -> None:
    servers.append(_run([programs / "postgres", "-D", folder / name], user, folder))
    _wait_until_ready(servers[-1], folder, folder / name / "postmaster.pid")


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
            port = _free_port()
            config.write(f"listen_addresses = '127.0.0.1'\nport = {port}\n")
            return "127.0.0.1", port
        config.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\n")
        # Inside the folder: a killed server leaves nothing in /dev/shm, which is only 64 MB in most containers.
        config.write("dynamic_shared_memory_type = mmap\n")
    return str(folder), 5432


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _run(command: list[object], user: str | None, folder: Path) -> subprocess.Popen[bytes]:
    log = open(folder / "log", "ab")  # noqa: SIM115 - the child keeps it
    with log:
        return subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, user=user, cwd=folder,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )  # fmt: skip


def _wait_until_ready(server: subprocess.Popen[bytes], folder: Path, state: Path) -> None:
    end = time.monotonic() + START_LIMIT_S
    while time.monotonic() < end:
        if server.poll() is not None:
            raise RuntimeError(f"the server stopped: {_log(folder)}")
        with contextlib.suppress(OSError):
            if state.read_text().rstrip().endswith(("ready", "standby")):
                return
        time.sleep(0.02)
    raise RuntimeError(f"the server was not ready after {START_LIMIT_S:g} s")


def _log(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "log").read_text(errors="replace")[-300:]
    return "it left no log"


def _clean_up(folder: Path, servers: list[subprocess.Popen[bytes]]) -> int:
    running = [server for server in servers if server.poll() is None]
    for server in running:
        server.send_signal(signal.SIGTERM if os.name == "nt" else signal.SIGQUIT)  # immediate: nothing is kept
    for server in running:
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
