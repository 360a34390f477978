"""No circuit breaker: a caller that waits for what has failed."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, call_out, example

review = by("no-circuit-breaker")

CASES = {
    "a service": ("to: back", 1),
    "an external system": ("to: bank, timeout: 1s", 1),
    "with a breaker": ("to: bank, breaker: true", 0),
    "asynchronous": ("to: back, mode: async", 0),
    "the own store": ("to: things-db", 0),
}


@pytest.mark.parametrize(("call", "findings"), CASES.values(), ids=CASES)
def test_a_synchronous_call_out_of_a_service_has_a_breaker(call: str, findings: int) -> None:
    assert len(review(example(f"calls:\n- {{from: front, {call}}}\n")).findings) == findings


def test_the_finding_says_how_long_until_every_caller_waits() -> None:
    (finding,) = review(example("calls:\n- {from: front, to: bank, on: [POST /api/v1/things]}\n")).findings
    # 10 calls/s for 2 × 8 = 16 places: the 16th is taken after 1.6 s.
    expected = (
        "when it hangs, all 16 requests that front serves at once are waiting after 1.6 s (computed: Little's law)"
    )
    assert finding.evidence[0] == expected


def test_a_timeout_bounds_what_is_held() -> None:
    (finding,) = review(
        example("calls:\n- {from: front, to: bank, on: [POST /api/v1/things], timeout: 800ms}\n")
    ).findings
    # Little's law: 10 calls/s × 0.8 s = 8 of 16.
    expected = "while it hangs, waiting for the timeout takes 8 of the 16 requests that front serves at once"
    assert finding.evidence[0] == f"{expected} (computed: Little's law)"


def mutated(good: Design) -> Design:
    return good.changed({("calls", call_out(good), "breaker"): False})
