"""`archbook checklist`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, format_option, json_option, tell_as

STOPPED = 130


@click.command("checklist")
@design_argument
@click.option("--run", is_flag=True, help="Measure what is missing, and keep it in the design folder.")
@click.option("--rows", type=int, metavar="N", help="Rows of the tables that are measured; else 50 000.")
@format_option
@json_option
def command(design: str | None, run: bool, rows: int | None, form: str, as_json: bool) -> int:
    """Say which items of the performance checklist are earned.

    Seven items, each met (by which measurement), not met, not measured (with what would) or not for this design. With
    --run about two minutes; Ctrl-C keeps what was measured, and the next run goes on from there.
    """
    from archbook import verbs

    found = verbs.checklist(verbs.load(design), run=run, rows=rows)
    tell_as("json" if as_json else form, found)
    return STOPPED if found.stopped else 0
