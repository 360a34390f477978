"""`archbook new`."""

from __future__ import annotations

import click

from archbook.commands import tell


@click.command("new")
@click.argument("name")
def command(name: str) -> None:
    """Make a new design folder.

    NAME is the folder; it gets a commented starter to fill in. An existing design is never overwritten.
    """
    from archbook.verbs import new

    made = new(name)
    tell(f"made {made}; open {made / 'design.yaml' if made.is_dir() else made}, then `archbook check {name}`")
