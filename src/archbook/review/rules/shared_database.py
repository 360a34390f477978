"""A store that more than one service reaches into."""

from archbook.design.elements import BROKERS, Store
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Placed, Subject, grouped
from archbook.units import listed


def shared(subject: Subject) -> Hits:
    """A store that a service other than its owner writes, or that several use and none owns (but brokers and CDNs)."""
    for name, calls in grouped(enumerate(subject.design.calls), lambda call: call.to).items():
        store = subject.design.stores.get(name)
        if store and store.engine not in BROKERS and store.role not in ("broker", "cdn"):
            writes_first = sorted(calls, key=lambda placed: placed[1].kind != "write")
            owner = store.owner or writes_first[0][1].from_
            foreign = [placed for placed in writes_first if placed[1].from_ != owner]
            if foreign and (not store.owner or foreign[0][1].kind == "write"):
                yield _hit(subject, name, store, owner, foreign)


def _hit(subject: Subject, name: str, store: Store, owner: str, foreign: list[Placed]) -> Hit:
    index, call = foreign[0]
    users = [c.from_ for _, c in sorted(foreign) if c.kind == call.kind or not store.owner]
    if store.owner:
        what = f"{name} belongs to {owner} and is written by {listed(users)}"
        do = f"let {call.from_} ask {owner} (`to: {owner}`), or keep a copy of its own fed by events"
    else:
        what = f"{name} belongs to nobody and is shared by {listed([owner, *users])}"
        do = (f"give {call.from_} a store of its own for the tables that it writes, or let it ask {owner}; "
              f"stores.{name}: add `owner: {owner}`")  # fmt: skip
    rest = listed(f"calls[{i}]" for i, _ in foreign[1:])
    do = f"calls[{index}]: {do}" + (f"; the same for {rest}" if rest else "")
    return subject.at_calls(foreign, what, do, *subject.cited(name), about=name)


RULE = Rule(
    id="shared-database",
    severity="high",
    principle=3,
    why="Its tables are then a contract that nobody published: no column can change, and one team's slow query or lock "
    "is another team's outage",
    remedy="Give each store one owner; others ask that service, or keep a copy fed by its events.",
    references=("Newman, Building Microservices, 2nd ed., ch. 4", "microservices.io: Database per service"),
    check=shared,
    fires="calls: [{from: back, to: things-db, kind: write, timeout: 50ms}]",
    quiet="calls: [{from: front, to: things-db, kind: write, timeout: 50ms}]",
)
