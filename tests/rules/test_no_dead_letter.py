"""Dead letters: what cannot be handled is set aside."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("events: {thing.created: {dead_letter: false}}", 1),
    "set aside": ("events: {thing.created: {dead_letter: true}}", 0),
    "nobody acts": ("events: {thing.created: {dead_letter: false, to: []}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_what_cannot_be_handled_is_set_aside(fragment: str, number: int) -> None:
    assert len(findings("no-dead-letter", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "order.shipped", "dead_letter"): False})
