"""`archbook lint-api`."""

from __future__ import annotations

import click

from archbook.commands import api_of, format_option, tell_as


@click.command("lint-api")
@click.argument("subject", metavar="FILE_OR_DESIGN")
@format_option
@click.option("--all", "everything", is_flag=True, help="Every finding, not two screens.")
def command(subject: str, form: str, everything: bool) -> int:
    """Say what will hurt an API's clients, why, and what to do.

    FILE_OR_DESIGN is an OpenAPI 3 or Swagger 2 document, JSON or YAML (nothing that it refers to is fetched), or a
    design, which is held against the style that it declares. Exits with 1 when a finding of high severity is open. A
    list at the top of the document, or the `waivers` of the design, accepts findings, with the reason:

      x-archbook-waivers: [{rule: RULE, about: "GET /path", why: ...}]
    """
    from archbook import verbs

    report = verbs.lint_api(api_of(subject))
    tell_as(form, report, all=everything)
    return report.exit_code
