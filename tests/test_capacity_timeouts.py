"""Timeout budgets, by hand."""

from __future__ import annotations

import pytest

from archbook.capacity.timeouts import timeout_budgets, timeout_table
from tests.examples import example

CHAIN = """
calls:
  - {{from: front, to: back, timeout: {outer}}}
  - {{from: back, to: bank, timeout: 400ms, retries: 1}}
  - {{from: back, to: things-db, timeout: 100ms, {more}}}
"""


@pytest.mark.parametrize(
    ("outer", "verdict"), [("900ms", "fits"), ("850ms", "tight"), ("800ms", "tight"), ("700ms", "outlived")]
)
def test_a_caller_must_outwait_the_calls_behind_it(outer: str, verdict: str) -> None:
    (budget,) = timeout_budgets(example(CHAIN.format(outer=outer, more="why: x")))
    assert (budget.longest_s, budget.in_a_row_s) == pytest.approx((0.8, 0.9))  # 2 × 400 ms, and 100 ms
    assert budget.verdict == verdict
    assert verdict in timeout_table([budget]).text()


def test_calls_of_one_label_count_once_and_those_in_the_background_not() -> None:
    text = CHAIN.format(outer="1s", more="parallel: a").replace("retries: 1", "retries: 1, parallel: a")
    assert timeout_budgets(example(text))[0].in_a_row_s == pytest.approx(0.8)
    assert timeout_budgets(example(CHAIN.format(outer="1s", more="mode: async")))[0].in_a_row_s == pytest.approx(0.8)


def test_a_call_without_a_timeout_has_no_end() -> None:
    (budget,) = timeout_budgets(example(CHAIN.format(outer="1s", more="why: x").replace("timeout: 400ms, ", "")))
    assert budget.verdict == "outlived"
    assert "no end" in timeout_table([budget]).text()
