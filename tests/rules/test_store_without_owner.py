"""Owners of stores."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "none": ("stores: {things-db: {owner: null}}", 1),
    "one": ("stores: {things-db: {owner: front}}", 0),
    "none, and shared": ("stores: {things-db: {owner: null}}\ncalls: [{from: back, to: things-db}]", 0),
    "none, and unused": ("stores: {other: {engine: mysql}}", 1),
    "a cache": ("stores: {things-db: {owner: null, role: cache}}", 0),
    "a broker": ("stores: {broker: {owner: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_store_has_an_owner(fragment: str, number: int) -> None:
    assert len(findings("store-without-owner", fragment)) == number


def test_the_only_user_is_offered_as_the_owner() -> None:
    (finding,) = findings("store-without-owner", "stores: {things-db: {owner: null}}")
    assert finding.mend == {("stores", "things-db", "owner"): "front"}


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "owner"): None})
