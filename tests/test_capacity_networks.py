"""Closed networks, cache hit ratios and the scalability law against published figures and direct sums."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archbook.capacity import formulas as f
from archbook.errors import InvalidInput, Saturated


def test_bolch_example_8_3() -> None:
    found = f.mva_closed([0.02, 0.08, 0.08, 0.06], [1, 1, 1, 1], 0, 6)
    assert [round(found.throughput_per_s * v, 3) for v in (1, 0.4, 0.2, 0.1)] == [9.92, 3.968, 1.984, 0.992]
    assert [round(length, 3) for length in found.queue_lengths] == [0.244, 2.261, 2.261, 1.234]


def by_states(
    demands: list[Fraction], servers: list[int], think: Fraction, customers: int
) -> tuple[float, list[float]]:
    """Gordon and Newell's product form over every state, in exact arithmetic."""
    stations = [*zip(demands, servers, strict=True), (think, customers)]
    weights: dict[tuple[int, ...], Fraction] = {}
    total = {customers: Fraction(0), customers - 1: Fraction(0)}
    for state in itertools.product(range(customers + 1), repeat=len(stations)):
        if sum(state) in total:
            weight = Fraction(1)
            for held, (demand, count) in zip(state, stations, strict=True):
                weight *= math.prod(demand / min(k, count) for k in range(1, held + 1))
            total[sum(state)] += weight
            weights[state] = weight
    full = [(state, weight) for state, weight in weights.items() if sum(state) == customers]
    lengths = [float(sum(s[i] * w for s, w in full) / total[customers]) for i in range(len(demands))]
    return float(total[customers - 1] / total[customers]), lengths


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.fractions(Fraction(1, 9), 5, max_denominator=9), st.integers(1, 4)), min_size=1, max_size=3),
    st.fractions(0, 5, max_denominator=5),
    st.integers(1, 5),
)
def test_closed_networks_equal_the_sum_over_all_states(
    stations: list[tuple[Fraction, int]], think: Fraction, customers: int
) -> None:
    demands, servers = [d for d, _ in stations], [c for _, c in stations]
    rate, lengths = by_states(demands, servers, think, customers)
    found = f.mva_closed([float(d) for d in demands], servers, float(think), customers)
    assert found.throughput_per_s == pytest.approx(rate, rel=1e-10)
    assert list(found.queue_lengths) == pytest.approx(lengths, rel=1e-10)


def test_sixteen_servers_and_a_thousand_customers_are_the_machine_repairman() -> None:
    # M/M/16//1000: idle machines fail at 1/Z; P(n) from the balance equations.
    think, service, servers, machines = 40.0, 0.5, 16, 1000
    logs = np.concatenate(
        ([0.0], np.cumsum([math.log((machines - n) / think * service / min(n + 1, servers)) for n in range(machines)]))
    )
    shares = np.exp(logs - np.logaddexp.reduce(logs))
    found = f.mva_closed([service], [servers], think, machines)
    assert found.queue_lengths[0] == pytest.approx(float(shares @ np.arange(machines + 1)), rel=1e-9)
    assert found.throughput_per_s * (found.response_s + think) == pytest.approx(machines, rel=1e-9)


@given(st.lists(st.floats(0.001, 10), min_size=1, max_size=5), st.integers(1, 200), st.integers(1, 20))
def test_more_customers_never_finish_less_and_a_delay_never_waits(
    demands: list[float], customers: int, servers: int
) -> None:
    fewer, more = (
        f.mva_closed([*demands, 1.0], [servers] * len(demands) + [None], 0, n) for n in (customers, customers + 1)
    )
    assert more.throughput_per_s >= fewer.throughput_per_s * (1 - 1e-9)
    assert fewer.residence_times_s[-1] == pytest.approx(1)


@pytest.mark.parametrize(
    ("exponent", "expected"), [(0.8, [0.15662, 0.33119, 0.43666, 0.56771]), (1.0, [0.39053, 0.58674, 0.6756, 0.76832])]
)
def test_lru_meets_the_reference(exponent: float, expected: list[float]) -> None:
    assert [round(f.lru_hit_ratio(exponent, 10_000, c), 5) for c in (100, 500, 1000, 2000)] == expected


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0, 1.4])
def test_grouped_ranks_equal_the_sum_over_all_keys(exponent: float) -> None:
    items, rate, ttl = 300_000, 500.0, 90.0
    share = np.arange(1.0, items + 1) ** -exponent
    share /= share.sum()
    full = float(share @ (share * rate * ttl / (1 + share * rate * ttl)))
    assert f.ttl_hit_ratio(rate, ttl, exponent, items) == pytest.approx(full, rel=1e-9)
    full = float(share @ -np.expm1(-share * rate * ttl))
    assert f.ttl_hit_ratio(rate, ttl, exponent, items, refreshed_on_hit=True) == pytest.approx(full, rel=1e-9)
    size = round(float(-np.expm1(-share * rate * ttl).sum()))  # LRU is a refreshed TTL of its characteristic time
    assert f.lru_hit_ratio(exponent, items, size) == pytest.approx(full, rel=1e-4)


def test_caches_at_their_ends() -> None:
    assert f.lru_hit_ratio(0.8, 100, 0) == 0
    assert f.lru_hit_ratio(0.8, 100, 100) == 1
    assert f.lru_hit_ratio(0, 10**9, 10**8) == pytest.approx(0.1)
    assert f.lru_hit_ratio(10, 10**9, 10**8) == pytest.approx(1)
    assert f.lru_hit_ratio(0, 10**9, 10**9 - 1) == pytest.approx(1)
    assert f.ttl_hit_ratio(0, 60) == 0


def test_sdm91_meets_the_reference_and_a_fixed_gamma_moves_its_peak() -> None:
    number, rate = [1, 18, 36, 72, 108, 144, 216], [64.9, 995.9, 1652.4, 1853.2, 1828.9, 1775, 1702.2]
    fit = f.usl_fit(number, rate)
    assert (round(fit.sigma, 7), round(fit.kappa, 7), round(fit.gamma, 3)) == (0.0277285, 0.0001044, 89.995)
    assert fit.peak_concurrency == pytest.approx(96.5, abs=0.05)
    assert fit.peak_throughput == pytest.approx(1884, abs=0.5)
    assert f.usl_fit(number, rate, fix_gamma=True).peak_concurrency == pytest.approx(94, abs=1)  # FINDINGS


def test_the_raytracer_has_a_peak_only_with_gamma_fixed() -> None:
    # Gunther, Guerrilla Capacity Planning, table 5.1; FINDINGS: 288 or none.
    number, rate = [1, 4, 8, 12, 16, 20, 24, 28, 32, 48, 64], [20, 78, 130, 170, 190, 200, 210, 230, 260, 280, 310]
    assert f.usl_fit(number, rate, fix_gamma=True).peak_concurrency == pytest.approx(288, rel=0.01)
    free = f.usl_fit(number, rate)
    assert free.peak_concurrency is None
    assert free.limit_throughput == pytest.approx(free.gamma / free.sigma)
    assert math.isnan(free.kappa_error)
    assert "κ ended on a bound" in free.note


@pytest.mark.slow
def test_standard_errors_are_the_spread_over_repeated_measurements() -> None:
    rng, number = np.random.default_rng(1), np.array([1, 2, 4, 8, 16, 32, 64])
    true = 100 * number / (1 + 0.05 * (number - 1) + 0.0005 * number * (number - 1))
    fits = [f.usl_fit(number, true + rng.normal(0, 2, len(number))) for _ in range(150)]
    for name in ("sigma", "kappa", "gamma"):
        spread = np.std([getattr(fit, name) for fit in fits], ddof=1)
        stated = math.sqrt(np.mean([getattr(fit, f"{name}_error") ** 2 for fit in fits]))
        assert stated == pytest.approx(spread, rel=4 / math.sqrt(2 * 149))  # four standard errors of a spread


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: f.mva_closed([], [1], 0, 1), "`demands_s` is `[]`"),
        (lambda: f.mva_closed([1, 2], [1], 0, 1), "2 stations and `servers` 1"),
        (lambda: f.mva_closed([1, -2], [1, 1], 0, 1), "`demands_s[1]` is `-2`"),
        (lambda: f.mva_closed([1], [0], 0, 1), "`servers[0]` is `0`"),
        (lambda: f.mva_closed([1], [math.nan], 0, 1), "`servers[0]` is `nan`"),
        (lambda: f.mva_closed([1], [1], -1, 1), "`think_time_s`"),
        (lambda: f.mva_closed([1], [1], 0, 0), "`customers` is `0`"),
        (lambda: f.mva_closed([1], [1], 0, 10**7), "bound of the bottleneck"),
        (lambda: f.mva_closed([0], [1], 0, 1), "all 0"),
        (lambda: f.lru_hit_ratio(-1, 10, 1), "`zipf_exponent`"),
        (lambda: f.lru_hit_ratio(1, 0, 1), "`items`"),
        (lambda: f.lru_hit_ratio(1, 10, 1.5), "whole number"),  # type: ignore[arg-type]
        (lambda: f.ttl_hit_ratio(math.nan, 1), "`request_rate_per_s`"),
        (lambda: f.ttl_hit_ratio(1, -1), "`ttl_s`"),
        (lambda: f.usl_fit([1, 2], [1, 2]), "2 different values; it takes at least 3"),
        (lambda: f.usl_fit([1, 2, 3], [1, 2]), "3 values and `throughput` 2"),
        (lambda: f.usl_fit([2, 3, 4], [1, 2, 3], fix_gamma=True), "has no 1"),
        (lambda: f.usl_fit([1, 2, 3], [1, 0, 3]), "`throughput` is `0`"),
        (lambda: f.power_of_d_mean_response(0.5, 0), "`choices` is `0`"),
        (lambda: f.power_of_d_mean_response(-0.5, 2), "`load`"),
        (lambda: f.power_of_d_mean_response(0.5, 2, 20_000), "take the limit"),
        (lambda: f.usl_fit(5, [1]), "`concurrency` is `5`"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_impossible_arguments_are_refused_in_one_sentence(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as caught:
        call()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("choices", "expected"), [(2, [1.2657, 2.6141, 5.432]), (3, [1.1252, 2.0279, 3.8578]), (1, [2, 10, 100])]
)
def test_the_limit_of_many_servers_is_mitzenmachers(choices: int, expected: list[float]) -> None:
    assert [round(f.power_of_d_mean_response(load, choices), 4) for load in (0.5, 0.9, 0.99)] == expected


@pytest.mark.parametrize(
    ("load", "published", "long_run"), [(0.5, 1.32, 1.3256), (0.9, 3.09, 3.1120), (0.99, 12.4, 13.105)]
)
def test_ten_servers_are_as_in_a_long_run_and_near_the_published_one(
    load: float, published: float, long_run: float
) -> None:
    """long_run: 400 million events of the same chain in numba, standard error under 0.002."""
    found = f.power_of_d_mean_response(load, 2, servers=10)
    assert found == pytest.approx(long_run, rel=0.01)
    assert found == pytest.approx(published, rel=0.07)


@pytest.mark.parametrize("load", [0.3, 0.9])
def test_two_servers_and_two_choices_hold_against_the_exact_chain(load: float) -> None:
    """Two queues, each arrival looks at both, at one twice, with chances 1/2, 1/4, 1/4: solved with 60 places each."""
    size = 60
    rates = np.zeros((size * size, size * size))
    for a, b in itertools.product(range(size), repeat=2):
        here = a * size + b
        to_a = 2 * load * (0.25 + (0.5 if a < b else 0.25 if a == b else 0.0))
        for there, rate in (((a + 1, b), to_a), ((a, b + 1), 2 * load - to_a), ((a - 1, b), 1.0), ((a, b - 1), 1.0)):
            if min(there) >= 0 and max(there) < size:
                rates[here, there[0] * size + there[1]] = rate
    rates -= np.diag(rates.sum(axis=1))
    rates[:, 0] = 1.0
    shares = np.linalg.solve(rates.T, np.eye(size * size)[0])
    number = sum(share * (i // size + i % size) for i, share in enumerate(shares))
    assert f.power_of_d_mean_response(load, 2, servers=2) == pytest.approx(number / (2 * load), rel=0.01)


def test_every_public_formula_is_imported_from_one_place() -> None:
    for name in f.__all__:
        assert getattr(f, name).__doc__, name
    with pytest.raises(AttributeError):
        f.mva_open  # noqa: B018
    with pytest.raises(Saturated):
        f.power_of_d_mean_response(1.0, 2)
