"""Everything synchronous: three services waited for, two calls that only pass work on, and nothing announced."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, example

review = by("everything-synchronous")

POST = "on: [POST /api/v1/things], breaker: true, timeout: 100ms"
TWO_WRITES = ["to: back, kind: write", "to: mailer, kind: write"]
CASES = {
    "two services are changed": (TWO_WRITES, "", 1),
    "one is changed, one the answer can do without": (["to: back, kind: write", "to: mailer, optional: true"], "", 1),
    "one is changed, one is asked": (["to: back, kind: write", "to: mailer"], "", 0),
    "only one other service": (["to: back, kind: write", "to: back, kind: write"], "", 0),
    "one call is asynchronous": (["to: back, kind: write", "to: mailer, kind: write, mode: async"], "", 0),
    "an event is announced": (TWO_WRITES, "events:\n  a.b: {from: front, on: [POST /api/v1/things]}\n", 0),
    "an event of another request": (TWO_WRITES, "events:\n  a.b: {from: front, on: [GET /api/v1/things]}\n", 1),
}


@pytest.mark.parametrize(("calls", "events", "findings"), CASES.values(), ids=CASES)
def test_a_request_that_changes_several_services_is_found(calls: list[str], events: str, findings: int) -> None:
    listed = "".join(f"- {{from: front, {POST}, {call}}}\n" for call in calls)
    assert len(review(example(f"calls:\n{listed}{events}")).findings) == findings


def test_services_further_down_count_and_the_gateways_routing_does_not() -> None:
    services = """
services:
  door: {role: gateway, instances: 2, concurrency: 8, service_time: {mean: 1ms}}
  front: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  back: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
  mailer: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
"""
    chain = """
calls:
- {from: door, to: front, kind: write, breaker: true, timeout: 1s}
- {from: front, to: back, kind: write, on: [POST /api/v1/things], breaker: true, timeout: 500ms}
"""
    assert review(example(services + chain)).findings == ()
    further = chain + "- {from: back, to: mailer, kind: write, breaker: true, timeout: 100ms}\n"
    (finding,) = review(example(services + further)).findings
    assert finding.what == "POST /api/v1/things waits for every service it touches; 2 of 2 calls could be events"
    assert finding.do.startswith("announce `thing.created` in handling POST /api/v1/things and let back, mailer act")
    assert "in services that could act later (computed: along the path, today)" in finding.evidence[0]


def mutated(good: Design) -> Design:
    other = ("POST /api/v1/payments",)
    return good.changed({("events", name, "on"): other for name in ("order.created", "payment.completed")})
