"""Chatty services: the bound is five calls a request, after caches, over all calls of a pair."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, call_out, example

review = by("chatty-services")

LIST = "on: [GET /api/v1/things], breaker: true, timeout: 100ms"
ENDPOINTS = """
api:
  endpoints:
  - {name: GET /api/v1/things, service: front, list: true, rows: ROWS}
  - {name: POST /api/v1/things, service: front}
"""
CASES = {
    "five calls": (["per_request: 5"], 20, 0),
    "six calls": (["per_request: 6"], 20, 1),
    "three and three": (["per_request: 3", "per_request: 3"], 20, 1),
    "six of which a cache answers half": (["per_request: 6, hit_ratio: 50%"], 20, 0),
    "per row of five": (["per_request: per row"], 5, 0),
    "per row of six": (["per_request: per row"], 6, 1),
}


def found(calls: list[str], rows: int) -> list[str]:
    listed = "".join(f"- {{from: front, to: back, {LIST}, {call}}}\n" for call in calls)
    fragment = ENDPOINTS.replace("ROWS", str(rows)) + "calls:\n" + listed
    return [finding.what for finding in review(example(fragment)).findings]


@pytest.mark.parametrize(("calls", "rows", "findings"), CASES.values(), ids=CASES)
def test_more_than_five_calls_a_request_are_found(calls: list[str], rows: int, findings: int) -> None:
    assert len(found(calls, rows)) == findings


def test_calls_for_different_requests_do_not_add_up() -> None:
    calls = """
calls:
- {from: front, to: back, on: [GET /api/v1/things], per_request: 3, breaker: true, timeout: 100ms}
- {from: front, to: back, on: [POST /api/v1/things], per_request: 3, breaker: true, timeout: 100ms}
"""
    assert review(example(calls)).findings == ()


def test_a_query_per_row_of_a_services_own_store_is_not_this_mistake() -> None:
    calls = "calls:\n- {from: front, to: things-db, on: [GET /api/v1/things], per_request: per row}\n"
    assert review(example(calls)).findings == ()


def test_the_finding_says_what_the_client_waits_for() -> None:
    (finding,) = review(example(f"calls:\n- {{from: front, to: back, {LIST}, per_request: per row}}\n")).findings
    assert finding.about == "front → back"
    assert finding.what == "front asks back 20 times (once per row) for one GET /api/v1/things"
    assert any("the caller waits" in fact and "(computed: sum of serial answers)" in fact for fact in finding.evidence)
    assert any("calls/s" in fact for fact in finding.evidence)


def mutated(good: Design) -> Design:
    return good.changed({("calls", call_out(good), "per_request"): 6.0})
