"""The formats of the document: one module each, found by its name.

A format is a module ``NAME.py`` with ``write(document) -> dict[str, bytes]``: relative path → content, the
document itself first. Its docstring's first line says what comes out.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable

from archbook.errors import UnknownName
from archbook.export.document import Document

Write = Callable[[Document], dict[str, bytes]]


def formats() -> tuple[str, ...]:
    """Names of all formats.

    >>> {"html", "md"} <= set(formats())
    True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def writer(name: str) -> Write:
    """The function that writes a document in format `name`. Raises UnknownName."""
    if name not in formats():
        raise UnknownName("format", name, formats())
    write: Write = importlib.import_module(f"{__name__}.{name}").write
    return write
