"""A service that reads what is another's."""

from archbook.design.elements import BROKERS
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def reaching(subject: Subject) -> Hits:
    """A store that a service other than its owner reads (where one writes, shared-database speaks of all)."""
    for name, store in subject.design.stores.items():
        foreign = [(i, call) for i, call in subject.calls_to.get(name, ()) if call.from_ != store.owner]
        shared = (
            store.engine in BROKERS or store.role in ("broker", "cdn") or any(c.kind == "write" for _, c in foreign)
        )
        if store.owner and foreign and not shared:
            index, call = foreign[0]
            rest = listed(f"calls[{i}]" for i, _ in foreign[1:])
            yield subject.at_calls(
                foreign,
                f"{name} belongs to {store.owner} and is read by {listed(call.from_ for _, call in foreign)}",
                f"calls[{index}]: let {call.from_} ask {store.owner} (`to: {store.owner}`), or keep a copy of its own "
                "fed by events" + (f"; the same for {rest}" if rest else ""),
                *subject.cited(name),
                about=name,
            )


RULE = Rule(
    id="reads-anothers-store",
    severity="medium",
    principle=3,
    why="What it reads is a contract that its owner does not know of: a renamed column breaks it, and its slow query "
    "holds up the owner's requests",
    remedy="Ask the owner, or keep a copy fed by its events.",
    references=("Newman, Building Microservices, 2nd ed., ch. 4", "microservices.io: Database per service"),
    check=reaching,
    fires="calls: [{from: back, to: things-db, on: [GET /api/v1/things], timeout: 40ms, why: It is near}]",
    quiet="calls: [{from: front, to: things-db, on: [GET /api/v1/things], timeout: 40ms, why: It is its own}]",
)
