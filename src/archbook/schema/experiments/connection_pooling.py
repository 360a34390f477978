"""Connect for each query, or keep connections in a pool, and how many?"""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from itertools import cycle
from typing import cast

from sqlalchemy.pool import QueuePool

from archbook.errors import ArchbookError, EngineUnavailable
from archbook.schema.choosing import key_column, usual_values, whole_tables
from archbook.schema.clients import Load, for_a_while
from archbook.schema.engines.embedded import EmbeddedPostgres
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Experiment, Key, Variant
from archbook.schema.lab import Lab
from archbook.schema.model import Schema
from archbook.schema.outcome import EngineOutcome, Measured, Part, part_of, show_value
from archbook.schema.sql import quoted
from archbook.units import show_duration, show_share, significant

ONE, RATE, WAIT, BUSY, REFUSED = (
    "one query", "transactions a second", "95 % answered within", "transactions that keep the processor busy",
    "connections until refused",
)  # fmt: skip
CONNECT, KEPT = "connect per query", "connection kept"
CLIENTS = 32  # clients, such as the workers of a service
SIZES = (1, 8, 16, 32)  # connections in the pool
BUSY_SIZES = (1, 4, 32)
HELD_S = 0.005  # the service's own work in the middle of each transaction, while it holds its connection
THINK_S = 0.010  # from an answer to the client's next wish: CLIENTS / (THINK_S + HELD_S) is the most that is asked for
WINDOW_S = 0.2
ROUNDS = 3
READ_ROWS = 20_000  # read by each transaction that keeps the processor busy
Work = Callable[[Engine, Key], None]
Borrow = Callable[[], AbstractContextManager[Engine]]


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table with a key of one column, to look up rows by."""
    for table in whole_tables(schema, sizes):
        if key := key_column(table):
            return Choice(table.name, (key,), "its rows are looked up by a key of one column", roles={"key": key})
    raise ArchbookError("no table here has a primary key of one column to look up rows by; add one")


def measure(lab: Lab) -> list[Part]:
    """What connecting costs; then many clients with pools of several sizes, idle and busy; then all connections."""
    table, key = quoted(lab.choice.table), quoted(lab.choice.roles["key"])
    look_up = f"SELECT * FROM {table} WHERE {key} = $1"
    if lab.postgres:
        lab.engine.create_index("archbook_key", lab.choice.table, [lab.choice.roles["key"]], unique=True)
        lab.engine.analyze(lab.choice.table)
    keys = usual_values(lab.source, lab.choice.table, lab.choice.roles["key"], CLIENTS)

    def connect(lab: Lab, key: Key) -> object:
        with _connected(lab.engine) as engine:
            return engine.execute(look_up, key)

    one = lab.compare(ONE, [Variant(CONNECT, run=connect), Variant(KEPT, look_up)], keys[:12], note=_not_seen(lab))
    if not lab.postgres:
        return [one, *_pools(lab, look_up, keys, (CLIENTS,))]
    return [one, *_pools(lab, look_up, keys, SIZES), _busy(lab, keys), *_refused(lab)]


def _not_seen(lab: Lab) -> str:
    if not lab.postgres:
        return "A DuckDB connection is a cursor in this process: no server, no network, nothing to log in to."
    return "On this machine, without TLS and with no network between; both would make connecting dearer."


def _pools(lab: Lab, look_up: str, keys: list[Key], sizes: tuple[int, ...]) -> list[Part]:
    """Transactions that hold their connection while the service works, as a rate and as a wait."""

    def work(engine: Engine, key: Key) -> None:
        engine.execute("BEGIN")
        engine.execute(look_up, key)
        time.sleep(HELD_S)  # the service does something else, and holds its connection
        engine.execute("COMMIT")

    loads = _loads(lab, RATE, work, keys, (0, *sizes), THINK_S)
    python_s = sum(load.python_s for load in loads[_pool(sizes[-1])]) / ROUNDS
    whose = "Python's and the driver's" if lab.postgres else "this process's, which DuckDB runs in,"
    note = (
        f"{CLIENTS} clients come back {show_duration(THINK_S)} after each answer; a transaction holds its connection "
        f"for {show_duration(HELD_S)} of the service's own work. {show_duration(python_s)} of each are {whose} "
        f"processor time: beyond {show_value(1 / python_s, '1/s')} that would be the limit."
    )
    rates = {name: [load.rate_per_s for load in of] for name, of in loads.items()}
    waits = {name: [load.percentile_s(95) for load in of] for name, of in loads.items()}
    return [part_of(RATE, "1/s", rates, seed=lab.seed, note=note), part_of(WAIT, "s", waits, seed=lab.seed)]


def _busy(lab: Lab, keys: list[Key]) -> Part:
    """Transactions that lock one of four rows and keep a processor busy, with no time between: more connections than
    processors can only wait inside the server."""
    table, key = quoted(lab.choice.table), quoted(lab.choice.roles["key"])
    computing = f"SELECT count(md5(r.k)) FROM (SELECT CAST({key} AS text) AS k FROM {table} LIMIT {READ_ROWS}) AS r"

    def work(engine: Engine, value: Key) -> None:
        engine.execute("BEGIN")
        engine.execute(f"SELECT 1 FROM {table} WHERE {key} = $1 FOR UPDATE", value)
        engine.execute(computing)
        engine.execute("COMMIT")

    loads = _loads(lab, BUSY, work, keys[:4], BUSY_SIZES, 0.0)
    rates = {name: [load.rate_per_s for load in of] for name, of in loads.items()}
    note = (
        f"{CLIENTS} clients without a pause; each transaction locks one of 4 rows and computes over up to "
        f"{READ_ROWS:,} rows; this machine has {os.cpu_count()} processors, which clients and server share."
    )
    return part_of(BUSY, "1/s", rates, seed=lab.seed, note=note)


def _loads(
    lab: Lab, part: str, work: Work, keys: list[Key], sizes: tuple[int, ...], think_s: float
) -> dict[str, list[Load]]:
    """All pool sizes in turn, several times over; 0 stands for no pool."""
    loads: dict[str, list[Load]] = {_pool(size): [] for size in sizes}
    for number in range(ROUNDS):
        for size in sizes:
            lab.tell(f"{lab.engine.name}: {part}: {_pool(size)}, round {number + 1} of {ROUNDS}")
            with _borrowing(lab.engine, size) as borrowed:

                def client(key: Key, borrowed: Borrow = borrowed) -> None:
                    with borrowed() as engine:
                        work(engine, key)

                clients = [partial(client, key) for key, _ in zip(cycle(keys), range(CLIENTS), strict=False)]
                loads[_pool(size)].append(for_a_while(clients, WINDOW_S, think_s))
    return loads


def _pool(size: int) -> str:
    return f"pool of {size}" if size else CONNECT


@contextmanager
def _connected(engine: Engine) -> Iterator[Engine]:
    """A new connection, closed at the end."""
    other = engine.another()
    try:
        yield other
    finally:
        other.close()


@contextmanager
def _borrowing(engine: Engine, size: int) -> Iterator[Borrow]:
    """What a client calls for a connection: from SQLAlchemy's pool, opened before anything is timed; or a new one."""
    if not size:
        yield partial(_connected, engine)
        return
    pool = QueuePool(engine.another, pool_size=size, max_overflow=0, timeout=60, reset_on_return=None)  # type: ignore[arg-type]

    @contextmanager
    def borrowed() -> Iterator[Engine]:
        held = pool.connect()
        try:
            yield cast("Engine", held.dbapi_connection)
        finally:
            held.close()

    try:
        for held in [pool.connect() for _ in range(size)]:
            held.close()
        yield borrowed
    finally:
        pool.dispose()


def _refused(lab: Lab) -> list[Part]:
    """How many connections the server takes; asked of our own server only."""
    if not isinstance(lab.engine, EmbeddedPostgres):
        return []
    most = int(lab.engine.execute("SHOW max_connections")[0][0])
    lab.tell(f"{lab.engine.name}: {REFUSED}")
    opened: list[Engine] = []
    said = ""
    try:
        while len(opened) <= most:
            opened.append(lab.engine.another())
    except EngineUnavailable as error:
        said = str(error).rpartition("FATAL:")[2].strip(" )")
    finally:
        for engine in opened:
            engine.close()
    note = (
        f"Then it says: {said}. With max_connections = {most} it serves {most // 32} instances with pools of 32."
        if said
        else f"None was refused up to max_connections = {most}."
    )
    return [part_of(REFUSED, "connections", {"opened": [float(len(opened) + 1)]}, note=note)]


def right(part: Part) -> Measured:
    """The smallest pool whose rate comes within a tenth of the best."""
    pools = [variant for variant in part.variants if variant.name != CONNECT]
    best = max(pool.median for pool in pools)
    return next(pool for pool in pools if pool.median >= 0.9 * best)


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    connect, kept = outcome.lead.variants
    return (
        f"On {outcome.title}, a look-up in {choice.table} takes {outcome.lead.show(connect)} when it connects first "
        f"and {outcome.lead.show(kept)} on a connection that is kept: {outcome.lead.gain()}."
    )


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    duck, postgres = engines.get("duckdb"), engines.get("postgresql")
    if postgres:
        said += [_sized(postgres), _too_large(postgres)]
    if duck and postgres and postgres.lead.ratio_low > 2 * max(duck.lead.ratio, 1.0):
        said.append(
            f"DuckDB would mislead: connecting costs {_cost(duck)} there and {_cost(postgres)} in PostgreSQL. Its "
            "connections are cursors of one process; PostgreSQL starts a process for each, logs in, and has a fixed "
            "number of them. Decide by PostgreSQL."
        )
    elif duck and postgres:
        said.append("The times spread too widely here to tell the engines apart: run it again on a quiet machine.")
    elif duck:
        said.append(
            "DuckDB alone misleads about a server: its connections are cursors of this process, which cost nothing, "
            "are never refused and need no pool. Measure with engine both before a pool is sized."
        )
    return " ".join(said)


def _cost(outcome: EngineOutcome) -> str:
    connect, kept = outcome.lead.variants
    seen = outcome.lead.ratio_low > 1
    return show_duration(connect.median - kept.median) if seen else "less than the query's own spread"


def _sized(outcome: EngineOutcome) -> str:
    rate, wait = outcome.part(RATE), outcome.part(WAIT)
    small, chosen = rate.variant(_pool(SIZES[0])), right(rate)
    needed = chosen.median * HELD_S
    return (
        f"{CLIENTS} clients whose transactions hold a connection for {show_duration(HELD_S)} get {rate.show(small)} "
        f"through a pool of {SIZES[0]} (95 % answered within {wait.show(wait.variant(small.name))}), "
        f"{rate.show(chosen)} through a {chosen.name} (within {wait.show(wait.variant(chosen.name))}), and "
        f"{rate.show(rate.variant(CONNECT))} when each connects (within {wait.show(wait.variant(CONNECT))}). By "
        f"Little's law {rate.show(chosen)} × {show_duration(HELD_S)} keep {significant(needed)} connections busy: "
        "size a pool by rate × time held, and hold it for less before you make it larger."
    )


def _too_large(outcome: EngineOutcome) -> str:
    busy = outcome.part(BUSY)
    chosen, largest = right(busy), busy.variant(_pool(BUSY_SIZES[-1]))
    said = f"Where transactions lock rows and keep the processor busy, a {chosen.name} gives {busy.show(chosen)}"
    if chosen is largest:
        return f"{said}, more than a smaller one: up to there the pool is the limit, and not the server."
    best = max(variant.median for variant in busy.variants)
    less = f"{show_share(1 - largest.median / best)} below the best" if largest.median < 0.9 * best else "no more"
    return (
        f"{said} and a {largest.name} {busy.show(largest)}, {less}: what does not wait in the pool waits in the "
        "server, where each holds memory, locks and one of a fixed number of connections."
    )


QUESTION = "Connect for each query, or keep connections in a pool, and how many?"
EXPERIMENT = Experiment("connection_pooling", QUESTION, choose, measure, sentence, verdict, writes=True)
