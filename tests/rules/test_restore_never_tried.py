"""Restores: tried within a year of the day of the review (2026-11-26)."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "never said": ("stores: {things-db: {backup: {tested: null}}}", 1),
    "never": ("stores: {things-db: {backup: {tested: never}}}", 1),
    "not yet": ("stores: {things-db: {backup: {tested: not yet}}}", 1),
    "a question mark": ("stores: {things-db: {backup: {tested: '?'}}}", 1),
    "last month": ("stores: {things-db: {backup: {tested: '2026-10-05'}}}", 0),
    "a year and two days ago": ("stores: {things-db: {backup: {tested: '2025-11-24'}}}", 1),
    "a year ago": ("stores: {things-db: {backup: {tested: '2025-11-26'}}}", 0),
    "a month of last year": ("stores: {things-db: {backup: {tested: 2025-10}}}", 1),
    "a month": ("stores: {things-db: {backup: {tested: 2025-12}}}", 0),
    "a year": ("stores: {things-db: {backup: {tested: spring 2024}}}", 1),
    "not since": ("stores: {things-db: {backup: {tested: not since 2024}}}", 1),
    "no such day": ("stores: {things-db: {backup: {tested: '2026-02-31'}}}", 0),
    "every night, by a job": ("stores: {things-db: {backup: {tested: 'every night, by a job'}}}", 0),
    "no backup at all is another finding": ("stores: {things-db: {backup: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_restore_is_tried_within_a_year(fragment: str, number: int) -> None:
    assert len(findings("restore-never-tried", fragment)) == number


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "backup", "tested"): None})
