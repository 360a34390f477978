"""State in the memory of one process."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "spread over four": ("stateless: false", ["high"]),
    "bound to one of four": ("stateless: false, balancing: sticky", ["low"]),
    "by a hash": ("stateless: false, balancing: consistent_hash", ["low"]),
    "one instance": ("stateless: false, instances: 1", ["low"]),
    "stateless": ("stateless: true", []),
}


@pytest.mark.parametrize(("fields", "severities"), CASES.values(), ids=CASES)
def test_state_is_kept_where_every_instance_finds_it(fields: str, severities: list[str]) -> None:
    found = findings("state-in-memory", f"services: {{front: {{{fields}}}}}")
    assert [finding.severity for finding in found] == severities


def test_the_share_of_requests_that_meet_a_stranger_is_computed() -> None:
    (finding,) = findings("state-in-memory", "services: {front: {stateless: false}}")
    # Three of four instances do not know the caller.
    assert finding.evidence[0].startswith("75 % of requests meet an instance that does not know the caller")


def mutated(good: Design) -> Design:
    return good.changed({("services", "product-service", "stateless"): False})
