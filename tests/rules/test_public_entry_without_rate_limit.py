"""Rate limits at the doors that clients come through."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "no limit at all": ("security: {rate_limits: []}", 1),
    "per user, all signed in": ("security: {rate_limits: [{per: user, limit: 100/min}]}", 0),
    "per user, one without signing in": (
        ("api: {endpoints: {0: {auth: none, roles: null}}}\nsecurity: {rate_limits: [{per: user, limit: 100/min}]}"),
        1,
    ),
    "per address": (
        ("api: {endpoints: {0: {auth: none, roles: null}}}\nsecurity: {rate_limits: [{per: ip, limit: 100/min}]}"),
        0,
    ),
    "on one of two endpoints": ("security: {rate_limits: [{per: user, limit: 100/min, on: [POST /api/v1/things]}]}", 1),
    "its own limit": (
        (
            "security: {rate_limits: [{per: user, limit: 9/min, on: [POST /api/v1/things]}]}\n"
            "api: {endpoints: {0: {rate_limit: 9/min}}}"
        ),
        0,
    ),
    "for services only": (
        ("security: {rate_limits: []}\napi: {endpoints: {0: {auth: service}, 1: {auth: service}}}"),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_every_endpoint_for_clients_is_covered_by_a_limit(fragment: str, found: int) -> None:
    assert len(findings("public-entry-without-rate-limit", fragment)) == found


def test_the_finding_says_how_much_one_client_may_take_today() -> None:
    (finding,) = findings("public-entry-without-rate-limit", "security: {rate_limits: []}")
    assert finding.about == "front"
    assert finding.evidence[0].startswith("one client that asks ")
    assert "`{per: user, limit: 100/min, at: front}`" in finding.do


def mutated(good: Design) -> Design:
    return good.changed({("security", "rate_limits"): ()})
