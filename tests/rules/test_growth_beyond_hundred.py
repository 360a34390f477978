"""How much growth is planned for."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "ten": ("traffic: {growth: 10}", 0),
    "a hundred": ("traffic: {growth: 100}", 0),
    "a thousand": ("traffic: {growth: 1000}", 1),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_more_than_a_hundred_times_is_a_dream(fragment: str, found: int) -> None:
    assert len(findings("growth-beyond-hundred", fragment)) == found


def mutated(good: Design) -> Design:
    users = good.traffic.daily_active_users / 100
    return good.changed({("traffic", "growth"): 1000.0, ("traffic", "daily_active_users"): users})
