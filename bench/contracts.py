"""API lint: an OpenAPI document of 1 223 operations, with schemas in circles; the one that the diff is measured on.

And the document of a design of 1 200 endpoints on 300 tables.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from archbook import load
from archbook.contracts.lint import lint_api
from archbook.contracts.openapi import to_openapi
from archbook.design.contract import Endpoint
from archbook.design.model import Design, Source
from bench.breaking import OPERATIONS, api
from bench.measure import Measurement, fresh, measured, timed

ROOT = Path(__file__).resolve().parent.parent
BEFORE = "from bench.breaking import api; from archbook.contracts.lint import lint_api; text = api(1)"


def large_design() -> Design:
    """The worked example with 1 200 endpoints on 300 tables."""
    columns = (
        "id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, user_id bigint NOT NULL, title varchar(20), made_at date, "
        "status text CHECK (status IN ('a', 'b')), total numeric(12, 2) NOT NULL CHECK (total >= 0)"
    )
    names = [f"thing{number}s" for number in range(300)]
    each = [("GET", ""), ("POST", ""), ("GET", "/{id}"), ("PATCH", "/{id}")]
    endpoints = tuple(
        Endpoint(name=f"{method} /api/v1/{name}{tail}", service="order-service", list=(method, tail) == each[0])
        for name in names
        for method, tail in each
    )
    design = load("ecommerce").changed({("api", "endpoints"): endpoints})
    design._source = Source(ddl={"orders-db": "".join(f"CREATE TABLE {name} ({columns});" for name in names)})
    return design


def run() -> Iterator[Measurement]:
    text = api(1)
    report = lint_api(text)
    told = f"lint of {OPERATIONS} operations ({len(report.findings)} findings), with reading"
    yield measured(told, timed(lambda: lint_api(text), repeats=5), limit=2.0)
    peaks = [peak_mb for _, peak_mb in fresh("lint_api(text)", BEFORE, repeats=3, cwd=ROOT)]
    yield Measurement("memory of that, at its peak", max(peaks), "MB", limit=500.0, repeats=3)
    design = large_design()
    told = f"OpenAPI of {len(design.api.endpoints)} endpoints on 300 tables"
    yield measured(told, timed(lambda: to_openapi(design), repeats=5), limit=2.0)
