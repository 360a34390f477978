"""`archbook review`."""

from __future__ import annotations

import shutil

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("review")
@design_argument
@click.option("--format", "form", type=click.Choice(["text", "md", "json"]), default="text", help="Format.")
@click.option("--all", "everything", is_flag=True, help="Every finding, not one screen.")
@json_option
def command(design: str | None, form: str, everything: bool, as_json: bool) -> int:
    """Say what will hurt, why, and what to do.

    Findings with their evidence, worst first. Exits with 1 when a finding of high severity is
    open (neither mended nor waived in the design with a reason), and with 3 when a rule failed.
    """
    from archbook import verbs

    report = verbs.review(verbs.load(design))
    if as_json or form == "json":
        tell_json(report)
    elif form == "md":
        click.echo(report.markdown())
    else:
        tell(report.text(min(shutil.get_terminal_size((100, 24)).columns, 120), all=everything))
    return report.exit_code
