"""From a moved slider to the changed page, in Chromium, over 20 moves (issue: median under 60 ms, p95 under 120 ms)."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.measure import Measurement, spread_of

ROOT = Path(__file__).resolve().parents[1]
PEER = "a bare slider and one HTML widget"


def run() -> list[Measurement]:
    """Median and 95th percentile of the capacity panel, beside the same for a bare slider in the same run."""
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        print("slider: not measured, no Chromium on PATH (Debian: apt-get install chromium)", file=sys.stderr)
        return []
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "moves.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/browser/measure_slider.py"]
        subprocess.run(command, cwd=ROOT, env={**os.environ, "ARCHBOOK_SLIDER_OUT": str(out)}, check=True,
                       stdout=subprocess.DEVNULL)  # fmt: skip
        found: dict[str, list[float]] = json.loads(out.read_text())
    panel, bare = found["panel"], found["bare"]
    middle = Measurement("slider to changed page, median", statistics.median(panel), "ms", 60.0, spread_of(panel),
                         len(panel), PEER, statistics.median(bare))  # fmt: skip
    late = Measurement("slider to changed page, p95", _p95(panel), "ms", 120.0, None, len(panel), PEER, _p95(bare))
    return [middle, late]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
