"""Owners of caches."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("stores: {things-db: {engine: redis, role: cache, owner: null}}", 1),
    "one": ("stores: {things-db: {engine: redis, role: cache, owner: front}}", 0),
    "no cache": ("stores: {things-db: {owner: null}}", 0),
    "none, and shared": (
        "stores: {things-db: {engine: redis, role: cache, owner: null}}\ncalls: [{from: back, to: things-db}]",
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_cache_has_an_owner(fragment: str, number: int) -> None:
    assert len(findings("cache-without-owner", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("stores", "sessions", "owner"): None})
