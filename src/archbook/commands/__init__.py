"""One file a command: each module here has a `command`. Heavy rooms are imported when a command runs."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

_F = TypeVar("_F", bound=Callable[..., Any])
_COLOURS = {"high": "red", "medium": "yellow", "low": "blue", "crash": "red"}
_SEVERITY = re.compile(rf"^({'|'.join(_COLOURS)})(?=\s)", re.MULTILINE)


def design_argument(function: _F) -> _F:
    """The argument DESIGN, that every command understands alike."""
    return click.argument("design", required=False, metavar="[DESIGN]")(function)


def json_option(function: _F) -> _F:
    """``--json`` where a value comes back."""
    return click.option("--json", "as_json", is_flag=True, help="Print the value as JSON.")(function)


def tell(text: str) -> None:
    """Print for a person: colours only on a terminal that did not refuse them (NO_COLOR)."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        text = _SEVERITY.sub(lambda word: click.style(word[1], fg=_COLOURS[word[1]], bold=True), text)
    click.echo(text)


def tell_json(value: Any) -> None:
    """Print a value as JSON: a result of Archbook's, or any plain one."""
    plain = value.to_json() if hasattr(value, "to_json") else value
    click.echo(json.dumps(plain, ensure_ascii=False, indent=1))
