"""`archbook sweep`."""

from __future__ import annotations

from pathlib import Path

import click

from archbook.commands import json_option, precision_option, tell_plainly


@click.command("sweep")
@click.argument("words", nargs=-1, required=True, metavar="[DESIGN] PATH=VALUE,VALUE...")
@click.option("--cluster", metavar="ADDRESS", help="Dask scheduler, such as tcp://127.0.0.1:8786; else this machine.")
@click.option("--seed", type=click.IntRange(min=0), default=1, metavar="N", help="The same at every point.")
@precision_option
@click.option("--budget", type=click.IntRange(min=50_000), default=2_000_000, metavar="N",
              help="Requests after which a point stops all the same, and says so.")  # fmt: skip
@click.option("--keep", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Keep finished points there; the same command goes on from them.")  # fmt: skip
@json_option
def command(words: tuple[str, ...], cluster: str | None, seed: int, precision: float, budget: int, keep: Path | None,
            as_json: bool) -> None:  # fmt: skip
    """Simulate a design at all combinations of some values.

    PATH is `growth`, `seed`, or leads into the design: `archbook sweep ecommerce growth=1,2,5
    services.payment-service.instances=3,6`. Every point takes the same random numbers.
    """
    from archbook import verbs
    from archbook.design.yaml_safe import scalar

    design = None if "=" in words[0] else words[0]
    grid = {}
    for word in words[design is not None :]:
        path, equals, values = word.partition("=")
        if not equals or not values:
            raise click.UsageError(f"`{word}` is no PATH=VALUE,VALUE; write it like growth=1,2,5")
        grid[path] = [scalar(value) for value in values.split(",")]
    if not grid:
        raise click.UsageError("nothing to vary; write it like growth=1,2,5")
    found = verbs.sweep(verbs.load(design), grid, cluster, seed=seed, precision=precision, budget=budget, keep=keep)
    tell_plainly(found, as_json)
