"""The experiments: every module of this package that defines ``EXPERIMENT`` is one."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from archbook.schema.experiment import Experiment


@cache
def experiments() -> dict[str, Experiment]:
    """All experiments by name, in the order of their files.

    >>> "index_or_scan" in experiments()
    True
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").EXPERIMENT for name in names]
    return {experiment.name: experiment for experiment in found}
