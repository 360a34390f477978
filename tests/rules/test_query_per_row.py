"""Statements: one for all rows, and at most five alike."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "one for each of 20 rows": ("calls: {0: {per_request: per row}}", 1),
    "of which a cache answers 19": ("calls: {0: {per_request: per row, hit_ratio: 96%}}", 0),
    "five": ("calls: {0: {per_request: 5}}", 0),
    "six": ("calls: {0: {per_request: 6}}", 1),
    "six at once, as of shards": ("calls: {0: {per_request: 6, parallel: shards}}", 0),
    "six objects": ("calls: {0: {per_request: 6}}\nstores: {things-db: {role: objects}}", 0),
    "another service is asked": ("calls: {2: {per_request: per row}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_rows_are_asked_for_at_once(fragment: str, number: int) -> None:
    assert len(findings("query-per-row", fragment)) == number


def test_the_finding_says_what_they_take() -> None:
    (finding,) = findings("query-per-row", "calls: {0: {per_request: per row}}")
    assert finding.what == "front sends things-db 20 statements (one per row) for one GET /api/v1/things"
    assert finding.evidence[0] == "they take 40 ms where one takes 2 ms (computed: sum of serial answers)"


def _lines(good: Design) -> int:
    """The call that reads the lines of a page of orders."""
    return [call.query for call in good.calls].index("order_items(order_id)")


def mutated(good: Design) -> Design:
    return good.changed({("calls", _lines(good), "per_request"): "per row"})
