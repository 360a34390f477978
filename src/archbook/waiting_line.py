"""One line that says how far long work is: on a terminal, or under a notebook's cell; nothing in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from archbook.units import show_share

Show = Callable[[float, float, str], None]


@contextmanager
def waiting_line() -> Iterator[Show | None]:
    """A function of (done, total, label) that shows the line; it goes away at the end. None in a pipe."""
    write = _in_notebook() or _on_terminal()
    if write is None:
        yield None
        return
    try:
        yield lambda done, total, label: write(f"{label} {show_share(done / total if total else 1.0)}")
    finally:
        write("")


def _on_terminal() -> Callable[[str], None] | None:
    if not sys.stderr.isatty():
        return None

    def write(text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{text}")
        sys.stderr.flush()

    return write


def _in_notebook() -> Callable[[str], None] | None:
    if "ipykernel" not in sys.modules:
        return None
    from IPython.core.getipython import get_ipython
    from IPython.display import display

    if not hasattr(get_ipython(), "kernel"):
        return None
    handle: Any = display({"text/plain": ""}, raw=True, display_id=True)  # type: ignore[no-untyped-call]

    def write(text: str) -> None:
        handle.update({"text/plain": text}, raw=True)

    return write
