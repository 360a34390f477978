"""Data that must not be lost, in a place that forgets."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

DEAR = ("payment", "health", "credentials")


def forgetful(subject: Subject) -> Hits:
    """What requests have added, kept in a cache or in memory alone.

    A cache whose data are payments, health or credentials, or a Memcached that is no cache, in which lies what no
    other store of the design holds by that name.
    """
    stores = subject.design.stores
    for name, store in stores.items():
        dear = [kind for kind in store.data if kind in DEAR]
        if (store.role == "cache" and dear) or (store.role != "cache" and store.engine == "memcached"):
            elsewhere = {held for other in stores if other != name for held in stores[other].holds}
            lost = [held for held, holding in store.holds.items() if holding.added_by and held not in elsewhere]
            if lost:
                yield subject.at(
                    ("stores", name),
                    name,
                    f"{listed(lost)} {'is' if len(lost) == 1 else 'are'} kept in {name} alone, which may forget them",
                    f"stores.{name}: keep {listed(lost)} in a database of its owner, and here a copy",
                )


RULE = Rule(
    id="data-only-in-a-cache",
    severity="high",
    principle=3,
    why="A cache makes room by forgetting, and a restart empties it: whoever paid in between has paid for nothing",
    remedy="Write to a store that keeps, then to the cache.",
    references=("Azure: Cache-Aside pattern", "Redis documentation: Key eviction"),
    check=forgetful,
    fires="stores: {things-db: {engine: redis, role: cache, ttl: 5min, data: [payment]}}",
    quiet="stores: {things-db: {engine: redis, role: cache, ttl: 5min, data: [internal]}}",
)
