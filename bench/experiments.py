"""Every experiment on e-commerce, both engines: at 1 M rows, and at 10 M with ARCHBOOK_BENCH_ROWS=10000000.

The outcomes are kept in .bench/experiments/: the effects can be read there, and not only the time that they took.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

from archbook.design.loading import load
from archbook.schema import experiments
from archbook.schema import run as experiment
from bench.measure import Measurement, fresh, measured

ROOT = Path(__file__).resolve().parent.parent
KEPT = ROOT / ".bench" / "experiments"
ROWS = int(os.environ.get("ARCHBOOK_BENCH_ROWS", 1_000_000))
LIMITS_S = {1_000_000: 20.0, 10_000_000: 180.0}


def run() -> Iterator[Measurement]:
    KEPT.mkdir(parents=True, exist_ok=True)
    for name in experiments():
        (seconds, _), *_ = fresh(f"keep({name!r})", "from bench.experiments import keep", repeats=1, cwd=ROOT)
        yield measured(f"{name}, {ROWS:,} rows, both engines", [seconds], limit=LIMITS_S.get(ROWS))


def keep(name: str) -> None:
    """Run one experiment and keep its outcome."""
    outcome = experiment(name, load(ROOT / "data" / "designs" / "ecommerce"), engine="both", rows=ROWS)
    path = KEPT / f"{name}_{ROWS}.json"
    path.write_text(json.dumps(outcome.to_json(), ensure_ascii=False, indent=1), encoding="utf-8")
    path.with_suffix(".txt").write_text(str(outcome) + "\n", encoding="utf-8")
