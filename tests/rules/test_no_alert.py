"""Who is told when a service fails."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "nobody": ("services: {front: {alerts: []}, back: {alerts: []}}", 2),
    "somebody": ("services: {front: {alerts: [{when: it is down}]}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_somebody_is_told(fragment: str, found: int) -> None:
    assert len(findings("no-alert", fragment)) == found


def test_the_alert_that_is_offered_is_the_promise() -> None:
    (finding,) = findings("no-alert", "services: {front: {alerts: [], slo: {p95: 250ms}}}")
    assert 'when: "p95 > 250 ms for 5min", tells: things-team' in finding.do
    assert "the 1 % that may fail" in finding.do
    (finding,) = findings("no-alert", "services: {front: {alerts: [], slo: null}}")
    assert "share of errors > 1%" in finding.do


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "alerts"): ()})
