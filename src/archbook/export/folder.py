"""Writing a set of files into a folder: all of them or none, and nothing of anybody else's.

A manifest remembers what was written here. A file that is in it and has not been touched may be replaced; any
other file in the way stops the export before anything is written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from archbook.errors import Conflict

MANIFEST = ".archbook-export.json"
FORMAT = 1


def write_folder(folder: Path, files: Mapping[str, bytes]) -> list[Path]:
    """Write `files` (relative path → content) into `folder`; earlier files of ours that are not among them go away.

    Raises Conflict, with nothing changed, where a file in the way is not ours or was edited since, or where the
    folder cannot be written.
    """
    old = _manifest(folder)
    written = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    _refuse_conflicts(folder, written, old)
    gone = [path for path in old if path not in files and _digest(folder / path) == old[path]]
    ours = {path: digest for path, digest in (old | written).items() if path not in gone}
    manifest = json.dumps({"archbook_export": FORMAT, "files": dict(sorted(ours.items()))}, indent=1) + "\n"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as stage:
            _put(Path(stage, "new"), {**files, MANIFEST: manifest.encode()})
            if folder.exists():
                _swap(folder, Path(stage), [*files, MANIFEST], gone)
            else:
                os.rename(Path(stage, "new"), folder)
    except OSError as error:
        raise Conflict(f"{folder}: the export cannot be written ({error.strerror}); nothing has been changed") from None
    return [folder / path for path in files]


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        files: dict[str, str] = document["files"]
        outside = any(Path(name).is_absolute() or ".." in Path(name).parts for name in files)
        if document["archbook_export"] != FORMAT or outside:
            raise ValueError("another format, or a path outside of the folder")
        return files
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Conflict(f"{folder}: is not a folder that can be read ({error.strerror}); export elsewhere") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Conflict(f"{path}: is not a list of exported files; move it away, or export to another folder") from None


def _refuse_conflicts(folder: Path, written: Mapping[str, str], old: Mapping[str, str]) -> None:
    root = folder.resolve()
    edited = [name for name, digest in written.items()
              if root not in (folder / name).resolve().parents
              or _digest(folder / name) not in ("", old.get(name), digest)]  # fmt: skip
    if edited:
        shown = ", ".join(f"`{name}`" for name in edited[:5]) + (f" and {len(edited) - 5} more" if edited[5:] else "")
        ours = "edited since it was exported" if all(name in old for name in edited) else "not written by this export"
        raise Conflict(
            f"{folder}: {shown} {'was' if len(edited) == 1 else 'were'} {ours} and would be overwritten; "
            "move it away or export to another folder. Nothing has been written"
        )


def _digest(path: Path) -> str:
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "not a file" if path.exists() or path.is_symlink() else ""


def _put(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def _swap(folder: Path, stage: Path, names: list[str], gone: list[str]) -> None:
    """Move the staged files into place, keeping what they replace until all are there."""
    replaced = {name for name in (*names, *gone) if (folder / name).exists()}
    try:
        for name in (*names, *gone):
            for path in (folder / name, stage / "old" / name):
                path.parent.mkdir(parents=True, exist_ok=True)
            if name in replaced:
                os.replace(folder / name, stage / "old" / name)
            if name in names:
                os.replace(stage / "new" / name, folder / name)
    except BaseException:  # also an interruption: what was there comes back
        for name in (*names, *gone):
            if (stage / "old" / name).exists():
                os.replace(stage / "old" / name, folder / name)
            elif name not in replaced:
                (folder / name).unlink(missing_ok=True)
        raise
    for name in gone:
        with contextlib.suppress(OSError):  # a folder that still holds something stays
            (folder / name).parent.rmdir()
