"""Why each part is there."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a service": ("services: {front: {why: null}}", 1),
    "a store": ("stores: {things-db: {why: ' '}}", 1),
    "an event": ("events: {thing.created: {why: null}}", 1),
    "an external system is not ours to explain": ("externals: {bank: {why: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_each_service_store_and_event_says_why(fragment: str, found: int) -> None:
    assert len(findings("no-why", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "why"): ""})
