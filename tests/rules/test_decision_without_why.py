"""Decisions without their why."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, example

review = by("decision-without-why")

CASES = {
    "accepted": ("status: accepted", 1),
    "open": ("status: proposed", 1),
    "white space is no why": ('status: accepted, why: "  "', 1),
    "superseded": ("status: superseded, superseded_by: 2", 0),
    "explained": ("status: accepted, why: Because it was measured", 0),
}
OTHER = "- {id: 2, title: Two, why: It was measured}\n"


@pytest.mark.parametrize(("fields", "findings"), CASES.values(), ids=CASES)
def test_a_decision_says_why(fields: str, findings: int) -> None:
    report = review(example(f"decisions:\n- {{id: 1, title: One, {fields}}}\n{OTHER}"))
    assert len(report.findings) == findings


def test_the_finding_offers_what_is_known_of_the_elements_it_is_about() -> None:
    (finding,) = review(example("decisions:\n- {id: 1, title: One, about: [front]}\n")).findings
    (fact,) = finding.evidence
    assert fact.startswith("front has 20 req/s at 10× today's peak and holds to ")


def mutated(good: Design) -> Design:
    return good.changed({("decisions", 0, "why"): ""})
