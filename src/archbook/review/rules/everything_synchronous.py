"""A request that changes several services before it answers."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.design.contract import Endpoint
from archbook.design.interactions import Call
from archbook.findings import Hit, Rule
from archbook.review.subject import Subject, listed
from archbook.units import show_duration, show_rate, show_share

LEAST_SERVICES = 3
LEAST_DEFERRABLE = 2
HAPPENED = {"POST": "created", "DELETE": "deleted"}


def synchronous(subject: Subject) -> Iterator[Hit]:
    """A client waits for three services or more, two calls or more only pass work on, and nothing is announced.

    Passing work on: a synchronous call to another service that writes, or that the answer can do without.
    """
    announced = {name for event in subject.design.events.values() for name in event.on}
    entry = subject.design.gateway
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if endpoint.name in announced or endpoint.service not in subject.leads_to_passing:
            continue
        calls = [(i, call) for i, call in subject.path(endpoint) if call.from_ != entry]
        inner = [(i, call) for i, call in calls if call.to in subject.design.services]
        passing = [(i, call) for i, call in inner if i in subject.passing]
        waits_for = {endpoint.service, *(call.to for _, call in inner)}
        all_wait = all(call.mode == "sync" for _, call in calls)
        if all_wait and len(waits_for) >= LEAST_SERVICES and len(passing) >= LEAST_DEFERRABLE:
            yield _hit(subject, index, endpoint, len(inner), passing)


def _hit(subject: Subject, index: int, endpoint: Endpoint, inner: int, passing: list[tuple[int, Call]]) -> Hit:
    places = listed(f"calls[{i}]" for i, _ in passing)
    targets = listed(call.to for _, call in passing)
    rate = subject.requests_per_s(endpoint.name)
    seen = (f"{show_rate(rate)} {subject.peak} (computed: share of the journeys)",) if rate else ()
    return Hit(
        about=endpoint.name,
        what=f"{endpoint.name} waits for every service it touches; {len(passing)} of {inner} calls could be events",
        do=f"announce `{_event(endpoint)}` in handling {endpoint.name} and let {targets} act on it, in place of "
        f"{places}; keep synchronous only what the answer cannot be given without",
        where=("api", "endpoints", index),
        evidence=(*_share(subject, endpoint, passing), *seen),
        cost=rate,
    )  # fmt: skip


def _share(subject: Subject, endpoint: Endpoint, passing: list[tuple[int, Call]]) -> tuple[str, ...]:
    found = subject.today.endpoints.get(endpoint.name) if subject.today else None
    if found is None or not 0 < found.mean_s < float("inf"):
        return ()
    targets = {call.to for _, call in passing}
    spent = sum(seconds for element, seconds in found.path if element in targets)
    part = f"{show_duration(spent)} of its mean {show_duration(found.mean_s)} ({show_share(spent / found.mean_s)})"
    return (f"it spends {part} in services that could act later (computed: along the path, today)",)


def _event(endpoint: Endpoint) -> str:
    words = [word for word in endpoint.path.split("/") if word and not word.startswith("{")]
    noun = (endpoint.resource or (words or ["work"])[-1]).lower().removesuffix("s")
    return f"{noun}.{HAPPENED.get(endpoint.method, 'changed')}"


RULE = Rule(
    id="everything-synchronous",
    title="A request that changes several services one after the other, and announces nothing",
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
- {from: front, to: mailer, on: [POST /api/v1/things], kind: write, breaker: true, timeout: 100ms}
""",
    quiet="""
calls:
- {from: front, to: back, on: [POST /api/v1/things], kind: write, breaker: true, timeout: 100ms}
events:
  thing.created: {from: front, to: [mailer], on: [POST /api/v1/things]}
""",
)
