"""Impossible arguments and impossible designs: one sentence with the remedy, and never a number that means nothing."""

from __future__ import annotations

import math
from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest

import archbook as ab
from archbook.capacity import formulas as f
from archbook.capacity.caching import cache_estimate
from archbook.design.loading import read
from archbook.errors import ArchbookError, DesignError, InvalidInput, Saturated
from archbook.simulate import Outage, Slow, Spike, compare_balancing, replay, simulate, sweep

rooms = import_module("archbook.simulate")

TEXT = """
archbook: 1
name: hostile
traffic: {{daily_active_users: {users}, journeys: {{visit: {{share: 1, steps: [GET /api/v1/things]}}}}}}
services:
  front: {{concurrency: 100, service_time: {{mean: 1ms}}}}
  back: {{instances: 2, concurrency: 4, service_time: {{mean: 20ms, scv: {scv}}}}}
calls: [{{from: front, to: back, retries: {retries}}}]
api: {{endpoints: [{{name: GET /api/v1/things, service: front}}]}}
"""


def design(users: float = 864_000, scv: float = 1, retries: int = 1) -> ab.Design:
    return read(TEXT.format(users=users, scv=scv, retries=retries))


NO_NUMBER: list[Any] = [math.nan, math.inf, -math.inf, -1, "x", "3", b"3", None, True, [1], {}, 1j, 10**400]
CALLS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "erlang_b": (f.erlang_b, {"servers": 2, "offered_load": 1.0}),
    "erlang_c": (f.erlang_c, {"servers": 2, "offered_load": 1.0}),
    "mmc_mean_wait_s": (f.mmc_mean_wait_s, {"arrival_rate_per_s": 1.0, "service_time_s": 1.0, "servers": 2}),
    "mmc_wait_percentile_s": (
        f.mmc_wait_percentile_s,
        {"arrival_rate_per_s": 1.0, "service_time_s": 1.0, "servers": 2, "percentile": 0.9},
    ),
    "mmc_response_percentile_s": (
        f.mmc_response_percentile_s,
        {"arrival_rate_per_s": 1.0, "service_time_s": 1.0, "servers": 2, "percentile": 0.9},
    ),
    "mg1_mean_wait_s": (f.mg1_mean_wait_s, {"arrival_rate_per_s": 0.5, "service_time_s": 1.0, "service_scv": 1.0}),
    "mgc_mean_wait_s": (
        f.mgc_mean_wait_s,
        {"arrival_rate_per_s": 0.5, "service_time_s": 1.0, "servers": 2, "service_scv": 1.0},
    ),
    "ggc_mean_wait_s": (
        f.ggc_mean_wait_s,
        {"arrival_rate_per_s": 0.5, "service_time_s": 1.0, "servers": 2, "arrival_scv": 1.0, "service_scv": 0.5},
    ),
    "mmck_blocking_probability": (
        f.mmck_blocking_probability,
        {"arrival_rate_per_s": 0.5, "service_time_s": 1.0, "servers": 2, "capacity": 4},
    ),
    "attempts_per_request": (f.attempts_per_request, {"failure_probability": 0.5, "retries": 3}),
    "fan_out_slow_probability": (f.fan_out_slow_probability, {"probability": 0.01, "fan_out": 100}),
    "pool_size": (f.pool_size, {"arrival_rate_per_s": 10.0, "hold_time_s": 0.1, "target_wait_probability": 0.05}),
    "pool_deadlock_floor": (f.pool_deadlock_floor, {"threads": 3, "connections_per_thread": 4}),
    "lru_hit_ratio": (f.lru_hit_ratio, {"zipf_exponent": 1.0, "items": 100, "capacity": 10}),
    "ttl_hit_ratio": (f.ttl_hit_ratio, {"request_rate_per_s": 10.0, "ttl_s": 1.0, "zipf_exponent": 1.0, "items": 10}),
    "mva_closed": (f.mva_closed, {"think_time_s": 1.0, "customers": 5}),
    "power_of_d_mean_response": (f.power_of_d_mean_response, {"load": 0.9, "choices": 2}),
    "cache_estimate": (
        cache_estimate,
        {"zipf_exponent": 1.0, "items": 100, "capacity": 10, "request_rate_per_s": 100.0},
    ),
    "simulate_queue": (
        rooms.simulate_queue,
        {"arrival_rate_per_s": 1.0, "service_time_s": 1.0, "servers": 2, "service_scv": 1.0, "arrival_scv": 1.0,
         "customers": 2000, "seed": 1},
    ),
    "zipf_keys": (rooms.zipf_keys, {"exponent": 1.0, "items": 100, "count": 100, "seed": 1}),
    "cache_trace": (rooms.cache_trace, {"capacity": 2}),
    "rate_limit": (rooms.rate_limit, {"limit": 2, "window_s": 1.0}),
    "stampede": (
        rooms.stampede,
        {"request_rate_per_s": 50, "ttl_s": 5.0, "fetch_s": 0.2, "items": 3, "zipf_exponent": 1.0, "jitter": 0.1,
         "slots": 10, "seed": 1, "replications": 3},
    ),
    "ring_peak_to_mean": (rooms.ring_peak_to_mean, {"nodes": 3, "virtual_nodes": 10, "rings": 10, "seed": 1}),
    "server_farm": (rooms.server_farm, {"servers": 3, "load": 0.8, "service_time_s": 1.0, "service_scv": 1.0}),
    "two_tiers": (rooms.two_tiers, {"rate_per_s": 80, "servers": 10, "service_time_s": 0.1, "timeout_s": 1.0}),
}  # fmt: skip
BESIDE: dict[str, dict[str, Any]] = {
    "mva_closed": {"demands_s": [0.02, 0.08], "servers": [1, 2]},
    "cache_trace": {"keys": [1, 2, 1]},
    "rate_limit": {"times_s": [0.0, 1.0], "policy": "gcra"},
}


@pytest.mark.parametrize(("name", "argument"), [(name, one) for name, (_, base) in CALLS.items() for one in base])
def test_what_is_no_such_number_is_refused_in_one_sentence_that_names_it(name: str, argument: str) -> None:
    call, base = CALLS[name]
    for value in NO_NUMBER:
        with pytest.raises((InvalidInput, Saturated)) as error:
            call(**BESIDE.get(name, {}), **{**base, argument: value})
        assert f"`{argument}`" in str(error.value)
        assert len(str(error.value)) < 200


@pytest.mark.parametrize(
    ("refused", "said"),
    [
        (lambda: f.erlang_b(10**30, 1), "`servers`"),
        (lambda: f.erlang_c(2, 1e300), "utilisation 5e+299): add 1e+300"),
        (lambda: f.pool_size(1e30, 1, 0.05), "`arrival_rate_per_s × hold_time_s` is `1e+30`"),
        (lambda: f.mmc_wait_percentile_s(1, 1, 2, 1.5), "`percentile` is `1.5`"),
        (lambda: f.mmc_wait_percentile_s(1, 1, 2, -0.1), "`percentile` is `-0.1`"),
        (lambda: f.power_of_d_mean_response(0.9, 10**9, 10), "`choices` is 1000000000; above 100 take the limit"),
        (lambda: f.lru_hit_ratio(1e9, 100, 10), "`zipf_exponent` is `1000000000.0`"),
        (lambda: f.availability_serial(0.99), "`availabilities` is `0.99`"),  # type: ignore[arg-type]
        (lambda: f.availability_parallel("0.99"), "`availabilities` is `0.99`"),  # type: ignore[arg-type]
        (lambda: rooms.simulate_queue(5e-324, 1.0), "`arrival_rate_per_s`"),
        (lambda: rooms.simulate_queue(0.5, 1.0, service_scv=1e300), "`service_scv`"),
        (lambda: rooms.rate_limit(["x"], "gcra", 2, 1), "`times_s`"),
        (lambda: rooms.rate_limit([1.0, 0.0], "gcra", 2, 1), "in order"),
        (lambda: rooms.cache_trace([1, 2], 2, windows=[]), "`windows`"),
        (lambda: rooms.cache_trace([1, 2], 2, flush_at=1), "`flush_at`"),
        (lambda: rooms.zipf_weights(1.0, 10**12), "`items`"),
        (lambda: rooms.ring_peak_to_mean(10**6, 100), "`rings` × `nodes`"),
        (lambda: rooms.cache_trial(cache_estimate(1.0, 100, 10, 50.0), [10], 2.0, seeds=1), "`seeds` is `1`"),
    ],
)
def test_what_would_overflow_hang_or_mean_nothing_is_refused(refused: Callable[[], Any], said: str) -> None:
    with pytest.raises(ArchbookError) as error:
        refused()
    assert said in str(error.value)
    assert len(str(error.value)) < 260


def test_more_retries_than_sense_are_refused_where_the_design_is_read() -> None:
    with pytest.raises(DesignError) as error:
        design(retries=1000)
    assert "`calls[0].retries`: `1000` must be at most 100; " in str(error.value)
    assert "take 1 to 3" in str(error.value)


@pytest.mark.parametrize(("scv", "users"), [(1001, 1), (1, 1e300), (1, 1e-300)])
def test_numbers_beyond_all_systems_are_refused_where_the_design_is_read(scv: float, users: float) -> None:
    with pytest.raises(DesignError) as error:
        design(scv=scv, users=users)
    assert "at most" in str(error.value) or "at least" in str(error.value)


@pytest.mark.parametrize("run", [simulate, replay])
@pytest.mark.parametrize(
    ("argument", "values"),
    [("growth", [*NO_NUMBER, 0, 1e7]), ("seed", NO_NUMBER), ("seed", [1.5])],
)
def test_a_run_refuses_impossible_arguments(run: Callable[..., Any], argument: str, values: list[Any]) -> None:
    for value in values:
        with pytest.raises(InvalidInput, match=f"`{argument}`"):
            run(design(), **{argument: value})


def test_a_run_refuses_a_load_that_never_arrives() -> None:
    for run in (simulate, replay):
        with pytest.raises(InvalidInput, match="1e-06 to 1e\\+12 can be simulated"):
            run(design(users=1e-12))


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (
            ("services", "back", "instances"),
            10_000_000,
            "10\u202f000\u202f000 instances in all, 10\u202f000\u202f000 of back",
        ),
        (("calls", 0, "per_request"), 1e9, "calls for one request to front (look at `per_request`)"),
    ],
)
def test_what_no_memory_holds_is_refused_before_it_is_tried(path: tuple[str, ...], value: float, said: str) -> None:
    large = design().changed({path: value})
    for run in (simulate, replay):
        with pytest.raises(InvalidInput, match="too many to simulate; at most 20") as error:
            run(large)
        assert said in str(error.value)


@pytest.mark.parametrize(
    ("happening", "said"),
    [
        (Outage("back", 50, 5), "`at_s` is 50; it is watched for 20 s only"),
        (Outage("back", math.nan, 5), "`at_s` is `nan`"),
        (Outage("back", "5", 5), "`at_s` is `5`"),  # type: ignore[arg-type]
        (Outage("back", 1, 0), "`for_s` is `0`"),
        (Outage("back", 1, 1, instance=2), "`instance` is `2`; back has 2, counted from 0"),
        (Outage("back", 1, 1, instance=True), "`instance` is `True`"),
        (Outage("back", 1, 1, instance=0.5), "`instance` is `0.5`"),  # type: ignore[arg-type]
        (Outage("bakc", 1, 1), "no element `bakc`; did you mean `back`?"),
        (Slow("back", 1, 1, 1e300), "`factor`"),
        (Spike(1, 5, 1e300), "`factor`"),
        ("outage", "`outage` is no happening"),
    ],
)
def test_a_happening_that_cannot_be_is_refused(happening: Any, said: str) -> None:
    with pytest.raises(ArchbookError) as error:
        replay(design(), duration_s=20, happenings=(happening,))
    assert said in str(error.value)


@pytest.mark.parametrize("happenings", [None, Outage("back", 1, 1), "outage"])
def test_happenings_are_a_list(happenings: Any) -> None:
    with pytest.raises(InvalidInput, match="`happenings`"):
        replay(design(), happenings=happenings)


@pytest.mark.parametrize(
    "grid", [None, 3, "growth=1", [3], [], {}, {"growth": 1}, {"growth": []}, {"growth": [math.nan]}]
)
def test_a_grid_that_is_none_is_refused(grid: Any) -> None:
    with pytest.raises(InvalidInput):
        sweep(design(), grid, budget=50_000)


def test_what_is_no_design_is_told_to_be_loaded() -> None:
    runs: list[Callable[[Any], Any]] = [
        simulate, replay, lambda it: sweep(it, {"growth": [1]}), ab.headroom, ab.estimate,
        lambda it: compare_balancing(it, "back"),
    ]  # fmt: skip
    for run in runs:
        with pytest.raises(InvalidInput, match="`ecommerce` is no design; load it first"):
            run("ecommerce")


def test_a_replay_claims_no_recovery_that_it_could_not_see() -> None:
    busy, outage = design(users=86_400 * 20), Outage("back", 5, 5)
    few = replay(design(users=86_400), duration_s=20, happenings=(outage,), replications=2)
    assert "too few requests come to tell" in few.answer
    lasting = replay(busy, duration_s=20, happenings=(Outage("back", 10, 20),), replications=2)
    assert "lasts to the end of the watch" in lasting.answer
    dead = busy.changed({("calls", 0, "failure"): 1.0})
    assert "no request is answered" in replay(dead, duration_s=40, happenings=(outage,), replications=2).answer
    assert replay(busy, duration_s=40, happenings=(Spike(5, 5, 0),), replications=2).answered.high <= 1


def test_a_simulation_of_which_nothing_is_answered_claims_no_time() -> None:
    dead = simulate(design().changed({("calls", 0, "failure"): 1.0}), budget=50_000)
    assert "no request is answered" in dead.answer
    assert "no time is claimed" in dead.answer
    assert "unknown" not in dead.answer
    assert not dead.evidence()
