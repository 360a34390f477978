"""Rate limits of the reference service: the same decisions as the simulator's, and what clients are told."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from archbook.contracts.service.calls import KEY, Call, Caller
from archbook.contracts.service.limits import Limiting, Limits, Policy
from archbook.design.contract import Api, Endpoint, RateLimit, Security
from archbook.design.model import Design
from archbook.simulate import rate_limit

SIMULATED = {"fixed_window": "fixed_window", "sliding_window": "sliding_counter", "token_bucket": "token_bucket",
             "gcra": "gcra"}  # fmt: skip


def design_with(*limits: RateLimit, endpoints: tuple[Endpoint, ...] = ()) -> Design:
    empty = Design.model_construct()
    return empty.model_copy(update={"api": Api(endpoints=endpoints), "security": Security(rate_limits=limits)})


@pytest.mark.parametrize(("algorithm", "policy"), SIMULATED.items())
@pytest.mark.parametrize("burst", [1, 15, 40])
def test_requests_pass_and_wait_as_the_simulator_says(algorithm: str, policy: str, burst: int) -> None:
    times = np.sort(np.random.default_rng(7).exponential(1.1, 400).cumsum() % 200)
    expected = rate_limit(times, policy, limit=30, window_s=60, burst=burst)
    state, waits = None, []
    counted = Policy("a", "user", algorithm, 30, 60.0, burst)
    for now in times:
        new, wait, left = counted.take(state, float(now))
        state = state if wait else new
        waits.append(wait)
        assert left >= 0
    assert 0 < expected.passed < len(times)
    assert [not wait for wait in waits] == expected.allowed.tolist()
    assert waits == pytest.approx(expected.retry_after_s.tolist(), abs=1e-6)


def test_what_is_left_counts_down_to_nothing_and_then_a_request_waits() -> None:
    for algorithm in SIMULATED:
        counted, state, seen = Policy("a", "user", algorithm, 5, 60.0, 4 if algorithm == "gcra" else 5), None, []
        for _ in range(5):
            state, wait, left = counted.take(state, 600.0)
            seen.append((wait, left))
        assert seen == [(0.0, left) for left in (4, 3, 2, 1, 0)], algorithm
        assert counted.take(state, 600.0)[1] > 0


def test_each_caller_has_a_count_of_their_own_and_a_refused_request_counts_nowhere() -> None:
    limits = Limits(
        design_with(RateLimit(per="user", limit="2/min", burst=2), RateLimit(per="ip", limit="3/min", burst=3))
    )
    ann, bob = (Call("r", caller=Caller(subject=name), ip="10.0.0.1") for name in ("ann", "bob"))
    passed = [limits.take(call, 0.0).policy for call in (ann, ann, ann, ann, bob, bob)]
    assert passed == ["", "", "user", "user", "", "ip"]


def test_a_limit_of_an_endpoint_stands_in_for_the_general_one() -> None:
    endpoint = Endpoint(name="POST /orders", service="a", rate_limit="1/min")
    limits = Limits(design_with(RateLimit(per="user", limit="100/min"), endpoints=(endpoint,)))
    order, other = Call("r", endpoint=endpoint, caller=Caller("ann")), Call("r", caller=Caller("ann"))
    assert [limits.take(call, 0.0).policy for call in (order, order, other)] == ["", "POST /orders", ""]


def test_who_is_forgotten_is_the_one_that_was_silent_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archbook.contracts.service.limits.MOST_CALLERS", 2)
    limits = Limits(design_with(RateLimit(per="user", limit="1/min", burst=1)))
    for name in ("ann", "bob", "eve"):
        assert not limits.take(Call("r", caller=Caller(name)), 0.0).wait_s
    assert limits.take(Call("r", caller=Caller("eve")), 0.0).wait_s
    assert not limits.take(Call("r", caller=Caller("ann")), 0.0).wait_s


def test_clients_are_told_what_is_left_and_how_long_to_wait() -> None:
    first, second = asyncio.run(_two_calls())
    assert (first["status"], second["status"]) == (200, 429)
    assert first["headers"][b"ratelimit-policy"] == b'"user";q=1;w=60'
    assert first["headers"][b"ratelimit"] == b'"user";r=0;t=60'
    assert second["headers"][b"retry-after"] == b"60"
    assert b'"code": "RATE_LIMITED"' in second["body"]


async def _two_calls() -> list[dict[str, Any]]:
    async def inner(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    app = Limiting(inner, design_with(RateLimit(per="user", limit="1/min", burst=1)), clock=lambda: 5.0)
    answers: list[dict[str, Any]] = []
    for _ in range(2):
        got: dict[str, Any] = {}

        async def send(message: Any, got: dict[str, Any] = got) -> None:
            got.update({key: value for key, value in message.items() if key != "type"})

        await app({"type": "http", "headers": [], KEY: Call("r", caller=Caller("ann"))}, None, send)
        answers.append(got | {"headers": dict(got["headers"])})
    return answers
