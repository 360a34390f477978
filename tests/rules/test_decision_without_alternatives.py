"""Roads not taken."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "accepted": ("decisions: [{id: 1, title: Two regions, why: Fire}]", 1),
    "proposed": ("decisions: [{id: 1, title: Two regions, status: proposed, why: Fire}]", 1),
    "rejected": ("decisions: [{id: 1, title: Two regions, status: rejected, why: Fire}]", 0),
    "only the one that was chosen": (
        "decisions: [{id: 1, title: R, why: Fire, decision: 'Chosen option: \"Two\", for fire', alternatives: [Two]}]",
        1,
    ),
    "one beside it": (
        "decisions: [{id: 1, title: R, why: Fire, decision: 'Chosen: \"Two\"', alternatives: [Two, One]}]",
        0,
    ),
    "without its why it is another finding": ("decisions: [{id: 1, title: Two regions}]", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_decision_names_what_else_was_thought_of(fragment: str, found: int) -> None:
    assert len(findings("decision-without-alternatives", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("decisions", 0, "alternatives"): ()})
