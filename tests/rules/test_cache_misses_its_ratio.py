"""Hit ratios that are stated, against what keys, room and time to live give."""

from __future__ import annotations

import pytest

from archbook.capacity.caching import cache_estimate
from archbook.design.model import Design
from tests.examples import findings

CACHE = """
stores:
  things-db:
    {engine: redis, role: cache, capacity: 1GB, hit_ratio: 90%, ttl: 30d, holds: {things: {items: 1000}}, zone: data}
calls: {2: {unless_hit: things-db}}
"""
CASES = {
    "all keys fit and live for long": ("ttl: 30d", 0),
    "they live for a second": ("ttl: 1s", 1),
    "one in a hundred fits": ("capacity: 3KB", 1),
    "no ratio stated": ("ttl: 1s, hit_ratio: null", 0),
    "no keys known": ("ttl: 1s, holds: null", 0),
    "no cache": ("ttl: 1s, role: primary", 0),
}


@pytest.mark.parametrize(("store", "number"), CASES.values(), ids=CASES)
def test_a_cache_reaches_its_ratio(store: str, number: int) -> None:
    changed = dict(part.split(": ", 1) for part in store.split(", "))
    text = CACHE
    for key, value in changed.items():
        text = text.replace(KEYS[key], f"{key}: {value}, ")
    assert len(findings("cache-misses-its-ratio", text)) == number


KEYS = {"ttl": "ttl: 30d, ", "capacity": "capacity: 1GB, ", "hit_ratio": "hit_ratio: 90%, ",
        "role": "role: cache, ", "holds": "holds: {things: {items: 1000}}, "}  # fmt: skip
LISTED = """
traffic: {{journeys: {{visit: {{steps: ["GET /api/v1/things/{{id}}", POST /api/v1/things]}}}}}}
calls: {{0: {{on: ["GET /api/v1/things/{{id}}"]}}, 2: {{on: ["GET /api/v1/things/{{id}}"]}}}}
api: {{endpoints: {{0: {{name: "GET /api/v1/things/{{id}}", list: false, {}}}}}}}
"""
ENDPOINTS = {
    "a second": ("cache: 1s, hit_ratio: 90%", 1),
    "long enough": ("cache: 30d, hit_ratio: 90%", 0),
    "no ratio": ("cache: 1s", 0),
    "what the keys give": ("cache: 60s, hit_ratio: 45%", 0),
    "rows not known": ("cache: 1s, hit_ratio: 90%, resource: others", 0),
}


@pytest.mark.parametrize(("flags", "number"), ENDPOINTS.values(), ids=ENDPOINTS)
def test_what_clients_may_keep_reaches_its_ratio(flags: str, number: int) -> None:
    assert len(findings("cache-misses-its-ratio", LISTED.format(flags))) == number


def test_the_finding_says_what_it_can_be() -> None:
    (finding,) = findings("cache-misses-its-ratio", LISTED.format("cache: 1s, hit_ratio: 90%"))
    expected = cache_estimate(1.0, 10_000, 10_000, 10, 1.0).hit_ratio  # 10 requests/s at 10× today's load
    assert finding.what.endswith(f"90 % of the time, and can be {100 * expected:.3g} %")


def mutated(good: Design) -> Design:
    index = [endpoint.name for endpoint in good.api.endpoints].index("GET /api/v1/products/{id}/image")
    return good.changed({("api", "endpoints", index, "cache"): 1.0})
