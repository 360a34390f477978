"""`archbook lint-api`."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from archbook.commands import tell, tell_json


@click.command("lint-api")
@click.argument("subject", metavar="FILE")
@click.option("--format", "form", type=click.Choice(["text", "md", "json"]), default="text", help="Format.")
@click.option("--all", "everything", is_flag=True, help="Every finding, not two screens.")
def command(subject: str, form: str, everything: bool) -> int:
    """Say what will hurt an API's clients, why, and what to do.

    FILE is an OpenAPI 3 or Swagger 2 document, JSON or YAML; nothing that it refers to is fetched. Exits with 1 when a
    finding of high severity is open. A list at the top of the document accepts findings, with the reason:

      x-archbook-waivers: [{rule: RULE, about: "GET /path", why: ...}]
    """
    from archbook import verbs

    report = verbs.lint_api(Path(subject))
    if form == "json":
        tell_json(report)
    elif form == "md":
        click.echo(report.markdown())
    else:
        tell(report.text(min(shutil.get_terminal_size((100, 24)).columns, 120), all=everything))
    return report.exit_code
