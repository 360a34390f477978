"""Moves of a slider, in the kernel: from the new value to the new page, and the colours of a diagram."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import archbook as ab
from archbook.diagrams import draw, recolour
from archbook.panels.rate_limit_panel import SEVERAL
from bench.measure import Measurement, measured, timed

MOST_MS = 100.0


def run() -> Iterator[Measurement]:
    """Each slider from its greatest value down."""
    shop, draft = ab.load("ecommerce"), ab.load("first_draft")
    limits = ab.panels.rate_limit(shop)
    limits._traffic.value, limits._limit.value = SEVERAL, 1_000
    yield _moved("rate limit panel, load of several clients", limits._load)
    yield _moved("comparison panel, growth", ab.panels.comparison(shop, ab.load("minimal"))._growth)
    yield _moved("review panel of first_draft, growth", ab.panels.review(draft)._growth)
    picture, names = draw(shop, "containers", heat={}), [*shop.services, *shop.stores]
    steps = itertools.count()
    coloured = timed(lambda: recolour(picture, dict.fromkeys(names, next(steps) / 40)), repeats=50)
    yield measured("colours of a diagram", coloured, "ms", limit=2.0)


def _moved(name: str, slider: Any) -> Measurement:
    following = itertools.cycle([value for _, value in reversed(slider.options)])
    move: Callable[[], None] = lambda: setattr(slider, "value", next(following))  # noqa: E731
    return measured(name, timed(move, repeats=9), "ms", limit=MOST_MS)
