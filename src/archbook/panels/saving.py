"""Saving to the design, and taking it back: the same in every panel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ipywidgets as widgets

from archbook.design.model import Design, Where
from archbook.design.saving import Saved, save
from archbook.errors import ArchbookError
from archbook.panels.controls import sentence


class Saves:
    """A part of a panel that has a design as it is saved, a line that says what was done, and `reset`."""

    _saved_design: Design
    _said: widgets.HTML
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
            self._said.value = sentence("Nothing to undo: this panel has not saved.", "changed")
            return
        self._write(dict(self._undo.undo), undoing=True)

    def _write(self, changes: dict[Where, Any], undoing: bool = False) -> None:
        try:
            saved = save(self._saved_design, changes)
        except ArchbookError as error:
            self._said.value = sentence(str(error), "changed")
            return
        self._undo, self._saved_design = None if undoing else saved, saved.design
        self._reloaded()
        self._said.value = sentence(saved.text + ("" if undoing else " Undo save puts it back."), "changed")
