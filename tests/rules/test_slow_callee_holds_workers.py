"""A target that hangs fills its caller before the first timeout ends: no breaker can have opened by then."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

FRONT = "services: {front: {instances: 2, concurrency: 3}}\ncalls: {%s: {%s}, 3: {bulkhead: 2}}"
# 10 calls a second for 2 × 3 places: all are waiting after 600 ms.
CASES = {
    "full before the timeout": ("2", "bulkhead: null, timeout: 610ms", 1),
    "at the timeout": ("2", "bulkhead: null, timeout: 600ms", 0),
    "with a cap": ("2", "bulkhead: 2, timeout: 2s", 0),
    "the own store": ("0", "timeout: 610ms", 1),
    "asynchronous": ("2", "bulkhead: null, timeout: 2s, mode: async", 0),
}


@pytest.mark.parametrize(("call", "fields", "hits"), CASES.values(), ids=CASES)
def test_a_caller_is_not_full_before_its_timeout_ends(call: str, fields: str, hits: int) -> None:
    assert len(findings("slow-callee-holds-workers", FRONT % (call, fields))) == hits


def test_the_finding_says_how_soon_and_proposes_a_cap() -> None:
    (finding,) = findings("slow-callee-holds-workers", FRONT % ("2", "bulkhead: null, timeout: 2s"))
    assert finding.what == "front waits 2 s for back, and is full before that"
    assert finding.mend == {("calls", 2, "bulkhead"): 2}
    assert finding.evidence[0].startswith(
        "when it hangs, all 6 requests that front serves at once are waiting after 600"
    )


def test_where_places_cannot_be_kept_the_wait_gets_shorter() -> None:
    (finding,) = findings(
        "slow-callee-holds-workers",
        "services: {front: {instances: 4, concurrency: 1}}\n"
        "calls: {2: {bulkhead: null, timeout: 1s}, 3: {bulkhead: 1}}",
    )
    # Half of 4 places at 10 calls/s: 200 ms.
    assert finding.mend == {("calls", 2, "timeout"): "200ms"}


def test_a_caller_that_saturates_anyway_is_another_rules() -> None:
    saturated = "services: {front: {instances: 2, concurrency: 3, service_time: {mean: 1s}}}\n"
    assert findings("slow-callee-holds-workers", saturated + "calls: {2: {bulkhead: null, timeout: 2s}}") == ()


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "product-service" and not call.on)
    return good.changed({("calls", index, "bulkhead"): None})
