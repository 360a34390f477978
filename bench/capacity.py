"""Capacity: the estimate of the worked example and of a large design, and Erlang C beside its definition."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from archbook.capacity import Estimate, answer, curve, estimate, headroom
from archbook.capacity.formulas import erlang_c
from archbook.design.loading import load, read
from archbook.design.model import Design
from archbook.units import Uncertain
from bench.measure import Measurement, measured, timed
from tests.generated import big_design_yaml

ROOT = Path(__file__).resolve().parent.parent
LOADS = [1.2**i for i in range(20)]


def run() -> Iterator[Measurement]:
    shop = load(ROOT / "data" / "designs" / "ecommerce")
    yield measured("estimate e-commerce", timed(lambda: estimate(shop, 10), repeats=25), "ms", limit=5.0)
    yield measured("estimate e-commerce, first of the design", timed(lambda: first(shop), repeats=25), "ms", limit=5.0)
    said = timed(lambda: looked_at(first(shop)), repeats=25)
    yield measured("the same with its answer and tables", said, "ms", limit=40.0)
    lines = timed(lambda: curve(shop, LOADS), repeats=9)
    yield measured("curve of e-commerce, 20 loads", lines, "ms", limit=60.0)
    yield measured("headroom of e-commerce", timed(lambda: headroom(shop), repeats=9), "ms", limit=100.0)
    unsure = shop.changed({("traffic", "daily_active_users"): Uncertain(200e3, low=100e3, high=400e3)})
    spans = timed(lambda: estimate(unsure, 10).ranges, repeats=5)
    yield measured("ranges of e-commerce, 200 cases", spans, "ms", limit=1000.0)
    big = read(big_design_yaml())
    yield measured("estimate 1 000 services", timed(lambda: estimate(big, 10), repeats=5), limit=0.3)
    yield measured("estimate 1 000 services, first of the design", timed(lambda: first(big), repeats=5), limit=0.3)
    yield measured("the same with its answer and tables", timed(lambda: looked_at(first(big)), repeats=5), limit=2.0)
    peer = measured("", timed(lambda: [_definition(64, Fraction(load)) for load in range(1, 64)], repeats=5), "ms")
    ours = timed(lambda: [erlang_c(64, load) for load in range(1, 64)], repeats=25)
    yield measured("Erlang C, 64 servers, 63 loads", ours, "ms", peer="definition in exact fractions",
                   peer_value=peer.value)  # fmt: skip


def first(design: Design) -> Estimate:
    """An estimate with nothing known yet of the design but what stands in it."""
    design.memo.clear()
    return estimate(design, 10)


def looked_at(found: Estimate) -> str:
    """What is worked out when first looked at: limits, remedies, percentiles."""
    return answer(found) + found.table().text() + found.endpoint_table().text()


def _definition(servers: int, load: Fraction) -> float:
    """Erlang C as it is defined, from factorials in exact arithmetic."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return float(last / (sum(load**k / math.factorial(k) for k in range(servers)) + last))
