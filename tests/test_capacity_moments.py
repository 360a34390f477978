"""Two-moment arithmetic against exact distributions and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.capacity.moments import SHARES, Times, capped, fitted, gamma_quantile, longest, quantile


@given(st.floats(1e-6, 1e3), st.floats(0, 50))
def test_the_chosen_distribution_has_the_moments_that_it_was_chosen_for(mean: float, scv: float) -> None:
    chance, shift, first, second = (float(part) for part in fitted((mean, scv * mean * mean)))
    found = shift + chance * first + (1 - chance) * second
    square = 2 * (chance * first**2 + (1 - chance) * second**2) + 2 * shift * (found - shift) + shift**2
    assert found == pytest.approx(mean, rel=1e-9)
    assert square - found**2 == pytest.approx(scv * mean * mean, rel=1e-6, abs=1e-9 * mean * mean)


@pytest.mark.parametrize("scv", [0.0, 0.3, 1.0, 5.0])
@pytest.mark.parametrize("timeout_s", [0.3, 1.0, 4.0])
def test_a_timeout_cuts_as_a_sample_is_cut(scv: float, timeout_s: float) -> None:
    chance, shift, first, second = (float(part) for part in fitted((1.0, scv)))
    generator = np.random.default_rng(7)
    n = 400_000
    branch = np.where(generator.random(n) < chance, first, second)
    sample = np.minimum(shift + generator.exponential(branch), timeout_s)
    mean, variance = (float(part) for part in capped((1.0, scv), timeout_s))
    error = max(float(sample.std()) / math.sqrt(n), 1e-9)
    assert abs(mean - sample.mean()) < 4 * error
    assert variance == pytest.approx(float(sample.var()), rel=0.02, abs=1e-9)


def test_a_late_timeout_changes_nothing_and_an_endless_time_becomes_the_timeout() -> None:
    assert [float(part) for part in capped((1.0, 2.0), 1e6)] == pytest.approx([1.0, 2.0])
    assert [float(part) for part in capped((math.inf, math.inf), 0.8)] == [0.8, 0.0]


@pytest.mark.parametrize("copies", [1, 2, 5, 20, 100])
def test_the_longest_of_equal_exponentials_is_the_harmonic_number(copies: int) -> None:
    mean, variance = longest([((2.0, 4.0), copies)])
    assert float(mean) == pytest.approx(2 * sum(1 / k for k in range(1, copies + 1)), rel=2e-3)
    assert float(variance) == pytest.approx(4 * sum(1 / k**2 for k in range(1, copies + 1)), rel=2e-2)


def test_the_longest_of_unequal_exponentials_is_exact() -> None:
    mean, _ = longest([((1.0, 1.0), 1), ((0.25, 0.0625), 1)])
    assert float(mean) == pytest.approx(1 + 0.25 - 1 / (1 + 4), rel=1e-6)


def test_the_longest_is_never_shorter_than_any_and_endless_if_one_is() -> None:
    assert float(longest([((1.0, 0.0), 1), ((0.5, 0.0), 3)])[0]) == pytest.approx(1.0)
    assert math.isinf(float(longest([((1.0, 1.0), 1), ((math.inf, math.inf), 1)])[0]))
    lanes = longest([((np.array([1.0, np.inf]), np.array([1.0, np.inf])), 2), ((np.array([0.1, 0.1]), np.zeros(2)), 1)])
    assert lanes[0][0] == pytest.approx(1.5, rel=0.01)
    assert np.isinf(lanes[0][1])


def percentiles(time: Times) -> tuple[float, ...]:
    return tuple(float(quantile(time, share)) for share in SHARES)


@pytest.mark.parametrize(
    ("shape", "share", "expected"),
    # R: qgamma(c(.5, .95, .99), shape)
    [(4, 0.5, 3.672061), (4, 0.95, 7.753657), (0.5, 0.95, 1.920729), (0.5, 0.99, 3.317448), (25, 0.99, 38.07695)],
)
def test_gamma_quantiles_meet_the_tables(shape: float, share: float, expected: float) -> None:
    assert float(gamma_quantile(np.array([shape]), share)[0]) == pytest.approx(expected, rel=1e-5)


@given(st.floats(1e-4, 90))
def test_table_of_percentiles_agrees_with_the_exact_quantile(scv: float) -> None:
    for found, share in zip(percentiles((1.0, scv)), (0.5, 0.95, 0.99), strict=True):
        assert found == pytest.approx(float(gamma_quantile(np.array([1 / scv]), share)[0]) * scv, rel=1e-4, abs=1e-12)


def test_percentiles_of_a_constant_and_of_an_endless_time() -> None:
    assert percentiles((0.2, 0.0)) == (0.2, 0.2, 0.2)
    assert percentiles((0.0, 0.0)) == (0.0, 0.0, 0.0)
    assert percentiles((math.inf, math.inf)) == (math.inf,) * 3
    assert percentiles((1.0, 1e6)) == percentiles((1.0, 100.0))
