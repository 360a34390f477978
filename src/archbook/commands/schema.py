"""`archbook schema`."""

from __future__ import annotations

import click

from archbook.commands import tell_json


@click.command("schema")
def command() -> None:
    """Print the JSON Schema of design.yaml.

    With it an editor completes and checks a design: save it beside a design and begin design.yaml with

      # yaml-language-server: $schema=design.schema.json
    """
    from archbook.design.schema import json_schema

    tell_json(json_schema())
