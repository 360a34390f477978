"""`archbook check`."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from archbook.commands import design_argument, json_option, tell, tell_json


@click.command("check")
@design_argument
@json_option
def command(design: str | None, as_json: bool) -> int:
    """Say whether a design is valid.

    If not, every problem with its line, field and remedy; exits with 2.
    """
    from archbook.design.loading import load
    from archbook.errors import DesignError
    from archbook.workbook import find_design

    path = find_design(design)
    try:
        valid = load(path)
    except DesignError as error:
        if not as_json:
            raise
        tell_json({"valid": False, "problems": [asdict(problem) for problem in error.problems]})
        return error.exit_code
    if as_json:
        tell_json({"valid": True, "problems": []})
    else:
        tell(f"{valid.name} is valid: {_counted(valid)}")
    return 0


def _counted(design: Any) -> str:
    parts = {name: len(getattr(design, name)) for name in ("services", "stores", "externals", "calls", "events")}
    parts |= {"endpoints": len(design.api.endpoints), "decisions": len(design.decisions)}
    return ", ".join(f"{count} {name[:-1] if count == 1 else name}" for name, count in parts.items() if count)
