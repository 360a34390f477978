"""Saving changed values into `design.yaml` without losing anything that its author wrote."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from archbook.design.files import write_atomically
from archbook.design.loading import FILE, collector_at_rest, described, load
from archbook.design.model import Design, Where, a_design
from archbook.design.places import spelled, value_at
from archbook.design.yaml_safe import read_yaml, refusal
from archbook.errors import Conflict, DesignError, InvalidInput, Problem, shown

MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save did: the design as it is now, the changes that take it back, one sentence, and the file before."""

    design: Design
    undo: Mapping[Where, Any]
    text: str
    before: str = ""


def save(design: Design, changes: Mapping[Where, Any]) -> Saved:
    """Write changed values into the design's file; comments, order and untouched lines stay as they are.

    changes: place → value as a person types it, such as ``{("services", "a", "service_time", "mean"): "12ms"}``; a key
    that is not there is added, and None takes one out. Raises Conflict if the file has changed since it was loaded, and
    DesignError if the changed design is not valid; nothing has been written then.
    """
    if not isinstance(changes, Mapping):
        raise InvalidInput(f"changes are a mapping of places to values, not a {type(changes).__name__}")
    with collector_at_rest():
        return _save(a_design(design), changes)


def take_back(saved: Saved) -> Saved:
    """Write the file as it was before a save, byte for byte. Raises Conflict if it has changed since."""
    path = _file(saved.design)
    _unchanged(path, saved.design.source.digest)
    design = described(read_yaml(saved.before, path.name), saved.before, path.name, path.parent)
    write_atomically(path.resolve(), saved.before)
    return Saved(design, {}, f"{path.name} is as it was before the save.")


def save_ddl(design: Design, store: str, ddl: str) -> Design:
    """Write the DDL of a store into its file, as it stands; the design as it is now. Atomic.

    Raises Conflict where the file has changed since it was loaded, or the store names none; nothing is written then.
    """
    file, known = design.stores[store].schema_, design.ddl(store)
    if design.folder is None or file is None or known is None:
        raise Conflict(f"store {shown(store)} has no DDL file; name one in its `schema`. Nothing has been written")
    path = (design.folder / file).resolve()
    try:
        there = path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        raise Conflict(f"{file}: cannot be read; nothing has been written") from None
    if there.removeprefix(MARK) != known:
        raise Conflict(f"{file}: has changed since it was loaded; load it again. Nothing has been written")
    write_atomically(path, ddl)
    return load(design.folder)


def _save(design: Design, changes: Mapping[Where, Any]) -> Saved:
    from archbook.design.edits import edited

    if design.folder is None:
        raise refusal(FILE, None, "the design was made in code and has no file", "load it from a folder")
    if design.source.variant:
        file = f"variants/{design.source.variant}.yaml"
        raise refusal(file, None, "a variant is not saved by Archbook", "change it in an editor, or save the design")
    path = _file(design)
    text = _unchanged(path, design.source.digest)
    values = {where: _plain(where, value, design) for where, value in changes.items()}
    try:
        result = edited(text.removeprefix(MARK), values)
    except KeyError as error:
        raise _refused(error.args[0], design, "there is no such place", "look at the names in the file") from None
    except ValueError as error:
        raise _refused(error.args[0], design, "cannot be changed by Archbook", "change it in an editor") from None
    new = MARK * text.startswith(MARK) + result.text
    saved = described(result.document, new, path.name, path.parent)
    if new != text:
        _unchanged(path, design.source.digest)
        write_atomically(path.resolve(), new)
    return Saved(saved, _undo(result.before, changes), _sentence(path.name, changes, result.before), text)


def _file(design: Design) -> Path:
    assert design.folder is not None
    return design.folder / design.source.places.get((), (FILE, 1))[0]


def _unchanged(path: Path, digest: str) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Conflict(f"{path.name}: cannot be read ({error.strerror}); nothing has been written") from None
    if hashlib.sha256(content).hexdigest() != digest:
        raise Conflict(f"{path.name}: has changed since it was loaded; load it again. Nothing has been written")
    return content.decode("utf-8")


def _refused(where: Where, design: Design, what: str, remedy: str) -> DesignError:
    file, line = design.source.places.get(where, (design.source.places[()][0], None))
    return DesignError([Problem(file, line, spelled(where), what, remedy)])


def _plain(where: Where, value: Any, design: Design) -> Any:
    """A value as YAML holds it. Raises DesignError for what a file cannot hold, or what stands in another file."""
    main = design.source.places[()][0]
    home = design.source.places.get(where[:2], (main, 0))[0]
    if home != main:
        raise _refused(where, design, f"stands in `{home}`", "change it there")
    if isinstance(value, Mapping):
        return {str(key): _plain(where, entry, design) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(where, entry, design) for entry in value]
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) < 1e15 else float(value)
    what = "is no finite number" if isinstance(value, float) else "is no value that a file can hold"
    raise _refused(where, design, f"{shown(value)} {what}", "write text, a number, true or false")


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


def _sentence(file: str, changes: Mapping[Where, Any], data: Any) -> str:
    def told(value: Any) -> str:
        return "nothing" if value is None else shown(value)

    steps = [f"{spelled(where)} {told(value_at(data, where))} → {told(value)}" for where, value in changes.items()]
    more = f" and {len(steps) - 3} more" if len(steps) > 3 else ""
    return f"Saved in {file}: {', '.join(steps[:3])}{more}." if steps else f"Nothing to save in {file}."
