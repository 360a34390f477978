"""Attempts multiply along a path; from ten on that is a finding of high severity."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CHAIN = """
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 60ms, retries: %d}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 20ms, retries: %d}
"""
CASES = {
    "3 × 3 attempts": (2, 2, []),
    "5 × 2": (4, 1, ["one request may ask mailer 10 times"]),
    "2 × 5": (1, 4, ["one request may ask mailer 10 times"]),
    "10 at one place": (0, 9, []),
}


@pytest.mark.parametrize(("outer", "inner", "what"), CASES.values(), ids=CASES)
def test_ten_attempts_at_several_places_are_found(outer: int, inner: int, what: list[str]) -> None:
    assert [finding.what for finding in findings("attempts-multiply", CHAIN % (outer, inner))] == what


def test_the_innermost_place_keeps_its_retries() -> None:
    (finding,) = findings("attempts-multiply", CHAIN % (3, 3))
    assert finding.about == "front → back → mailer"
    assert finding.do == "calls[4]: remove `retries`; only calls[5], next to mailer, tries again"
    assert finding.mend == {("calls", 4, "retries"): None}
    # 10 requests a second at ten times today's load.
    assert finding.evidence[:2] == (
        "4 × 4 attempts (computed: when mailer fails)",
        "while mailer fails, 10 req/s become 160 attempts/s (computed)",
    )


def test_calls_of_different_requests_do_not_multiply() -> None:
    apart = (CHAIN % (3, 3)).replace("back, to: mailer, on: [POST /api/v1/things]", "back, to: mailer, on: []")
    assert len(findings("attempts-multiply", apart)) == 1
    apart = apart.replace("on: []", "on: [GET /api/v1/things]")
    assert findings("attempts-multiply", apart) == ()


def test_one_group_of_retried_calls_is_told_once_though_many_requests_take_it() -> None:
    both = "on: [POST /api/v1/things, GET /api/v1/things]"
    assert len(findings("attempts-multiply", (CHAIN % (3, 3)).replace("on: [POST /api/v1/things]", both))) == 1


def retried(good: Design, outer: int, inner: int) -> Design:
    """The good design in which the address of a mail is asked for, and looked up, so many times more."""
    asks = next(
        i for i, call in enumerate(good.calls) if (call.from_, call.to) == ("notification-service", "user-service")
    )
    reads = next(i for i, call in enumerate(good.calls) if "order.created" in call.on and call.to == "users-db")
    careful = {"backoff": "jittered", "retry_budget": 0.1}
    return good.changed(
        {("calls", asks, "retries"): outer, ("calls", reads, "retries"): inner, ("calls", reads, "timeout"): 0.04}
        | {("calls", index, key): value for index in (asks, reads) for key, value in careful.items()}
    )


def mutated(good: Design) -> Design:
    return retried(good, 3, 2)
