"""Writing a set of files into a folder: all of them or none, and nothing of anybody else's.

A manifest remembers what was written here. A file that is in it and has not been touched may be replaced; any
other file in the way stops the export before anything is written.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
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
    _refuse_conflicts(folder, files, old)
    gone = [path for path in old if path not in files and _digest(folder / path) == old[path]]
    kept = {path: digest for path, digest in old.items() if path not in files and path not in gone}
    manifest = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    document = {"archbook_export": FORMAT, "files": dict(sorted((manifest | kept).items()))}
    contents = {**files, MANIFEST: (json.dumps(document, indent=1) + "\n").encode()}
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _staged(folder, contents) as stage:
            if folder.exists():
                _swap(folder, stage, list(contents), gone)
            else:
                os.rename(stage / "new", folder)
    except OSError as error:
        raise Conflict(f"{folder}: the export cannot be written ({error.strerror}); nothing has been changed") from None
    return [folder / path for path in files]


def _manifest(folder: Path) -> dict[str, str]:
    path = folder / MANIFEST
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["archbook_export"] != FORMAT:
            raise ValueError("another format")
        files: dict[str, str] = document["files"]
        if any(Path(name).is_absolute() or ".." in Path(name).parts for name in files):
            raise ValueError("a path outside of the folder")
        return files
    except FileNotFoundError:
        return {}
    except (NotADirectoryError, OSError) as error:
        raise Conflict(
            f"{folder}: is not a folder that can be read ({error.strerror}); export to another one"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Conflict(f"{path}: is not a list of exported files; move it away, or export to another folder") from None


def _refuse_conflicts(folder: Path, files: Mapping[str, bytes], old: Mapping[str, str]) -> None:
    edited: list[str] = []
    for name, content in files.items():
        found = _digest(folder / name)
        outside = folder.resolve() not in (folder / name).resolve().parents
        if outside or (found and found not in (old.get(name), hashlib.sha256(content).hexdigest())):
            edited.append(name)
    if edited:
        shown = ", ".join(f"`{name}`" for name in edited[:5]) + (f" and {len(edited) - 5} more" if edited[5:] else "")
        ours = "edited since it was exported" if all(name in old for name in edited) else "not written by this export"
        raise Conflict(
            f"{folder}: {shown} {'was' if len(edited) == 1 else 'were'} {ours} and would be overwritten; "
            "move it away or export to another folder. Nothing has been written"
        )


def _digest(path: Path) -> str:
    """Digest of a file; empty where nothing is; a word where it is no file."""
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    return "not a file" if path.exists() or path.is_symlink() else ""


@contextlib.contextmanager
def _staged(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A temporary sibling that holds all files; gone afterwards, whatever happens."""
    stage = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, content in files.items():
            path = stage / "new" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _swap(folder: Path, stage: Path, names: list[str], gone: list[str]) -> None:
    """Move the staged files into place, keeping what they replace until all are there."""
    undo: list[tuple[Path, Path | None]] = []
    try:
        for name in [*names, *gone]:
            path, backup = folder / name, stage / "old" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            undo.append((path, backup if path.exists() else None))
            if path.exists():
                backup.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, backup)
            if name not in gone:
                os.replace(stage / "new" / name, path)
    except BaseException:  # also an interruption: what was there comes back
        for path, replaced in reversed(undo):
            if replaced and replaced.exists():
                os.replace(replaced, path)
            elif not replaced:
                path.unlink(missing_ok=True)
        raise
    for name in gone:
        with contextlib.suppress(OSError):  # a folder that still holds something stays
            (folder / name).parent.rmdir()
