"""Sizes of events: the bound is 256 kB."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "at the bound": ("events: {thing.created: {size: 256KB}}", 0),
    "above": ("events: {thing.created: {size: 256.1KB}}", 1),
    "not known": ("events: {thing.created: {size: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_an_event_is_small(fragment: str, number: int) -> None:
    assert len(findings("large-rows-in-events", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "order.created", "size"): 1e6})
