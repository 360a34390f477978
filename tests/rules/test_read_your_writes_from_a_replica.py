"""Reads after writes, of stores whose replicas answer reads."""

from __future__ import annotations

import pytest

from archbook.design.interactions import Call
from archbook.design.model import Design
from tests.examples import findings

POST, VISIT = "on: [POST /api/v1/things]", "[POST /api/v1/things, GET /api/v1/things]"
BACK = f"calls: {{2: {{to: things-db, {POST}, query: things(id)}}}}"
AFTER = f"traffic: {{journeys: {{visit: {{steps: {VISIT}}}}}}}"
CASES = {
    "in one request": (BACK, "", 1),
    "of the table that was written": (BACK.replace("{2:", "{1: {query: things(size)}, 2:"), "", 1),
    "of another table": (BACK.replace("{2:", "{1: {query: other(id)}, 2:"), "", 0),
    "written again": (BACK.replace("to:", "kind: write, to:"), "", 0),
    "by another service": (BACK.replace("to:", "from: back, to:"), "", 0),
    "for another request": (BACK.replace(POST, "on: [GET /api/v1/things]"), "", 0),
    "read before it is written": (f"calls: {{0: {{{POST}}}}}", "", 0),
    "no replica": (BACK, "replicas: 0", 0),
    "a replica that is never behind": (BACK, "replica_lag: 0", 0),
    "one of which nothing is known": (BACK, "replica_lag: null", 1),
    "a click later, 20 ms behind": (AFTER, "replica_lag: 20ms", 0),
    "a click later, 1 s behind": (AFTER, "replica_lag: 1s", 1),
    "a click before it": ("", "replica_lag: 1s", 0),
}


@pytest.mark.parametrize(("fragment", "store", "number"), CASES.values(), ids=CASES)
def test_what_was_written_is_read_from_the_primary(fragment: str, store: str, number: int) -> None:
    stores = f"\nstores: {{things-db: {{{store}}}}}" if store else ""
    assert len(findings("read-your-writes-from-a-replica", fragment + stores)) == number


def test_the_finding_names_the_request_and_the_lag() -> None:
    (finding,) = findings("read-your-writes-from-a-replica", BACK)
    assert finding.what == (
        "front writes things-db and reads it back for POST /api/v1/things, from a replica that is 20 ms behind"
    )


def _back(good: Design) -> Call:
    """The order read back after it was written."""
    read = next(call for call in good.calls if call.query == "orders(id)" and call.kind == "read")
    return read.model_copy(update={"on": ("PATCH /api/v1/orders/{id}",)})


def mutated(good: Design) -> Design:
    return good.changed({("calls",): (*good.calls, _back(good))})
