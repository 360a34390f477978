"""Parts that are built for a load that nobody expects."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "24 instances": ("services: {mailer: {instances: 24}}", 1),
    "four are never too many": ("services: {mailer: {instances: 4}}", 0),
    "five, for nearly nothing": ("services: {mailer: {instances: 5}}", 1),
    "a large store": ("stores: {things-db: {servers: 64}}", 1),
    "a large store that is paid by use": ("stores: {things-db: {engine: s3, role: objects, servers: 64}}", 0),
    "24 instances that the load needs": (
        ("services: {mailer: {instances: 24}}\ntraffic: {daily_active_users: 90000000}"),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_more_than_twenty_times_the_growth_with_many_copies_is_too_much(fragment: str, found: int) -> None:
    assert len(findings("sized-beyond-growth", fragment)) == found


def test_the_finding_says_what_is_paid_for_nothing() -> None:
    (finding,) = findings("sized-beyond-growth", "services: {mailer: {instances: 24, monthly_cost: 50}}")
    assert finding.evidence[0].startswith("1\u202f100 USD/month of 1\u202f200 USD/month are paid")
    assert "`instances: 2` carries the growth (now 24)" in finding.do


def mutated(good: Design) -> Design:
    return good.changed({("stores", "events", "servers"): 64})
