"""The review: of the worked example, and of a design of 1 000 services, 5 000 calls and 3 000 endpoints."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Measurement, fresh, measured, spread_of, timed

ROOT = Path(__file__).resolve().parent.parent
BIG = "from tests.generated import big_design_yaml; text = big_design_yaml()"
LOADED = (
    f"{BIG}; from archbook.design.loading import read; from archbook.review import review, rules; "
    "from archbook.review.lints import every_lint_rule; rules(); every_lint_rule(); "
    "design = read(text)"
)
RULES = (
    "from archbook.design.loading import collector_at_rest; from archbook.review import Subject; "
    "subject = Subject(design); subject.grown, subject.today"
)


def run() -> Iterator[Measurement]:
    yield from _example()
    whole = fresh("review(design)", before=LOADED, repeats=9, cwd=ROOT)
    yield measured("review 1 000 services: estimate, all rules, both lints", [s for s, _ in whole], limit=1.5)
    memory = [mb for _, mb in whole]
    yield Measurement("memory of that with loading, at its peak", statistics.median(memory), "MB", limit=500.0,
                      spread=spread_of(memory), repeats=len(memory))  # fmt: skip
    alone = fresh(
        "with collector_at_rest(): [list(rule.check(subject)) for rule in rules()]",
        before=f"{LOADED}; {RULES}",
        repeats=3,
        cwd=ROOT,
    )
    yield measured("all rules on 1 000 services, without the estimate", [s for s, _ in alone], limit=1.0)
    screens = fresh("report.text(100)", before=f"{LOADED}; report = review(design)", repeats=3, cwd=ROOT)
    yield measured("its two screens", [s for s, _ in screens], "ms", limit=250.0)
    peer_value = measured("", _started("-c", "pass"), "ms").value
    started = _started("-m", "archbook", "--help")
    yield measured("archbook --help", started, "ms", limit=300.0, peer="python -c pass", peer_value=peer_value)


def _started(*arguments: str) -> list[float]:
    return timed(lambda: subprocess.run([sys.executable, *arguments], check=True, capture_output=True), repeats=9)


def _example() -> Iterator[Measurement]:
    from archbook.design.loading import load
    from archbook.review import review

    folder = ROOT / "data" / "designs" / "ecommerce"
    first = []
    for _ in range(9):
        design = load(folder)
        first += timed(lambda design=design: review(design), repeats=1, warm_up=0)
    yield measured("review e-commerce, just loaded", first, "ms", limit=50.0)
    yield measured("review e-commerce again", timed(lambda: review(design), repeats=15), "ms", limit=50.0)
