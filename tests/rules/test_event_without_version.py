"""Versions of events."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("events: {thing.created: {version: null}}", 1),
    "the first": ("events: {thing.created: {version: 1}}", 0),
    "none, and nobody listens yet": ("events: {thing.created: {version: null, to: []}}", 1),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_an_event_has_a_version(fragment: str, number: int) -> None:
    assert len(findings("event-without-version", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("events", "user.deleted", "version"): None})
