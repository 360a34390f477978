"""`archbook review`."""

from __future__ import annotations

import os
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbook.commands import design_argument, json_option, tell, tell_as, tell_json

if TYPE_CHECKING:
    from archbook.findings.report import Report

FORMATS = ["text", "md", "json", "sarif", "junit"]
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("review")
@design_argument
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", help="Format.")
@click.option("--all", "everything", is_flag=True, help="Every finding, not two screens.")
@click.option(
    "--baseline", type=FILE, metavar="FILE", help="Set apart what stands there: exit with 1 on new ones only."
)
@click.option("--write-baseline", "written", type=FILE, metavar="FILE", help="Write the open findings there.")
@json_option
def command(
    design: str | None, form: str, everything: bool, baseline: Path | None, written: Path | None, as_json: bool
) -> int:
    """Say what will hurt, why, and what to do.

    Findings with their evidence, worst first; the lints of the DDL and of the API are among them. Exits with 1 when a
    finding of high severity is open (neither mended nor waived with a reason), or any new one beside a baseline, and
    with 3 when a rule failed.
    """
    from archbook import verbs
    from archbook.findings.baseline import since, write_baseline

    loaded = verbs.load(design)
    report = verbs.review(loaded)
    if baseline:
        report = since(report, baseline)
    if written:
        write_baseline(report, written)
        count = len(report.findings) + len(report.known or ())
        tell(f"Wrote {count} findings to {written}; `archbook review --baseline {written}` fails on new ones only.")
        return 0
    form = "json" if as_json else form
    if form == "sarif":
        from archbook.findings.sarif import to_sarif

        tell_json(to_sarif(report, _folder(loaded.folder)))
    elif form == "junit":
        from archbook.findings.junit import to_junit

        click.echo(to_junit(report), nl=False)
    else:
        tell_as(form, report if form == "json" else _called(report, design), all=everything)
    return report.exit_code


def _called(report: Report, design: str | None) -> Report:
    """The report with the command lines in it as this person would type them."""
    named = f" {shlex.quote(design)}" if design else ""
    findings = (replace(f, measured_by=f.measured_by.replace("DESIGN", named.strip() or ".")) for f in report.findings)
    to_waive = f"with `archbook waive {{rule}} '{{about}}'{named} --why …`"
    return replace(report, findings=tuple(findings), to_waive=to_waive)


def _folder(folder: Path | None) -> str:
    """The folder as it is called from here, for those who look from here; empty where it is not below."""
    if folder is None:
        return ""
    called = os.path.relpath(folder.resolve())
    below = called != os.curdir and not called.startswith(os.pardir) and not os.path.isabs(called)
    return Path(called).as_posix() if below else ""
