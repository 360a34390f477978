"""What events carry."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "personal": ("events: {thing.created: {carries: [internal, personal]}}", 1),
    "credentials": ("events: {thing.created: {carries: [credentials]}}", 1),
    "a key that is an address": ("events: {thing.created: {key: customerEmail}}", 1),
    "a key that only sounds so": ("events: {thing.created: {key: mailing_id}}", 0),
    "internal": ("events: {thing.created: {carries: [internal, public]}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_an_event_carries_ids_and_no_private_data(fragment: str, found: int) -> None:
    assert len(findings("personal-data-in-an-event", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("events", "order.created", "carries"): ("internal", "personal")})
