"""What a measurement is, and how to take one: medians of repeated runs with their spread."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROBE = """
import json, sys, time
{before}
started = time.perf_counter()
{code}
seconds = time.perf_counter() - started
try:
    status = open("/proc/self/status").read()
    peak = int(status.split("VmHWM:")[1].split()[0]) / 1024
except (OSError, IndexError):
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)
print(json.dumps([seconds, peak]))
"""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number with its limit and, where there is one, a peer's number for the same job.

    value, limit, spread, peer_value: in `unit`; smaller is better. spread: half the interquartile range over `repeats`.
    most_ratio: what value over the peer's may be.
    """

    name: str
    value: float
    unit: str
    limit: float | None = None
    spread: float | None = None
    repeats: int = 1
    peer: str = ""
    peer_value: float | None = None
    most_ratio: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Value over the peer's."""
        return self.value / self.peer_value if self.peer_value else None

    @property
    def kept(self) -> bool:
        within = self.limit is None or self.value <= self.limit
        return within and (self.most_ratio is None or self.ratio is None or self.ratio <= self.most_ratio)


def spread_of(values: list[float]) -> float:
    """Half the interquartile range.

    >>> spread_of([1.0, 2.0, 3.0, 4.0, 5.0])
    1.0
    """
    if len(values) < 2:
        return 0.0
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return (high - low) / 2


def timed(function: Callable[[], object], repeats: int = 7, warm_up: int = 1) -> list[float]:
    """Seconds of each run, after `warm_up` runs that do not count."""
    for _ in range(warm_up):
        function()
    seconds = []
    for _ in range(repeats):
        started = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - started)
    return seconds


def measured(name: str, seconds: list[float], unit: str = "s", **fields: object) -> Measurement:
    """A measurement from repeated timings; its value is the median, in `unit` (s or ms)."""
    scale = {"s": 1.0, "ms": 1000.0}[unit]
    values = [scale * second for second in seconds]
    return Measurement(name, statistics.median(values), unit, spread=spread_of(values), repeats=len(values), **fields)  # type: ignore[arg-type]


def fresh(code: str, before: str = "", repeats: int = 5, cwd: Path | None = None) -> list[tuple[float, float]]:
    """Seconds and peak memory (MB) of `code` in a new Python each time, after `before`, which is not timed."""
    program = PROBE.format(code=code, before=before)
    found = []
    for _ in range(repeats):
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=cwd)
        seconds, memory_mb = json.loads(result.stdout.splitlines()[-1])
        found.append((seconds, memory_mb))
    return found
