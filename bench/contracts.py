"""API lint: an OpenAPI document of 1 223 operations, with schemas in circles; the one that the diff is measured on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archbook.contracts.lint import lint_api
from bench.breaking import OPERATIONS, api
from bench.measure import Measurement, fresh, measured, timed

ROOT = Path(__file__).resolve().parent.parent
BEFORE = "from bench.breaking import api; from archbook.contracts.lint import lint_api; text = api(1)"


def run() -> Iterator[Measurement]:
    text = api(1)
    report = lint_api(text)
    told = f"lint of {OPERATIONS} operations ({len(report.findings)} findings), with reading"
    yield measured(told, timed(lambda: lint_api(text), repeats=5), limit=2.0)
    peaks = [peak_mb for _, peak_mb in fresh("lint_api(text)", BEFORE, repeats=3, cwd=ROOT)]
    yield Measurement("memory of that, at its peak", max(peaks), "MB", limit=500.0, repeats=3)
