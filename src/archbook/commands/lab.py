"""`archbook lab`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from archbook.commands import design_argument, tell
from archbook.without import without


@click.command("lab")
@design_argument
@click.option("--port", type=click.IntRange(0, 65535), metavar="N",
              help="Port on this machine; else 8888 or the next free.")  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Do not open a browser; print the address.")
def command(design: str | None, port: int | None, no_browser: bool) -> None:
    """Open JupyterLab on the workbook.

    It works on DESIGN, or on the worked example. It listens on this machine only, and fetches no news and no updates.
    """
    from archbook import verbs, workbook

    design = design or ("." if Path("design.yaml").is_file() else None)
    subject = verbs.load(workbook.current_design_path(design))
    folder = workbook.writable_root()
    path = workbook.current_design_path(design)  # again: a shipped design is now the one in the user's own copy
    os.environ[workbook.VARIABLE] = str(path.resolve())
    ours = str(Path(__file__).parents[1] / "jupyter")  # with them JupyterLab does not even ask whether to fetch news
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, (ours, os.environ.get("JUPYTER_CONFIG_PATH"))))
    tell(f"opening {folder} on {subject.name}; stop it with Ctrl-C")
    lab_app().launch_instance(argv=lab_arguments(folder, port, no_browser))


def lab_app() -> Any:
    """JupyterLab, without the grammars of internationalised addresses: it checks none, and they take a second."""
    with without("rfc3987_syntax"):
        from jupyterlab.labapp import LabApp
    return LabApp


def lab_arguments(folder: Path, port: int | None, no_browser: bool) -> list[str]:
    """JupyterLab's own options: the workbook's first page, loopback only, and nothing fetched from anywhere."""
    from archbook.workbook import START

    chosen = ([f"--ServerApp.port={port}"] if port is not None else []) + (["--no-browser"] if no_browser else [])
    if getattr(os, "geteuid", lambda: 1)() == 0:  # in a container; it is reached from this machine only
        chosen.append("--allow-root")
    return [
        f"--ServerApp.root_dir={folder}",
        f"--LabApp.default_url=/lab/tree/{START}",
        "--ServerApp.ip=127.0.0.1",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.handlers.announcements.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        *chosen,
    ]
