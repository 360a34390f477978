"""What shared caches may keep."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a private page": (("api: {endpoints: {0: {hit_ratio: 10%}}}\nstores: {things-db: {data: [health]}}"), 1),
    "in a browser only": ("stores: {things-db: {data: [health]}}", 0),
    "before a content network": ("stores: {things-db: {data: [health]}, pictures: {engine: cdn, role: cdn}}", 1),
    "nobody's page": ("api: {endpoints: {0: {hit_ratio: 10%}}}", 0),
    "kept for no time": (
        ("api: {endpoints: {0: {hit_ratio: 10%, cache: 0s}}}\nstores: {things-db: {data: [health]}}"),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_shared_cache_keeps_only_what_everybody_may_see(fragment: str, found: int) -> None:
    assert len(findings("private-answer-in-a-shared-cache", fragment)) == found


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "GET /api/v1/orders/{id}")
    return good.changed({("api", "endpoints", index, "cache"): 60.0})
