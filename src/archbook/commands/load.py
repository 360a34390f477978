"""`archbook load`."""

from __future__ import annotations

from typing import Any

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("load")
@design_argument
@click.option("--seconds", type=float, default=10.0, metavar="S", help="How long the clients ask.")
@click.option("--clients", type=int, default=16, metavar="N", help="How many ask at once.")
@click.option("--rate", "rate_per_s", type=float, metavar="PER_S",
              help="Requests a second of all together; else each asks again at once.")  # fmt: skip
@click.option(
    "--compare", default="", show_default=False, metavar="n_plus_one|cache|pool", help="Two services that take turns."
)
@click.option("--engine", default="duckdb", metavar="duckdb|postgresql|URL", help="Where the rows lie.")
@click.option("--rows", type=click.IntRange(1, 10_000_000), default=1_000, metavar="N", help="Rows of each table.")
@click.option("--seed", type=int, default=7, metavar="N", help="Seed of the rows and of who asks for what.")
@click.option("--keep/--no-keep", default=True, help="Keep what was found as evidence in the design folder.")
@json_option
def command(design: str | None, keep: bool, as_json: bool, **options: Any) -> None:
    """Measure the API of a design under load, beside its estimate.

    Runs the service of `archbook serve` in a process of its own and asks it as the design's journeys do, on this
    machine only: p50, p95 and p99 of each endpoint that reads.
    """
    from archbook import verbs

    subject = verbs.load(design)
    outcome = verbs.load_test(subject, **options)
    kept = verbs.keep(subject, outcome) if keep else "Nothing was kept."
    if as_json:
        tell_json(outcome)
    else:
        tell(str(outcome))
        tell(kept)
