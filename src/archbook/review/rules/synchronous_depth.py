"""A request that waits for a chain of others."""

from archbook.findings import Hits, Rule
from archbook.review.chains import passing, worst_chains
from archbook.review.subject import Subject
from archbook.units import show_duration

DEEPEST = 3


def deep(subject: Subject) -> Hits:
    """More than three synchronous calls one below another, from service to service or to an external system."""
    stores = subject.design.stores
    waited_for = [1.0 if c.mode == "sync" and c.to not in stores else -1.0 for c in subject.design.calls]
    for chain in worst_chains(subject, waited_for, DEEPEST + 1):
        index, call = chain[-1]
        last = subject.element(call.to)
        waited = [f"{call.to} alone takes {show_duration(last.mean_response_s)} (computed: mean)"] if last else []
        yield subject.at_calls(
            [chain[-1]],
            f"{chain[0][1].from_} waits for a chain of {len(chain)} calls, down to {call.to}",
            f"calls[{index}]: let {call.from_} keep a copy of what it asks {call.to} for, fed by events, or do this "
            "part after the answer (an event)",
            *waited,
            about=passing(chain),
        )


RULE = Rule(
    id="synchronous-depth",
    severity="medium",
    principle=4,
    why="The client waits for the sum of all, any of them fails it, and whoever changes the last one does not know the "
    "first",
    remedy="Let requests end after two or three steps: copies fed by events for what is read, events for what is done.",
    references=("Google SRE book, ch. 22", "Newman, Building Microservices, 2nd ed., ch. 4: temporal coupling"),
    check=deep,
    fires="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 600ms, breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 550ms, breaker: true, bulkhead: 8}
- {from: mailer, to: stock, on: [POST /api/v1/things], timeout: 500ms, breaker: true, bulkhead: 8}
- {from: stock, to: bank, on: [POST /api/v1/things], timeout: 450ms, breaker: true, bulkhead: 8, fallback: asked later}
services:
  stock: {does: Counts, why: It counts nightly, owner: things-team, instances: 4, concurrency: 16, queue: 32,
    service_time: {mean: 5ms}, zone: app, slo: {p95: 400ms, p99: 800ms, availability: 99%}, availability: 99.9%,
    health_check: /healthz, alerts: [{when: p95 > 400ms for 5min, tells: things-team}]}
""",
    quiet="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], timeout: 600ms, breaker: true, bulkhead: 8}
- {from: back, to: mailer, on: [POST /api/v1/things], timeout: 550ms, breaker: true, bulkhead: 8}
- {from: mailer, to: bank, on: [POST /api/v1/things], timeout: 500ms, breaker: true, bulkhead: 8, fallback: asked later}
""",
)
