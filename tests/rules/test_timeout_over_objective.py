"""Timeout × attempts and pauses, against what is promised to those who wait."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, findings, good

# front promises 800 ms (p99); POST /api/v1/things promises 3 s; back promises 800 ms.
CASES = {
    "as long as the promise": ("2: {timeout: 800ms}", []),
    "longer": ("2: {timeout: 810ms}", ["front may wait 810 ms for back; front promises 800 ms (p99)"]),
    "two attempts": (
        "2: {timeout: 410ms, retries: 1}",
        ["front may wait 820 ms for back; front promises 800 ms (p99)"],
    ),
    "two attempts and a pause": (
        "2: {timeout: 390ms, retries: 1, backoff: jittered, pause: 30ms}",
        ["front may wait 810 ms for back; front promises 800 ms (p99)"],
    ),
    "the own store": ("0: {timeout: 1s}", ["front may wait 1 s for things-db; front promises 800 ms (p99)"]),
    "the endpoint's own promise": ("3: {timeout: 2.9s}", []),
    "over that": ("3: {timeout: 3.1s}", ["front may wait 3.1 s for bank; POST /api/v1/things promises 3 s (p99)"]),
    "for every request, so the longest promise counts": ("2: {timeout: 1s, on: null}", []),
    "asynchronous": ("2: {timeout: 1h, mode: async}", []),
}


@pytest.mark.parametrize(("calls", "what"), CASES.values(), ids=CASES)
def test_a_wait_fits_into_what_is_promised(calls: str, what: list[str]) -> None:
    assert [finding.what for finding in findings("timeout-over-objective", f"calls: {{{calls}}}")] == what


SEVERITIES = {"{p95: 400ms, p99: 800ms}": "high", "{p95: 400ms, p99: null}": "medium"}


@pytest.mark.parametrize(("slo", "severity"), SEVERITIES.items())
def test_a_p95_alone_lets_one_request_in_twenty_take_longer(slo: str, severity: str) -> None:
    (finding,) = findings(
        "timeout-over-objective", f"services: {{front: {{slo: {slo}}}}}\ncalls: {{2: {{timeout: 1s}}}}"
    )
    assert finding.severity == severity


def test_a_service_that_answers_no_client_has_its_own_promise() -> None:
    inner = "calls: [{from: back, to: mailer, on: [POST /api/v1/things], timeout: 1s}]"
    (finding,) = findings("timeout-over-objective", inner)
    assert finding.what == "back may wait 1 s for mailer; back promises 800 ms (p99)"


def test_what_is_done_in_handling_an_event_is_promised_to_nobody() -> None:
    inner = "calls: [{from: mailer, to: back, on: [thing.created], timeout: 1min}]"
    assert findings("timeout-over-objective", inner) == ()


def test_the_timeout_proposed_divides_the_promise_among_the_attempts() -> None:
    (finding,) = findings(
        "timeout-over-objective", "calls: {2: {timeout: 1s, retries: 1, backoff: jittered, pause: 100ms}}"
    )
    # (800 − 100) / 2 = 350 ms; the next step below is 300 ms.
    assert finding.mend == {("calls", 2, "timeout"): "300ms"}
    assert finding.evidence[0].startswith("2 × 1 s and 100 ms of pauses")


def test_no_timeout_is_proposed_below_the_p99_of_the_target() -> None:
    (finding,) = findings("timeout-over-objective", "calls: {3: {timeout: 1.1s, retries: 9}}")
    assert finding.mend == {}
    assert "try fewer times" in finding.do


def test_no_timeout_is_proposed_below_what_the_target_itself_waits_for() -> None:
    inner = "calls: [{from: back, to: mailer, on: [GET /api/v1/things], timeout: 900ms}]"
    over = good(inner).changed({("calls", 2, "timeout"): 1.0})
    (finding,) = (f for f in by("timeout-over-objective")(over).findings if f.about == "front → back")
    assert finding.mend == {}
    assert "wait at most 800 ms in all" in finding.do


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "inventory" and call.optional)
    return good.changed({("calls", index, "timeout"): 0.45})
