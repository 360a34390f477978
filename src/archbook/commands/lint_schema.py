"""`archbook lint-schema`."""

from __future__ import annotations

from typing import Any

import click

from archbook.commands import ddl_file, format_option, tell_as


@click.command("lint-schema")
@click.argument("subject", metavar="FILE_OR_DESIGN")
@click.option("--store", metavar="NAME", help="The store of a design whose DDL is meant, where not all are.")
@click.option("--engine", metavar="duckdb|postgresql|both|URL", help="Measure there what the worst findings cost.")
@click.option("--rows", type=int, metavar="N", help="Generated rows of each table that is measured.")
@format_option
@click.option("--all", "everything", is_flag=True, help="Every finding, not two screens.")
def command(subject: str, form: str, everything: bool, **options: Any) -> int:
    """Say what will hurt in a database schema, why, and what to do.

    FILE_OR_DESIGN is a file with DDL (PostgreSQL, pg_dump, MySQL), or a design whose stores have some. Exits with 1
    when a finding of high severity is open. A comment accepts a finding, with its reason:

      -- archbook: waive RULE TABLE.COLUMN because ...
    """
    from archbook import verbs

    chosen = {key: value for key, value in options.items() if value is not None}
    report = verbs.lint_schema(ddl_file(subject) or verbs.load(subject), **chosen)
    tell_as(form, report, all=everything)
    return report.exit_code
