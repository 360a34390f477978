"""A store that is nobody's."""

from typing import Any

from archbook.design.elements import BROKERS
from archbook.design.model import Where
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def ownerless(subject: Subject) -> Hits:
    """A store without an owner (where several services use it, shared-database speaks of that)."""
    for name, store in subject.design.stores.items():
        clients = dict.fromkeys(call.from_ for _, call in subject.calls_to.get(name, ()))
        kept = store.role not in ("cache", "cdn", "broker") and store.engine not in BROKERS
        if kept and store.owner is None and len(clients) < 2:
            owner = next(iter(clients), "")
            mend: dict[Where, Any] = {("stores", name, "owner"): owner} if owner else {}
            yield subject.at(
                ("stores", name),
                name,
                f"{name} has no owner",
                f"stores.{name}: add `owner: {owner}`, the one service that may write it"
                if owner
                else f"stores.{name}: name in `owner` the one service that may write it",
                mend=mend,
            )


RULE = Rule(
    id="store-without-owner",
    severity="medium",
    principle=3,
    why="Where nobody owns the tables, the next service writes them too, and nobody answers for their schema, backup "
    "and growth",
    remedy="Name the one service that may write each store.",
    references=("Newman, Building Microservices, 2nd ed., ch. 4", "microservices.io: Database per service"),
    check=ownerless,
    fires="stores: {things-db: {owner: null}}",
    quiet="stores: {things-db: {owner: front}}",
)
