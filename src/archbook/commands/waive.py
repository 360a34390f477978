"""`archbook waive`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, tell


@click.command("waive")
@click.argument("rule")
@click.argument("about")
@design_argument
@click.option("--why", required=True, metavar="TEXT", help="Why the finding is accepted.")
@click.option("--until", metavar="DAY", help="The day from which it is open again, such as 2027-03-01.")
def command(rule: str, about: str, design: str | None, why: str, until: str | None) -> int:
    """Accept one finding of the review, with its reason.

    RULE and ABOUT are as the review names them, such as no-circuit-breaker 'order-service -> bank'. The waiver is
    written into the design's file, whose comments stay; take it out of `waivers` there to undo.
    """
    from archbook import verbs
    from archbook.design.loading import FILE
    from archbook.review.waiving import waive

    waiver = waive(verbs.load(design), rule, about, why, until)
    day = f" until {waiver.until}" if waiver.until else ""
    tell(f"{FILE}: {waiver.rule} at {waiver.about} is accepted{day}. Take the entry out of `waivers` to undo.")
    return 0
