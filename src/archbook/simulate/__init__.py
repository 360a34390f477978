"""The request simulator: the same design file, run in virtual time; every figure comes with its 95 % interval.

numba is imported with the first run, not with this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbook.simulate.figures import Figure
    from archbook.simulate.replaying import Replay, replay
    from archbook.simulate.result import Simulation
    from archbook.simulate.running import simulate
    from archbook.simulate.timeline import Outage, Slow, Spike

_HOME = {
    "Figure": "figures",
    "Outage": "timeline",
    "Replay": "replaying",
    "Simulation": "result",
    "Slow": "timeline",
    "Spike": "timeline",
    "replay": "replaying",
    "simulate": "running",
}

__all__ = ["Figure", "Outage", "Replay", "Simulation", "Slow", "Spike", "replay", "simulate"]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'archbook.simulate' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"archbook.simulate.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
