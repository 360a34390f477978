"""Timeouts that give up on answers which would have come."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

# The bank's p99 is 400 ms; a statement of things-db takes 2 ms in the mean, exponential: p99 of 9.2 ms.
CASES = {
    "below the p99": ("3: {timeout: 390ms}", 1),
    "at the p99": ("3: {timeout: 400ms}", 0),
    "a store": ("0: {timeout: 9ms}", 1),
    "a store that has time": ("0: {timeout: 10ms}", 0),
    "a service, whose p99 is a mix": ("2: {timeout: 1ms}", 0),
    "none": ("3: {timeout: null}", 0),
}


@pytest.mark.parametrize(("calls", "hits"), CASES.values(), ids=CASES)
def test_a_timeout_leaves_the_target_its_usual_time(calls: str, hits: int) -> None:
    assert len(findings("timeout-under-the-usual", f"calls: {{{calls}}}")) == hits


def test_the_timeout_proposed_is_within_the_promise() -> None:
    (finding,) = findings("timeout-under-the-usual", "calls: {3: {timeout: 100ms, retries: 2}}")
    # Three times 400 ms is more than a third of the 3 s that are promised.
    assert finding.mend == {("calls", 3, "timeout"): "1s"}
    assert finding.evidence[:2] == (
        "p99 of bank is 400 ms, computed: more than one call in a hundred is given up that would be answered",
        "each is tried 2 times more, which adds load",
    )


def test_the_timeout_proposed_ends_before_who_waits_for_the_caller_gives_up() -> None:
    slow = "services: {back: {service_time: {mean: 1ms}}}\nexternals: {bank: {p99: 30ms}}\n"
    inner = "calls: [{from: back, to: bank, on: [GET /api/v1/things], timeout: 20ms, optional: true}]"
    (finding,) = findings("timeout-under-the-usual", slow + inner)  # front waits 50 ms for back, which promises 800 ms
    assert finding.mend == {("calls", 4, "timeout"): "50ms"}
    assert finding.severity == "low"  # the request is answered without it


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "email-provider")
    return good.changed({("calls", index, "timeout"): 0.5})
