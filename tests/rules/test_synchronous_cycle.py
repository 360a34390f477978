"""Services that wait for each other, though never for the same request."""

from __future__ import annotations

import pytest

from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.review.rules.synchronous_cycle import RULE
from tests.examples import findings

CASES = {
    "two wait for each other": ("", "", 1),
    "one of them does not wait": ("mailer, to: front,", "mailer, to: front, mode: async,", 0),
    "one way only": ("mailer, to: front,", "mailer, to: back,", 0),
    "a third in between": (
        "mailer, to: front, on: [thing.created]",
        "mailer, to: back, on: [thing.created], timeout: 90ms}\n"
        "- {from: back, to: front, on: [thing.created]",
        1,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new", "hits"), CASES.values(), ids=CASES)
def test_services_that_wait_for_each_other_are_found(old: str, new: str, hits: int) -> None:
    assert len(findings("synchronous-cycle", RULE.fires.replace(old, new) if old else RULE.fires)) == hits


def test_the_call_made_least_often_is_the_one_to_change() -> None:
    often = "traffic: {journeys: {visit: {share: 1, steps: [{do: GET /api/v1/things, times: 3}, POST /api/v1/things]}}}"
    (finding,) = findings("synchronous-cycle", f"{often}\n{RULE.fires}")
    assert finding.what == "front and mailer wait for each other"
    assert finding.about == "front → mailer → front"
    assert finding.do.startswith("calls[5], the one made least often: let front announce an event that mailer keeps")


def mutated(good: Design) -> Design:
    back = Call(**{"from": "product-service", "to": "order-service", "on": ("PATCH /api/v1/products/{id}",),
                   "timeout": "50ms", "breaker": True, "bulkhead": 2})  # fmt: skip
    return good.changed({("calls",): (*good.calls, back)})
