"""Retries: with a pause and a budget, or not at all."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import call_out, findings

BOTH = "backoff: jittered, retry_budget: 10%"
CASES = {
    "no retries": ("breaker: true", []),
    "pause and budget": (f"retries: 3, {BOTH}", []),
    "neither, and no breaker": ("retries: 3, breaker: null", ["high"]),
    "a pause alone does not bound the load": ("retries: 3, backoff: jittered, breaker: null", ["high"]),
    "a breaker does": ("retries: 3, backoff: jittered", ["medium"]),
    "a budget without a pause": ("retries: 3, retry_budget: 10%, breaker: null", ["medium"]),
}


@pytest.mark.parametrize(("fields", "severities"), CASES.values(), ids=CASES)
def test_retries_need_a_pause_and_a_budget(fields: str, severities: list[str]) -> None:
    found = findings("retry-without-backoff-or-budget", f"calls: {{2: {{{fields}}}}}")
    assert [finding.severity for finding in found] == severities


def test_the_mend_adds_what_is_missing_and_no_more() -> None:
    (finding,) = findings("retry-without-backoff-or-budget", "calls: {2: {retries: 3, backoff: fixed}}")
    assert finding.mend == {("calls", 2, "retry_budget"): 0.1}
    assert finding.what == "front → back is tried 4 times, with no budget"
    # 10 visits a second at ten times today's load, four attempts each.
    assert finding.evidence[0] == "while back fails, 10 calls/s become 40 calls/s (computed: every attempt fails)"


def test_two_stable_states_are_told_where_timeouts_feed_the_load() -> None:
    (finding,) = findings(
        "retry-without-backoff-or-budget",
        "services: {back: {instances: 1, concurrency: 1, queue: null, service_time: {mean: 60ms}}}\n"
        "calls: {2: {retries: 3, breaker: null, timeout: 1s}}",
    )
    assert finding.evidence[0].startswith("after an outage retries keep back overloaded (4 attempts for each planned")


def mutated(good: Design) -> Design:
    return good.changed({("calls", call_out(good), "retries"): 1, ("calls", call_out(good), "timeout"): 0.04})
