"""Closed forms against published figures, against each other and against simulation."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.capacity import formulas as f
from archbook.errors import ArchbookError, InvalidInput, Saturated

# Figures without another source: the reference numbers of the project (closed forms confirmed there).


@pytest.mark.parametrize(
    ("servers", "load", "expected"), [(1, 0.5, 0.333333), (2, 1, 0.2), (5, 3, 0.110054), (10, 5, 0.018385)]
)
def test_erlang_b_meets_the_reference(servers: int, load: float, expected: float) -> None:
    assert round(f.erlang_b(servers, load), 6) == expected


@pytest.mark.parametrize(("servers", "load", "expected"), [(2, 1, 0.333333), (5, 3, 0.236152), (10, 9, 0.668732)])
def test_erlang_c_meets_the_reference(servers: int, load: float, expected: float) -> None:
    assert round(f.erlang_c(servers, load), 6) == expected


@pytest.mark.parametrize(
    ("utilisation", "expected"), [(0.5, 0.333333), (0.8, 1.777778), (0.9, 4.263158), (0.95, 9.256410)]
)
def test_mean_wait_of_two_servers_meets_the_reference(utilisation: float, expected: float) -> None:
    assert round(f.mmc_mean_wait_s(2 * utilisation, 1, 2), 6) == expected


def test_mmc_at_ninety_percent_meets_the_reference() -> None:
    assert round(f.mmc_mean_wait_s(3.6, 1, 4), 6) == 1.969383
    waits = [round(f.mmc_wait_percentile_s(3.6, 1, 4, q), 5) for q in (0.5, 0.95, 0.99)]
    responses = [round(f.mmc_response_percentile_s(3.6, 1, 4, q), 5) for q in (0.5, 0.95, 0.99)]
    assert waits == [1.13644, 6.89290, 10.91650]
    assert responses == [2.25450, 8.16552, 12.19317]


@pytest.mark.parametrize(("scv", "expected"), [(0, 2), (0.25, 2.5), (0.5, 3), (1, 4), (4, 10), (16, 34)])
def test_pollaczek_khinchine_meets_the_reference(scv: float, expected: float) -> None:
    assert f.mg1_mean_wait_s(0.8, 1, scv) == pytest.approx(expected, rel=1e-12)
    assert f.mgc_mean_wait_s(0.8, 1, 1, scv) == pytest.approx(expected, rel=1e-12)
    assert f.ggc_mean_wait_s(0.8, 1, 1, 1, scv) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("utilisation", "exact"), [(0.5, 0.049652), (0.8, 0.386095), (0.9, 0.999966)])
def test_constant_service_on_four_servers_is_within_two_percent_of_the_exact_wait(
    utilisation: float, exact: float
) -> None:
    for wait in (f.mgc_mean_wait_s(4 * utilisation, 1, 4, 0), f.ggc_mean_wait_s(4 * utilisation, 1, 4, 1, 0)):
        assert wait == pytest.approx(exact, rel=0.02)


@pytest.mark.parametrize(("retries", "expected"), [(1, 1.5), (2, 1.75), (3, 1.875)])
def test_attempts_meet_the_reference(retries: int, expected: float) -> None:
    assert f.attempts_per_request(0.5, retries) == expected


def test_certain_failure_makes_every_attempt_and_three_layers_make_64() -> None:
    assert f.attempts_per_request(1, 3) ** 3 == 64


def test_fan_out_and_deadlock_floor_meet_the_reference() -> None:
    assert round(f.fan_out_slow_probability(0.01, 100), 3) == 0.634
    assert f.pool_deadlock_floor(3, 4) == 10


def exact_erlang_b(servers: int, load: Fraction) -> Fraction:
    """The definition, in exact arithmetic: aᶜ/c! over the sum of aᵏ/k!."""
    terms = [Fraction(1)]
    for k in range(1, servers + 1):
        terms.append(terms[-1] * load / k)
    return terms[-1] / sum(terms)


@given(st.integers(1, 60), st.fractions(Fraction(1, 50), 80, max_denominator=97))
def test_erlang_b_equals_its_definition_in_exact_arithmetic(servers: int, load: Fraction) -> None:
    assert f.erlang_b(servers, float(load)) == pytest.approx(float(exact_erlang_b(servers, load)), rel=1e-12)


@pytest.mark.parametrize("servers", [2_000, 50_000, 1_000_000])
def test_erlang_b_is_stable_for_very_many_servers(servers: int) -> None:
    # Square-root staffing, Halfin and Whitt (1981): B √a → φ(β)/Φ(β) for c = a + β√a.
    for beta in (0.0, 1.0, 2.0):
        load = (math.sqrt(beta * beta + 4 * servers) - beta) ** 2 / 4
        limit = math.exp(-beta * beta / 2) / math.sqrt(2 * math.pi) / (0.5 * math.erfc(-beta / math.sqrt(2)))
        assert f.erlang_b(servers, load) * math.sqrt(load) == pytest.approx(limit, rel=3 / math.sqrt(servers))


def test_the_limit_for_huge_counts_joins_on() -> None:
    at, above = f.MANY_SERVERS, f.MANY_SERVERS + 1
    for load in (at - 2000.0, at * 1.0, at + 2000.0, at * 1.2):
        before = f.erlang_b(at, load)  # B(c + 1) = a B(c) / (c + 1 + a B(c))
        assert f.erlang_b(above, load) == pytest.approx(load * before / (above + load * before), rel=1e-3)


@given(st.integers(1, 200), st.floats(0.01, 0.99))
def test_more_servers_never_wait_longer(servers: int, utilisation: float) -> None:
    rate = servers * utilisation
    assert f.mmc_mean_wait_s(rate, 1, servers + 1) <= f.mmc_mean_wait_s(rate, 1, servers)
    assert f.erlang_c(servers, rate) <= 1


@given(st.integers(1, 50), st.floats(0.01, 0.99), st.floats(0.001, 0.998))
def test_response_percentiles_invert_the_exact_distribution(servers: int, utilisation: float, share: float) -> None:
    load = servers * utilisation
    time, waits, drain = f.mmc_response_percentile_s(load, 1, servers, share), f.erlang_c(servers, load), servers - load
    if abs(drain - 1) < 1e-6:
        above = math.exp(-time) * (1 + waits * time)
    else:  # Gross et al., section 2.3
        waited = (drain * math.exp(-time) - math.exp(-drain * time)) / (drain - 1)
        above = (1 - waits) * math.exp(-time) + waits * waited
    assert above == pytest.approx(1 - share, rel=1e-7)


def test_response_percentiles_of_one_server_are_exponential() -> None:
    assert f.mmc_response_percentile_s(0.75, 1, 1, 0.95) == pytest.approx(-math.log(0.05) / 0.25, rel=1e-12)


def test_the_exact_wait_of_dmc_is_met_where_allen_cunneen_is_a_third_too_high() -> None:
    exact = exact_dmc_wait(servers=4, utilisation=0.8)
    allen_cunneen = f.mmc_mean_wait_s(3.2, 1, 4) / 2
    assert allen_cunneen / exact == pytest.approx(1.37, abs=0.02)  # FINDINGS: +37 %
    assert f.ggc_mean_wait_s(3.2, 1, 4, 0, 1) == pytest.approx(exact, rel=0.01)


def exact_dmc_wait(servers: int, utilisation: float) -> float:
    """Mean wait of D/M/c in service times, from the chain of customers that arrivals find."""
    size, steps = 120, 2**14
    ends = np.minimum(np.arange(size + 1), servers) / (servers * utilisation) / steps
    step = np.diag(1 - ends) + np.diag(ends[1:], -1)  # departures within a small part of one interarrival time
    after = np.linalg.matrix_power(step, steps)
    found = np.full(size + 1, 1 / (size + 1))
    for _ in range(2000):
        joined = np.concatenate([[0.0], found[:-1]])
        joined[-1] += found[-1]
        found = joined @ after
    waiting = np.maximum(np.arange(size + 1) - servers + 1, 0)
    return float(found @ waiting) / servers


def test_whitt_has_its_published_special_cases() -> None:
    # Whitt (1993), eq. 2.20 and 2.24: M/M/c is exact, D/M/1 is Kraemer and Langenbach-Belz.
    assert f.ggc_mean_wait_s(3.2, 1, 4, 1, 1) == pytest.approx(f.mmc_mean_wait_s(3.2, 1, 4), rel=1e-12)
    klb = 0.8 / 0.2 / 2 * math.exp(-2 * 0.2 / (3 * 0.8))
    assert f.ggc_mean_wait_s(0.8, 1, 1, 0, 1) == pytest.approx(klb, rel=1e-12)
    assert f.ggc_mean_wait_s(0, 1, 4, 1, 1) == 0
    assert f.ggc_mean_wait_s(0.5, 1, 1, 0, 0) == 0


@given(st.integers(1, 20), st.floats(0.3, 0.95), st.floats(0, 8), st.floats(0, 8), st.floats(0, 1))
def test_more_variable_arrivals_never_wait_less(
    servers: int, utilisation: float, arrivals: float, service: float, more: float
) -> None:
    less = f.ggc_mean_wait_s(servers * utilisation, 1, servers, arrivals, service)
    assert f.ggc_mean_wait_s(servers * utilisation, 1, servers, arrivals + more, service) >= less * (1 - 0.03)


def test_a_bounded_queue_blocks_as_its_balance_equations_say() -> None:
    for servers, capacity, load in itertools.product((1, 3, 8), (8, 20), (0.4, 2.0, 3.0, 30.0)):
        weights = [1.0]
        for n in range(1, capacity + 1):
            weights.append(weights[-1] * load / min(n, servers))
        blocked = f.mmck_blocking_probability(load, 1, servers, capacity)
        assert blocked == pytest.approx(weights[-1] / sum(weights), rel=1e-9)


def test_a_bounded_queue_without_places_is_erlang_b_and_a_huge_one_sheds_only_the_excess() -> None:
    assert f.mmck_blocking_probability(3, 1, 5, 5) == pytest.approx(f.erlang_b(5, 3))
    assert f.mmck_blocking_probability(10, 1, 5, 10**6) == pytest.approx(0.5)
    assert f.mmck_blocking_probability(1, 1, 5, 10**6) == 0


def test_a_pool_is_the_smallest_that_keeps_the_target() -> None:
    for rate, hold, target in ((200, 0.02, 0.01), (50, 0.1, 0.2), (1000, 0.005, 0.001), (0, 1, 0.5)):
        size = f.pool_size(rate, hold, target)
        assert f.erlang_c(size, rate * hold) <= target
        assert size == 1 or rate * hold >= size - 1 or f.erlang_c(size - 1, rate * hold) > target


def test_availabilities_multiply_and_copies_help() -> None:
    assert f.availability_serial([0.99] * 3) == pytest.approx(0.970299)
    assert f.availability_parallel([0.9, 0.9, 0.9]) == pytest.approx(0.999)
    assert f.availability_serial([]) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: f.erlang_b(0, 1), "`servers` is `0`; it must be a finite number, at least 1"),
        (lambda: f.erlang_b(2.5, 1), "whole number"),  # type: ignore[arg-type]
        (lambda: f.erlang_c(2, math.nan), "`offered_load` is `nan`"),
        (lambda: f.erlang_c(2, -1), "at least 0"),
        (lambda: f.mmc_mean_wait_s(math.inf, 1, 2), "`arrival_rate_per_s` is `inf`"),
        (lambda: f.mmc_wait_percentile_s(1, 1, 2, 1.5), "`percentile` is `1.5`; it must be a finite number"),
        (lambda: f.mmc_response_percentile_s(1, 1, 2, -0.1), "at most 1"),
        (lambda: f.mg1_mean_wait_s("many", 1, 1), "`arrival_rate_per_s` is `many`"),  # type: ignore[arg-type]
        (lambda: f.mgc_mean_wait_s(1, 1, 2, -1), "`service_scv`"),
        (lambda: f.ggc_mean_wait_s(1, 1, 2, math.nan, 1), "`arrival_scv`"),
        (lambda: f.mmck_blocking_probability(1, 1, 5, 3), "at least 5"),
        (lambda: f.attempts_per_request(1.1, 2), "`failure_probability`"),
        (lambda: f.attempts_per_request(0.5, -1), "`retries`"),
        (lambda: f.fan_out_slow_probability(2, 10), "`probability`"),
        (lambda: f.availability_serial([0.9, 1.2]), "`availability` is `1.2`"),
        (lambda: f.availability_parallel([True]), "`availability` is `True`"),
        (lambda: f.pool_size(10, 1, 0), "more than 0 and at most 1"),
        (lambda: f.pool_deadlock_floor(0, 3), "`threads`"),
        (lambda: f.erlang_b(10**400, 1), "`servers`"),
    ],
)  # fmt: skip
def test_impossible_arguments_are_refused_in_one_sentence(call, words: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InvalidInput) as caught:
        call()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ArchbookError)


@pytest.mark.parametrize(
    "call",
    [
        lambda: f.erlang_c(2, 2),
        lambda: f.mmc_mean_wait_s(3, 1, 2),
        lambda: f.mmc_wait_percentile_s(3, 1, 2, 0.5),
        lambda: f.mg1_mean_wait_s(1, 1, 1),
        lambda: f.mgc_mean_wait_s(8, 1, 4, 1),
        lambda: f.ggc_mean_wait_s(8, 1, 4, 1, 1),
    ],
)
def test_a_saturated_queue_says_by_how_much_and_what_to_change(call) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(Saturated, match=r"utilisation [\d.]+\): add \d+ or cut"):
        call()


def test_the_ends_of_the_percentile_range() -> None:
    assert f.mmc_wait_percentile_s(1, 1, 2, 0) == 0
    assert f.mmc_response_percentile_s(1, 1, 2, 0) == 0
    assert f.mmc_wait_percentile_s(1, 1, 2, 1) == math.inf
    assert f.mmc_response_percentile_s(1, 1, 2, 1) == math.inf
