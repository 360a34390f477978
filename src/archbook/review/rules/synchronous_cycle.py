"""Services that wait for each other."""

from itertools import pairwise

from archbook.design.cycles import cycles
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def circular(subject: Subject) -> Hits:
    """Two services or more of which each, for some request, waits for the next, and the last for the first."""
    flow, services = subject.plan, subject.design.services
    if flow is None or not flow.circular:
        return
    waits = [(a, b) for a, callees in flow.waits_for.items() for b in callees if a in services and b in services]
    for path in cycles(waits):
        pairs = set(pairwise(path))
        calls = [(i, call) for i, call in subject.crossings if (call.from_, call.to) in pairs and call.mode == "sync"]
        index, call = min(calls, key=lambda placed: subject.asking[placed[0]])
        yield subject.at_calls(
            [(index, call)],
            f"{', '.join(path[:-2])} and {path[-2]} wait for each other",
            f"calls[{index}], the one made least often: let {call.to} announce an event that {call.from_} keeps a copy "
            "from, or move what both need into a service below them",
            about=" → ".join(path),
        )


RULE = Rule(
    id="synchronous-cycle",
    severity="high",
    principle=4,
    why="When all places of each are taken by requests that wait for the other, none of them ever ends; and neither "
    "can be released, restarted or scaled without the other",
    remedy="Let calls go one way only; the other way is an event, or belongs into a third service.",
    references=("Google SRE book, ch. 22: cycles of requests", "Newman, Building Microservices, 2nd ed., ch. 2"),
    check=circular,
    fires="""
calls:
- {from: front, to: mailer, on: [GET /api/v1/things], timeout: 50ms, breaker: true, bulkhead: 8}
- {from: mailer, to: front, on: [thing.created], timeout: 50ms, breaker: true, bulkhead: 8}
""",
    quiet="""
calls:
- {from: front, to: mailer, on: [GET /api/v1/things], timeout: 50ms, breaker: true, bulkhead: 8}
- {from: mailer, to: back, on: [thing.created], timeout: 50ms, breaker: true, bulkhead: 8}
""",
)
