"""Elements without a zone."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a store": ("stores: {things-db: {zone: null}}", 1),
    "a service and an external system": (("services: {front: {zone: null}}\nexternals: {bank: {zone: null}}"), 2),
    "a design without zones": (
        (
            "security: {zones: null}\n"
            "services: {front: {zone: null}, back: {zone: null}, mailer: {zone: null}}\n"
            "stores: {things-db: {zone: null}, broker: {zone: null}}\n"
            "externals: {bank: {zone: null}}"
        ),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_every_element_has_a_zone_where_there_are_zones(fragment: str, found: int) -> None:
    assert len(findings("zone-missing", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "zone"): None})
