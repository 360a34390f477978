"""Simulations end to end: precision, warm-up, claims, recovery."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import archbook as ab
from archbook.capacity.formulas import mmc_mean_wait_s, mmc_response_percentile_s
from archbook.errors import InvalidInput, UnknownName
from archbook.simulate import Outage, Slow, Spike, replay, simulate
from archbook.simulate.running import warm_up
from tests.examples import example

QUEUE = """
services:
  front: {{instances: 1, concurrency: 4, service_time: {{mean: 1s}}}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: {rate}
  journeys:
    visit: {{share: 1, steps: [GET /api/v1/things]}}
stores: {{}}
externals: {{}}
"""
STORM = """
services:
  front: {{instances: 1, concurrency: 100000, service_time: {{mean: 1ms}}, {front}}}
  back: {{instances: 1, concurrency: 3, service_time: {{mean: 10ms}}, {back}}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: {rate}
  journeys:
    visit: {{share: 1, steps: [GET /api/v1/things]}}
calls:
  - {{from: front, to: back, timeout: 1s, retries: 1, {call}}}
stores: {{}}
externals: {{}}
"""


def storm(rate: float, call: str = "backoff: none", back: str = "scv: 1") -> ab.Design:
    """HotOS'21 (Bronson et al., Metastable failures in distributed systems): 300/s, one retry, 1 s timeout."""
    text = STORM.format(rate=rate, call=call, back="why: it holds 300 requests a second" if back == "scv: 1" else back,
                        front="why: it waits for back")  # fmt: skip
    return example(text)


@pytest.fixture(scope="module")
def queue() -> ab.simulate.Simulation:  # type: ignore[name-defined]
    return simulate(example(QUEUE.format(rate=3.6)), precision=0.02, budget=6_000_000)


def test_a_queue_is_as_precise_as_asked_and_holds_erlangs_value(queue) -> None:  # type: ignore[no-untyped-def]
    wait, p95 = queue.elements["front"].wait_s, queue.endpoints["GET /api/v1/things"].p95_s
    assert queue.precise
    assert queue.precision <= 0.02
    for found, exact in ((wait, mmc_mean_wait_s(3.6, 1, 4)), (p95, mmc_response_percentile_s(3.6, 1, 4, 0.95))):
        assert abs(found.value - exact) < 2 * (found.high - found.value)  # about four standard errors


def test_formula_and_simulation_of_a_queue_agree(queue) -> None:  # type: ignore[no-untyped-def]
    assert {claim.verdict for claim in queue.claims} <= {"agrees", "close"}
    assert "agree in 5 of 5 numbers" in queue.answer


def test_json_names_every_number(queue) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(json.dumps(queue.to_json()))
    assert set(document["elements"]["front"]["wait_s"]) == {"value", "low", "high"}
    assert document["claims"][0]["verdict"]


def test_the_same_seed_gives_the_same_numbers_and_another_one_others() -> None:
    minimal = ab.load("minimal")
    one, same, other = (simulate(minimal, 10, seed, budget=50_000).mean_s for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_a_system_that_does_not_keep_up_claims_nothing() -> None:
    found = simulate(example(QUEUE.format(rate=4.4)), budget=400_000)
    assert not found.settled
    assert "pile up" in found.answer
    assert {claim.verdict for claim in found.claims} == {"no claim"}
    assert found.evidence() == []


def test_a_run_too_short_says_so() -> None:
    found = simulate(example(QUEUE.format(rate=2)), precision=0.0001, budget=60_000)
    assert not found.precise
    assert "not the ±0.01 % asked for: raise `budget`" in found.answer


def test_a_budget_too_small_to_settle_is_not_taken_for_overload() -> None:
    found = simulate(example(QUEUE.format(rate=3.8)), budget=50_000)
    assert not found.settled
    assert "nothing has settled within the budget (raise `budget`)" in found.answer


def test_the_warm_up_of_a_ramp_is_the_ramp() -> None:
    noise = np.random.default_rng(1).normal(size=200)
    assert 40 <= warm_up(np.concatenate([np.linspace(0, 40, 50), np.full(150, 40.0)]) + noise) <= 60


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"growth": 0}, "`growth` is `0`"),
        ({"growth": math.nan}, "`growth` is `nan`"),
        ({"precision": 2}, "`precision` is `2`"),
        ({"budget": 100}, "`budget` is `100`"),
        ({"seed": -1}, "`seed` is `-1`"),
    ],
)
def test_what_cannot_be_simulated_is_said_in_a_sentence(options: dict[str, float], sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        simulate(ab.load("minimal"), **options)  # type: ignore[arg-type]


def test_a_retry_storm_never_ends_above_half_the_capacity() -> None:
    run = replay(storm(280), duration_s=120, happenings=(Outage("back", 20, 10, "hang"),), replications=5)
    assert run.recoveries == 0
    assert float(np.mean(run.attempts_per_s["back"].mean[-20:])) == pytest.approx(560, rel=0.03)  # HotOS'21
    assert float(np.mean(run.goodput_per_s.mean[-20:])) < 0.02 * 280
    assert "does not recover" in run.answer


def test_below_half_the_capacity_the_storm_drains_as_arithmetic_says() -> None:
    """290 attempts/s for 10 s wait; 10/s more are served than come; it is over when the wait is under 1 s."""
    run = replay(storm(145), duration_s=800, happenings=(Outage("back", 20, 10, "hang"),), replications=10)
    assert run.recovered
    assert run.recovers_at_s.low < 30 + (10 * 290 - 300) / 10 < run.recovers_at_s.high


@pytest.mark.parametrize("cure", ["breaker", "queue", "budget"])
def test_a_breaker_a_bounded_queue_or_a_budget_ends_the_storm(cure: str) -> None:
    design = {
        "breaker": lambda: storm(200, "breaker: true"),
        "queue": lambda: storm(280, back="queue: 20"),
        "budget": lambda: storm(200, "retry_budget: 0.1"),
    }[cure]()
    run = replay(design, duration_s=120, happenings=(Outage("back", 20, 10, "hang"),), replications=5)
    assert run.recovered, run.answer
    assert run.ends_s <= run.recovers_at_s.value < 110


def test_a_spike_and_a_slow_part_are_seen_in_their_slots() -> None:
    design = example(QUEUE.format(rate=2))
    happenings = (Spike(20, 10, 3.0), Slow("front", 60, 10, 5.0))
    run = replay(design, duration_s=120, happenings=happenings, replications=5)
    assert float(run.offered_per_s.mean[22:28].mean()) == pytest.approx(6, rel=0.3)
    assert float(run.in_system.mean[65:69].mean()) > 3 * float(run.in_system.mean[10:18].mean())
    assert len(run.times_s) == len(run.offered_per_s.low) == 120


def test_replays_say_what_is_wrong_in_a_sentence() -> None:
    minimal = ab.load("minimal")
    with pytest.raises(UnknownName, match="did you mean"):
        replay(minimal, happenings=(Outage("order-servce", 1, 1),))
    with pytest.raises(InvalidInput, match="shorten `duration_s`"):
        replay(minimal, 1e5, duration_s=1e5)


def test_what_a_simulation_found_is_kept_with_the_design(design_folder: Callable[[str], Path]) -> None:
    design = ab.load(design_folder("minimal"))
    said = ab.keep(design, ab.simulate(design, budget=100_000))
    assert "simulate-1x-mean" in said
    assert {entry.how for entry in ab.load_evidence(design)} == {"simulation"}


def test_the_declared_pause_is_waited_before_a_retry() -> None:
    # half of the attempts fail: of the calls that succeed within two, a third needed the second
    def mean(pause: str) -> ab.simulate.Figure:  # type: ignore[name-defined]
        text = f"failure: 50%, backoff: fixed, pause: {pause}"
        return simulate(storm(20, call=text), precision=0.02).endpoints["GET /api/v1/things"].mean_s

    short, long = mean("100ms"), mean("700ms")
    wide = 2 * ((short.high - short.low) + (long.high - long.low))  # both 95 % intervals, doubled
    assert abs(long.value - short.value - 0.6 / 3) < wide < 0.1


@pytest.mark.slow
def test_intervals_hold_erlangs_value_as_often_as_they_say() -> None:
    exact, seeds = mmc_mean_wait_s(3.2, 1, 4), 60
    waits = [
        simulate(example(QUEUE.format(rate=3.2)), seed=seed, budget=200_000).elements["front"].wait_s
        for seed in range(seeds)
    ]
    share = sum(wait.low <= exact <= wait.high for wait in waits) / seeds
    assert abs(share - 0.95) < 2 * math.sqrt(0.95 * 0.05 / seeds)
