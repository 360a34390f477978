"""Timeouts get shorter on the way in."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

INNER = "calls: [{from: back, to: mailer, on: [GET /api/v1/things], %s}]"  # front waits 50 ms for back
CASES = {
    "longer than the outer": ("timeout: 60ms", 1),
    "as long": ("timeout: 50ms", 0),
    "two attempts are longer": ("timeout: 30ms, retries: 1", 1),
    "none at all, which is another rule's": ("does: tells", 0),
    "asynchronous": ("timeout: 60ms, mode: async", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_a_call_ends_before_the_one_that_waits_for_it(fields: str, hits: int) -> None:
    assert len(findings("inner-timeout-outlasts-outer", INNER % fields)) == hits


def test_the_finding_stands_at_the_inner_call_and_names_both() -> None:
    (finding,) = findings("inner-timeout-outlasts-outer", INNER % "timeout: 60ms, retries: 1")
    assert finding.what == "back waits 2 times 60 ms for mailer, while front waits 50 ms for back"
    assert finding.mend == {("calls", 4, "timeout"): "25ms"}
    assert finding.do == "calls[4]: set `timeout: 25ms`, or let front wait longer (calls[2])"


def test_where_the_inner_target_needs_longer_nothing_is_mended() -> None:
    slow = "services: {mailer: {service_time: {mean: 30ms}}}\n"
    (finding,) = findings("inner-timeout-outlasts-outer", slow + INNER % "timeout: 200ms")
    assert finding.mend == {}
    assert finding.do == "calls[4]: mailer needs longer: let front wait longer (calls[2])"


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.on == ("POST /api/v1/orders",))
    return good.changed({("calls", index, "timeout"): 0.5})
