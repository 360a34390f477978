"""Decisions and what they are about."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a store that is not there": (
        "decisions: [{id: 1, title: Two, about: [orders-db], why: Fire, alternatives: [One]}]",
        1,
    ),
    "a service, an event, an endpoint, a role, a journey": (
        "decisions: [{id: 1, title: Two, why: Fire, alternatives: [One], "
        "about: [front, thing.created, GET /api/v1/things, member, visit]}]",
        0,
    ),
    "a link and a table": (
        "decisions: [{id: 1, title: Two, why: Fire, alternatives: [One], about: [front -> bank, things]}]",
        0,
    ),
    "the reason of a part": ("stores: {things-db: {why: See decision 7}}", 1),
    "ended": ("decisions: [{id: 1, title: Two, status: deprecated, about: [orders-db]}]", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_decision_is_about_what_is_there(fragment: str, found: int) -> None:
    assert len(findings("decision-about-nothing", fragment)) == found


def test_the_nearest_name_is_offered() -> None:
    decision = "decisions: [{id: 1, title: Two, about: [things-bd], why: Fire, alternatives: [One]}]"
    assert "did you mean `things-db`?" in findings("decision-about-nothing", decision)[0].do


def mutated(good: Design) -> Design:
    about = (*good.decisions[0].about, "order-servce")
    return good.changed({("decisions", 0, "about"): about})
