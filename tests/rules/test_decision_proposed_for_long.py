"""Open decisions, and for how long."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "89 days": ('decisions: [{id: 1, title: Two, status: proposed, date: "2026-08-29"}]', 0),
    "90 days": ('decisions: [{id: 1, title: Two, status: proposed, date: "2026-08-28"}]', 0),
    "91 days": ('decisions: [{id: 1, title: Two, status: proposed, date: "2026-08-27"}]', 1),
    "accepted long ago": ('decisions: [{id: 1, title: Two, date: "2020-08-27"}]', 0),
    "undated": ("decisions: [{id: 1, title: Two, status: proposed}]", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_after_ninety_days_a_proposal_is_old(fragment: str, found: int) -> None:
    assert len(findings("decision-proposed-for-long", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("decisions", 0, "status"): "proposed"})
