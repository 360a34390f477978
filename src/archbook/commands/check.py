"""`archbook check`."""

from __future__ import annotations

from dataclasses import asdict

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("check")
@design_argument
@json_option
def command(design: str | None, as_json: bool) -> int:
    """Say whether a design is valid, and its variants are.

    If not, every problem with its line, field and remedy; exits with 2. A secret in it is told, and never shown.
    """
    from archbook.contracts.secrets import in_design
    from archbook.errors import DesignError
    from archbook.units import show_count
    from archbook.verbs import load

    try:
        valid = load(design)
        variants = [] if valid.source.variant else [valid.variant(name) for name in valid.variants()]
    except DesignError as error:
        if not as_json:
            raise
        tell_json({"valid": False, "problems": [asdict(problem) for problem in error.problems]})
        return error.exit_code
    places = {(file, secret.line, secret.kind): None for each in (valid, *variants) for file, secret in in_design(each)}
    found = list(places)
    if as_json:
        secrets = [{"file": file, "line": line, "kind": kind} for file, line, kind in found]
        tell_json({"valid": True, "problems": [], "secrets": secrets})
        return 0
    told = f", {show_count(len(variants), 'variant')}" if variants else ""
    tell(f"{valid.called} is valid: {valid.counted()}{told}")
    for file, line, kind in found:
        tell(f"{file}:{line}: a secret stands here ({kind}); take it out, and change it where it is used")
    return 0
