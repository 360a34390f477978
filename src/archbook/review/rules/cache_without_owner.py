"""A cache that nobody empties."""

from typing import Any

from archbook.design.model import Where
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def ownerless(subject: Subject) -> Hits:
    """A cache without an owner (where several services use it, shared-database speaks of that)."""
    for name, store in subject.design.stores.items():
        users = dict.fromkeys(call.from_ for _, call in subject.calls_to.get(name, ()))
        if store.role == "cache" and store.owner is None and len(users) < 2:
            owner = next(iter(users), "")
            mend: dict[Where, Any] = {("stores", name, "owner"): owner} if owner else {}
            yield subject.at(
                ("stores", name),
                name,
                f"{name} is a cache that nobody owns",
                f"stores.{name}: add `owner: {owner or '…'}`, the service that fills it and takes out what has changed",
                mend=mend,
            )


RULE = Rule(
    id="cache-without-owner",
    severity="medium",
    principle=3,
    why="Only who changes the data knows which copies became wrong; without an owner each service hopes that another "
    "one takes them out",
    remedy="Let one service fill the cache and take out what has changed.",
    references=("Amazon Builders' Library: Caching challenges and strategies", "RFC 9111, section 4.4"),
    check=ownerless,
    fires="stores: {things-db: {engine: redis, role: cache, ttl: 5min, owner: null}}",
    quiet="stores: {things-db: {engine: redis, role: cache, ttl: 5min, owner: front}}",
)
