"""Stores that everybody reaches."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "in a public zone": ("stores: {things-db: {zone: public}}", 1),
    "a network of copies": ("stores: {pictures: {engine: cdn, role: cdn, zone: public}}", 0),
    "a zone of which nobody is sure": ("stores: {things-db: {zone: null}}", 0),
    "asked from a public zone": ("services: {front: {zone: public}}", 2),
    "both in public": (("services: {front: {zone: public}}\nstores: {things-db: {zone: public}}"), 1),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_only_services_inside_reach_a_store(fragment: str, found: int) -> None:
    assert len(findings("store-in-a-public-zone", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "zone"): "public"})
