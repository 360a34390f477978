"""Whether anybody can ask an instance how it is."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "no": ("services: {front: {health_check: null}}", 1),
    "by a command": ("services: {front: {health_check: front --check}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_service_can_be_asked_whether_it_is_well(fragment: str, found: int) -> None:
    assert len(findings("no-health-check", fragment)) == found


def test_a_dead_instance_of_four_fails_a_quarter() -> None:
    (finding,) = findings("no-health-check", "services: {front: {health_check: null}}")
    assert "one dead instance of 4 fails 25 % of its requests" in finding.evidence[0]
    (finding,) = findings("no-health-check", "services: {front: {health_check: null, role: worker}}")
    assert finding.evidence == ()


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "health_check"): None})
