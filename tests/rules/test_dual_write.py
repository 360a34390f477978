"""Dual writes: a store and an event, or two stores, in handling one request."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

SECOND = """
stores: {{other: {{engine: {engine}, role: {role}, owner: front}}}}
calls: [{{from: {by}, to: other, kind: {kind}, on: [{on}]}}]
"""
SAME = {"by": "front", "on": "POST /api/v1/things", "kind": "write", "engine": "mongodb", "role": "primary"}
CASES = {
    "committed and announced": ("events: {thing.created: {outbox: false}}", 1),
    "in one transaction": ("events: {thing.created: {outbox: true}}", 0),
    "nobody hears it": ("events: {thing.created: {outbox: false, to: []}}", 0),
    "announced by another request": ("events: {thing.created: {outbox: false, on: [GET /api/v1/things]}}", 0),
    "announced by whom writes nothing": ("events: {thing.created: {outbox: false, from: back, to: [mailer]}}", 0),
    "two databases": (SECOND.format(**SAME), 1),
    "a search index": (SECOND.format(**{**SAME, "engine": "opensearch", "role": "search"}), 1),
    "a broker, called like a store": (SECOND.format(**{**SAME, "engine": "kafka", "role": "broker"}), 1),
    "objects": (SECOND.format(**{**SAME, "engine": "s3", "role": "objects"}), 0),
    "a cache": (SECOND.format(**{**SAME, "engine": "redis", "role": "cache"}), 0),
    "one is read": (SECOND.format(**{**SAME, "kind": "read"}), 0),
    "in another request": (SECOND.format(**{**SAME, "on": "GET /api/v1/things"}), 0),
    "by another service": (SECOND.format(**{**SAME, "by": "back"}), 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_one_request_changes_one_place(fragment: str, number: int) -> None:
    assert len(findings("dual-write", fragment)) == number


def test_the_finding_says_which_two_and_how_often() -> None:
    (finding,) = findings("dual-write", "events: {thing.created: {outbox: false}}")
    assert finding.what == "front commits to things-db and announces thing.created apart from it"
    assert finding.evidence == ("announced 10 times/s at 10× today's peak (computed: traffic over the call graph)",)
    (finding,) = findings("dual-write", SECOND.format(**SAME))
    assert finding.what == "front writes things-db and then other for POST /api/v1/things, in no common transaction"


def mutated(good: Design) -> Design:
    return good.changed({("events", "order.created", "outbox"): False})
