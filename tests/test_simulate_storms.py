"""Retry storms: what was measured before the first line (FINDINGS), and arithmetic.

80 requests/s on a pool of 100/s, a timeout of 1 s, and twice the load for 10 s. FINDINGS does not name its window; the
shares below are those of the second half of 90 s, in which all six figures fit.
"""

from __future__ import annotations

import math
from typing import Any

import pytest

from archbook.simulate import Replay, Spike, replay, two_tiers
from archbook.simulate.figures import figure

CASES: dict[str, tuple[dict[str, Any], float]] = {
    "no retries": ({}, 0.78),
    "3 retries": ({"retries": 3}, 0.0),
    "3 retries with jitter": ({"retries": 3, "backoff": "jittered"}, 0.0),
    "a budget of 10 %": ({"retries": 3, "backoff": "jittered", "retry_budget": 0.1}, 0.12),
    "a breaker": ({"retries": 3, "backoff": "jittered", "breaker": True}, 1.0),
    "a queue of 20": ({"retries": 3, "backoff": "jittered", "queue": 20}, 1.0),
}


def spiked(duration_s: float, replications: int, **policy: Any) -> Replay:
    design = two_tiers(80, servers=10, service_time_s=0.1, **policy)
    return replay(design, duration_s=duration_s, happenings=[Spike(20, 10, 2.0)], replications=replications)


@pytest.mark.parametrize("name", CASES)
def test_a_spike_leaves_what_was_measured_before(name: str) -> None:
    """Within four standard errors (about twice the 95 % interval), and half a percent of requests still under way."""
    policy, expected = CASES[name]
    run = spiked(90, 20, **policy)
    half = len(run.times_s) // 2
    found = figure([r.course[half:, 1].sum() / r.course[half:, 0].sum() for r in run.per_replication])
    assert abs(found.value - expected) < (found.high - found.low) + 0.005, found


@pytest.mark.parametrize(("policy", "attempts"), [({}, 1.0), ({"retries": 3, "retry_budget": 0.1}, 1.1)])
def test_a_queue_left_by_a_spike_drains_as_arithmetic_says(policy: dict[str, Any], attempts: float) -> None:
    """10 s at 160/s leave 10 × (160 × attempts − 100); it is over when less than 1 s of work (100) waits."""
    run = spiked(200, 20, **policy)
    waiting, spare = 10 * (160 * attempts - 100) + 10 * (attempts > 1), 100 - 80 * attempts
    expected = 30 + (waiting - 100) / spare
    found = run.recovers_at_s
    assert run.recovered
    assert abs(found.value - expected) < (found.high - found.low) + 5 * 200 / 120, (found, expected)


def test_a_pool_of_two_tiers_is_described_as_asked() -> None:
    design = two_tiers(50, servers=7, service_time_s=0.02, queue=5, breaker=True)
    assert (design.services["pool"].concurrency, design.services["pool"].queue, design.calls[0].breaker) == (7, 5, True)
    assert math.isclose(design.services["pool"].service_time.mean, 0.02)  # type: ignore[union-attr]
