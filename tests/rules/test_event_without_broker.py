"""Brokers: an event is kept until it is handled."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("events: {thing.created: {broker: null}}", 1),
    "one": ("events: {thing.created: {broker: broker}}", 0),
    "none, and nobody listens": ("events: {thing.created: {broker: null, to: []}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_an_event_is_kept_by_a_broker(fragment: str, number: int) -> None:
    assert len(findings("event-without-broker", fragment)) == number


def test_the_broker_that_there_is_is_named() -> None:
    (finding,) = findings("event-without-broker", "events: {thing.created: {broker: null}}")
    assert finding.do.endswith("until it is handled, such as `broker`")


def mutated(good: Design) -> Design:
    return good.changed({("events", "user.deleted", "broker"): None})
