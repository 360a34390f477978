"""A write that is tried again needs a key by which it is recognised."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a write with retries": ("kind: write, retries: 1, idempotency_key: null", 1),
    "with a key": ("kind: write, retries: 1, idempotency_key: true", 0),
    "without retries": ("kind: write, retries: 0, idempotency_key: null", 0),
    "a read": ("kind: read, retries: 1, idempotency_key: null", 0),
    "asynchronous": ("kind: write, mode: async, retries: 1, idempotency_key: null", 1),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_a_write_that_is_tried_again_is_recognised(fields: str, hits: int) -> None:
    assert len(findings("retry-of-a-write-without-key", f"calls: {{3: {{{fields}}}}}")) == hits


def test_the_finding_says_how_many_writes_are_sent_again() -> None:
    (finding,) = findings(
        "retry-of-a-write-without-key", "calls: {3: {retries: 1, failure: 2%, idempotency_key: null}}"
    )
    # 2 % of 10 calls a second.
    assert finding.evidence[0].startswith("0.2 writes/s are sent again at 10× today's peak, and each may have been")


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.kind == "write" and call.retries)
    return good.changed({("calls", index, "idempotency_key"): False})
