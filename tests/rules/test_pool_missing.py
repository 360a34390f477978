"""Pools: a relational server that is called has one."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a server": ("stores: {things-db: {pool: null}}", 1),
    "with a pool": ("stores: {things-db: {pool: 1}}", 0),
    "within the process": ("stores: {things-db: {pool: null, engine: sqlite}}", 0),
    "a cache": ("stores: {things-db: {pool: null, engine: redis}}", 0),
    "nobody calls it": ("stores: {other: {engine: mysql}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_relational_server_that_is_called_has_a_pool(fragment: str, number: int) -> None:
    assert len(findings("pool-missing", fragment)) == number


def test_the_size_that_is_offered_carries_the_load() -> None:
    busy = "traffic: {daily_active_users: 1.728M}\nstores: {things-db: {pool: null, service_time: {mean: 11ms}}}"
    (finding,) = findings("pool-missing", busy)
    assert finding.mend == {("stores", "things-db", "pool"): 5}  # as in test_pool_below_the_load


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "pool"): None})
