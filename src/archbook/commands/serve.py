"""`archbook serve`."""

from __future__ import annotations

import logging
import sys
from typing import Any

import click

from archbook.commands import design_argument, tell


@click.command("serve")
@design_argument
@click.option("--port", type=int, default=8000, metavar="N", help="Port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", metavar="ADDRESS", help="Address to listen on.")
@click.option("--public", is_flag=True, help="Also on an address that others reach. It is not made for that.")
@click.option("--engine", default="duckdb", metavar="duckdb|postgresql|URL", help="Where the rows lie.")
@click.option("--rows", type=click.IntRange(1, 10_000_000), default=1_000, metavar="N", help="Rows of each table.")
@click.option("--seed", type=int, default=7, metavar="N", help="Seed of the generated rows.")
@click.option("--pool", "connections", type=click.IntRange(1, 100), default=4, metavar="N",
              help="Connections to the engine.")  # fmt: skip
@click.option("--limits/--no-limits", default=True, help="Keep the design's rate limits.")
@click.option("--log/--no-log", "logged", default=True, help="One line of JSON a request, on standard error.")
def command(design: str | None, host: str, port: int, public: bool, logged: bool, **options: Any) -> None:
    """Run the API of a design on generated rows.

    It is guarded as the design says. Prints a client and its secret for each role: ask POST /oauth/token for a token.
    /metrics has counts and times, /readyz says whether it works, /openapi.json what it promises. Ctrl-C stops it once
    requests under way are answered.
    """
    from archbook import verbs
    from archbook.contracts.service.running import address_of, check_installed, listen, run

    check_installed()
    subject = verbs.load(design)
    listening = listen(host, port, public=public)
    with listening:
        from archbook.contracts.service.app import create

        if logged:
            _log_to_standard_error()
        app = create(subject, **options)
        try:
            guard = app.state.guard
            if guard is not None and guard.kind != "none":
                tell(str(guard.accounts.table()))
            tell(f"{subject.name} answers at {address_of(listening)}; stop it with Ctrl-C")
            sys.stdout.flush()
            run(app, listening)
        finally:
            app.state.close()
    tell("stopped; nothing was left running")


def _log_to_standard_error() -> None:
    from archbook.contracts.service.telemetry import LOGGER

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
