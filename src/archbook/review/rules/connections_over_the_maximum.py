"""Pools that together open more connections than the database takes."""

from typing import Any

from archbook.design.elements import Store
from archbook.design.model import Where
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed, significant


def over(subject: Subject) -> Hits:
    """Pools of all instances that together exceed the store's `max_connections`."""
    services = subject.design.services
    for name, store in subject.design.stores.items():
        clients = dict.fromkeys(call.from_ for _, call in subject.calls_to.get(name, ()) if call.from_ in services)
        instances = sum(services[client].instances for client in clients)
        if store.pool and store.max_connections and instances * store.pool > store.max_connections:
            yield _hit(subject, name, store, clients, instances)


def _hit(subject: Subject, name: str, store: Store, clients: dict[str, None], instances: int) -> Hit:
    pool, accepted = int(store.pool or 0), int(store.max_connections or 0)
    pools = [found for found in subject.pools if found.store == name]
    fits = accepted // instances
    needed = max((max(found.smallest, found.deadlock_floor) for found in pools), default=1)
    mend: dict[Where, Any] = {("stores", name, "pool"): fits} if fits >= max(needed, 1) else {}
    pooler = f"put a pooler such as PgBouncer before it, or raise `max_connections` to {instances * pool}"
    return subject.at(
        ("stores", name),
        name,
        f"{listed(clients)} may open {significant(instances * pool)} connections to {name}, which accepts "
        f"{significant(accepted)}",
        f"stores.{name}: {f'set `pool: {fits}`' if mend else pooler} ({instances} instances share them)",
        *(f"{found.service} has {significant(found.in_use)} in use an instance {subject.peak} (computed: Little's law)"
          for found in pools if found.in_use < float("inf")),
        *subject.measured("connection_pooling", name),
        mend=mend,
    )  # fmt: skip


RULE = Rule(
    id="connections-over-the-maximum",
    severity="high",
    principle=4,
    why="The instance that starts last, mostly in a release or while scaling out, is refused by the database, and so "
    "is whoever wants to look why",
    remedy="Size pools so that all instances together stay below what the server accepts, or share a pooler.",
    references=("HikariCP: About Pool Sizing", "PostgreSQL documentation: Connections and Authentication"),
    check=over,
    fires="stores: {things-db: {pool: 26}}",
    quiet="stores: {things-db: {pool: 25}}",
    measured_by="archbook experiment DESIGN connection_pooling",
)
