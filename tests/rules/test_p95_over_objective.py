"""Promises against the estimate."""

from __future__ import annotations

import pytest

from archbook.design.elements import Slo
from archbook.design.model import Design
from archbook.evidence import found
from tests.examples import by, findings, good

CASES = {
    "kept": ("api: {endpoints: {1: {slo: {p95: 900ms}}}}", 0),
    "shorter than what it waits for": ("api: {endpoints: {1: {slo: {p95: 90ms}}}}", 1),
    "the service's promise holds where the endpoint has none": (
        ("api: {endpoints: {1: {slo: null}}}\nservices: {front: {slo: {p95: 50ms}}}"),
        1,
    ),
    "no promise": (("api: {endpoints: {1: {slo: null}}}\nservices: {front: {slo: null}}"), 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_promise_is_one_that_the_estimate_can_keep(fragment: str, found: int) -> None:
    assert len(findings("p95-over-objective", fragment)) == found


def test_what_was_measured_of_the_endpoint_is_cited_beside_the_estimate() -> None:
    design = good("api: {endpoints: {1: {slo: {p95: 90ms}}}}")
    times = {"endpoints": {"POST /api/v1/things": {"p50_s": 0.05, "p95_s": 0.123, "p99_s": 0.2}}}
    run = found(design, id="load", claim="All is well", value=0.1, unit="s", how="measurement", about="api",
                source="archbook load, 8 clients", details=times)  # fmt: skip
    (finding,) = by("p95-over-objective")(design, [run]).findings
    assert any("123 ms" in fact and "(measurement, 20" in fact for fact in finding.evidence)


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "POST /api/v1/users")
    return good.changed({("api", "endpoints", index, "slo"): Slo(p95="50ms")})
