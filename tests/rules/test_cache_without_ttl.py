"""Caches: each item has a time to live."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("stores: {things-db: {engine: redis, role: cache, holds: null}}", 1),
    "one": ("stores: {things-db: {engine: redis, role: cache, holds: null, ttl: 1s}}", 0),
    "each is kept for so long": ("stores: {things-db: {engine: redis, role: cache, ttl: null}}", 0),
    "one of two is kept for ever": ("stores: {things-db: {engine: redis, role: cache, holds: {other: {items: 1}}}}", 1),
    "no cache": ("stores: {things-db: {engine: redis, holds: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_cached_item_has_a_time_to_live(fragment: str, number: int) -> None:
    assert len(findings("cache-without-ttl", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("stores", "sessions", "ttl"): None, ("stores", "sessions", "holds", "session", "keep"): None})
