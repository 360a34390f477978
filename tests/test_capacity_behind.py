"""Pools, consumers, replicas and the room that is left: arithmetic by hand, and the simulation of the same design."""

from __future__ import annotations

import json
import math

import pytest

import archbook as ab
from archbook.capacity import estimate
from archbook.capacity.formulas import erlang_c, pool_size
from archbook.simulate import Spike, replay
from tests.examples import example

BACKLOG = """
services:
  front: {instances: 1, concurrency: 1000, service_time: {mean: 1ms}}
  mailer: {instances: 1, concurrency: 1, service_time: {mean: 10ms, scv: 0}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 60
  peak_to_mean: 2.5
  peak_duration: 40s
  journeys:
    visit: {share: 1, steps: [POST /api/v1/things]}
events:
  thing.made: {from: front, to: [mailer], on: [POST /api/v1/things]}
stores: {}
externals: {}
"""
POOLED = """
services:
  front: {instances: 2, concurrency: 8, service_time: {mean: 5ms}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 100
  peak_to_mean: 1
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things]}
calls:
  - {from: front, to: things-db, per_request: 2, parallel: both}
  - {from: front, to: things-db, parallel: both}
stores:
  things-db:
    {engine: postgresql, owner: front, pool: 3, max_connections: 5, servers: 16, replicas: 1, replica_lag: 30ms,
     service_time: {mean: 10ms}, capacity: 10GB,
     holds: {things: {items: 1M, size: 1KB, added_by: [GET /api/v1/things]}}}
externals: {}
"""


def test_a_peak_leaves_the_backlog_that_arithmetic_says() -> None:
    (found,) = estimate(example(BACKLOG)).consumers  # 150 events/s, 100 are handled
    assert found.per_s == pytest.approx(150)
    assert found.backlog_per_s == pytest.approx(50)
    assert found.backlog == pytest.approx(2000)
    assert found.drained_s == pytest.approx(50)  # 100 handled, 60 come
    assert found.lag_s == math.inf


def test_the_simulated_backlog_waits_as_long_as_the_estimates() -> None:
    """Waits rise to backlog / 100 per s during the peak and fall while it drains: half of that on average."""
    design = example(BACKLOG)
    (found,) = estimate(design).consumers
    run = replay(design, growth=0.4, duration_s=200, happenings=(Spike(20, 40, 2.5),), replications=20)
    waited = (found.backlog / 100 / 2) * (150 * 40 + 60 * found.drained_s)
    mailer = run.elements["mailer"]
    total = mailer.wait_s.value * mailer.load_per_s.value * 200
    spread = (mailer.wait_s.high - mailer.wait_s.low) * mailer.load_per_s.value * 200
    assert abs(total - waited) < spread + 0.02 * waited


def test_a_consumer_that_keeps_up_is_late_by_its_response() -> None:
    (found,) = estimate(example(BACKLOG), 0.4).consumers
    element = estimate(example(BACKLOG), 0.4).elements["mailer"]
    assert (found.backlog, found.drained_s) == (0, 0)
    assert found.lag_s == pytest.approx(element.mean_response_s)


def test_a_saturated_broker_holds_the_backlog_of_an_idle_consumer() -> None:
    """150 announced and 150 delivered a second at 1/200 s each are 1.5 times what the broker can do: 100/s come out."""
    broker = """stores:
  queue: {engine: kafka, role: broker, service_time: {mean: 5ms}}"""
    design = BACKLOG.replace("stores: {}", broker).replace("things]}\nstores", "things], broker: queue}\nstores")
    (found,) = estimate(example(design.replace("concurrency: 1,", "concurrency: 9,"))).consumers
    assert found.utilisation == pytest.approx(150 * 0.01 / 9)
    assert found.lag_s == math.inf
    assert (found.backlog_per_s, found.backlog) == (pytest.approx(50), pytest.approx(2000))
    assert found.drained_s == pytest.approx(50)


def test_calls_of_different_endpoints_do_not_hold_connections_together() -> None:
    pooled = POOLED.replace("per_request: 2, parallel: both", "on: [GET /api/v1/things], parallel: both")
    design = pooled.replace("things-db, parallel", "things-db, on: [POST /api/v1/things], parallel")
    both = design.replace("steps: [GET /api/v1/things]", "steps: [GET /api/v1/things, POST /api/v1/things]")
    (pool,) = estimate(example(both)).pools
    assert pool.deadlock_floor == 1


def test_a_pool_waits_as_erlang_says_and_says_what_would_do() -> None:
    now = estimate(example(POOLED))
    (pool,) = now.pools
    hold = now.elements["things-db"].mean_response_s
    assert pool.in_use == pytest.approx(150 * hold)  # 100 requests/s of two instances, three statements each
    assert pool.waiting == pytest.approx(erlang_c(3, 150 * hold))
    assert pool.smallest == pool_size(150, hold, 0.01)
    assert (pool.opened, pool.accepted) == (6, 5)
    assert pool.deadlock_floor == 8 * (3 - 1) + 1  # two repetitions and one more, all at once


def test_replicas_say_how_often_a_reader_misses_a_write() -> None:
    (found,) = estimate(example(POOLED)).replicas
    assert (found.lag_s, found.lag_is, found.stale) == (0.03, "stated", 0.5)


def test_a_disk_that_does_not_last_says_when_it_is_full() -> None:
    """1 GB now and 8.64 GB a day: 10 GB are full after 9/8.64 days."""
    assert "things-db is full in 1.04 d" in " ".join(estimate(example(POOLED)).warnings)


def test_a_disk_fills_while_what_is_kept_still_grows() -> None:
    """8.64 GB a day, kept for ten days: 10 GB are full after 10/8.64 days, not at a tenth of three years."""
    kept = POOLED.replace("items: 1M, size", "keep: 10d, size")
    assert "things-db is full in 1.16 d: 10 GB of capacity, 86.4 GB" in " ".join(estimate(example(kept)).warnings)
    assert "is full" not in " ".join(estimate(example(kept.replace("capacity: 10GB", "capacity: 87GB"))).warnings)


def test_indexes_are_counted_from_the_ddl_and_all_of_it_is_in_the_json() -> None:
    now = ab.estimate(ab.load("ecommerce"), 10)
    orders = next(entry for entry in now.storage if entry.holding == "orders")
    assert orders.index_size_b
    assert orders.indexes_at_horizon_b == pytest.approx(orders.items_at_horizon * orders.index_size_b)
    document = json.loads(json.dumps(now.to_json()))
    assert len(document["pools"]) == 5
    assert {"consumers", "replicas", "ranges"} <= set(document)
