"""Ten answers at once: the slowest decides."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

SHARDS = "{from: front, to: things-db, on: [GET /api/v1/things], %s}"
CASES = {
    "ten": (["parallel: a, per_request: 10"], 1),
    "nine": (["parallel: a, per_request: 9"], 0),
    "six and four": (["parallel: a, per_request: 6", "parallel: a, per_request: 4"], 1),
    "six and four at different times": (["parallel: a, per_request: 6", "parallel: b, per_request: 4"], 0),
    "hedged": (["parallel: a, per_request: 10, hedge_after: 20ms"], 0),
    "answered without": (["parallel: a, per_request: 10, optional: true, fallback: what has come"], 0),
    "one after the other": (["per_request: 10"], 0),
    "one for each of twenty rows": (["parallel: a, per_request: per row"], 1),
    "not waited for": (["parallel: a, per_request: 10, mode: async"], 0),
}


@pytest.mark.parametrize(("calls", "hits"), CASES.values(), ids=CASES)
def test_ten_answers_that_are_all_waited_for_are_found(calls: list[str], hits: int) -> None:
    listed = "".join(f"- {SHARDS % fields}\n" for fields in calls)
    assert len(findings("wide-fan-out", f"calls:\n{listed}")) == hits


def test_the_share_of_requests_that_meet_a_slow_answer_is_told() -> None:
    (finding,) = findings("wide-fan-out", "calls:\n- " + SHARDS % "parallel: a, per_request: 100, timeout: 50ms")
    # 1 − 0.99¹⁰⁰, the example of Dean and Barroso.
    assert finding.evidence[0].startswith("63.4 % of requests meet one of the slowest 1 % of answers")
    assert "`hedge_after: " in finding.do


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "product-images" and call.kind == "write")
    return good.changed({("calls", index, "per_request"): 12.0, ("calls", index, "parallel"): "pictures"})
