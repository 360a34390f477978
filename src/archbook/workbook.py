"""Where the workbook is: its notebooks, its shipped designs, and the design that it is on."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from archbook.errors import ArchbookError, Conflict, UnknownName, nearest, shown

VARIABLE = "ARCHBOOK_DESIGN"
COPY = "archbook-workbook"
DEFAULT = "ecommerce"
START = "notebooks/00_start_here.ipynb"
_HERE = Path(__file__).resolve().parent


def root() -> Path:
    """The folder with ``notebooks/`` and ``data/``: a checkout, the user's own copy, or the one in the package."""
    for place in (_HERE.parents[1], Path.cwd() / COPY, Path.cwd(), Path.cwd().parent, _HERE / "workbook"):
        if (place / "data" / "designs").is_dir() and (place / "notebooks").is_dir():
            return place
    raise ArchbookError("the workbook's notebooks and designs are not there; install archbook again")


def writable_root() -> Path:
    """The same, copied from the package to ``./archbook-workbook`` first where only that is there.

    Files that are there already stay as they are, so that no edit is lost. Raises Conflict.
    """
    source = root()
    if source != _HERE / "workbook":
        return source
    target = Path.cwd() / COPY
    try:
        for file in sorted(source.rglob("*")):
            copy = target / file.relative_to(source)
            if file.is_file() and not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    except OSError as error:
        raise Conflict(f"{target}: the workbook cannot be copied there ({error.strerror})") from None
    return target


def designs() -> dict[str, Path]:
    """The shipped designs by name."""
    folders = (root() / "data" / "designs").iterdir()
    return {folder.name: folder for folder in sorted(folders) if (folder / "design.yaml").is_file()}


def find_design(design: str | Path | None = None) -> Path:
    """The path of a design: a folder, its design.yaml, or the name of a shipped one; by default the folder we are in.

    Raises UnknownName, with the nearest known one.
    """
    path = Path(design or ".")
    if os.path.isfile(path) or os.path.isfile(path / "design.yaml"):  # of a name too long for the disk: no
        return path
    known = designs()
    if design is None:
        listed = ", ".join(f"`{name}`" for name in known)
        raise ArchbookError(f"there is no design.yaml in this folder; name a design: a folder, or {listed}")
    if str(design) in known:
        return known[str(design)]
    if os.path.isdir(path):
        raise ArchbookError(f"{shown(path)} has no design.yaml; `archbook new {path}` makes one")
    siblings = [str(file.parent) for file in path.parent.glob("*/design.yaml")]
    near = nearest(str(design), [*known, *siblings])
    raise UnknownName("design", str(design), [near] if near else known)


def current_design_path(design: str | Path | None = None) -> Path:
    """The path of the design that the workbook is on: the one given, else ARCHBOOK_DESIGN, else the worked example."""
    return find_design(design or os.environ.get(VARIABLE) or DEFAULT)
