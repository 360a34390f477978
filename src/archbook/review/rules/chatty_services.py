"""Two services that need many round trips for one request."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from archbook.design.interactions import Call
from archbook.findings import Hit, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, significant

MOST_CALLS = 5


def chatty(subject: Subject) -> Iterator[Hit]:
    """More than five calls a request between one pair."""
    for calls in subject.pairs.values():
        handled = sorted({name for _, call in calls for name in call.on}) or [""]
        times, name = max(
            (sum(subject.times(c, name) for _, c in calls if not c.on or name in c.on), name) for name in handled
        )
        if times > MOST_CALLS:
            yield _hit(subject, calls, times, name)


def _hit(subject: Subject, calls: list[tuple[int, Call]], times: float, name: str) -> Hit:
    index, call = max(calls, key=lambda pair: subject.times(pair[1], name))
    request = name or f"request to {call.from_}"
    indexes = [i for i, _ in calls]
    per_row = " (once per row)" if call.per_request == "per row" else ""
    return Hit(
        about=f"{call.from_} → {call.to}",
        what=f"{call.from_} asks {call.to} {significant(times)} times{per_row} for one {request}",
        do=f"calls[{index}]: ask once for all of them (`per_request: 1`, an endpoint of {call.to} that takes many ids)"
        ", or keep a copy of what is asked for, fed by events",
        where=("calls", index),
        evidence=(*_waiting(subject, call, times), *subject.measured_rate(indexes)),
        cost=subject.rate(indexes),
    )


def _waiting(subject: Subject, call: Call, times: float) -> tuple[str, ...]:
    callee = subject.element(call.to)
    if callee is None or call.mode == "async" or call.parallel or not isfinite(callee.mean_response_s):
        return ()
    each = callee.mean_response_s
    total, one = show_duration(times * each), show_duration(each)
    return (f"the caller waits {total} where one call would take {one} (computed: sum of serial answers)",)


RULE = Rule(
    id="chatty-services",
    title="More than five calls a request between one pair of services",
    severity="medium",
    principle=1,
    why="Each call adds a round trip to the answer and a chance to fail; work that needs so many belongs together",
    remedy="Ask once for all, move the work to where its data is, or keep a copy fed by events.",
    references=("Newman, Building Microservices, 2nd ed., ch. 2", "Azure: Chatty I/O antipattern"),
    check=chatty,
    fires="""
calls:
- {from: front, to: back, on: [GET /api/v1/things], per_request: per row, breaker: true, timeout: 100ms}
""",
    quiet="""
calls:
- {from: front, to: back, on: [GET /api/v1/things], per_request: 5, breaker: true, timeout: 100ms}
""",
)
