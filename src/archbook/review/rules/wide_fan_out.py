"""A request that waits for the slowest of many."""

from archbook.findings import Hits, Rule
from archbook.review.subject import ROWS, Placed, Subject, grouped
from archbook.units import show_duration, show_share, significant

MANY = 10
ONE_PERCENT = 0.01


def wide(subject: Subject) -> Hits:
    """Ten calls or more at once for one request, all of which are waited for: no hedge, and no answer without one."""
    at_once = ((i, call) for i, call in enumerate(subject.design.calls) if call.parallel and call.mode == "sync")
    for calls in grouped(at_once, lambda call: (call.from_, call.parallel, call.on)).values():
        waited = [(i, call) for i, call in calls if not (call.hedge_after or call.optional or call.fallback)]
        copies = sum(_copies(subject, placed) for placed in waited)
        if copies >= MANY:
            index, call = max(waited, key=lambda placed: _copies(subject, placed))
            callee = subject.element(call.to)
            p99 = [f"p99 of {call.to} is {show_duration(callee.p99_s)} (computed)"] if callee else []
            hedge = f", such as `hedge_after: {_p95(callee.p95_s)}`" if callee and call.kind == "read" else ""
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} waits for the slowest of {significant(copies)} answers at once",
                f"calls[{index}]: ask the slow ones a second time{hedge}, or answer with what has come by then "
                "(`optional` with a `fallback`), or ask fewer",
                f"{show_share(1 - (1 - ONE_PERCENT) ** copies)} of requests meet one of the slowest 1 % of answers "
                "(computed: 1 − 0.99ⁿ)",
                *p99,
            )


def _copies(subject: Subject, placed: Placed) -> float:
    _, call = placed
    if isinstance(call.per_request, str):
        rows = [endpoint.rows or ROWS for endpoint in subject.design.api.endpoints if endpoint.name in call.on]
        return max(rows, default=ROWS)
    return float(call.per_request)


def _p95(seconds: float) -> str:
    return "".join(show_duration(float(f"{seconds:.1g}")).split())


RULE = Rule(
    id="wide-fan-out",
    severity="medium",
    principle=4,
    why="The slowest of many decides: what one answer in a hundred takes becomes what most requests take",
    remedy="Ask a slow one a second time after its p95, or answer with what has arrived.",
    references=("Dean and Barroso, The Tail at Scale, 2013",),
    check=wide,
    fires="""
calls: [{from: front, to: things-db, on: [GET /api/v1/things], per_request: 10, parallel: shards, timeout: 50ms}]
""",
    quiet="""
calls: [{from: front, to: things-db, on: [GET /api/v1/things], per_request: 9, parallel: shards, timeout: 50ms}]
""",
    measured_by="archbook simulate DESIGN",
)
