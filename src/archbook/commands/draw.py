"""`archbook draw`."""

from __future__ import annotations

from pathlib import Path

import click

from archbook.commands import output_option, tell

FORMATS = ("mermaid", "svg", "png", "pdf", "dot")
SUFFIXES = {".mmd": "mermaid", ".mermaid": "mermaid", ".gv": "dot"} | {f".{name}": name for name in FORMATS[1:]}


@click.command("draw")
@click.argument("design")
@click.argument("view")
@click.option("--of", metavar="NAME", help="The store or table of an `er` view, the journey of a `sequence`.")
@click.option("--store", metavar="NAME", help="The store of an `er` view; with --of TABLE what is around that table.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Format; else the one that FILE ends with.")
@output_option
def command(design: str, view: str, of: str | None, store: str | None, form: str | None, output: Path | None) -> None:
    """Draw one view of a design.

    VIEW is containers, events, er, sequence or icons. Without -o the text of the picture is
    printed (Mermaid by default).
    """
    from archbook.verbs import draw, load

    form = form or (SUFFIXES.get(output.suffix.lower()) if output else "mermaid")
    if form is None:
        raise click.UsageError(f"{output} ends with no format that is known; add --format {'|'.join(FORMATS)}")
    if output is None and form in ("png", "pdf"):
        raise click.UsageError(f"{form} is not text: name a file with -o")
    if store is not None and view != "er":
        raise click.UsageError("--store is for the view er; other views take --of")
    picture = draw(load(design), view, "/".join(filter(None, (store, of))) or None)
    if output:
        picture.save(output, form)
        tell(f"wrote {output}: {picture.alt}")
    elif text := getattr(picture, form):
        tell(text)
    else:
        raise click.UsageError(f"this view has no {form} text; try --format svg, or another view")
