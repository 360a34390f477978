"""What every panel has: its frame, the line that says what was done, and controls that it may move itself."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from archbook.errors import ArchbookError
from archbook.evidence import Evidence, keep
from archbook.panels.controls import frame, sentence
from archbook.units import show_share

UNSAVED = "Save or reset first: evidence speaks of the design as it is saved."
Step = Callable[[float, float, str], None]


class Panel(widgets.VBox):  # type: ignore[misc]
    """Controls left, results right, wide things below; under the controls a line says what was done."""

    _changed: widgets.HTML
    _quiet = False

    def __init__(
        self, controls: Sequence[widgets.Widget], results: Sequence[widgets.Widget],
        below: Sequence[widgets.Widget] = (),
    ) -> None:  # fmt: skip
        self._said = widgets.HTML()
        super().__init__(frame([*controls, self._said], results, below))
        self.add_class("archbook-panel")

    def _on(self, act: Callable[[], None], *controls: widgets.Widget) -> None:
        """Act whenever one of the controls gets another value, unless the panel itself moves it."""
        for control in controls:
            control.observe(lambda _: None if self._quiet else act(), "value")

    @contextmanager
    def _quietly(self) -> Iterator[None]:
        """While the panel itself moves its controls."""
        self._quiet, before = True, self._quiet
        try:
            yield
        finally:
            self._quiet = before

    def _tell(self, text: str | ArchbookError) -> None:
        """Say what was done, or what hinders it."""
        text = f"{str(text).removesuffix('.')}." if isinstance(text, ArchbookError) else text
        self._said.value = sentence(text, "changed") if text else ""

    def _mark(self, changes: Iterable[str]) -> None:
        """Say what differs from the design."""
        told = "; ".join(changes)
        self._changed.value = sentence(f"Changed from the design: {told}.", "changed") if told else ""

    def _keep(self, folder: Path | None, entries: Sequence[Evidence]) -> None:
        """Write entries into the evidence of a design."""
        if folder is None:
            self._tell("This design has no folder to keep evidence in.")
            return
        try:
            path = keep(folder, entries)
        except ArchbookError as error:
            self._tell(error)
            return
        names = ", ".join(entry.id for entry in entries)
        self._tell(f"Kept in {path.name}: {names}; delete the entry there to undo.")


class _Stopped(Exception):
    """Nobody waits for this run any more."""


class Works(Panel):
    """A panel that computes beside the page: one run at a time counts, the latest."""

    _worker: threading.Thread | None = None
    _wanted = 0

    def _beside(
        self, work: Callable[[Step], Any], say: Callable[[str], None],
        done: Callable[[Any], None], failed: Callable[[ArchbookError], None],
    ) -> None:  # fmt: skip
        """Begin anew; a run that is under way ends at its next step. say: is told how far it is."""
        self._wanted += 1
        number = self._wanted

        def step(so_far: float, total: float, label: str) -> None:
            if number != self._wanted:
                raise _Stopped
            say(f"{label}: {show_share(so_far / total if total else 1.0)}")

        def run() -> None:
            try:
                found = work(step)
            except _Stopped:
                return
            except ArchbookError as error:
                if number == self._wanted:
                    failed(error)
                return
            if number == self._wanted:
                done(found)

        self._worker = threading.Thread(target=run, daemon=True)
        self._worker.start()

    def _runs(self) -> bool:
        return self._worker is not None and self._worker.is_alive()

    def wait(self) -> None:
        """Until what runs has ended."""
        if self._worker:
            self._worker.join()
