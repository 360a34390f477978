"""`archbook experiment`."""

from __future__ import annotations

from typing import Any

import click

from archbook.commands import json_option, tell, tell_json


@click.command("experiment")
@click.argument("design")
@click.argument("name")
@click.option("--engine", default="both", metavar="duckdb|postgresql|both|URL",
              help="Where it runs. `both` takes about 15 s for 200 000 rows, `duckdb` alone a few.")  # fmt: skip
@click.option("--rows", type=int, metavar="N", help="Rows of the largest table.")
@click.option("--store", metavar="NAME", help="The store whose DDL is used, where several have one.")
@click.option("--seed", type=int, default=7, metavar="N", help="Seed of the generated rows.")
@click.option("--keep/--no-keep", default=True, help="Keep what was found as evidence in the design folder.")
@json_option
def command(design: str, name: str, keep: bool, as_json: bool, **options: Any) -> None:
    """Run a schema experiment on a design.

    NAME is the experiment, such as index_or_scan. What it finds is kept as evidence beside the design.
    """
    from archbook import verbs

    subject = verbs.load(design)
    chosen = {key: value for key, value in options.items() if value is not None}
    outcome = verbs.experiment(subject, name, **chosen)
    kept = verbs.keep(subject, outcome) if keep else None
    if as_json:
        tell_json(outcome)
    else:
        tell(str(outcome))
        tell(kept or "Nothing was kept.")
