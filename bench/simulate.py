"""The simulator: one queue and a call tree beside SimPy on one core, precision on e-commerce, the first run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from archbook.capacity import plan
from archbook.design.loading import load
from archbook.simulate import simulate, state
from archbook.simulate.program import program_of
from archbook.simulate.queueing import run_queue
from archbook.simulate.random import law_of, streams
from archbook.simulate.timeline import timeline
from archbook.simulate.world import Plan, replicate
from bench.measure import Measurement, fresh, measured, timed
from tests import peers
from tests.examples import example

ROOT = Path(__file__).resolve().parent.parent
CUSTOMERS, REQUESTS = 5_000_000, 400_000
PEER_CUSTOMERS, PEER_REQUESTS = 50_000, 10_000
BEFORE, FIRST = "import archbook as ab; design = ab.load('ecommerce')", "ab.simulate(design)"
"""The first cells of a notebook, and the first that simulates; it brings numba with it."""


def run() -> Iterator[Measurement]:
    yield _queue()
    yield _tree()
    shop = load(ROOT / "data" / "designs" / "ecommerce")
    seconds = timed(lambda: simulate(shop, precision=0.01, budget=20_000_000), repeats=3)
    yield measured("e-commerce to ±1 % at 95 %, two threads", seconds, limit=10.0)
    first = [second for second, _ in fresh(FIRST, BEFORE, cwd=ROOT)]
    yield measured("first simulation of e-commerce in a new process", first, limit=2.0)


def _queue() -> Measurement:
    laws = np.array([law_of(1 / 3.6, 1), law_of(1.0, 1)]).ravel()

    def ours() -> None:
        waits, responses = np.zeros((2, state.BINS), dtype=np.int64)
        run_queue(streams(1, 2).ravel(), laws, np.zeros(4), CUSTOMERS, 0, waits, responses)

    peer = _each(timed(lambda: peers.mmc(PEER_CUSTOMERS, 3.6, 1.0, 4, seed=1), repeats=5), PEER_CUSTOMERS)
    return _beside("M/M/4 at 90 %, per customer, one core", _each(timed(ours), CUSTOMERS), peer, 1 / 100)


def _tree() -> Measurement:
    design = example(peers.TREE)
    carried = plan(design)
    program = program_of(design, carried)
    quiet, end_s = timeline(program), REQUESTS / peers.RATE_PER_S
    ours = timed(lambda: replicate(program, quiet, Plan(1.0, 0.0, end_s, 10, 1), 0))
    peer = _each(timed(lambda: peers.tree(PEER_REQUESTS, seed=1), repeats=5), PEER_REQUESTS)
    return _beside("call tree of five services, per request, one core", _each(ours, REQUESTS), peer, 1 / 50)


def _each(seconds: list[float], count: int) -> list[float]:
    """Microseconds for one of `count`."""
    return [1e6 * second / count for second in seconds]


def _beside(name: str, ours: list[float], peer: list[float], most_ratio: float) -> Measurement:
    told: Any = {"peer": "SimPy", "peer_value": float(np.median(peer)), "most_ratio": most_ratio}
    low, middle, high = np.percentile(ours, [25, 50, 75])
    return Measurement(name, float(middle), "µs", spread=float(high - low) / 2, repeats=len(ours), **told)
