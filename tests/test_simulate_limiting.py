"""Rate limiters: each held against the plainest program of its definition, in exact fractions."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.errors import InvalidInput, UnknownName
from archbook.simulate import rate_limit
from archbook.simulate.limiting import RATE_LIMITERS

gaps = st.lists(st.integers(0, 400), max_size=120)  # ms
limits = st.integers(1, 7)
windows = st.sampled_from([250, 700, 1000, 3000])  # ms


def fixed_window(times: list[Fraction], limit: int, window: Fraction) -> list[bool]:
    counts: dict[int, int] = {}
    return [_counted(counts, int(now // window), limit) for now in times]


def _counted(counts: dict[int, int], key: int, limit: int) -> bool:
    counts[key] = counts.get(key, 0) + 1
    return counts[key] <= limit


def sliding_log(times: list[Fraction], limit: int, window: Fraction) -> list[bool]:
    passed: list[Fraction] = []
    found = []
    for now in times:
        found.append(sum(now - window < then for then in passed) < limit)
        passed += [now] * found[-1]
    return found


def sliding_counter(times: list[Fraction], limit: int, window: Fraction) -> list[bool]:
    counts: dict[int, int] = {}
    found = []
    for now in times:
        number, inside = int(now // window), (now % window) / window
        weighed = counts.get(number - 1, 0) * (1 - inside) + counts.get(number, 0)
        found.append(weighed + 1 <= limit)
        counts[number] = counts.get(number, 0) + found[-1]
    return found


def token_bucket(times: list[Fraction], limit: int, window: Fraction, size: int) -> list[bool]:
    tokens, last, found = Fraction(size), Fraction(0), []
    for now in times:
        tokens, last = min(Fraction(size), tokens + (now - last) * limit / window), now
        found.append(tokens >= 1)
        tokens -= found[-1]
    return found


def leaky_bucket(times: list[Fraction], limit: int, window: Fraction, burst: int) -> list[bool]:
    """GCRA as I.371 also describes it: a bucket that leaks, and that a request fills by one interval."""
    interval, level, last, found = window / limit, Fraction(0), Fraction(0), []
    for now in times:
        level, last = max(Fraction(0), level - (now - last)), now
        found.append(level <= burst * interval)
        level += interval * found[-1]
    return found


@settings(max_examples=300, deadline=None)
@given(gaps, limits, windows, st.integers(1, 9))
def test_each_request_passes_as_the_definition_says(waits: list[int], limit: int, window: int, burst: int) -> None:
    times = [Fraction(int(ms), 1000) for ms in np.cumsum(waits)]
    exact, seconds = Fraction(window, 1000), [float(time) for time in times]
    expected = {
        "fixed_window": fixed_window(times, limit, exact),
        "sliding_log": sliding_log(times, limit, exact),
        "sliding_counter": sliding_counter(times, limit, exact),
        "token_bucket": token_bucket(times, limit, exact, burst),
        "gcra": leaky_bucket(times, limit, exact, burst),
    }
    found = {name: rate_limit(seconds, name, limit, window / 1000, burst).allowed.tolist() for name in RATE_LIMITERS}
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(gaps.filter(len), limits, windows, st.sampled_from(RATE_LIMITERS))
def test_retry_after_is_the_shortest_wait_that_helps(waits: list[int], limit: int, window: int, policy: str) -> None:
    times = np.cumsum(waits) / 1000
    retry = rate_limit(times, policy, limit, window / 1000).retry_after_s[-1]
    if retry > 0:
        later = [rate_limit([*times, times[-1] + wait], policy, limit, window / 1000)
                 for wait in (retry, retry * 0.999)]  # fmt: skip
        assert [bool(found.allowed[-1]) for found in later] == [True, False]


@settings(max_examples=100, deadline=None)
@given(gaps, limits, windows, st.sampled_from(RATE_LIMITERS), st.integers(2, 4))
def test_each_user_has_a_limit_of_their_own(
    waits: list[int], limit: int, window: int, policy: str, people: int
) -> None:
    times = np.cumsum(waits) / 1000
    users = np.arange(len(times)) * 7 % people
    together = rate_limit(times, policy, limit, window / 1000, users=[f"user {user}" for user in users])
    for user in range(people):
        alone = rate_limit(times[users == user], policy, limit, window / 1000)
        assert together.retry_after_s[users == user].tolist() == alone.retry_after_s.tolist()


def test_gcra_of_30_a_minute_with_a_burst_of_15_lets_16_pass_and_the_17th_waits_2_s() -> None:
    found = rate_limit([0.0] * 17, "gcra", 30, 60, burst=15)  # REFERENCE_NUMBERS.md
    assert (found.passed, found.retry_after_s[16]) == (16, 2.0)


@pytest.mark.parametrize(
    ("policy", "most"), [("fixed_window", 200), ("sliding_log", 100), ("sliding_counter", 101), ("gcra", 103)]
)
def test_twice_the_limit_passes_at_the_edge_of_a_fixed_window_alone(policy: str, most: int) -> None:
    """100 just before the edge and 100 just after. gcra: the burst of 100, and 3 intervals of 0.6 s in the 2 s."""
    found = rate_limit([59.0] * 100 + [61.0] * 100, policy, 100, 60)
    assert found.most_in(60) == most


def test_the_sliding_log_never_lets_more_than_the_limit_pass_in_any_window() -> None:
    times = np.sort(np.random.default_rng(3).random(5000) * 100)
    assert rate_limit(times, "sliding_log", 30, 5).most_in(5) == 30


def test_a_bucket_is_gcra_with_one_more() -> None:
    times = np.sort(np.random.default_rng(4).random(4000) * 100)
    bucket, gcra = rate_limit(times, "token_bucket", 20, 1, 6), rate_limit(times, "gcra", 20, 1, 5)
    assert bucket.allowed.tolist() == gcra.allowed.tolist()
    assert rate_limit(times, "token_bucket", 20, 1).passed == rate_limit(times, "gcra", 20, 1).passed


def test_an_evenly_paced_client_is_never_turned_away_by_rounding() -> None:
    times = np.cumsum(np.full(10_000, 0.1))
    assert rate_limit(times, "gcra", 10, 1.0, burst=0).passed == 10_000


def test_an_empty_trace_and_a_single_request_pass() -> None:
    assert rate_limit([], "gcra", 1, 1, users=[]).passed == 0
    assert rate_limit([5.0], "sliding_log", 1, 1).passed == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"times_s": [2.0, 1.0]}, "in order"),
        ({"times_s": [-1.0]}, "from 0 on"),
        ({"times_s": [np.nan]}, "finite"),
        ({"limit": 0}, "`limit` is `0`"),
        ({"limit": 1.5}, "whole number"),
        ({"window_s": 0}, "`window_s`"),
        ({"policy": "token_bucket", "burst": 0}, "`burst` is `0`"),
        ({"users": [1, 2]}, "one for each of 1 requests"),
    ],
)
def test_what_cannot_be_limited_is_explained(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        rate_limit(**{"times_s": [0.0], "policy": "gcra", "limit": 1, "window_s": 1.0, **change})


def test_an_unknown_limiter_is_named_with_its_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean `token_bucket`"):
        rate_limit([0.0], "token-bucket", 1, 1)
