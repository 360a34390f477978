"""Saving changed values into `design.yaml` without losing anything that its author wrote."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archbook.design.complaints import value_at
from archbook.design.files import write_atomically
from archbook.design.loading import FILE, collector_at_rest, read
from archbook.design.model import Design, Where
from archbook.design.yaml_safe import read_yaml, spelled
from archbook.errors import Conflict, DesignError, Problem, shown


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the design as it is now, the changes that take it back, and one sentence."""

    design: Design
    undo: Mapping[Where, Any]
    text: str


def save(design: Design, changes: Mapping[Where, Any]) -> Saved:
    """Write changed values into the design's file; comments, order and untouched lines stay as they are.

    changes: place → value as a person types it, such as ``{("services", "a", "service_time", "mean"): "12ms"}``; a key
    that is not there is added, and None takes one out. Raises Conflict if the file has changed since it was loaded, and
    DesignError if the changed design is not valid; nothing has been written then.
    """
    with collector_at_rest():
        return _save(design, changes)


def _save(design: Design, changes: Mapping[Where, Any]) -> Saved:
    path = _path(design)
    old = _unchanged(path, design.source.digest)
    text = old.decode("utf-8").removeprefix("\ufeff")
    data = read_yaml(text, path.name).data
    undo = _undo(data, changes)
    new = _edited(text, changes, design, path.name).encode("utf-8")
    content = b"\xef\xbb\xbf" * old.startswith(b"\xef\xbb\xbf") + new
    saved = read(content, path.name, path.parent)
    if content != old:
        _unchanged(path, design.source.digest)
        write_atomically(path.resolve(), content)
    return Saved(saved, undo, _sentence(path.name, changes, data))


def _path(design: Design) -> Path:
    if design.folder is None:
        raise DesignError(
            [Problem(FILE, None, "", "the design was made in code and has no file", "load it from a folder")]
        )
    return design.folder / design.source.places.get((), (FILE, 1))[0]


def _unchanged(path: Path, digest: str) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Conflict(f"{path.name}: cannot be read ({error.strerror}); nothing has been written") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise Conflict(f"{path.name}: has changed since it was loaded; load it again. Nothing has been written")
    return content


def _undo(data: Any, changes: Mapping[Where, Any]) -> dict[Where, Any]:
    """The changes, last one first, that take `changes` back."""
    undo: dict[Where, Any] = {}
    for where in reversed(list(changes)):
        absent = (where[:end] for end in range(1, len(where)) if value_at(data, where[:end]) is None)
        place = next(absent, where)
        if changes[where] is None and isinstance(where[-1], int):
            place = where[:-1]
        undo[place] = value_at(data, place)
    return undo


def _edited(text: str, changes: Mapping[Where, Any], design: Design, file: str) -> str:
    from archbook.design.edits import edited

    def refused(where: Where, what: str, remedy: str) -> DesignError:
        line = design.source.places.get(where, (file, None))[1]
        return DesignError([Problem(file, line, spelled(where), what, remedy)])

    values: dict[Where, Any] = {}
    for where, value in changes.items():
        home = design.source.places.get(where[:2], (file, 0))[0]
        if home != file:
            raise refused(where, f"stands in `{home}`", "change it there")
        try:
            values[where] = _plain(value)
        except ValueError as error:
            raise refused(where, f"{shown(value)} {error}", "write text, a number, true or false") from None
    try:
        return edited(text, values)
    except KeyError as error:
        raise refused(error.args[0], "there is no such place", "look at the names in the file") from None
    except ValueError as error:
        raise refused(error.args[0], "cannot be changed by Archbook", "change it in an editor") from None


def _plain(value: Any) -> Any:
    """A value as YAML holds it. Raises ValueError for what a file cannot hold."""
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("is no finite number")
        return int(value) if value.is_integer() and abs(value) < 1e15 else float(value)
    if value is None or isinstance(value, str | bool | int):
        return value
    raise ValueError("is no value that a file can hold")


def _sentence(file: str, changes: Mapping[Where, Any], data: Any) -> str:
    def told(value: Any) -> str:
        return "nothing" if value is None else shown(value)

    steps = [f"{spelled(where)} {told(value_at(data, where))} → {told(value)}" for where, value in changes.items()]
    more = f" and {len(steps) - 3} more" if len(steps) > 3 else ""
    return f"Saved in {file}: {', '.join(steps[:3])}{more}." if steps else f"Nothing to save in {file}."
