"""Services that fetch what users point at."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "beside others": ("services: {mailer: {fetches_user_urls: true}}", 1),
    "alone in its zone": (
        ("security: {zones: {outside: {}}}\nservices: {mailer: {fetches_user_urls: true, zone: outside}}"),
        0,
    ),
    "alone, but it asks a store": (
        ("security: {zones: {outside: {}}}\nservices: {front: {fetches_user_urls: true, zone: outside}}"),
        1,
    ),
    "in no zone": ("services: {mailer: {fetches_user_urls: true, zone: null}}", 1),
    "fetches nothing": ("services: {mailer: {fetches_user_urls: false}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_service_that_fetches_for_strangers_reaches_nothing_inside(fragment: str, found: int) -> None:
    assert len(findings("user-supplied-url-fetched", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("services", "product-service", "fetches_user_urls"): True})
