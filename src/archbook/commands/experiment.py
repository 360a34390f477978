"""`archbook experiment`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from archbook.commands import ddl_file, json_option, tell, tell_json
from archbook.errors import ArchbookError
from archbook.tables import Table, as_columns


@click.command("experiment")
@click.argument("subject", metavar="DESIGN_OR_FILE")
@click.argument("name", required=False)
@click.option("--engine", default="both", metavar="duckdb|postgresql|both|URL",
              help="Where it runs. `both` takes about 15 s for 200 000 rows, `duckdb` alone a few.")  # fmt: skip
@click.option("--rows", type=int, metavar="N", help="Rows of the largest table.")
@click.option("--skew", type=float, metavar="Z", help="Zipf exponent of popularity: 0 all alike, 1 usual, below 2.")
@click.option("--store", metavar="NAME", help="The store whose DDL is used, where several have one.")
@click.option("--seed", type=int, default=7, metavar="N", help="Seed of the generated rows.")
@click.option("--keep/--no-keep", default=True, help="Keep what was found as evidence in the design folder.")
@json_option
def command(subject: str, name: str | None, keep: bool, as_json: bool, **options: Any) -> None:
    """Run a schema experiment on a design, or on a DDL file.

    NAME is the experiment, such as index_or_scan; without it all are listed, with the table that each would run on.
    What it finds is kept as evidence beside the design.
    """
    from archbook import verbs

    file = ddl_file(subject)
    looked_at = file or verbs.load(subject)
    chosen = {key: value for key, value in options.items() if value is not None}
    if name is None:
        listed = _listed(looked_at, chosen.get("store"))
        tell_json([dict(zip(listed.columns, row, strict=True)) for row in listed.rows]) if as_json else tell(
            str(listed)
        )
        return
    outcome = verbs.experiment(looked_at, name, **chosen)
    kept = verbs.keep(looked_at, outcome) if keep and not isinstance(looked_at, Path) else None
    if as_json:
        tell_json(outcome)
    else:
        tell(str(outcome))
        tell(kept or "Nothing was kept.")


def _listed(subject: Any, store: str | None) -> Table:
    """All experiments, and what each would run on."""
    from archbook.schema import experiments
    from archbook.schema.lint import read_ddl
    from archbook.schema.running import choose_store

    def rows() -> Iterator[tuple[str, str, str]]:
        for name, experiment in experiments().items():
            try:
                of, _, choice = choose_store(experiment.choose, text, store)
                where = f"{of}: {choice.table}" if of else choice.table
            except ArchbookError as error:
                where = f"not here: {error}"
            yield name, experiment.question, where

    text = read_ddl(subject) if isinstance(subject, Path) else subject
    return as_columns(("experiment", "question", "runs on"), list(rows()))
