"""Backups: of what is made nowhere else."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("stores: {things-db: {backup: null}}", 1),
    "no objective for time": ("stores: {things-db: {backup: {rto: null}}}", 1),
    "no objective for loss": ("stores: {things-db: {backup: {rpo: null}}}", 1),
    "a cache": ("stores: {things-db: {backup: null, role: cache}}", 0),
    "a search index": ("stores: {things-db: {backup: null, role: search}}", 0),
    "a broker": ("stores: {things-db: {backup: null, engine: kafka}}", 0),
    "objects": ("stores: {things-db: {backup: null, role: objects}}", 1),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_what_is_made_nowhere_else_is_backed_up(fragment: str, number: int) -> None:
    assert len(findings("store-without-backup", fragment)) == number


def test_a_backup_without_objectives_is_less_bad_than_none() -> None:
    (none,) = findings("store-without-backup", "stores: {things-db: {backup: null, data: [personal, public]}}")
    (vague,) = findings("store-without-backup", "stores: {things-db: {backup: {rpo: null, rto: null}}}")
    assert (none.severity, none.what) == ("high", "things-db has no backup and holds personal data")
    assert (vague.severity, vague.what) == ("medium", "the backup of things-db promises no RPO and no RTO")


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "backup"): None})
