"""A cache that may answer with yesterday's truth."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def endless(subject: Subject) -> Hits:
    """A cache whose items have no time to live, neither by `ttl` nor by the `keep` of all that it holds."""
    for name, store in subject.design.stores.items():
        kept = bool(store.holds) and all(holding.keep is not None for holding in store.holds.values())
        if store.role == "cache" and store.ttl is None and not kept:
            yield subject.at(
                ("stores", name),
                name,
                f"items of {name} live for ever",
                f"stores.{name}: add `ttl:` with the oldest answer that may still be given, such as `ttl: 5min`",
            )


RULE = Rule(
    id="cache-without-ttl",
    severity="medium",
    principle=3,
    why="One invalidation that is lost leaves a wrong answer there for good, and what nobody asks for any more fills "
    "the memory",
    remedy="Give each cached item a time to live, however long, also where it is invalidated.",
    references=("RFC 9111, section 4.2", "Amazon Builders' Library: Caching challenges and strategies"),
    check=endless,
    fires="stores: {things-db: {engine: redis, role: cache, holds: null}}",
    quiet="stores: {things-db: {engine: redis, role: cache, holds: null, ttl: 5min}}",
)
