"""`archbook estimate`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("estimate")
@design_argument
@click.option("--growth", type=click.FloatRange(min=0.0, min_open=True, max=1e6), metavar="N",
              help="Multiple of today's load; else today's, and what happens at the design's growth.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Storage, costs, and how each number was computed, too.")
@json_option
def command(design: str | None, growth: float | None, everything: bool, as_json: bool) -> None:
    """Say what breaks first, and how fast all is.

    Per service, store and endpoint: rate, utilisation, wait, p50, p95 and p99, and the load at which it saturates.
    """
    from archbook import verbs
    from archbook.capacity import answer

    subject = verbs.load(design)
    found = verbs.estimate(subject, growth or 1.0)
    if as_json:
        tell_json(found)
        return
    first = answer(found)
    if growth is None and subject.traffic.growth > 1 and found.requests_per_s:
        planned = answer(verbs.estimate(subject, subject.traffic.growth))
        first = f"{first.partition(';')[0].rstrip('.')}; {planned[0].lower()}{planned[1:]}"
    parts = [first, found.table().text(), found.endpoint_table().text()]
    if everything:
        tables = [found.pool_table(), found.consumer_table(), found.replica_table(), found.storage_table()]
        parts += [*(table.text() for table in tables if table.rows), found.cost.table().text()]
        parts += [f"{f.name}: {f.text}\n  holds for {f.assumptions}\n  {f.source}" for f in found.formulas.values()]
    ranges = [str(found.ranges)] if found.ranges else []
    notes = [*ranges, *found.warnings, *([] if everything else [str(found.cost)])]
    tell("\n\n".join([*parts, *(f"note  {note}" for note in notes)]))
