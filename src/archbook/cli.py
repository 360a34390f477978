"""The command line. One file a command in `archbook.commands`; here are the door and how it closes.

Exit codes: 0 done · 1 findings of high severity (`review`) · 2 wrong input · 3 Archbook itself failed · 130 stopped.
"""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from importlib import import_module
from pkgutil import iter_modules

import click

from archbook.errors import ArchbookError

WRONG_INPUT, FAILED, STOPPED = ArchbookError.exit_code, 3, 130
CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100, "show_default": True}


def _version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        import archbook

        click.echo(f"archbook {archbook.__version__}")
        context.exit()


@click.group(context_settings=CONTEXT, epilog=(__doc__ or "").rpartition("\n\n")[2].strip())
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="Show the version.")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def archbook(debug: bool) -> None:
    """Design a backend, and measure what you claim about it.

    DESIGN is a folder with a design.yaml (by default the one you are in), or a shipped design: ecommerce, minimal,
    first_draft. Nothing of a design leaves this machine.
    """
    click.get_current_context().obj = debug


def _add_commands() -> None:
    room = import_module("archbook.commands")
    for module in iter_modules(room.__path__):
        archbook.add_command(import_module(f"{room.__name__}.{module.name}").command)


_add_commands()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command line and say its exit code; a person never sees a traceback unless they ask for it."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _speak_utf8()
    try:
        code = archbook.main(given, prog_name="archbook", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return WRONG_INPUT
    except ArchbookError as error:
        click.echo(str(error), err=True)
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; nothing was left running", err=True)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        return _unexpected(error, given)
    return code if isinstance(code, int) else 0


def _unexpected(error: Exception, arguments: Sequence[str]) -> int:
    if "--debug" in arguments:
        traceback.print_exception(error)
    else:
        again = shlex.join(["archbook", "--debug", *arguments])
        click.echo(
            f"Archbook failed, which is a fault of ours ({type(error).__name__}: {error}).\n"
            f"Please report it with what `{again}` prints; look through it first, a design is confidential.",
            err=True,
        )
    return FAILED


def _speak_utf8() -> None:
    """UTF-8 on every console, those of Windows too; what a console cannot show becomes a question mark."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
