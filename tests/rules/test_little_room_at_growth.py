"""What is nearly full at the planned load."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "84 %": ("services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 168ms}}}", 0),
    "87 %": ("services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 174ms}}}", 1),
    "saturated is another finding": (
        "services: {mailer: {instances: 2, concurrency: 1, service_time: {mean: 240ms}}}",
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_above_85_percent_there_is_little_room(fragment: str, found: int) -> None:
    assert len(findings("little-room-at-growth", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("stores", "events", "service_time", "mean"): 0.029})
