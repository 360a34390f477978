"""Queues behind the entry: bounded, so that whoever is last is still served in time."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "another service waits for it": ("services: {back: {queue: null}}", 1),
    "a bound of none": ("services: {back: {queue: 0}}", 0),
    "clients enter there, which is another rule's": ("services: {front: {queue: null}}", 0),
    "nobody waits for it": ("services: {mailer: {queue: null}}", 0),
    "called without waiting": ("services: {back: {queue: null}}\ncalls: {2: {mode: async}}", 0),
}


@pytest.mark.parametrize(("fragment", "hits"), CASES.values(), ids=CASES)
def test_a_service_that_is_waited_for_bounds_its_queue(fragment: str, hits: int) -> None:
    assert len(findings("unbounded-queue", fragment)) == hits


SIZES = {
    # Half of the 50 ms that front waits, 16 places that are held for 5 ms each: 80, so 64.
    "half of what its caller waits": ("", "50ms", 64, "whoever is last in a queue of 64 waits 20 ms"),
    # Half of the 800 ms that are promised: 1280, so 1024.
    "half of what is promised": ("", "2s", 1024, "whoever is last in a queue of 1024 waits 320 ms"),
    "shorter where work takes longer": ("service_time: {mean: 100ms}, ", "2s", 64, "in a queue of 64 waits 400 ms"),
    "twice the places where nothing is known": ("slo: null, ", "null", 32, ""),
}


@pytest.mark.parametrize(("fields", "timeout", "size", "told"), SIZES.values(), ids=SIZES)
def test_whoever_is_last_is_served_while_somebody_waits(fields: str, timeout: str, size: int, told: str) -> None:
    fragment = f"services: {{back: {{{fields}queue: null}}}}\ncalls: {{2: {{timeout: {timeout}}}}}"
    (finding,) = findings("unbounded-queue", fragment)
    assert finding.mend == {("services", "back", "queue"): size}
    assert told in " ".join(finding.evidence)


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "queue"): None})
