"""Hedging is for reads, and for writes that are recognised."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import call_out, findings

CASES = {
    "a write": ("hedge_after: 300ms, idempotency_key: null", 1),
    "a write with a key": ("hedge_after: 300ms", 0),
    "a read": ("hedge_after: 300ms, idempotency_key: null, kind: read", 0),
    "no hedge": ("idempotency_key: null", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_a_hedged_write_is_recognised_by_a_key(fields: str, hits: int) -> None:
    found = findings("hedge-of-a-write", f"calls: {{3: {{{fields}}}}}")
    assert [finding.mend for finding in found] == [{("calls", 3, "hedge_after"): None}] * hits


def mutated(good: Design) -> Design:
    index = call_out(good)
    return good.changed({("calls", index, "hedge_after"): 0.05, ("calls", index, "idempotency_key"): False})
