"""`archbook export`."""

from __future__ import annotations

from pathlib import Path

import click

from archbook.commands import design_argument, tell


@click.command("export")
@design_argument
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, metavar="DIR",
              help="Folder to write into.")  # fmt: skip
@click.option("--format", "forms", default="md,html", metavar="md,html", help="Formats, with commas between.")
def command(design: str | None, output: Path, forms: str) -> None:
    """Write the design document.

    Markdown with its pictures as files, and one self-contained HTML page.
    """
    from archbook import verbs

    formats = [form.strip() for form in forms.split(",") if form.strip()]
    tell(str(verbs.export(verbs.load(design), output, formats)))
