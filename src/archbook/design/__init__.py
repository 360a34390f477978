"""The design room: the model, loading, saving, the JSON Schema of the format, and new designs."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbook.design.creating import new
    from archbook.design.loading import load, read
    from archbook.design.model import Design, Source, Where
    from archbook.design.saving import Saved, save
    from archbook.design.schema import json_schema

__all__ = ["Design", "Saved", "Source", "Where", "json_schema", "load", "new", "read", "save"]
_HOMES = {
    "Design": "model", "Source": "model", "Where": "model", "load": "loading", "read": "loading", "save": "saving",
    "Saved": "saving", "json_schema": "schema", "new": "creating",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"archbook.design.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
