"""The closed form of one cache: held against reference numbers, limits, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.capacity.caching import cache_curve, cache_estimate
from archbook.errors import InvalidInput
from archbook.simulate import cache_trial
from archbook.simulate.figures import t_quantile


@pytest.mark.parametrize(
    ("exponent", "capacity", "che"),  # REFERENCE_NUMBERS.md
    [(0.8, 100, 0.15662), (0.8, 500, 0.33119), (0.8, 2000, 0.56771), (1.0, 1000, 0.67560), (1.0, 2000, 0.76832)],
)
def test_without_a_time_to_live_it_is_ches(exponent: float, capacity: int, che: float) -> None:
    assert round(cache_estimate(exponent, 10_000, capacity, 50.0).hit_ratio, 5) == che


def test_equal_keys_hit_as_often_as_the_cache_is_large() -> None:
    """All keys alike, λT = −ln(1 − share): the hit ratio of LRU is the share of the keys that fit."""
    found = cache_estimate(0.0, 1000, 250, 10.0)
    assert found.hit_ratio == pytest.approx(0.25)
    assert found.kept_s == pytest.approx(-math.log(0.75) * 1000 / 10)


def test_one_key_with_a_time_to_live_is_a_renewal_process() -> None:
    assert cache_estimate(1.0, 1, 1, 5.0, ttl_s=2.0).hit_ratio == pytest.approx(10 / 11)


@pytest.mark.parametrize("times", [0.2, 0.9, 1.3, 1.9, 2.5, 4.0, 20.0, math.inf])
@pytest.mark.parametrize(("exponent", "capacity"), [(0.7, 60), (1.1, 300)])
def test_hit_ratio_and_flush_are_those_of_a_simulation(exponent: float, capacity: int, times: float) -> None:
    """The interval is widened to 99.9 % (Student's t, 5 degrees of freedom: 6.869) and by the error stated: 0.001."""
    kept = cache_estimate(exponent, 1000, capacity, 100.0).kept_s
    estimate = cache_estimate(exponent, 1000, capacity, 100.0, times * kept)
    trial = cache_trial(estimate, [capacity], span_s=1.0)
    ratio = trial.hit_ratios[capacity]
    assert abs(ratio.value - estimate.hit_ratio) < (ratio.high - ratio.value) * 6.869 / t_quantile(5) + 0.001


def test_the_store_sees_after_a_flush_what_a_simulation_sees() -> None:
    estimate = cache_estimate(1.0, 2000, 400, 2000.0)
    trial = cache_trial(estimate, [], span_s=2.0, slots=8, seeds=20)
    outside = 0
    for middle, rate in trial.after_flush:
        part = [estimate.after_flush_per_s(middle + 0.125 * (2 * i / 49 - 1)) for i in range(50)]
        outside += not rate.low <= float(np.mean(part)) <= rate.high
    assert outside <= 2  # of 8 intervals of 95 %: three and more miss with a chance of 0.6 %


@given(st.floats(0, 2), st.integers(2, 10_000), st.floats(0.01, 0.98), st.floats(0.1, 1e4))
def test_more_room_and_a_longer_life_never_hit_less(exponent: float, items: int, share: float, ttl_s: float) -> None:
    capacity = max(1, int(share * items))
    ratio = cache_estimate(exponent, items, capacity, 10.0, ttl_s).hit_ratio
    assert 0 <= ratio <= 1
    assert cache_estimate(exponent, items, capacity + 1, 10.0, ttl_s).hit_ratio >= ratio - 1e-5
    assert cache_estimate(exponent, items, capacity, 10.0, 1.1 * ttl_s).hit_ratio >= ratio - 1e-5


def test_a_flush_is_over_when_the_store_sees_its_usual_load_and_a_tenth() -> None:
    found = cache_estimate(1.0, 10_000, 1000, 1000.0)
    assert found.after_flush_per_s(0.0) == pytest.approx(1000)
    assert found.after_flush_per_s(found.back_s) == pytest.approx(1.1 * found.store_rate_per_s, rel=1e-3)
    assert found.after_flush_per_s(found.kept_s) == pytest.approx(found.store_rate_per_s)


def test_a_cache_that_hardly_hits_is_back_at_once_and_one_for_all_keys_at_a_hundredth() -> None:
    assert cache_estimate(0.0, 1000, 1, 10.0).back_s == 0.0
    whole = cache_estimate(1.0, 1000, 1000, 10.0)
    assert (whole.hit_ratio, whole.kept_s) == (pytest.approx(1.0), math.inf)
    assert whole.after_flush_per_s(whole.back_s) == pytest.approx(0.1, rel=1e-3)


@pytest.mark.parametrize("ttl_s", [3.0, math.inf])
def test_the_curve_runs_through_the_estimates(ttl_s: float) -> None:
    sizes, ratios = cache_curve(0.9, 5000, 100.0, ttl_s)
    assert (np.diff(sizes) > 0).all()
    for capacity in (5, 100, 2500, 5000):
        exact = cache_estimate(0.9, 5000, capacity, 100.0, ttl_s).hit_ratio
        assert float(np.interp(capacity, sizes, ratios)) == pytest.approx(exact, abs=0.005)


def test_what_is_too_long_to_simulate_is_said_and_not_claimed() -> None:
    trial = cache_trial(cache_estimate(1.0, 10_000_000, 1_000_000, 10.0), [1, 1_000_000], span_s=1.0, seeds=2)
    assert list(trial.hit_ratios) == [1]
    assert trial.too_long == ("1\u202f000\u202f000 keys", "the flush")


@pytest.mark.parametrize(
    ("change", "said"),
    [({"items": 0}, "`items`"), ({"capacity": 0}, "`capacity`"), ({"request_rate_per_s": math.nan}, "finite"),
     ({"ttl_s": 0.0}, "`ttl_s`"), ({"zipf_exponent": -1}, "`zipf_exponent`")],
)  # fmt: skip
def test_a_cache_that_cannot_be_is_explained(change: dict[str, float], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        cache_estimate(**{"zipf_exponent": 1, "items": 10, "capacity": 5, "request_rate_per_s": 1, **change})  # type: ignore[arg-type]
