"""`archbook headroom`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, json_option, tell_plainly


@click.command("headroom")
@design_argument
@json_option
def command(design: str | None, as_json: bool) -> None:
    """Say what growth costs, and what breaks where.

    For each part the multiple of today's load at which it saturates, and the changes that reach the design's growth.
    Costs come from the design (`monthly_cost`), else from a table of list prices with date and source; a `prices.csv`
    beside design.yaml replaces those that it lists.
    """
    from archbook import verbs

    found = verbs.headroom(verbs.load(design))
    tell_plainly(found, as_json)
