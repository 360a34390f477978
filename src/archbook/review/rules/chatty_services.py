"""Two services that need many round trips for one request."""

from archbook.design.interactions import Call
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import ROWS, Placed, Subject, grouped
from archbook.units import show_duration, significant

MOST_CALLS = 5


def chatty(subject: Subject) -> Hits:
    """More than five calls a request between one pair of services."""
    for calls in grouped(subject.crossings, lambda call: (call.from_, call.to)).values():
        handled = sorted({name for _, call in calls for name in call.on}) or [""]
        times, name = max(
            (sum(times_of(subject, c, name) for _, c in calls if not c.on or name in c.on), name) for name in handled
        )
        if times > MOST_CALLS:
            yield _hit(subject, sorted(calls, key=lambda placed: -times_of(subject, placed[1], name)), times, name)


def times_of(subject: Subject, call: Call, name: str) -> float:
    """How often a call is made for one request of the endpoint `name` (empty: any request), after caches."""
    times = call.per_request
    if times == "per row":
        endpoints = subject.design.api.endpoints
        handled = (e for e in endpoints if (e.name == name if name else e.service == call.from_))
        times = max((endpoint.rows or ROWS for endpoint in handled), default=ROWS)
    cache = subject.design.stores.get(call.unless_hit or "")
    return float(times) * (1 - (call.hit_ratio or 0.0)) * (1 - ((cache and cache.hit_ratio) or 0.0))


def _hit(subject: Subject, calls: list[Placed], times: float, name: str) -> Hit:
    index, call = calls[0]
    per_row = " (once per row)" if call.per_request == "per row" else ""
    request = name or f"request to {call.from_}"
    callee = subject.element(call.to)
    waiting = []
    if callee and call.mode == "sync" and not call.parallel:
        total, one = show_duration(times * callee.mean_response_s), show_duration(callee.mean_response_s)
        waiting = [f"the caller waits {total} where one call would take {one} (computed: sum of serial answers)"]
    return subject.at_calls(
        calls,
        f"{call.from_} asks {call.to} {significant(times)} times{per_row} for one {request}",
        f"calls[{index}]: ask once for all of them (`per_request: 1`, an endpoint of {call.to} that takes many ids), "
        "or keep a copy of what is asked for, fed by events",
        *waiting,
    )


RULE = Rule(
    id="chatty-services",
    severity="medium",
    principle=1,
    why="Each call adds a round trip to the answer and a chance to fail; work that needs so many belongs together",
    remedy="Ask once for all, move the work to where its data is, or keep a copy fed by events.",
    references=("Newman, Building Microservices, 2nd ed., ch. 2", "Azure: Chatty I/O antipattern"),
    check=chatty,
    fires="calls: [{from: front, to: back, per_request: per row, breaker: true, timeout: 100ms}]",
    quiet="calls: [{from: front, to: back, per_request: 4, breaker: true, timeout: 100ms}]",
)
