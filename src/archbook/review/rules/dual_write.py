"""Two places changed for one request, with nothing that keeps them together."""

from collections.abc import Iterator
from itertools import combinations

from archbook.design.elements import BROKERS, Store
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Placed, Subject, grouped
from archbook.units import listed

KEPT = ("primary", "search", "broker")
"""Roles of stores in which a lost write is missed: objects are written before they are named, caches fill again."""


def dual(subject: Subject) -> Hits:
    """A change of two places in one request without an outbox: a store and an event, or two stores."""
    design = subject.design
    lasting = [(i, call) for i, call in enumerate(design.calls)
               if call.kind == "write" and (store := design.stores.get(call.to)) and _kept(store)]  # fmt: skip
    by_service = grouped(lasting, lambda call: call.from_)
    for name, event in design.events.items():
        writes = [call.to for _, call in by_service.get(event.from_, ()) if _together(call.on, event.on)]
        if event.to and not event.outbox and writes:
            yield _unannounced(subject, name, event.from_, list(dict.fromkeys(writes)))
    for service, calls in by_service.items():
        for first, second in _pairs(calls):
            yield _apart(subject, service, first, second)


def _kept(store: Store) -> bool:
    return store.role in KEPT or (store.role == "replica" and store.engine in BROKERS)


def _together(first: tuple[str, ...], second: tuple[str, ...]) -> bool:
    """Whether two things happen in handling the same request; without `on` they happen in handling any."""
    return not first or not second or bool(set(first) & set(second))


def _pairs(calls: list[Placed]) -> Iterator[tuple[Placed, Placed]]:
    """The first two calls of one request for each two stores."""
    seen: set[frozenset[str]] = set()
    for first, second in combinations(calls, 2):
        stores = frozenset((first[1].to, second[1].to))
        if len(stores) == 2 and stores not in seen and _together(first[1].on, second[1].on):
            seen.add(stores)
            yield first, second


def _unannounced(subject: Subject, name: str, service: str, stores: list[str]) -> Hit:
    return subject.at_event(
        name,
        f"{service} commits to {listed(stores)} and announces {name} apart from it",
        f"events.{name}: write it into an `outbox` table of {stores[0]} in the transaction that makes it true, let a "
        "relay publish from there, and set `outbox: true`",
        *subject.measured("locks", stores[0]),
    )


def _apart(subject: Subject, service: str, first: Placed, second: Placed) -> Hit:
    (_, one), (index, other) = first, second
    on = f" for {listed(other.on or one.on, most=2)}" if other.on or one.on else ""
    return subject.at_calls(
        [second],
        f"{service} writes {one.to} and then {other.to}{on}, in no common transaction",
        f"calls[{index}]: commit to {one.to} with an outbox row, and let what listens to that event write {other.to}",
        *subject.measured("locks", one.to),
        about=f"{service} → {one.to}, {other.to}",
    )


RULE = Rule(
    id="dual-write",
    severity="high",
    principle=3,
    why="A process that dies between the two, in every release some do, leaves them different for ever: no one else "
    "knows what was still to be done",
    remedy="Commit once, with the event as a row of the same transaction, and let a relay do the rest.",
    references=("microservices.io: Transactional outbox", "Kleppmann, Designing Data-Intensive Applications, ch. 11"),
    check=dual,
    fires="events: {thing.created: {outbox: false}}",
    quiet="events: {thing.created: {outbox: true}}",
    measured_by="archbook experiment DESIGN locks",
)
