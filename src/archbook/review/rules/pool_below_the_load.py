"""A connection pool in which requests queue."""

from dataclasses import replace

from archbook.capacity.result import PoolEstimate
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_share, significant

MOST_WAITING = 0.1


def small(subject: Subject) -> Hits:
    """A pool whose connections are all in use at growth (high), or for which one request in ten waits (medium).

    In use: statements a second of one instance × time that each holds its connection (Little's law).
    """
    for pool in subject.pools:
        if pool.in_use < float("inf") and pool.waiting >= MOST_WAITING:
            yield _hit(subject, pool)


def _hit(subject: Subject, pool: PoolEstimate) -> Hit:
    instances = subject.design.services[pool.service].instances
    needed = max(pool.smallest, pool.deadlock_floor)
    more = pool.opened + (needed - pool.size) * instances
    fits = pool.accepted is None or more <= pool.accepted
    beyond = "" if fits else f", and `max_connections: {more}` or a pooler before it"
    full = pool.in_use >= pool.size
    waiting = "every request waits longer than the one before" if full else f"{show_share(pool.waiting)} of them wait"
    hit = subject.at(
        ("stores", pool.store),
        f"{pool.service} → {pool.store}",
        f"{pool.service} needs {significant(pool.in_use)} connections an instance to {pool.store} and has {pool.size}"
        if full
        else f"requests of {pool.service} wait for one of {pool.size} connections to {pool.store}",
        f"stores.{pool.store}: set `pool: {needed}`{beyond}, so that at most one request in a hundred waits",
        f"{significant(pool.in_use)} of {pool.size} are in use {subject.peak}; {waiting} (computed: Erlang C)",
        *subject.measured("connection_pooling", pool.store),
        cost=subject.grown.elements[pool.service].arrival_rate_per_s if subject.grown else 0.0,
        mend={("stores", pool.store, "pool"): needed} if fits else {},
    )
    return hit if full else replace(hit, severity="medium")


RULE = Rule(
    id="pool-below-the-load",
    severity="high",
    principle=1,
    why="The database is idle while requests queue in front of its pool, and that queue has no bound and no figure of "
    "its own",
    remedy="Size the pool by Little's law at the growth that is planned, with room for one in a hundred to wait.",
    references=("HikariCP: About Pool Sizing", "Little, A proof for the queuing formula L = λW (1961)"),
    check=small,
    fires="""
traffic: {daily_active_users: 1.728M}
stores: {things-db: {pool: 1, capacity: 1TB, service_time: {mean: 11ms}}}
calls: {0: {timeout: 200ms}, 1: {timeout: 200ms}}
""",
    quiet="""
traffic: {daily_active_users: 1.728M}
stores: {things-db: {pool: 8, capacity: 1TB, service_time: {mean: 11ms}}}
calls: {0: {timeout: 200ms}, 1: {timeout: 200ms}}
""",
    measured_by="archbook experiment DESIGN connection_pooling",
)
