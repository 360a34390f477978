"""How deep a request waits: three calls between services, stores not counted."""

from __future__ import annotations

import pytest

from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.review.rules.synchronous_depth import RULE
from tests.examples import findings

CASES = {
    "four calls": ("", "", 1),
    "three": ("stock, to: bank", "stock, to: things-db", 0),
    "the last is not waited for": ("stock, to: bank,", "stock, to: bank, mode: async,", 0),
    "the first is not": ("front, to: back,", "front, to: back, mode: async,", 0),
    "for different requests": (
        "stock, to: bank, on: [POST /api/v1/things]",
        "stock, to: bank, on: [GET /api/v1/things]",
        0,
    ),
}


@pytest.mark.parametrize(("old", "new", "hits"), CASES.values(), ids=CASES)
def test_more_than_three_calls_below_each_other_are_found(old: str, new: str, hits: int) -> None:
    assert old in RULE.fires
    assert len(findings("synchronous-depth", RULE.fires.replace(old, new) if old else RULE.fires)) == hits


def test_the_finding_names_the_chain_and_what_the_last_step_takes() -> None:
    (finding,) = findings("synchronous-depth", RULE.fires)
    assert finding.about == "front → back → mailer → stock → bank"
    assert finding.what == "front waits for a chain of 4 calls, down to bank"
    assert finding.evidence[0] == "bank alone takes 100 ms (computed: mean)"


def mutated(good: Design) -> Design:
    on = ("POST /api/v1/orders",)
    more = {"kind": "read", "breaker": True, "bulkhead": 2, "fallback": "as last seen", "on": on}
    chain = ("payment-service", "notification-service", "user-service")
    added = tuple(
        Call(**{"from": caller, "to": callee, "timeout": timeout, **more})
        for caller, callee, timeout in zip(chain, chain[1:], ("300ms", "200ms"), strict=False)
    )
    return good.changed({("calls",): good.calls + added})
