"""Archbook: the architecture workbook whose claims are measured.

::

    import archbook as ab
    design = ab.load("ecommerce")
    print(ab.answer(ab.estimate(design, growth=10)))

Everything is imported when it is first used, so that `import archbook` stays quick.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbook import exercises, panels
    from archbook.capacity import answer
    from archbook.capacity.coupling import coupling
    from archbook.capacity.merging import merged
    from archbook.capacity.result import Estimate
    from archbook.capacity.splitting import split
    from archbook.design.model import Design
    from archbook.design.saving import save
    from archbook.diagrams.view import views
    from archbook.errors import ArchbookError, DesignError
    from archbook.evidence import Evidence
    from archbook.export.chapter import chapter
    from archbook.schema.experiments import experiments
    from archbook.verbs import (  # fmt: skip
        chart,
        check,
        checklist,
        curve,
        decide,
        diff,
        diff_api,
        draw,
        estimate,
        experiment,
        export,
        headroom,
        keep,
        lint_api,
        lint_schema,
        load,
        load_evidence,
        load_test,
        measure_cache,
        new,
        open_design,
        openapi,
        replay,
        review,
        serve,
        simulate,
        sweep,
    )

    __version__: str

_ROOMS = ("exercises", "export", "panels", "review")
_HOME = {
    "ArchbookError": "errors",
    "Design": "design.model",
    "DesignError": "errors",
    "Estimate": "capacity.result",
    "Evidence": "evidence",
    "answer": "capacity",
    "chapter": "export.chapter",
    "coupling": "capacity.coupling",
    "experiments": "schema.experiments",
    "merged": "capacity.merging",
    "save": "design.saving",
    "split": "capacity.splitting",
    "views": "diagrams.view",
}
"""The modules of the names that are not in `verbs`."""

__all__ = [
    "ArchbookError", "Design", "DesignError", "Estimate", "Evidence", "__version__", "answer", "chapter", "chart",
    "check", "checklist", "coupling", "curve", "decide", "diff", "diff_api", "draw", "estimate", "exercises",
    "experiment", "experiments", "export", "headroom", "keep", "lint_api", "lint_schema", "load", "load_evidence",
    "load_test", "measure_cache", "merged", "new", "open_design", "openapi", "panels", "replay", "review", "save",
    "serve", "simulate", "split", "sweep", "views",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"archbook.{name}")
    if name == "__version__":
        from importlib.metadata import version

        return version("archbook")
    if name not in __all__:
        raise AttributeError(f"module 'archbook' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"archbook.{_HOME.get(name, 'verbs')}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Room(ModuleType):
    """A room whose name is also a verb: `ab.review(design)` and `ab.review.rules()` both work."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        verbs = import_module("archbook.verbs")
        return getattr(verbs, self.__name__.rpartition(".")[2])(*args, **options)


class _FrontDoor(ModuleType):
    """Python sets a room as an attribute of its package when it is imported, over the verb of the same name."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("review", "export", "simulate") and isinstance(value, ModuleType):
            value.__class__ = _Room
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _FrontDoor
