"""Sticky sessions are for state."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "sticky, and stateless": ("balancing: sticky", 1),
    "sticky, with state": ("balancing: sticky, stateless: false", 0),
    "sticky, and one instance": ("balancing: sticky, instances: 1", 0),
    "by a hash, which keeps a cache warm": ("balancing: consistent_hash", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_clients_are_bound_only_to_state(fields: str, hits: int) -> None:
    found = findings("sticky-without-need", f"services: {{front: {{{fields}}}}}")
    assert [finding.mend for finding in found] == [{("services", "front", "balancing"): None}] * hits


def mutated(good: Design) -> Design:
    return good.changed({("services", "product-service", "balancing"): "sticky"})
