"""`archbook check`."""

from __future__ import annotations

from dataclasses import asdict

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("check")
@design_argument
@json_option
def command(design: str | None, as_json: bool) -> int:
    """Say whether a design is valid.

    If not, every problem with its line, field and remedy; exits with 2.
    """
    from archbook.errors import DesignError
    from archbook.verbs import load

    try:
        valid = load(design)
    except DesignError as error:
        if not as_json:
            raise
        tell_json({"valid": False, "problems": [asdict(problem) for problem in error.problems]})
        return error.exit_code
    if as_json:
        tell_json({"valid": True, "problems": []})
    else:
        tell(f"{valid.name} is valid: {valid.counted()}")
    return 0
