"""Ended decisions, and what follows them."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "deprecated, and nothing speaks of the mailer": (
        "decisions: [{id: 1, title: Mail, status: deprecated, about: [mailer]}]",
        1,
    ),
    "deprecated, about what another one is about": (
        "decisions: [{id: 1, title: Mail, status: deprecated, about: [things-db]}]",
        0,
    ),
    "deprecated, about what is gone": ("decisions: [{id: 1, title: Mail, status: deprecated, about: [letters]}]", 0),
    "superseded by nobody knows what": ("decisions: [{id: 1, title: Mail, status: superseded, about: [things-db]}]", 1),
    "superseded by a proposal": (
        "decisions: [{id: 1, title: Mail, status: superseded, superseded_by: 2}, "
        "{id: 2, title: Post, status: proposed}]",
        1,
    ),
    "superseded by what is in force": ("decisions: [{id: 1, title: Mail, status: superseded, superseded_by: 100}]", 0),
    "the reason of a part that is there": (
        "decisions: [{id: 1, title: Mail, status: superseded, superseded_by: 100}]\n"
        "calls: {2: {why: 'The mail may wait (decision 1), see Decision 1 and decision 100'}}",
        1,
    ),
    "the reason of a part, in force": ("calls: {2: {why: See decision 100 and decisions 1}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_an_ended_decision_leaves_nothing_behind(fragment: str, found: int) -> None:
    assert len(findings("decision-superseded-in-use", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("decisions", len(good.decisions) - 1, "superseded_by"): None})
