"""One file a command: each module here has a `command`. Heavy rooms are imported when a command runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from archbook.errors import ArchbookError, nearest, shown

if TYPE_CHECKING:
    from archbook.design.model import Design

DDL_SUFFIXES = (".sql", ".ddl", ".psql", ".dump")
API_SUFFIXES = (".json", ".yaml", ".yml")
_COLOURS = {"high": "red", "medium": "yellow", "low": "blue", "crash": "red"}
_SEVERITY = re.compile(rf"^({'|'.join(_COLOURS)})(?=\s)", re.MULTILINE)


design_argument = click.argument("design", required=False)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the value as JSON.")
format_option = click.option("--format", "form", type=click.Choice(["text", "md", "json"]), default="text",
                             help="Format.")  # fmt: skip
output_option = click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
                             help="Where to write.")  # fmt: skip
precision_option = click.option("--precision", type=click.FloatRange(min=0.0, min_open=True, max=1.0), default=0.05,
                                metavar="SHARE", help="Half the 95 % interval that mean responses shall reach: 0.05 is "
                                "±5 %.")  # fmt: skip


def ddl_file(subject: str) -> Path | None:
    """The path, where a person named a file with DDL and not a design. Raises ArchbookError where there is none."""
    path = Path(subject)
    if path.suffix in DDL_SUFFIXES and not os.path.exists(path):
        near = nearest(path.name, [file.name for file in path.parent.glob(f"*{path.suffix}")])
        meant = f"; did you mean {shown(str(path.with_name(near)))}?" if near else ""
        raise ArchbookError(f"there is no file {shown(subject)}{meant}")
    return path if os.path.isfile(path) and path.suffix not in (".yaml", ".yml") else None


def api_of(subject: str) -> Design | Path:
    """The design, or the path of the OpenAPI document, that a person named."""
    path = Path(subject)
    if os.path.isfile(path):
        try:
            with path.open("rb") as stream:
                start = stream.read(8192)
        except OSError:
            start = b""  # who reads it says why it cannot be read
        if re.search(rb"^archbook:", start, re.MULTILINE) is None:
            return path
    elif path.suffix in API_SUFFIXES:
        return path
    from archbook import verbs

    return verbs.load(subject)


def tell(text: str) -> None:
    """Print for a person: colours only on a terminal that did not refuse them (NO_COLOR)."""
    if sys.stdout.isatty() and not os.environ.get("NO_COLOR"):
        text = _SEVERITY.sub(lambda word: click.style(word[1], fg=_COLOURS[word[1]], bold=True), text)
    click.echo(text)


def tell_json(value: Any) -> None:
    """Print a value as JSON: a result of Archbook's, or any plain one."""
    plain = value.to_json() if hasattr(value, "to_json") else value
    click.echo(json.dumps(plain, ensure_ascii=False, indent=1))


def tell_as(form: str, value: Any, **options: bool) -> None:
    """Print a result as JSON, as Markdown, or as text that fits the terminal."""
    if form == "json":
        tell_json(value)
    elif form == "md":
        click.echo(value.markdown())
    else:
        tell(value.text(min(shutil.get_terminal_size((100, 24)).columns, 120), **options))


def tell_plainly(value: Any, as_json: bool) -> None:
    """Print a result as JSON, or as it shows itself."""
    tell_json(value) if as_json else tell(str(value))
