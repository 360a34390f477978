"""Promises against the estimate."""

from __future__ import annotations

import pytest

from archbook.design.elements import Slo
from archbook.design.model import Design
from tests.examples import findings

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


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "POST /api/v1/users")
    return good.changed({("api", "endpoints", index, "slo"): Slo(p95="50ms")})
