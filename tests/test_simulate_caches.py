"""Caches over traces: held against libcachesim, against plain Python, and against Che's approximation."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import OrderedDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.capacity import plan
from archbook.errors import InvalidInput, UnknownName
from archbook.simulate import cache_trace, stampede, state, zipf_keys, zipf_weights
from archbook.simulate.caches import KeyedCache
from archbook.simulate.figures import figure
from archbook.simulate.program import program_of
from archbook.simulate.timeline import timeline
from archbook.simulate.world import Plan, replicate
from bench.caches import libcachesim_hits
from tests.examples import example

ROOT = Path(__file__).resolve().parent.parent
PRINTED = """
import sys
sys.path.insert(0, "src")
import numpy as np
from archbook.simulate import cache_trace, rate_limit, stampede, zipf_keys
keys, times = zipf_keys(0.9, 50, 3000, seed=2), np.arange(3000) * 0.01
for policy in ("lru", "fifo", "lfu"):
    print(cache_trace(keys, 7, policy, ttl_s=0.8, times_s=times, windows=5, flush_at=[11]).window_hits.tolist())
print(stampede(200, 5, 0.1, items=20, early=True, jitter=0.1, flush_at_s=[7], replications=2))
print(stampede(200, 5, 0.1, items=20, coalesce=True, replications=2))
for policy in ("fixed_window", "sliding_log", "sliding_counter", "token_bucket", "gcra"):
    print(rate_limit(times, policy, 9, 1.0, 4, keys % 3).retry_after_s.tolist())
"""


def test_compiled_and_plain_python_do_alike() -> None:
    def printed(plain: str) -> str:
        environment = {**os.environ, "NUMBA_DISABLE_JIT": plain}
        command = [sys.executable, "-c", PRINTED]
        found = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment)
        assert found.returncode == 0, found.stderr
        return found.stdout

    assert printed("1") == printed("0")


def test_the_simulator_is_imported_only_when_it_is_used() -> None:
    code = "import sys; sys.path.insert(0, 'src'); import archbook.simulate; assert 'numba' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


# Hit ratios


@pytest.mark.parametrize("policy", ["lru", "fifo", "lfu"])
@pytest.mark.parametrize(("exponent", "items", "capacity"), [(0.7, 1000, 1), (1.0, 5000, 250), (1.2, 300, 299)])
def test_hits_are_libcachesims_to_the_last_one(policy: str, exponent: float, items: int, capacity: int) -> None:
    keys = zipf_keys(exponent, items, 100_000, seed=5)
    assert cache_trace(keys, capacity, policy).hits == libcachesim_hits(keys, capacity, policy)


traces = st.lists(st.integers(0, 12), max_size=200)


def plain_hits(trace: list[int], capacity: int, policy: str, ttl: float = np.inf) -> list[bool]:
    """What a cache answers, from the definitions: which key goes is found by looking at all of them."""
    held: OrderedDict[int, int] = OrderedDict()  # key → how often it was asked for, in the order of use
    since: dict[int, int] = {}
    hits = []
    for now, key in enumerate(trace):
        if key in held and now >= since[key] + ttl:
            del held[key]
        hits.append(key in held)
        if key in held:
            held[key] += 1
            if policy != "fifo":
                held.move_to_end(key)
            continue
        if len(held) == capacity:
            del held[min(held, key=held.__getitem__) if policy == "lfu" else next(iter(held))]
        held[key], since[key] = 1, now
    return hits


@settings(max_examples=100, deadline=None)
@given(traces, st.integers(1, 8), st.sampled_from(["lru", "fifo", "lfu"]), st.sampled_from([np.inf, 1, 5, 20]))
def test_each_request_is_answered_as_the_definition_says(
    trace: list[int], capacity: int, policy: str, ttl: float
) -> None:
    times: dict[str, Any] = {} if ttl == np.inf else {"ttl_s": ttl, "times_s": np.arange(len(trace))}
    found = cache_trace(np.array(trace, dtype=int), capacity, policy, windows=max(len(trace), 1), **times)
    expected = plain_hits(trace, capacity, policy, ttl)
    assert found.hits == sum(expected)
    if ttl == np.inf and trace:
        assert found.window_hits.tolist() == expected


@pytest.mark.parametrize(
    ("exponent", "share", "che"),  # REFERENCE_NUMBERS.md: 10 000 items
    [(0.8, 0.01, 0.15662), (0.8, 0.1, 0.43666), (1.0, 0.01, 0.39053), (1.0, 0.2, 0.76832)],
)
def test_lru_on_zipf_keys_hits_as_che_says(exponent: float, share: float, che: float) -> None:
    ratios = []
    for seed in range(8):
        found = cache_trace(zipf_keys(exponent, 10_000, 500_000, seed), int(share * 10_000), windows=5)
        ratios.append(found.window_hits[1:].sum() / found.window_requests[1:].sum())  # the first fills the cache
    interval = figure(ratios)
    assert abs(interval.value - che) < 2 * (interval.high - interval.value) + 0.0003  # Che's own error, FINDINGS.md


def test_a_flush_is_seen_in_its_window_and_costs_one_miss_a_key() -> None:
    keys = np.tile(np.arange(10), 100)
    found = cache_trace(keys, 10, times_s=np.arange(1000) / 10, windows=10, flush_at=[50])
    assert found.window_hit_ratio.round(2).tolist() == [0.9, 1, 1, 1, 1, 0.9, 1, 1, 1, 1]
    assert found.misses == 20


def test_keys_far_apart_and_negative_ones_are_keys_as_others() -> None:
    keys = zipf_keys(1.0, 100, 5000)
    assert cache_trace(keys * 10**12 - 7, 10).hits == cache_trace(keys, 10).hits


def test_keys_come_as_often_as_their_weight() -> None:
    share, count = zipf_weights(0.9, 50), 200_000
    came = np.bincount(zipf_keys(0.9, 50, count, seed=4), minlength=50)
    chi_square = ((came - count * share) ** 2 / (count * share)).sum()
    assert chi_square < 85.4  # 99.9 % of chi-square with 49 degrees of freedom (Abramowitz and Stegun, table 26.8)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"keys": [0.5], "capacity": 1}, "whole numbers"),
        ({"keys": [1], "capacity": 0}, "`capacity` is `0`"),
        ({"keys": [1], "capacity": 1, "ttl_s": 2.0}, "needs the time of each request"),
        ({"keys": [1, 2], "capacity": 1, "times_s": [2.0, 1.0]}, "in order"),
        ({"keys": [1], "capacity": 1, "times_s": [np.nan]}, "finite"),
    ],
)
def test_a_trace_that_cannot_be_is_explained(arguments: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        cache_trace(**arguments)


def test_an_unknown_policy_is_named_with_its_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `lru`"):
        cache_trace([1], 1, policy="lruu")


# Stampedes

RATE, TTL, FETCH = 400.0, 2.0, 0.05


def test_fetches_of_one_hot_key_are_those_of_the_renewal_cycle() -> None:
    """Each cycle: the value lives, a first request comes, and others fetch too until the first answer is back."""
    found = stampede(RATE, TTL, FETCH, duration_s=400.0, replications=10)
    last = FETCH - (1 - np.exp(-RATE * FETCH)) / RATE  # when the last of them was begun, after the first
    exact = (1 + RATE * FETCH) / (TTL + FETCH + last + 1 / RATE)
    assert abs(found.fetches.value / 400.0 - exact) < 2 * (found.fetches.high - found.fetches.value) / 400.0
    assert found.needless.value == pytest.approx(found.fetches.value * RATE * FETCH / (1 + RATE * FETCH), rel=0.02)


def test_coalesced_there_is_one_fetch_a_cycle_and_the_others_wait() -> None:
    found = stampede(RATE, TTL, FETCH, coalesce=True, duration_s=400.0)
    exact = 400.0 / (TTL + FETCH + 1 / RATE)
    assert abs(found.fetches.value - exact) <= 1  # the run ends within a cycle
    assert (found.peak.value, found.needless.value) == (1, 0)
    waiting = (1 + RATE * FETCH) / (RATE * (TTL + FETCH) + 1)
    assert abs(found.waiting.value - waiting) < 2 * (found.waiting.high - found.waiting.value) + waiting / 100


def test_an_early_refresh_spares_nearly_all_requests_the_wait() -> None:
    """Nobody waits unless no request hurried in time: e^(−λf(1 − e^(−ttl/f))) of cycles (XFetch, β = 1)."""
    found = stampede(RATE, TTL, FETCH, early=True, coalesce=True, duration_s=400.0)
    late = stampede(RATE, TTL, FETCH, coalesce=True, duration_s=400.0)
    assert found.waiting.value < late.waiting.value / 100
    assert found.peak.value == 1


def test_jitter_spreads_what_a_warm_up_made_expire_together() -> None:
    together = stampede(2000, 20, 0.1, items=2000, zipf_exponent=0.7, duration_s=38, coalesce=True)
    spread = stampede(2000, 20, 0.1, items=2000, zipf_exponent=0.7, duration_s=38, coalesce=True, jitter=0.5)
    assert spread.peak.high < together.peak.low / 3


def test_a_flush_sends_every_request_to_the_store() -> None:
    found = stampede(1000, 1000, 0.01, items=500, flush_at_s=[10], duration_s=20, slots=2000)
    before, after = found.times_s <= 10, np.searchsorted(found.times_s, 10.005)
    assert found.fetches_per_s[before].sum() == 0
    assert found.low_per_s[after] < 1000 < found.high_per_s[after]  # the first 10 ms: nothing has come back yet
    assert found.fetches_per_s[-1] == 0  # all keys have come back


def test_the_same_seed_gives_the_same_storm_and_another_one_another() -> None:
    arguments = {"request_rate_per_s": 300, "ttl_s": 2, "fetch_s": 0.1, "items": 10}
    assert str(stampede(**arguments)) == str(stampede(**arguments))
    assert str(stampede(**arguments)) != str(stampede(**arguments, seed=2))


@pytest.mark.parametrize(
    ("change", "said"),
    [({"ttl_s": 0}, "`ttl_s`"), ({"jitter": 1.5}, "`jitter`"), ({"request_rate_per_s": 1e9}, "shorten")],
)
def test_a_storm_that_cannot_be_is_explained(change: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        stampede(**{"request_rate_per_s": 10, "ttl_s": 1, "fetch_s": 0.1, **change})  # type: ignore[arg-type]


# Caches inside the engine

CACHED = """
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 200
  journeys:
    visit: {share: 1, steps: [GET /api/v1/things]}
services:
  front: {instances: 4, concurrency: 1000, service_time: {mean: 1us}}
stores:
  things-db: {engine: postgresql, owner: front, servers: 1000, service_time: {mean: 1us}}
externals: {}
calls:
- {from: front, to: things-db}
"""


@pytest.mark.parametrize("policy", ["lru", "fifo", "lfu"])
def test_calls_of_the_engine_hit_as_often_as_the_trace(policy: str) -> None:
    """200 calls a second over 100 keys for 500 s, once through the engine and once as a trace without it."""
    design = example(CACHED)
    program = program_of(design, plan(design))
    program.tables["legs"][:, state.L_CACHE] = 0
    program = replace(program, caches=(KeyedCache(100, 0.9, 20, policy=policy),))
    world, ended = replicate(program, timeline(program), Plan(1.0, 0.0, 500.0, 10, 1), 0)
    calls, hits = int(world.by_policy[0, state.Q_CALLS]), int(world.by_policy[0, state.Q_HITS])
    traced = [cache_trace(zipf_keys(0.9, 100, calls + hits, seed), 20, policy).hit_ratio for seed in range(8)]
    spread = figure(traced).high - figure(traced).value
    assert ended
    assert calls + hits > 90_000
    assert world.by_station[program.row("things-db"), state.V_VISITS] == calls
    # the engine's own ratio varies as one trace does: √8 times the error of their mean, at 99.9 % (t, 7: 5.408)
    assert abs(hits / (calls + hits) - figure(traced).value) < spread * 3 * 5.408 / 2.365


def test_in_the_engine_a_coalesced_key_is_fetched_once_a_cycle_and_else_by_all_who_miss_it() -> None:
    """One key, 200 requests a second, kept 2 s, fetched in 50 ms: the cycles of `stampede` above."""
    design = example(
        CACHED.replace("servers: 1000, service_time: {mean: 1us}", "servers: 1000, service_time: {mean: 50ms, scv: 0}")
    )
    calls = {}
    for coalesce in (True, False):
        program = program_of(design, plan(design))
        program.tables["legs"][:, state.L_CACHE] = 0
        program = replace(program, caches=(KeyedCache(1, 1.0, 1, 2.0, coalesce=coalesce),))
        counts = []
        for replication in range(6):
            world, _ = replicate(program, timeline(program), Plan(1.0, 0.0, 300.0, 10, 1), replication)
            counts.append(world.by_policy[0, state.Q_CALLS] / 300.0)
            offered, good, failed, _ = world.course.sum(axis=0)
            assert (offered, failed) == (good + world.n[state.Z_IN_SYSTEM], 0)
            looked = world.by_policy[0, [state.Q_CALLS, state.Q_HITS, state.Q_JOINED]].sum()
            assert abs(int(looked) - int(offered)) <= 2  # those that `front` still works on
        calls[coalesce] = figure(counts)
    rate = sum(plan(design).arriving_per_s.values())
    single = 1 / (2.0 + 0.05 + 1 / rate)
    last = 0.05 - (1 - np.exp(-rate * 0.05)) / rate
    storm = (1 + rate * 0.05) / (2.0 + 0.05 + last + 1 / rate)
    assert abs(calls[True].value - single) <= 1 / 300 + calls[True].high - calls[True].value
    assert abs(calls[False].value - storm) < 2 * (calls[False].high - calls[False].value) + storm / 300
