"""Writes that nobody waits for are events, or may be lost."""

from __future__ import annotations

import pytest

from archbook.design.interactions import Call
from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a write to another service": ("to: mailer, mode: async, kind: write", 1),
    "to an external system": ("to: bank, mode: async, kind: write", 1),
    "that may be lost": ("to: mailer, mode: async, kind: write, optional: true", 0),
    "that is waited for": ("to: mailer, kind: write", 0),
    "a read": ("to: mailer, mode: async", 0),
    "to a store": ("to: things-db, mode: async, kind: write", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_what_is_not_waited_for_is_written_down_first(fields: str, hits: int) -> None:
    fragment = f"calls: [{{from: front, on: [POST /api/v1/things], {fields}}}]"
    assert len(findings("async-write-may-be-lost", fragment)) == hits


@pytest.mark.parametrize(("retries", "told"), [(0, "it is kept in the memory"), (2, "its retries are kept in the")])
def test_the_finding_says_where_it_is_kept_meanwhile(retries: int, told: str) -> None:
    call = f"{{from: front, to: mailer, on: [POST /api/v1/things], mode: async, kind: write, retries: {retries}}}"
    (finding,) = findings("async-write-may-be-lost", f"calls: [{call}]")
    assert finding.evidence[0].startswith(told)


def mutated(good: Design) -> Design:
    told = Call(**{"from": "order-service", "to": "notification-service", "on": ("PATCH /api/v1/orders/{id}",),
                   "mode": "async", "kind": "write", "timeout": "1s", "bulkhead": 2, "breaker": True})  # fmt: skip
    return good.changed({("calls",): (*good.calls, told)})
