"""Data that must not be lost lie in more than a cache."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "payments in a cache": ("stores: {things-db: {engine: redis, role: cache, data: [payment]}}", 1),
    "sessions in a cache": ("stores: {things-db: {engine: redis, role: cache, data: [personal]}}", 0),
    "what no request added": (
        "stores: {things-db: {engine: redis, role: cache, data: [payment], holds: {things: {added_by: []}}}}",
        0,
    ),
    "a copy": (
        "stores: {things-db: {engine: redis, role: cache, data: [payment]}, broker: {holds: {things: {items: 1}}}}",
        0,
    ),
    "a database": ("stores: {things-db: {data: [payment]}}", 0),
    "Memcached as a database": ("stores: {things-db: {engine: memcached, data: [internal]}}", 1),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_what_was_added_is_kept_by_more_than_a_cache(fragment: str, number: int) -> None:
    assert len(findings("data-only-in-a-cache", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("stores", "sessions", "data"): ("payment",)})
