"""`archbook diff-api`."""

from __future__ import annotations

import click

from archbook.commands import api_of, format_option, tell_as


@click.command("diff-api")
@click.argument("old")
@click.argument("new")
@format_option
@click.option("--all", "everything", is_flag=True, help="Every change, not two screens.")
def command(old: str, new: str, form: str, everything: bool) -> int:
    """Say what a new version of an API breaks, and for whom.

    OLD and NEW are OpenAPI documents (JSON or YAML, 3.x or Swagger 2.0), or designs. Exits with 1 when a client breaks.
    """
    from archbook import verbs

    changes = verbs.diff_api(api_of(old), api_of(new))
    tell_as(form, changes, all=everything)
    return changes.exit_code
