"""No timeout: a call that waits for ever, and the timeout that would fit."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import call_out, findings

CASES = {
    "a service": ("calls: {2: {timeout: null}}", 1),
    "an external system": ("calls: {3: {timeout: null}}", 1),
    "the own store": ("calls: {0: {timeout: null}}", 1),
    "asynchronous": ("calls: {2: {timeout: null, mode: async}}", 0),
    "with a timeout": ("calls: {2: {timeout: 1h}}", 0),
}


@pytest.mark.parametrize(("fragment", "hits"), CASES.values(), ids=CASES)
def test_a_synchronous_call_has_a_timeout(fragment: str, hits: int) -> None:
    assert len(findings("call-without-timeout", fragment)) == hits


def test_the_timeout_proposed_is_three_times_the_p99_of_the_target() -> None:
    (finding,) = findings("call-without-timeout", "calls: {3: {timeout: null}}")
    # The bank's p99 is 400 ms; three times that is 1.2 s; the next step is 1.5 s, within the 3 s that are promised.
    assert finding.mend == {("calls", 3, "timeout"): "1.5s"}
    assert finding.do == "calls[3]: add `timeout: 1.5s` (p99 of bank is 400 ms, computed)"
    # 10 calls/s for 4 × 16 = 64 places: the last is taken after 6.4 s.
    assert finding.evidence[0] == (
        "when it hangs, all 64 requests that front serves at once are waiting after 6.4 s (computed: Little's law)"
    )


BOUNDS = {
    "within the promise of the endpoint": ("{p95: 800ms, p99: null}", "800ms"),
    "two attempts within it": ("{p95: 1s, p99: null}", "400ms"),
    "none, where the target is slower than the promise": ("{p95: 300ms, p99: null}", None),
}


@pytest.mark.parametrize(("slo", "proposed"), BOUNDS.values(), ids=BOUNDS)
def test_the_timeout_proposed_keeps_the_promise_or_there_is_none(slo: str, proposed: str | None) -> None:
    retries = "retries: 1, backoff: jittered, " if "1s" in slo else ""
    (finding,) = findings(
        "call-without-timeout",
        f"calls: {{3: {{{retries}timeout: null}}}}\napi: {{endpoints: {{1: {{slo: {slo}}}}}}}",
    )
    assert finding.mend == ({("calls", 3, "timeout"): proposed} if proposed else {})
    assert proposed or "promises" in finding.do


def mutated(good: Design) -> Design:
    return good.changed({("calls", call_out(good), "timeout"): None})
