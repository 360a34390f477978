"""A store that more than one service reaches into."""

from __future__ import annotations

from collections.abc import Iterator

from archbook.design.elements import BROKERS, Store
from archbook.design.interactions import Call
from archbook.findings import Hit, Rule
from archbook.review.subject import Subject, listed


def shared(subject: Subject) -> Iterator[Hit]:
    """A store that a service other than its owner writes or reads (brokers and CDNs are there to be shared)."""
    for name, calls in subject.store_calls.items():
        store = subject.design.stores[name]
        if calls and store.engine not in BROKERS and store.role not in ("broker", "cdn"):
            owner = store.owner or _first_writer(calls)
            foreign = [(index, call) for index, call in calls if call.from_ != owner]
            if foreign:
                yield _hit(subject, name, store, owner, foreign)


def _first_writer(calls: list[tuple[int, Call]]) -> str:
    return min(calls, key=lambda pair: pair[1].kind != "write")[1].from_


def _hit(subject: Subject, name: str, store: Store, owner: str, foreign: list[tuple[int, Call]]) -> Hit:
    index, call = next((pair for pair in foreign if pair[1].kind == "write"), foreign[0])
    indexes = [i for i, _ in foreign]
    readers = dict.fromkeys(call.from_ for _, call in foreign)
    writers = dict.fromkeys(call.from_ for _, call in foreign if call.kind == "write")
    if store.owner:
        what = f"belongs to {owner} and is {'written' if writers else 'read'} by {listed(writers or readers)}"
        do = f"calls[{index}]: let {call.from_} ask {owner} (`to: {owner}`), or keep a copy of its own fed by events"
    else:
        what = f"belongs to nobody and is shared by {listed([owner, *readers])}"
        do = (f"stores.{name}: add `owner: {owner}`; calls[{index}]: give {call.from_} a store of its own for the "
              f"tables that it writes, or let it ask {owner}")  # fmt: skip
    rest = listed(f"calls[{i}]" for i in indexes if i != index)
    return Hit(
        about=name,
        what=f"{name} {what}",
        do=do + (f"; the same for {rest}" if rest else ""),
        where=("calls", index),
        evidence=(*subject.measured_rate(indexes), *subject.cited(f"stores.{name}")),
        cost=subject.rate(indexes),
    )


RULE = Rule(
    id="shared-database",
    title="A store that a service other than its owner writes or reads",
    severity="high",
    principle=3,
    why="Its tables are then a contract that nobody published: no column can change, and one team's slow query or lock "
    "is another team's outage",
    remedy="Give each store one owner; others ask that service, or keep a copy fed by its events.",
    references=("Newman, Building Microservices, 2nd ed., ch. 4", "microservices.io: Database per service"),
    check=shared,
    fires="""
calls:
- {from: back, to: things-db, kind: write}
""",
    quiet="""
calls:
- {from: front, to: things-db, kind: write}
""",
)
