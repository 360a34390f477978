"""Imports that are to fail at once, for a while: of modules that others load or look for, dearly and for nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let the import of a module fail as if it were not installed; one that is loaded already stays.

    >>> with without("an_encyclopedia"):
    ...     import an_encyclopedia
    Traceback (most recent call last):
    ModuleNotFoundError: import of an_encyclopedia halted; None in sys.modules
    """
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # Python's own way to say so
    try:
        yield
    finally:
        if sys.modules.get(module) is None:
            sys.modules.pop(module, None)
