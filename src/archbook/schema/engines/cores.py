"""Cores of its own for each server, so that several on one machine disturb each other no more than several machines."""

from __future__ import annotations

from collections.abc import Sequence

from archbook.schema.engines.postgresql import Postgres


def apart(servers: Sequence[Postgres]) -> bool:
    """Hold each embedded server to an equal share of the cores; False where the system cannot, or has too few.

    Linux and Windows can; macOS has no such call.
    """
    import psutil  # type: ignore[import-untyped]

    here = psutil.Process()
    if not hasattr(here, "cpu_affinity"):
        return False
    cores = here.cpu_affinity()
    share = len(cores) // len(servers)
    if share == 0:
        return False
    for number, server in enumerate(servers):
        backend = psutil.Process(server.execute("SELECT pg_backend_pid()")[0][0])
        try:
            for process in (backend.parent(), *backend.parent().children()):
                process.cpu_affinity(cores[number * share : (number + 1) * share])  # what it starts inherits them
        except (psutil.Error, OSError):
            return False
    return True
