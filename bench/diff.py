"""Designs compared: the worked example with its variant, a step of the comparison's slider, and 1 000 services."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.measure import Measurement, fresh, measured, timed

ROOT = Path(__file__).resolve().parent.parent
BIG = (
    "from tests.generated import big_design_yaml; from archbook.design.loading import read; "
    "from archbook.design.comparing import compare; from archbook.design.varying import varied; "
    "old = read(big_design_yaml()); new = varied(old, {'services.service-5.instances': 99})"
)


def run() -> Iterator[Measurement]:
    from archbook.design.loading import load
    from archbook.review.comparing import diff

    design = load(ROOT / "data" / "designs" / "ecommerce")
    yield measured("read the variant of e-commerce", timed(lambda: design.variant("bank-by-event")), "ms", limit=100.0)
    other = design.variant("bank-by-event")
    yield measured("diff of both, with both reviews", timed(lambda: diff(design, other).answer), "ms", limit=800.0)
    found = diff(design, other)
    found.text(all=True)
    yield measured("the same at another growth", timed(lambda: found.grown(5.0).text()), "ms", limit=100.0)
    yield measured("the picture of both", timed(found.picture), "ms", limit=1000.0)
    big = [seconds for seconds, _ in fresh("compare(old, new)", before=BIG, repeats=3, cwd=ROOT)]
    yield measured("what differs, 1 000 services", big, limit=3.0)
