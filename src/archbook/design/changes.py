"""What happened to one part of a design, in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from archbook.units import show_count

Kind = Literal["added", "removed", "renamed", "changed"]
REST = ("traffic", "api", "security")
PROSE = ("why", "does", "context", "decision", "consequences", "alternatives")
"""Keys whose text is told to have been reworded, and not quoted."""


@dataclass(frozen=True, slots=True)
class KeyChange:
    """One key with its old and new value as a file has them, or its default; None: it is not there and has none."""

    key: str
    old: Any
    new: Any

    def __str__(self) -> str:
        if self.key.rpartition(".")[2] in PROSE:
            words = "written" if self.old is None else "taken out" if self.new is None else "reworded"
            return f"{self.key} {words}"
        if isinstance(self.old, list) and isinstance(self.new, list):
            came = [f"+ {_told(item)}" for item in self.new if item not in self.old]
            gone = [f"− {_told(item)}" for item in self.old if item not in self.new]
            return f"{self.key} {', '.join([*came, *gone]) or 'in another order'}"
        return f"{self.key} {_told(self.old)} → {_told(self.new)}"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to one part of a design.

    part: `service`, `call`, `endpoint`, ... name: as the new design has it, or the old one where it is gone. was: the
    name before, where it was renamed. about: the elements that it is about, by their new names.
    """

    kind: Kind
    part: str
    name: str
    keys: tuple[KeyChange, ...] = ()
    was: str = ""
    about: tuple[str, ...] = ()

    def __str__(self) -> str:
        subject = f"{self.part} {self.name}".strip()
        if self.kind == "renamed":
            subject += f", which was {self.was}"
        return subject + (f": {'; '.join(map(str, self.keys))}" if self.keys else "")


def _told(value: Any, most: int = 60) -> str:
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.9g}"
    if isinstance(value, Mapping):
        text = "{" + ", ".join(f"{key}: {_told(entry)}" for key, entry in value.items()) + "}"
    else:
        text = ", ".join(map(_told, value)) if isinstance(value, list) else " ".join(str(value).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def gist(changes: Sequence[Change]) -> str:
    """All changes in a few words, counted by kind and part.

    >>> gist([Change("added", "call", "a → b"), Change("removed", "event", "c")])
    'adds 1 call; removes 1 event'
    """
    said = []
    for kind, verb in (("added", "adds"), ("removed", "removes"), ("renamed", "renames"), ("changed", "changes")):
        parts = [change.part or change.name for change in changes if change.kind == kind]
        if parts:
            told = ", ".join(_counted(parts.count(part), part) for part in dict.fromkeys(parts))
            said.append(f"{verb} {told}")
    return "; ".join(said)


def _counted(number: int, part: str) -> str:
    if part in ("design", *REST):
        return {"api": "the style of the API"}.get(part, f"the {part}")
    return show_count(number, part)
