"""Several clients of one engine at once: a thread each, which waits for the server without holding up the others."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Load:
    """What clients did together. python_s: processor time of this process for each unit of work, the measuring too."""

    spent_s: float
    times_s: tuple[float, ...]
    python_s: float

    @property
    def rate_per_s(self) -> float:
        """Units of work a second."""
        return len(self.times_s) / self.spent_s

    def percentile_s(self, percent: int) -> float:
        """The time that `percent` of all units of work stayed below, from the client's wish to its answer."""
        return statistics.quantiles(self.times_s, n=100, method="inclusive")[percent - 1]


def for_a_while(works: Sequence[Callable[[], object]], seconds: float, think_s: float = 0.0) -> Load:
    """Each client does its work again and again, at once with the others, `think_s` after its last answer."""

    def loop(work: Callable[[], object]) -> Callable[[], list[float]]:
        def run() -> list[float]:
            times = []
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                start = time.perf_counter()
                work()
                times.append(time.perf_counter() - start)
                time.sleep(think_s)
            return times

        return run

    processor, start = time.process_time(), time.perf_counter()
    found = [spent for times in at_once([loop(work) for work in works]) for spent in times]
    spent = time.perf_counter() - start
    return Load(spent, tuple(found), (time.process_time() - processor) / len(found))


def at_once(works: Sequence[Callable[[], T]]) -> list[T]:
    """All works started together, each in a thread; what they return, in order. Raises what the first one raised."""
    together = threading.Barrier(len(works))

    def begun(work: Callable[[], T]) -> T:
        together.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(begun, work) for work in works]
    return [future.result() for future in futures]
