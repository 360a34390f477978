"""`archbook openapi`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from archbook.commands import api_of, output_option

if TYPE_CHECKING:
    from archbook.design.model import Design


@click.command("openapi")
@click.argument("subject", metavar="DESIGN_OR_FILE")
@click.option("--format", "form", type=click.Choice(["yaml", "json"]), help="Format; else what FILE ends with.")
@output_option
@click.option("--public", is_flag=True, help="For strangers: without `x-archbook` and the whys.")
def command(subject: str, form: str | None, output: Path | None, public: bool) -> None:
    """Write a design's API as OpenAPI 3.1, or read one.

    Of a DESIGN, the document: shapes from the tables of its stores, answers in the style that it declares. Of an
    OpenAPI FILE, `api:` and `security:` to paste into a design, with what was inferred as comments.
    """
    from archbook.contracts.openapi import KEY

    form = form or ("json" if output and output.suffix == ".json" else "yaml")
    held = api_of(subject)
    text = _read(held, form) if isinstance(held, Path) else _written(held, form, public)
    if output is None:
        click.echo(text, nl=False)
        return
    from archbook.design.files import write_atomically
    from archbook.errors import Conflict

    if output.exists() and KEY not in output.read_text(encoding="utf-8", errors="replace"):
        raise Conflict(f"{output}: was not written by this command and would be overwritten; write to another file")
    write_atomically(output, text)
    click.echo(f"Wrote {output}.")


def _written(design: Design, form: str, public: bool) -> str:
    from archbook.contracts.openapi import as_text, to_openapi

    return as_text(to_openapi(design, public=public), form)


def _read(path: Path, form: str) -> str:
    from archbook.contracts.document import read
    from archbook.contracts.from_openapi import from_openapi
    from archbook.contracts.openapi import as_text
    from archbook.design.plain import as_written

    found = from_openapi(read(path))
    text = as_text({"api": as_written(found.api), "security": as_written(found.security)}, form)
    return "".join(f"# {note}\n" for note in found.notes if form == "yaml") + text
