"""`archbook diff`."""

from __future__ import annotations

from pathlib import Path

import click

from archbook.commands import format_option, tell_as


@click.command("diff")
@click.argument("a")
@click.argument("b", required=False)
@click.option("--variant", metavar="NAME", help="Hold A against this variant of it, as A#NAME does.")
@click.option("--growth", type=click.FloatRange(min=0.0, min_open=True, max=1e6), metavar="N",
              help="Multiple of today's load; else the one that A is made for.")  # fmt: skip
@format_option
@click.option("--all", "everything", is_flag=True, help="Every change and finding, not one screen.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Draw both too, the difference coloured: .svg, .png, .pdf or .mmd.")  # fmt: skip
def command(a: str, b: str | None, variant: str | None, growth: float | None, form: str, everything: bool,
            output: Path | None) -> None:  # fmt: skip
    """Say what design B changes in design A, and what that does.

    Load, what breaks first, response times, cost, availability, storage and findings. `DESIGN#NAME` is a variant of a
    design, from its file variants/NAME.yaml.
    """
    from archbook import verbs

    old = verbs.load(a)
    if (b is None) == (variant is None):
        names = ", ".join(f"{a}#{name}" for name in old.variants()) if b is None else ""
        hint = f"; its variants: {names}" if names else ""
        raise click.UsageError(f"name one design, or one variant, to hold {a} against{hint}")
    found = verbs.diff(old, old.variant(variant) if variant else verbs.load(b), growth)
    tell_as(form, found, all=everything)
    if output:
        found.picture().save(output)
        click.echo(f"wrote {output}", err=True)
