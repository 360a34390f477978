"""Connections: instances × pool of all clients against `max_connections`."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "4 × 25 of 100": ("stores: {things-db: {pool: 25}}", 0),
    "4 × 26 of 100": ("stores: {things-db: {pool: 26}}", 1),
    "two services": ("stores: {things-db: {pool: 13}}\ncalls: [{from: back, to: things-db}]", 1),
    "a service without a call": ("stores: {things-db: {pool: 13}}", 0),
    "with the instances that growth needs": (
        "services: {front: {service_time: {mean: 3s}}}\nstores: {things-db: {pool: 25}}",
        1,
    ),
    "no maximum known": ("stores: {things-db: {pool: 900, max_connections: null}}", 0),
    "no pool": ("stores: {things-db: {pool: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_all_pools_together_stay_below_the_maximum(fragment: str, number: int) -> None:
    assert len(findings("connections-over-the-maximum", fragment)) == number


def test_the_pool_that_fits_is_offered_where_it_carries_the_load() -> None:
    (finding,) = findings("connections-over-the-maximum", "stores: {things-db: {pool: 30, max_connections: 90}}")
    assert finding.what == "front may open 120 connections to things-db, which accepts 90"
    assert finding.mend == {("stores", "things-db", "pool"): 22}


def test_where_no_pool_fits_a_pooler_is_named() -> None:
    (finding,) = findings("connections-over-the-maximum", "stores: {things-db: {pool: 2, max_connections: 3}}")
    assert "put a pooler such as PgBouncer before it, or raise `max_connections` to 8" in finding.do
    assert finding.mend == {}


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "max_connections"): 12})
