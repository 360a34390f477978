"""Retries that feed load back, and layered queues: HotOS'21, fixed points by hand, simulation, an exact chain."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import lil_matrix
from scipy.sparse.linalg import spsolve

from archbook.capacity import estimate, plan
from archbook.capacity.feedback import recovery_threshold_per_s
from archbook.design.loading import read
from archbook.design.model import Design
from archbook.errors import InvalidInput
from archbook.simulate import Outage, replay

STORM = """
archbook: 1
name: storm
traffic: {daily_active_users: 86400, sessions_per_user_per_day: RATE, journeys: {all: {share: 1, steps: [GET /x]}}}
services:
  front: {instances: 1, concurrency: 100000, service_time: {mean: 1ms}}
  back: {instances: 1, concurrency: 1, BACK service_time: {mean: 3.333333333ms}}
calls:
  - {from: front, to: back, timeout: 1s, retries: 1CALL}
api: {endpoints: [{name: GET /x, service: front, response_size: 1KB}]}
"""


def storm(rate: float, call: str = "", back: str = "") -> Design:
    return read(STORM.replace("RATE", str(rate)).replace("BACK", back).replace("CALL", call))


def test_the_case_of_hotos_21_has_a_second_state_at_280_and_none_at_145() -> None:
    # Bronson et al. (2021): 300/s, one retry, 1 s timeout; at 280/s an outage never ends and 560/s are offered
    found = estimate(storm(280)).feedback["back"]
    assert found.amplification == pytest.approx(1, abs=1e-6)
    assert found.congested == pytest.approx(2)
    assert found.offered_per_s == pytest.approx(560)
    assert 280 * found.recovers_at == pytest.approx(recovery_threshold_per_s(300, 1), rel=1e-3)
    assert estimate(storm(145)).feedback["back"].congested == pytest.approx(1, abs=1e-6)
    assert any("may never recover" in line for line in estimate(storm(280)).warnings)
    assert not any("back:" in line for line in estimate(storm(145)).warnings)


@pytest.mark.parametrize(("rate", "recovers"), [(130, True), (170, False)])
def test_the_threshold_of_recovery_is_that_of_a_replayed_outage(rate: float, recovers: bool) -> None:
    outage = Outage("back", at_s=10, for_s=10, mode="hang")
    run = replay(storm(rate), duration_s=150, happenings=(outage,), replications=3)
    found = estimate(storm(rate)).feedback["back"]
    assert run.recovered is recovers
    assert (found.recovers_at > 1) is recovers


def test_the_attempts_are_the_fixed_point_of_waits_and_timeouts() -> None:
    # a timeout of 20 ms at 150/s: late = exp(−(300 − x)/50), x = 150 (1 + late), solved by bisection
    low, high = 150.0, 200.0
    for _ in range(60):
        middle = (low + high) / 2
        more = middle < 150 * (1 + math.exp(-(300 - middle) * 0.02))
        low, high = (middle, high) if more else (low, middle)
    text = storm(150)
    short = text.changed({("calls", 0, "timeout"): 0.02})
    assert 150 * estimate(short).feedback["back"].amplification == pytest.approx(low, rel=2e-3)


def test_budgets_narrow_the_range_and_breakers_and_short_queues_close_it() -> None:
    budget = estimate(storm(280, ", retry_budget: 10%")).feedback["back"]
    # the budget is used up where a tenth is late, exp(−(300 − x)) = 0.1; from there clients make x / 1.1
    assert 280 * budget.recovers_at == pytest.approx((300 - math.log(10)) / 1.1, rel=1e-3)
    assert estimate(storm(280, ", breaker: true")).feedback == {}
    assert estimate(storm(280, back="queue: 20,")).feedback["back"].recovers_at == math.inf
    # a queue of 2 000 takes 6.7 s to work off: every caller has given up by then
    assert estimate(storm(280, back="queue: 2000,")).feedback["back"].recovers_at < 1


def test_an_impossible_threshold_is_refused_in_one_sentence() -> None:
    with pytest.raises(InvalidInput, match="`retries` is `-1`; it must be"):
        recovery_threshold_per_s(300, -1)


def _exact(rate: float, threads: int, own_s: float, back_s: float) -> float:
    """Mean response (s) of a front with `threads` that calls a back with one server: the chain, solved exactly.

    State (queue, at work, at the back); the queue is cut where less than 1e-9 of the mass is beyond.
    """
    longest = 400
    states = [(q, a, b) for b in range(threads + 1) for a in range(threads + 1 - b)
              for q in range(longest + 1 if a + b == threads else 1)]  # fmt: skip
    index = {state: i for i, state in enumerate(states)}
    flow = lil_matrix((len(states), len(states)))
    for (q, a, b), i in index.items():
        moves = [(rate, (q, a + 1, b) if a + b < threads else (q + 1, a, b)), (a / own_s, (q, a - 1, b + 1))]
        moves.append((1 / back_s if b else 0.0, (q - 1, a + 1, b - 1) if q else (q, a, b - 1)))
        for speed, to in moves:
            if speed and to in index:
                flow[index[to], i] += speed
                flow[i, i] -= speed
    flow[0] = 1.0
    right = np.zeros(len(states))
    right[0] = 1.0
    chances = spsolve(flow.tocsc(), right)
    assert sum(chances[i] for (q, _, _), i in index.items() if q == longest) < 1e-9
    return float(sum(chances[i] * sum(state) for state, i in index.items()) / rate)


LAYERS = """
archbook: 1
name: layers
traffic: {daily_active_users: 86400, sessions_per_user_per_day: RATE, journeys: {all: {share: 1, steps: [GET /x]}}}
services:
  front: {instances: 1, concurrency: THREADS, service_time: {mean: 20ms}}
  back: {instances: 1, concurrency: 1, service_time: {mean: 10ms}}
calls: [{from: front, to: back}]
api: {endpoints: [{name: GET /x, service: front, response_size: 1KB}]}
"""


def layers(rate: float, threads: int) -> Design:
    return read(LAYERS.replace("RATE", str(rate)).replace("THREADS", str(threads)))


@pytest.mark.parametrize(("rate", "threads"), [(30, 8), (50, 8), (70, 16), (80, 32)])
def test_threads_that_wait_for_a_callee_cost_what_the_exact_chain_says(rate: float, threads: int) -> None:
    """Error against the exact mean response: within 5 % while threads are at most two thirds occupied."""
    found = estimate(layers(rate, threads), plan=plan(layers(rate, threads)))
    assert found.elements["front"].utilisation < 0.67
    assert found.endpoints["GET /x"].mean_s == pytest.approx(_exact(rate, threads, 0.02, 0.01), rel=0.05)
