"""`archbook simulate`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, json_option, precision_option, tell, tell_json


@click.command("simulate")
@design_argument
@click.option("--growth", type=click.FloatRange(min=0.0, min_open=True, max=1e6), default=1.0, metavar="N",
              help="Multiple of today's load; else today's.")  # fmt: skip
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, metavar="N", help="The same seed gives the same numbers."
)
@precision_option
@click.option("--budget", type=click.IntRange(min=50_000), default=2_000_000, metavar="N",
              help="Requests after which it stops all the same, and says so.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Each formula beside its simulation, and why they differ, too.")
@json_option
def command(design: str | None, growth: float, seed: int, precision: float, budget: int, everything: bool,
            as_json: bool) -> None:  # fmt: skip
    """Simulate a design, and hold the formulas against it.

    It runs in virtual time; every number comes with its 95 % interval. Per service, store and endpoint: utilisation,
    wait and percentiles, computed and simulated.
    """
    from archbook import verbs

    found = verbs.simulate(verbs.load(design), growth, seed=seed, precision=precision, budget=budget)
    if as_json:
        tell_json(found)
        return
    parts = [found.answer, found.table().text(), found.endpoint_table().text()]
    tell("\n\n".join([*parts, *([found.claim_table().text()] if everything else []), found.how()]))
