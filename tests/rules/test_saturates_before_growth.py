"""What breaks before the load that the design is for."""

from __future__ import annotations

import pytest

from archbook import load
from archbook.design.model import Design
from tests.examples import by, findings

CASES = {
    "all carry it": ("traffic: {growth: 10}", 0),
    "one service has too few places": (
        "services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 300ms}}}",
        1,
    ),
    "the bank accepts too little": ("externals: {bank: {rate_limit: 5}}", 1),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_what_needs_a_change_to_carry_the_growth_is_named(fragment: str, found: int) -> None:
    assert len(findings("saturates-before-growth", fragment)) == found


def test_the_sooner_it_comes_the_worse_it_is() -> None:
    severities = [findings("saturates-before-growth", f"externals: {{bank: {{rate_limit: {limit}}}}}")[0].severity
                  for limit in (1, 4.9, 5.1, 9)]  # fmt: skip
    assert severities == ["high", "high", "medium", "medium"]  # 10 requests a second are planned


def test_what_only_waits_for_another_is_not_named() -> None:
    found = by("saturates-before-growth")(load("first_draft")).findings
    assert {finding.about for finding in found} == {"shop-db", "user-service", "product-service", "order-service"}


def mutated(good: Design) -> Design:
    return good.changed({("externals", "bank", "rate_limit"): 10.0})
