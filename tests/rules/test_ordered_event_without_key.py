"""Order of events is kept by a key."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "relied on, no key": ("events: {thing.created: {ordered: true, key: null}}", 1),
    "relied on, with a key": ("events: {thing.created: {ordered: true, key: thing_id}}", 0),
    "not relied on": ("events: {thing.created: {ordered: false, key: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_order_is_kept_by_a_key(fragment: str, number: int) -> None:
    assert len(findings("ordered-event-without-key", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "order.created", "key"): None})
