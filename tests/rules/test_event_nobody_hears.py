"""Events: somebody acts on each."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "nobody": ("events: {thing.created: {to: []}}", 1),
    "a service": ("events: {thing.created: {to: [mailer]}}", 0),
    "a store": ("events: {thing.created: {to: [things-db]}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_somebody_acts_on_an_event(fragment: str, number: int) -> None:
    assert len(findings("event-nobody-hears", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "user.deleted", "to"): ()})
