"""A database that is dialled anew for each statement."""

from archbook.capacity.formulas import pool_size
from archbook.design.elements import RELATIONAL
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject

EMBEDDED = frozenset({"sqlite", "duckdb"})
LEAST, WAITING = 2, 0.01


def unpooled(subject: Subject) -> Hits:
    """A relational database that services call without a connection pool."""
    services = subject.design.services
    for name, store in subject.design.stores.items():
        clients = dict.fromkeys(call.from_ for _, call in subject.calls_to.get(name, ()) if call.from_ in services)
        if clients and store.pool is None and store.engine in RELATIONAL - EMBEDDED:
            size = max(LEAST, *(_size(subject, client, name) for client in clients))
            yield subject.at(
                ("stores", name),
                name,
                f"{name} is called without a connection pool",
                f"stores.{name}: add `pool: {size}`, connections that one instance keeps open",
                *subject.measured("connection_pooling", name),
                mend={("stores", name, "pool"): size},
            )


def _size(subject: Subject, client: str, store: str) -> int:
    """Connections of one instance for which one request in a hundred waits, at growth."""
    found = subject.element(store)
    if subject.grown is None or found is None:
        return LEAST
    rate = sum(subject.grown.calls[i].attempts_per_s for i, call in subject.calls_to[store] if call.from_ == client)
    each = rate / subject.design.services[client].instances
    return pool_size(each, found.mean_response_s, WAITING) if each else LEAST


RULE = Rule(
    id="pool-missing",
    severity="medium",
    principle=1,
    why="A connection costs more than most statements, and without a pool nothing bounds how many a busy minute opens",
    remedy="Keep a bounded pool of open connections in each instance.",
    references=("HikariCP: About Pool Sizing", "Nygard, Release It!, 2nd ed., ch. 4"),
    check=unpooled,
    fires="stores: {things-db: {pool: null}}",
    quiet="stores: {things-db: {pool: 2}}",
    measured_by="archbook experiment DESIGN connection_pooling",
)
