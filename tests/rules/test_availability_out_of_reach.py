"""What is promised, against the product of what it needs."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

# things-db is there for 99.95 %, front with four instances always; the bank has a fallback, back is optional.
CASES = {
    "as much as the store": ("services: {front: {slo: {availability: 99.95%}}}", []),
    "more, by less than the digits of the store's say": ("services: {front: {slo: {availability: 99.951%}}}", []),
    "more": (
        "services: {front: {slo: {availability: 99.96%}}}",
        ["front promises 99.96 % and can reach 99.95 % at best"],
    ),
    "the store's is not stated": (
        "services: {front: {slo: {availability: 99.96%}}}\nstores: {things-db: {availability: null}}",
        [],
    ),
    "without its fallback the bank is needed": (
        "services: {front: {slo: {availability: 99.94%}}}\ncalls: {3: {fallback: null}}",
        ["front promises 99.94 % and can reach 99.9 % at best"],
    ),
    "one endpoint's own promise": (
        "api: {endpoints: {1: {slo: {availability: 99.99%}}}}",
        ["POST /api/v1/things promises 99.99 % and can reach 99.95 % at best"],
    ),
    "a cache answers 98 of 100": (
        "services: {front: {slo: {availability: 99.97%}}}\napi: {endpoints: {0: {hit_ratio: 98%}}}",
        [],
    ),
    "one instance is another rule's": (
        "services: {front: {instances: 1, availability: 99%, slo: {availability: 99.9%}}}",
        [],
    ),
}


@pytest.mark.parametrize(("fragment", "what"), CASES.values(), ids=CASES)
def test_no_more_is_promised_than_can_be_reached(fragment: str, what: list[str]) -> None:
    assert [finding.what for finding in findings("availability-out-of-reach", fragment)] == what


def test_a_service_is_held_against_the_mix_of_its_requests() -> None:
    # Nine requests of ten need the store (99.95 %), one the bank too (99.9 % of it): 0.9 × 0.9995 + 0.1 × 0.99850.
    often = "traffic: {journeys: {visit: {share: 1, steps: [{do: GET /api/v1/things, times: 9}, POST /api/v1/things]}}}"
    fragment = f"services: {{front: {{slo: {{availability: 99.945%}}}}}}\ncalls: {{3: {{fallback: null}}}}\n{often}"
    (finding,) = findings("availability-out-of-reach", fragment)
    assert finding.what == "front promises 99.945 % and can reach 99.94 % at best"
    assert "bank 99.9 %, things-db 99.95 %" in finding.evidence[0]


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "slo", "availability"): 0.9999})
