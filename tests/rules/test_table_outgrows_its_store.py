"""Disks: what they hold by the horizon against their capacity."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

# 10 things/s of 300 B at 10 times today's load, kept for 30 d: 864 000 a day, 7.78 GB after 30 d.
CASES = {
    "full in four days": ("capacity: 1GB", "high"),
    "full after 29.9 days": ("capacity: 7.75GB", "high"),
    "enough": ("capacity: 7.8GB", ""),
    "full after two years": ("capacity: 190GB, holds: {things: {keep: null}}", "medium"),
    "no capacity known": ("capacity: null", ""),
    "a cache makes room": ("capacity: 1GB, role: cache", ""),
    "no size known": ("capacity: 1GB, holds: {things: {size: null}}", ""),
}


@pytest.mark.parametrize(("store", "severity"), CASES.values(), ids=CASES)
def test_a_store_lasts_until_the_horizon(store: str, severity: str) -> None:
    found = findings("table-outgrows-its-store", f"stores: {{things-db: {{{store}}}}}")
    assert [finding.severity for finding in found] == ([severity] if severity else [])


def test_the_finding_says_when_and_what_fills_it() -> None:
    (finding,) = findings("table-outgrows-its-store", "stores: {things-db: {capacity: 1GB}}")
    assert finding.what == "things-db is full in 3.85 d, before the 3 y that are planned"
    assert "`capacity: 9.7GB`, or let old things go" in finding.do


def test_a_store_that_is_too_small_already_is_not_said_to_last_for_0_s() -> None:
    holds = "capacity: 1GB, holds: {things: {items: 9M}}"
    (finding,) = findings("table-outgrows-its-store", f"stores: {{things-db: {{{holds}}}}}")
    assert finding.what == "things-db is too small for what it holds today"


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "capacity"): 20e9})
