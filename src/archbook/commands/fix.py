"""`archbook fix`."""

from __future__ import annotations

import click

from archbook.commands import design_argument, tell


@click.command("fix")
@design_argument
@click.argument("rules", nargs=-1, metavar="[RULE]...")
@click.option("--dry-run", is_flag=True, help="Only say what would be changed.")
def command(design: str | None, rules: tuple[str, ...], dry_run: bool) -> int:
    """Mend what needs no thought in a design.

    The changes that findings of the review carry, of all rules or of some, are written into the design's file, whose
    comments stay; what needs a person is named. The file as it was is kept beside it.
    """
    from archbook import verbs
    from archbook.review.fixing import fix

    tell(str(fix(verbs.load(design), rules, dry_run=dry_run)))
    return 0
