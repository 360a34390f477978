"""Pools that together open more connections than the database takes."""

from dataclasses import replace
from typing import Any

from archbook.design.model import Where
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed, show_count, show_factor, significant


def over(subject: Subject) -> Hits:
    """Pools of all instances that together exceed the store's `max_connections`.

    Medium, where they do so only with the instances that the planned growth needs.
    """
    services = subject.design.services
    now = {name: service.instances for name, service in services.items()}
    needed = _needed(subject)
    for name, store in subject.design.stores.items():
        clients = dict.fromkeys(call.from_ for _, call in subject.calls_to.get(name, ()) if call.from_ in services)
        if store.pool and store.max_connections and clients:
            most = store.max_connections // store.pool
            today = {client: now[client] for client in clients}
            then = {client: max(now[client], needed.get(client, 0)) for client in clients}
            if sum(today.values()) > most:
                yield _hit(subject, name, today, "")
            elif sum(then.values()) > most:
                when = f"with the instances that {show_factor(subject.growth)} needs, "
                yield replace(_hit(subject, name, then, when), severity="medium")


def _needed(subject: Subject) -> dict[str, int]:
    """Instances at which each service carries the planned growth."""
    remedies = subject.grown.remedies if subject.grown else ()
    return {remedy.element: remedy.needed for remedy in remedies if remedy.what == "instances"}


def _hit(subject: Subject, name: str, instances: dict[str, int], when: str) -> Hit:
    store = subject.design.stores[name]
    pool, accepted, number = int(store.pool or 0), int(store.max_connections or 0), sum(instances.values())
    pools = subject.pools_of.get(name, [])
    fits = accepted // number
    needed = max((max(found.smallest, found.deadlock_floor) for found in pools), default=1)
    mend: dict[Where, Any] = {("stores", name, "pool"): fits} if fits >= max(needed, 1) else {}
    pooler = f"put a pooler such as PgBouncer before it, or raise `max_connections` to {number * pool}"
    clients = listed(instances) if len(instances) < 3 else show_count(len(instances), "service")
    return subject.at(
        ("stores", name),
        name,
        f"{when}{clients} may open {significant(number * pool)} connections to {name}, which accepts "
        f"{significant(accepted)}",
        f"stores.{name}: {f'set `pool: {fits}`' if mend else pooler}",
        f"{number} instances × {pool} connections (computed: sum over those who call it)",
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
