"""Consumers: an event that comes twice acts once."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "it acts twice": ("events: {thing.created: {idempotent_consumers: false}}", 1),
    "it acts once": ("events: {thing.created: {idempotent_consumers: true}}", 0),
    "nobody acts": ("events: {thing.created: {idempotent_consumers: false, to: []}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_an_event_delivered_twice_acts_once(fragment: str, number: int) -> None:
    assert len(findings("consumer-not-idempotent", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "payment.completed", "idempotent_consumers"): False})
