"""No bulkhead: more than half of a caller's places for one target, while others need it too."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

FRONT = "services: {front: {instances: 2, concurrency: 4}}\ncalls: {2: {%s}, 3: {bulkhead: 3}}"
# 10 calls a second for 2 × 4 places: half of them are waiting with a timeout of 400 ms.
CASES = {
    "more than half": ("bulkhead: null, timeout: 410ms", 1),
    "half": ("bulkhead: null, timeout: 400ms", 0),
    "all, which is another rule's": ("bulkhead: null, timeout: 810ms", 0),
    "a cap of 3 of 4": ("bulkhead: 3, timeout: 600ms", 0),
    "a cap larger than the instance": ("bulkhead: 5, timeout: 600ms", 1),
    "asynchronous": ("bulkhead: null, timeout: 600ms, mode: async", 0),
    "twice, so half the timeout": ("bulkhead: null, timeout: 210ms, retries: 1, backoff: none", 1),
    "every request needs it": ("bulkhead: null, timeout: 600ms, on: null, optional: null, per_request: 0.4", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_one_target_takes_at_most_half_of_its_caller(fields: str, hits: int) -> None:
    assert len(findings("no-bulkhead", FRONT % fields)) == hits


def test_the_cap_proposed_leaves_a_quarter_and_fits_what_is_usual() -> None:
    (finding,) = findings("no-bulkhead", FRONT % "bulkhead: null, timeout: 600ms")
    assert finding.mend == {("calls", 2, "bulkhead"): 3}
    # Little's law: 10 calls/s × 0.6 s.
    assert finding.evidence[0] == (
        "while it hangs, waiting for the timeout takes 6 of the 8 requests that front serves at once "
        "(computed: Little's law)"
    )


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "payment-service" and call.optional)
    return good.changed({("calls", index, "bulkhead"): None})
