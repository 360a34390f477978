"""`archbook diff-api`."""

from __future__ import annotations

import shutil

import click

from archbook.commands import api_of, tell, tell_json


@click.command("diff-api")
@click.argument("old")
@click.argument("new")
@click.option("--format", "form", type=click.Choice(["text", "md", "json"]), default="text", help="Format.")
@click.option("--all", "everything", is_flag=True, help="Every change, not two screens.")
def command(old: str, new: str, form: str, everything: bool) -> int:
    """Say what a new version of an API breaks, and for whom.

    OLD and NEW are OpenAPI documents (JSON or YAML, 3.x or Swagger 2.0), or designs. Exits with 1 when a client breaks.
    """
    from archbook import verbs

    changes = verbs.diff_api(api_of(old), api_of(new))
    if form == "json":
        tell_json(changes)
    elif form == "md":
        click.echo(changes.markdown())
    else:
        tell(changes.text(min(shutil.get_terminal_size((100, 24)).columns, 120), all=everything))
    return changes.exit_code
