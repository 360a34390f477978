"""Endpoints that were to be gone."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "yesterday": ("  - {name: GET /a, service: front, sunset: '2026-11-25'}", 1),
    "today": ("  - {name: GET /a, service: front, sunset: '2026-11-26'}", 0),
    "some day": ("  - {name: GET /a, service: front, deprecated: true}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_after_its_sunset_an_endpoint_is_gone(fragment: str, found: int) -> None:
    assert len(findings("sunset-passed", fragment)) == found


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "GET /api/v1/users")
    old = {"deprecated": True, "sunset": "2026-01-31"}
    return good.changed({("api", "endpoints", index): good.api.endpoints[index].model_copy(update=old)})
