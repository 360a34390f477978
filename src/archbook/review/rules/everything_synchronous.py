"""A request that changes several services before it answers."""

from archbook.design.contract import Endpoint
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Placed, Subject
from archbook.units import listed, show_duration, show_rate, show_share

LEAST_SERVICES = 3
LEAST_DEFERRABLE = 2
HAPPENED = {"POST": "created", "DELETE": "deleted"}


def synchronous(subject: Subject) -> Hits:
    """A request that changes several services one after the other, and announces nothing.

    A client waits for three services or more, and two calls or more only pass work on: synchronous calls to another
    service that write, or that the answer can do without.
    """
    design = subject.design
    announced = {name for event in design.events.values() for name in event.on}
    to_services = [(i, call) for i, call in subject.crossings if call.to in design.services]
    passing = {i for i, call in to_services if call.kind == "write" or call.optional}
    leading = {call.from_ for i, call in to_services if i in passing}
    while more := {call.from_ for _, call in to_services if call.to in leading} - leading:
        leading |= more
    for index, endpoint in enumerate(design.api.endpoints):
        if endpoint.service in leading and endpoint.name not in announced:
            calls = [(i, call) for i, call in subject.path(endpoint) if call.from_ != design.gateway]
            inner = [(i, call) for i, call in calls if call.to in design.services]
            deferrable = [(i, call) for i, call in inner if i in passing]
            services = {endpoint.service, *(call.to for _, call in inner)}
            all_wait = all(call.mode == "sync" for _, call in calls)
            if all_wait and len(services) >= LEAST_SERVICES and len(deferrable) >= LEAST_DEFERRABLE:
                yield _hit(subject, index, endpoint, len(inner), deferrable)


def _hit(subject: Subject, index: int, endpoint: Endpoint, inner: int, deferrable: list[Placed]) -> Hit:
    targets = {call.to: None for _, call in deferrable}
    places = listed(f"calls[{i}]" for i, _ in deferrable)
    rate = subject.requests_per_s(endpoint.name)
    return subject.at_endpoint(
        index,
        f"{endpoint.name} waits for every service it touches; {len(deferrable)} of {inner} calls could be events",
        f"announce `{_event(endpoint)}` in handling {endpoint.name} and let {listed(targets)} act on it, in place of "
        f"{places}; keep synchronous only what the answer cannot be given without",
        *_share(subject, endpoint, targets),
        *([f"{show_rate(rate)} {subject.peak} (computed: share of the journeys)"] if rate else []),
    )


def _share(subject: Subject, endpoint: Endpoint, targets: dict[str, None]) -> list[str]:
    found = subject.today.endpoints.get(endpoint.name) if subject.today else None
    if found is None or not 0 < found.mean_s < float("inf"):
        return []
    spent = sum(seconds for element, seconds in found.path if element in targets)
    part = f"{show_duration(spent)} of its mean {show_duration(found.mean_s)} ({show_share(spent / found.mean_s)})"
    return [f"it spends {part} in services that could act later (computed: along the path, today)"]


def _event(endpoint: Endpoint) -> str:
    words = [word for word in endpoint.path.split("/") if word and not word.startswith("{")]
    noun = (endpoint.resource or (words or ["work"])[-1]).lower().removesuffix("s")
    return f"{noun}.{HAPPENED.get(endpoint.method, 'changed')}"


RULE = Rule(
    id="everything-synchronous",
    severity="high",
    principle=4,
    why="The request is as slow as all of them together and fails when any of them does, and no transaction spans "
    "them: what failed half-way stays half done",
    remedy="Answer when the owner of the data has committed, and tell the others by an event.",
    references=("Azure: Asynchronous messaging", "Google SRE book, ch. 22", "microservices.io: Saga"),
    check=synchronous,
    fires="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], kind: write, breaker: true, timeout: 100ms}
- {from: back, to: mailer, kind: write, breaker: true, timeout: 40ms}
""",
    quiet="""
calls: [{from: front, to: back, on: [POST /api/v1/things], kind: write, breaker: true, timeout: 100ms}]
events: {thing.created: {from: front, to: [mailer], on: [POST /api/v1/things]}}
""",
)
