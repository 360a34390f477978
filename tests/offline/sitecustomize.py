"""A guard in every Python that the tests start: no socket beyond loopback.

Python imports this file by its name when its folder is on PYTHONPATH; tests/conftest.py puts it there, so that
notebook kernels, servers and commands carry the guard too. An audit hook sees each socket call of the
interpreter, whichever library makes it; what it refuses is also written to ARCHBOOK_OFFLINE_LOG, so that a
library that swallows the error is still found out.
"""

import os
import socket
import sys

LOCAL_NAMES = {"", "localhost", "localhost.localdomain", "0.0.0.0", "::", "::1", "ip6-localhost"}
WATCHED = {
    "socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.bind": 1,
    "socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0, "socket.getnameinfo": 0,
}  # fmt: skip


class NetworkUsed(RuntimeError):
    """A test tried to reach beyond loopback."""


def local(address):
    """Whether an address stays on this machine: a Unix path, no address, loopback, or this machine's own name."""
    host = address[0] if isinstance(address, tuple) and address else address
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or isinstance(host, int) or (isinstance(address, str | bytes) and "/" in host):
        return True
    host = str(host).split("%")[0].lower()
    return host in LOCAL_NAMES or host.startswith(("127.", "::ffff:127.")) or host == socket.gethostname().lower()


def reached(event, arguments):
    """The address beyond loopback that a socket call names, or None."""
    position = WATCHED.get(event)
    if position is None or len(arguments) <= position:
        return None
    if position and getattr(arguments[0], "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return None
    return None if local(arguments[position]) else arguments[position]


def watch(event, arguments):
    address = reached(event, arguments) if event.startswith("socket.") else None
    if address is None:
        return
    sentence = f"{event.removeprefix('socket.')} to {address!r}"
    log = os.environ.get("ARCHBOOK_OFFLINE_LOG")
    if log:
        with open(log, "a", encoding="utf-8") as file:
            file.write(sentence + "\n")
    raise NetworkUsed(f"{sentence}: the tests never reach beyond this machine")


if os.environ.get("ARCHBOOK_OFFLINE_LOG") and not hasattr(sys, "archbook_offline"):
    sys.archbook_offline = True
    sys.addaudithook(watch)
