"""Uncertain inputs carried to an interval on each answer: analytic quantiles, the two ways to solve, what is said."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path

import numpy as np
import pytest

from archbook.capacity import answer, curve, estimate, headroom, uncertainty
from archbook.capacity.uncertainty import SHARES, Ranges, Span, drawn, uncertain_inputs
from archbook.design.loading import load, read
from archbook.design.model import Design
from archbook.units import Uncertain
from tests.generated import big_design_yaml

ECOMMERCE = Path(__file__).parent.parent / "data" / "designs" / "ecommerce"
# 864 000 users × 1 session: ten requests a second; one reads from a and from b
SMALL = """
archbook: 1
name: small
traffic: {daily_active_users: 864000, horizon: 10d, journeys: {all: {share: 1, steps: [GET /x]}}}
services: {front: {concurrency: 500, service_time: {mean: 1ms}, monthly_cost: 10}}
stores:
  a: {engine: postgresql, service_time: {mean: 10ms}, holds: {rows: {size: 1KB, added_by: [GET /x]}}}
  b: {engine: postgresql, service_time: {mean: 20ms}}
calls: [{from: front, to: a, mode: async}, {from: front, to: b, mode: async}]
api: {endpoints: [{name: GET /x, service: front, response_size: 1KB}]}
"""
USERS = ("traffic", "daily_active_users")
TIME_A = ("stores", "a", "service_time", "mean")
SLOW_A = Uncertain(0.01, low=0.005, high=0.04)


def with_(changes: dict[tuple[str | int, ...], object], text: str = SMALL) -> Design:
    return read(text).changed(changes)


def ranges(made: Design, growth: float = 1.0) -> Ranges:
    found = estimate(made, growth).ranges
    assert found is not None
    return found


def triangular(share: float, value: Uncertain) -> float:
    """Quantile of the triangular distribution (Evans, Hastings and Peacock, Statistical Distributions, chapter 41)."""
    width, likely = value.high - value.low, float(value)
    if share < (likely - value.low) / width:
        return value.low + math.sqrt(share * width * (likely - value.low))
    return value.high - math.sqrt((1 - share) * width * (value.high - likely))


def analytic(value: Uncertain, samples: int) -> list[tuple[float, float]]:
    """Where the 5 and 95 % values must lie: of stratified draws there is one in each share of 1/samples."""
    return [(triangular(s - 1 / samples, value), triangular(s + 1 / samples, value)) for s in SHARES]


def test_answers_linear_in_an_input_have_its_quantiles() -> None:
    users = Uncertain(864000.0, low=400000.0, high=2000000.0)
    found = ranges(with_({USERS: users}), 3)
    for (low, high), asked, kept in zip(
        analytic(users, found.samples), found.requests_per_s, found.storage["a · rows"], strict=True
    ):
        assert 3 * low / 86400 <= asked <= 3 * high / 86400
        assert kept == pytest.approx(asked * 864000 * 1000)  # 10 days of 1 KB a request
    assert found.elements["a"]["utilisation"].high == pytest.approx(found.requests_per_s.high * 0.01)
    assert found.egress_b_per_s == pytest.approx(tuple(1000 * asked for asked in found.requests_per_s))


def test_a_limit_has_the_quantiles_of_the_inverse_of_its_time() -> None:
    found = ranges(with_({TIME_A: SLOW_A}))
    (low_5, high_5), (low_95, high_95) = analytic(SLOW_A, found.samples)
    at = found.elements["a"]["breaks_at"]
    assert 1 / (10 * high_95) <= at.low <= 1 / (10 * low_95)
    assert 1 / (10 * high_5) <= at.high <= 1 / (10 * low_5) * (1 + 1e-9)
    # M/M/1: p95 = −ln 0.05 · S / (1 − ρ)
    p95 = [-math.log(0.05) * s / (1 - 10 * s) for s in (low_5, high_5)]
    assert p95[0] <= found.elements["a"]["p95_s"].low <= p95[1]
    assert found.elements["b"]["breaks_at"] == Span(pytest.approx(5), pytest.approx(5))


def test_how_often_each_breaks_first_is_the_probability_that_it_is_slower() -> None:
    found = ranges(with_({TIME_A: SLOW_A}))
    slower = (0.04 - 0.02) ** 2 / ((0.04 - 0.005) * (0.04 - 0.01))  # P(time of a > 20 ms of b)
    assert found.first["a"] == pytest.approx(slower, abs=1 / found.samples)
    assert list(found.first) == ["b", "a"]
    assert sum(found.first.values()) == pytest.approx(1)
    assert found.answer == (
        "Over its uncertain inputs b breaks first in 62 % of cases; else a, at 3.04× to 5×."
    )  # the 95 % quantile of the time of a is 32.9 ms


def test_what_moves_the_limit_most_is_named() -> None:
    made = with_({TIME_A: SLOW_A, USERS: Uncertain(864000.0, low=850000.0, high=880000.0)})
    made = made.changed({("stores", "b", "service_time", "mean"): 0.001})
    found = ranges(made)
    assert list(found.drivers) == ["stores.a.service_time.mean", "traffic.daily_active_users"]
    assert found.drivers["stores.a.service_time.mean"] < -0.95
    assert "What moves that limit most is stores.a.service_time.mean (rank correlation -" in str(found)


def test_a_design_without_uncertain_inputs_has_no_ranges() -> None:
    found = estimate(read(SMALL))
    assert found.ranges is None
    assert found.to_json()["ranges"] is None
    assert "uncertain" not in answer(found)


INPUTS: dict[tuple[str | int, ...], object] = {
    USERS: Uncertain(200000.0, low=100000.0, high=300000.0),
    ("services", "payment-service", "service_time", "mean"): Uncertain(0.02, low=0.01, high=0.06),
    ("services", "payment-service", "service_time", "scv"): Uncertain(1.0, low=0.5, high=2.0),
    ("externals", "bank", "service_time", "mean"): Uncertain(0.16, low=0.1, high=0.3),
    ("stores", "orders-db", "holds", "orders", "size"): Uncertain(300.0, low=200.0, high=600.0),
    ("traffic", "peak_to_mean"): Uncertain(4.0, low=3.0, high=5.0),
}


def assert_same(one: object, other: object) -> None:
    """Equal but for the last digits."""
    if isinstance(one, dict) and isinstance(other, dict):
        assert one.keys() == other.keys()
        one, other = [*one.values()], [*other.values()]
    if isinstance(one, list) and isinstance(other, list):
        for pair in zip(one, other, strict=True):
            assert_same(*pair)
    else:
        assert one == other or one == pytest.approx(other, rel=1e-6)


def test_cases_solved_at_once_are_those_solved_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = load(ECOMMERCE).changed(INPUTS)
    monkeypatch.setattr(uncertainty, "SAMPLES", 40)
    together = estimate(made, 3).to_json()["ranges"]
    monkeypatch.setattr(uncertainty, "_scales", lambda _: False)
    single = estimate(made, 3).to_json()["ranges"]

    assert_same(together, single)


def test_limits_of_cases_are_those_of_their_own_estimates() -> None:
    made = load(ECOMMERCE).changed(INPUTS)
    sampled = uncertainty._Sampled(estimate(made).uncertain)
    names = list(sampled.system.stations)
    for case in (0, 50, 150):
        found = estimate(sampled.cases[case])
        for entry in found.breaks:
            if entry.at < 20:  # beyond, a wait for others is not followed
                assert sampled.at[names.index(entry.element), case] == pytest.approx(entry.at, rel=0.01)


def test_an_input_that_shapes_the_flow_is_carried_too() -> None:
    text = SMALL.replace("{from: front, to: a, mode: async}", "{from: front, to: a, mode: async, hit_ratio: 50%}")
    hits = Uncertain(0.5, low=0.2, high=0.9)
    found = ranges(with_({("calls", 0, "hit_ratio"): hits}, text))
    (low, high), _ = analytic(hits, found.samples)
    assert 10 * (1 - high) <= found.elements["a"]["arrival_rate_per_s"].high <= 10 * (1 - low)


def test_shares_of_journeys_still_add_up_to_one() -> None:
    two = "{all: {share: 0.5, steps: [GET /x]}, more: {share: 0.5, steps: [GET /x, GET /x]}}"
    text = SMALL.replace("{all: {share: 1, steps: [GET /x]}}", two)
    share = Uncertain(0.5, low=0.1, high=0.9)
    found = ranges(with_({("traffic", "journeys", "more", "share"): share}, text))
    (low, high), _ = [(1 + s / (0.5 + s), 1 + t / (0.5 + t)) for s, t in analytic(share, found.samples)]
    assert 10 * low <= found.requests_per_s.low <= 10 * high


def test_all_growths_see_the_same_draws_and_another_input_changes_none() -> None:
    one = drawn({TIME_A: SLOW_A}, 100)
    two = drawn({USERS: Uncertain(2.0, 1.0, 3.0), TIME_A: SLOW_A}, 100)
    assert np.array_equal(one[TIME_A], two[TIME_A])
    assert not np.array_equal(one[TIME_A], drawn({TIME_A: SLOW_A}, 100, seed=2)[TIME_A])
    assert set(drawn({TIME_A: Uncertain(3.0, 3.0, 3.0)}, 10)[TIME_A]) == {3.0}
    for found, growth in zip(curve(with_({TIME_A: SLOW_A}), [1.0, 1.5]), (1.0, 1.5), strict=True):
        assert found.ranges is not None
        assert found.ranges == ranges(with_({TIME_A: SLOW_A}), growth)


def test_ranges_stand_in_brackets_wherever_the_estimate_shows_itself() -> None:
    found = estimate(with_({TIME_A: SLOW_A}))
    text = str(found)
    assert text.startswith(answer(found))
    assert "10 % (7.88–32.9)" in found.table().text()
    assert str(found.ranges) in text
    document = found.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["ranges"]["first"]["b"] == found.ranges.first["b"]  # type: ignore[union-attr]
    assert pickle.loads(pickle.dumps(found)).to_json() == document
    assert headroom(with_({TIME_A: SLOW_A})).answer.endswith(found.ranges.answer)  # type: ignore[union-attr]
    assert "10× (3.04–12.7)" in headroom(with_({TIME_A: SLOW_A})).table().text()


def test_uncertain_inputs_are_found_wherever_they_stand() -> None:
    text = SMALL.replace("service_time: {mean: 1ms}", "service_time: {mean: {low: 1ms, likely: 2ms, high: 4ms}}")
    text = text.replace("response_size: 1KB", "response_size: {low: 1KB, likely: 2KB, high: 4KB}")
    text = text.replace("horizon: 10d", "horizon: 10d, growth: {low: 2, likely: 10, high: 20}")
    inputs = uncertain_inputs(read(text))
    assert list(map(uncertainty.named, inputs)) == ["api.endpoints[0].response_size",
                                                    "services.front.service_time.mean"]  # fmt: skip
    assert ranges(read(text)).egress_b_per_s.high > 20000


def test_a_large_design_is_sampled_less_often_and_says_so() -> None:
    made = read(big_design_yaml(services=300, calls=1500, endpoints=600)).changed(
        {USERS: Uncertain(100000.0, low=50000.0, high=200000.0)}
    )
    found = ranges(made)
    assert uncertainty.FEWEST <= found.samples < uncertainty.SAMPLES
    assert f"90 % of {found.samples} sampled cases" in str(found)
