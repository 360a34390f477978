"""What services promise."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "nothing": ("services: {mailer: {slo: null}}", 1),
    "no availability": ("services: {mailer: {slo: {availability: null}}}", 1),
    "no answer times": ("services: {mailer: {slo: {p95: null, p99: null}}}", 1),
    "p99 is enough": ("services: {mailer: {slo: {p95: null}}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_service_promises_answer_times_and_availability(fragment: str, found: int) -> None:
    assert len(findings("no-objective", fragment)) == found


def test_the_finding_says_what_is_missing_and_what_it_takes_today() -> None:
    (finding,) = findings("no-objective", "services: {front: {slo: {availability: null}}}")
    assert finding.what == "front promises nothing about its availability"
    assert finding.evidence[0].startswith("its p95 is ")


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "slo"): None})
