"""Who answers for a service."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "nobody": ("services: {front: {owner: null}}", 1),
    "somebody": ("services: {front: {owner: Ann}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_team_answers_for_each_service(fragment: str, found: int) -> None:
    assert len(findings("no-owner", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "owner"): ""})
