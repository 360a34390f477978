"""Copies: a second one where 99.9 % or more is promised."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

BROKER = (
    "stores: {broker: {replicas: 0, availability: null}, things-db: {availability: 99.95%}}\n"
    "services: {front: {slo: {availability: 99.9%}}}"
)
CASES = {
    "99.9 % by itself": ("stores: {things-db: {replicas: 0, availability: null, slo: {availability: 99.9%}}}", 1),
    "99.8 %": ("stores: {things-db: {replicas: 0, availability: null, slo: {availability: 99.8%}}}", 0),
    "a service promises it": (
        "stores: {things-db: {replicas: 0, availability: null}}\nservices: {front: {slo: {availability: 99.9%}}}",
        1,
    ),
    "a service that does not call it": (
        "stores: {things-db: {replicas: 0, availability: null}}\nservices: {back: {slo: {availability: 99.9%}}}",
        0,
    ),
    "a second copy": ("stores: {things-db: {replicas: 1, availability: null, slo: {availability: 99.9%}}}", 0),
    "its operator promises as much": (
        "stores: {things-db: {replicas: 0, availability: 99.95%, slo: {availability: 99.9%}}}",
        0,
    ),
    "its operator promises less": (
        "stores: {things-db: {replicas: 0, availability: 99.5%, slo: {availability: 99.9%}}}",
        1,
    ),
    "objects": ("stores: {things-db: {replicas: 0, availability: null, slo: {availability: 99.9%}, engine: s3}}", 0),
    "a cache that requests cannot do without": (
        "stores: {things-db: {replicas: 0, availability: null, role: cache}}\n"
        "services: {front: {slo: {availability: 99.9%}}}",
        1,
    ),
    "one that they can do without": (
        "stores: {cache: {engine: redis, role: cache}}\n"
        "services: {front: {slo: {availability: 99.9%}}}\n"
        "calls: [{from: front, to: cache, optional: true}]",
        0,
    ),
    "a broker behind an outbox": (BROKER, 0),
    "a broker that requests announce to": (f"{BROKER}\nevents: {{thing.created: {{outbox: false}}}}", 1),
    "a replica": ("stores: {things-db: {replicas: 0, availability: null, role: replica, slo: {availability: 1}}}", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_what_is_promised_has_a_second_copy(fragment: str, number: int) -> None:
    assert len(findings("single-store-without-replica", fragment)) == number


def test_the_finding_says_what_the_promise_leaves() -> None:
    (finding,) = findings("single-store-without-replica", CASES["a service promises it"][0])
    assert finding.what == "things-db is one copy, and front promises 99.9 %"
    assert finding.evidence[0].startswith("99.9 % leaves 43.2 min a month")  # 0.001 × 30 d


def test_the_finding_says_what_a_second_copy_costs() -> None:
    priced = "stores: {things-db: {replicas: 0, availability: null, slo: {availability: 99.9%}, monthly_cost: 180}}"
    (finding,) = findings("single-store-without-replica", priced)
    assert finding.evidence[1] == "a second copy costs about 180 USD/month (computed: as much as the first)"


def mutated(good: Design) -> Design:
    return good.changed({("stores", "orders-db", "replicas"): 0, ("stores", "orders-db", "availability"): None})
