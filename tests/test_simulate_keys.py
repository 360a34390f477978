"""Caches of a design: hit ratios computed from their keys, and the same caches inside the simulation."""

from __future__ import annotations

import pytest

import archbook as ab
from archbook.capacity import estimate, plan
from archbook.capacity.caching import cache_estimate
from archbook.errors import DesignError, UnknownName
from archbook.simulate import Flush, Outage, replay, simulate
from tests.examples import example

CACHED = """
services:
  front: {{instances: 1, concurrency: 100000, service_time: {{mean: 1ms}}}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 300
  peak_to_mean: 1
  journeys:
    visit: {{share: 1, steps: [GET /api/v1/things]}}
calls:
  - {{from: front, to: things-cache}}
  - {{from: front, to: things-db, unless_hit: things-cache}}
stores:
  things-cache: {{engine: redis, role: cache, service_time: {{mean: 0.2ms}}, {cache}}}
  things-db: {{engine: postgresql, owner: front, servers: {servers}, service_time: {{mean: 5ms}}}}
externals: {{}}
"""
KEYS = "capacity: 1MB, keys: {items: 10k, zipf: 1.0, size: 1KB}"


def cached(cache: str = KEYS, servers: int = 8) -> ab.Design:
    """A front that looks into a cache of 1 000 of 10 000 keys before it asks the database."""
    return example(CACHED.format(cache=cache, servers=servers))


def test_the_hit_ratio_is_ches_and_the_database_sees_the_rest() -> None:
    design = cached()
    exact = cache_estimate(1.0, 10_000, 1000, 300.0).hit_ratio
    assert plan(design).hit_ratios == {"things-cache": pytest.approx(exact)}
    assert estimate(design).elements["things-db"].arrival_rate_per_s == pytest.approx(300 * (1 - exact))
    assert "3.08 times as much" in str(estimate(design))


def test_a_cache_without_a_size_holds_all_and_one_with_a_ttl_what_that_leaves() -> None:
    assert plan(cached("keys: {items: 10k}")).hit_ratios["things-cache"] == pytest.approx(1, abs=1e-5)
    some = plan(cached("ttl: 10s, keys: {items: 10k}")).hit_ratios["things-cache"]
    assert some == pytest.approx(cache_estimate(1.0, 10_000, 10_000, 300.0, 10.0).hit_ratio)


@pytest.mark.parametrize("policy", ["lru", "lfu"])
@pytest.mark.parametrize("ttl", ["", "ttl: 20s, "])
def test_the_simulated_cache_answers_what_the_formula_says(policy: str, ttl: str) -> None:
    design = cached(f"{ttl}capacity: 1MB, keys: {{items: 10k, size: 1KB, policy: {policy}}}")
    found = simulate(design, precision=0.005, budget=3_000_000)
    hits, exact = found.calls[1].hits, plan(design).hit_ratios["things-cache"]
    if policy == "lru":
        assert abs(hits.value - exact) < (hits.high - hits.low) + 0.002
    else:  # one that counts what it has seen is worse than one that knows what is popular, and better than LRU
        assert hits.high < exact
        assert ttl or hits.low > cache_estimate(1.0, 10_000, 1000, 300.0).hit_ratio  # with one, counts begin anew
    assert found.elements["things-db"].load_per_s.value == pytest.approx(300 * (1 - hits.value), rel=0.03)


def test_a_flush_sends_everything_to_the_database_until_the_cache_is_full() -> None:
    run = replay(cached(servers=40), duration_s=60, happenings=(Flush("things-cache", 30),))
    load = run.attempts_per_s["things-db"].mean
    cold = cache_estimate(1.0, 10_000, 1000, 300.0)
    half_second = sum(cold.after_flush_per_s(t / 100) for t in range(50)) / 50
    assert load[60] == pytest.approx(half_second, rel=0.1)
    assert load[50:58].mean() == pytest.approx(97, rel=0.1)
    assert load[-10:].mean() == pytest.approx(97, rel=0.1)


def test_a_flush_of_what_is_no_keyed_cache_is_refused() -> None:
    with pytest.raises(UnknownName, match="cache with `keys`"):
        replay(cached(), happenings=(Flush("things-db", 1), Outage("things-db", 1, 1)))


def test_single_flight_asks_the_database_less_after_a_flush() -> None:
    peaks = {}
    for coalesce in ("false", "true"):
        keys = f"capacity: 100KB, ttl: 30s, keys: {{items: 20, size: 1KB, zipf: 1, coalesce: {coalesce}}}"
        run = replay(cached(keys, servers=200), duration_s=12, happenings=(Flush("things-cache", 6),))
        peaks[coalesce] = float(run.attempts_per_s["things-db"].mean[60:62].max())
    assert peaks["true"] < peaks["false"]


def test_a_stated_hit_ratio_and_keys_contradict() -> None:
    with pytest.raises(DesignError, match="keep the one that you know"):
        cached(f"hit_ratio: 0.9, {KEYS}")
