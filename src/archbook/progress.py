"""Progress in the exercises, kept in the user's own folder; never in the repository, never in a design.

One JSON file, replaced as a whole under a lock of the operating system, so that a power cut loses nothing and two
kernels at once lose nothing of each other's.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from archbook.design.files import write_atomically
from archbook.errors import Conflict

FORMAT = 1
FILE = "progress.json"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one exercise. wrong: tries that were not right; solved: the day, or empty."""

    wrong: int = 0
    solved: str = ""


Entries = dict[str, Entry]


def home() -> Path:
    """The user's own folder: ARCHBOOK_HOME, or where this system keeps a user's data."""
    named = os.environ.get("ARCHBOOK_HOME")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("archbook", appauthor=False))


def read() -> tuple[Entries, str]:
    """All entries, and a sentence where the file could not be read and was set aside. Raises Conflict."""
    path = home() / FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document["archbook_progress"]
        if isinstance(version, int) and version > FORMAT:
            raise Conflict(f"{path} was written by a newer Archbook; nothing has been changed")
        return {str(id): _entry(fields) for id, fields in document["exercises"].items()}, ""
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        raise Conflict(f"{path}: cannot be read ({error.strerror}); nothing has been changed") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}, _set_aside(path)


def _entry(fields: dict[str, object]) -> Entry:
    wrong, solved = fields.get("wrong", 0), fields.get("solved", "")
    if isinstance(wrong, bool) or not isinstance(wrong, int) or wrong < 0 or not isinstance(solved, str):
        raise ValueError("not an entry")
    return Entry(wrong, solved[:40])


def _set_aside(path: Path) -> str:
    aside = path.with_name(f"progress-unreadable-{time.time_ns()}.json")
    try:
        path.rename(aside)
    except FileNotFoundError:  # another kernel was quicker
        return ""
    except OSError as error:
        raise Conflict(f"{path}: cannot be read, nor set aside ({error.strerror})") from None
    return f"Your progress could not be read; the file was set aside as {aside}, and a new one begins."


def note_try(id: str, right: bool) -> tuple[Entry, str]:
    """Count one try and answer the exercise's entry, with a sentence for the user where there is one to say."""
    today = datetime.date.today().isoformat()
    entry = Entry(solved=today) if right else Entry(wrong=1)
    try:
        with _changing() as (entries, note):
            old = entries.get(id, Entry())
            entry = replace(old, solved=old.solved or today) if right else replace(old, wrong=old.wrong + 1)
            entries[id] = entry
    except Conflict as error:
        return entry, f"Your progress was not kept: {error}."
    return entry, note


def forget(prefix: str) -> tuple[int, str]:
    """Drop the entries whose id begins with `prefix`; how many, and a sentence where there is one. Raises Conflict."""
    with _changing() as (entries, note):
        dropped = [id for id in entries if id.startswith(prefix)]
        for id in dropped:
            del entries[id]
    return len(dropped), note


@contextlib.contextmanager
def _changing() -> Iterator[tuple[Entries, str]]:
    """All entries as in `read`, to be changed in place; kept at the end. Raises Conflict."""
    folder = home()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Conflict(f"{folder}: cannot be made ({error.strerror})") from None
    with _locked(folder / "progress.lock"):
        entries, note = read()
        yield entries, note
        document = {"archbook_progress": FORMAT, "exercises": {id: asdict(entries[id]) for id in sorted(entries)}}
        write_atomically(folder / FILE, json.dumps(document, indent=1) + "\n")


@contextlib.contextmanager
def _locked(path: Path, patience_s: float = 5.0) -> Iterator[None]:
    """Hold a lock of the operating system on `path`; it ends with the process, however that ends. Raises Conflict."""
    try:
        file = path.open("a+b")
    except OSError as error:
        raise Conflict(f"{path}: cannot be written ({error.strerror})") from None
    with file:
        deadline = time.monotonic() + patience_s
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise Conflict(f"{path}: another program holds it")
            time.sleep(0.01)
        yield


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, 0, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:  # a file system without locks: the whole file is still replaced at once
        return True
    return True
