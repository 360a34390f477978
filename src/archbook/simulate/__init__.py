"""The request simulator: the same design file, run in virtual time; every figure comes with its 95 % interval.

numba is imported with the first run, not with this package.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from archbook.simulate.comparing import Balancing, compare_balancing, ring_peak_to_mean, server_farm
    from archbook.simulate.figures import Figure
    from archbook.simulate.limiting import RateLimited, rate_limit
    from archbook.simulate.queueing import QueueFigures, simulate_queue
    from archbook.simulate.replaying import Replay, replay
    from archbook.simulate.result import Simulation
    from archbook.simulate.running import simulate
    from archbook.simulate.stampeding import Stampede, stampede
    from archbook.simulate.sweeping import sweep
    from archbook.simulate.swept import Scenario, Sweep
    from archbook.simulate.tiers import two_tiers
    from archbook.simulate.timeline import Flush, Outage, Slow, Spike
    from archbook.simulate.tracing import CacheTrace, cache_trace, zipf_keys, zipf_weights
    from archbook.simulate.trying import CacheTrial, cache_trial

_HOME = {
    "Balancing": "comparing",
    "CacheTrace": "tracing",
    "CacheTrial": "trying",
    "Figure": "figures",
    "Flush": "timeline",
    "Outage": "timeline",
    "QueueFigures": "queueing",
    "RateLimited": "limiting",
    "Replay": "replaying",
    "Scenario": "swept",
    "Simulation": "result",
    "Slow": "timeline",
    "Spike": "timeline",
    "Stampede": "stampeding",
    "Sweep": "swept",
    "cache_trace": "tracing",
    "cache_trial": "trying",
    "compare_balancing": "comparing",
    "rate_limit": "limiting",
    "replay": "replaying",
    "ring_peak_to_mean": "comparing",
    "server_farm": "comparing",
    "simulate": "running",
    "simulate_queue": "queueing",
    "stampede": "stampeding",
    "two_tiers": "tiers",
    "sweep": "sweeping",
    "zipf_keys": "tracing",
    "zipf_weights": "tracing",
}

__all__ = [
    "Balancing",
    "CacheTrace",
    "CacheTrial",
    "Figure",
    "Flush",
    "Outage",
    "QueueFigures",
    "RateLimited",
    "Replay",
    "Scenario",
    "Simulation",
    "Slow",
    "Spike",
    "Stampede",
    "Sweep",
    "cache_trace",
    "cache_trial",
    "compare_balancing",
    "rate_limit",
    "replay",
    "ring_peak_to_mean",
    "server_farm",
    "simulate",
    "simulate_queue",
    "stampede",
    "sweep",
    "two_tiers",
    "zipf_keys",
    "zipf_weights",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'archbook.simulate' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"archbook.simulate.{_HOME[name]}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
