"""`archbook schema`."""

from __future__ import annotations

import click

from archbook.commands import tell_json


@click.command("schema")
@click.option("--variant", is_flag=True, help="Of a variant, variants/NAME.yaml.")
def command(variant: bool) -> None:
    """Print the JSON Schema of design.yaml, or of a variant of it.

    With it an editor completes and checks a design: save it beside a design and begin design.yaml with

      # yaml-language-server: $schema=design.schema.json
    """
    from archbook.design.schema import json_schema, variant_schema

    tell_json(variant_schema() if variant else json_schema())
