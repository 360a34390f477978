"""Saving to the design, and taking it back: the same in every panel."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from archbook.design.model import Design, Where
from archbook.design.saving import Saved, save, take_back
from archbook.errors import ArchbookError
from archbook.panels.panel import Panel


class Saves(Panel):
    """A panel of a design as it is saved. It has `reset`."""

    _saved_design: Design
    _undo: Saved | None = None

    if TYPE_CHECKING:

        def reset(self) -> None:
            """Back to what the design says; each panel has its own."""

    def _reloaded(self) -> None:
        """Called when the saved design is another one: everything as it says, unless a panel keeps what was chosen."""
        self.reset()

    def undo(self) -> None:
        """Put back what the last save replaced."""
        if self._undo is None:
            self._tell("Nothing to undo: this panel has not saved.")
            return
        taken_back = self._undo
        self._store(lambda: take_back(taken_back), undoing=True)

    def _write(self, changes: Mapping[Where, Any]) -> None:
        self._store(lambda: save(self._saved_design, changes))

    def _store(self, write: Callable[[], Saved], undoing: bool = False) -> None:
        try:
            saved = write()
        except ArchbookError as error:
            self._tell(error)
            return
        self._undo, self._saved_design = None if undoing else saved, saved.design
        self._reloaded()
        self._tell(saved.text + ("" if undoing else " Undo save puts it back."))


class Changes(Saves):
    """The same with values that were changed and are not saved yet, each at its place."""

    _changes: dict[Where, Any]

    @property
    def design(self) -> Design:
        """The design as the controls stand."""
        return self._saved_design.changed(self._changes)

    def _put(self, where: Where, value: Any) -> None:
        """Note a change, or that there is none at this place any more."""
        if value == value_at(self._saved_design, where):
            self._changes.pop(where, None)
        else:
            self._changes[where] = value


def value_at(design: Design, where: Where) -> Any:
    """What a design says at a place."""
    part: Any = design
    for key in where:
        part = part[key] if isinstance(part, dict | tuple) else getattr(part, str(key))  # type: ignore[index]
    return part
