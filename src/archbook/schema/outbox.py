"""Events that must follow a change of the database: published after the commit, or through an outbox."""

# ruff: noqa: S608 - every identifier is quoted and every constant our own

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from archbook.schema.clients import at_once
from archbook.schema.counting import WORK_S, Counted
from archbook.schema.engines.protocol import Engine

CHANGES = 40
DIES_EVERY = 4  # each fourth time, the process dies right after its commit, or after publishing
BATCH = 5  # events that a relay takes at once
WAITING = 200  # events that several relays deliver together
OUTBOX = "archbook_outbox"
_TAKE = f"SELECT id FROM {OUTBOX} WHERE NOT published ORDER BY id LIMIT {BATCH} FOR UPDATE"
_LEFT = f"SELECT count(*) FROM {OUTBOX} WHERE NOT published"


@dataclass(frozen=True, slots=True)
class Delivered:
    """Of changes that were committed: how many events never came, and how many came more than once."""

    lost: int
    twice: int


def create(engine: Engine) -> None:
    """The outbox: an event a row, written in the transaction of its change."""
    engine.execute(f"CREATE TABLE {OUTBOX} (id bigint PRIMARY KEY, published boolean NOT NULL DEFAULT false)")


def publish_after_commit(engine: Engine, counted: Counted) -> Delivered:
    """Change, commit, publish; the process dies now and then between the two."""
    counted.fill(engine)
    key, published = counted.keys[0], []
    for number in range(CHANGES):
        service = engine.another()
        service.execute(counted.take, (key,))  # commits
        if number % DIES_EVERY != DIES_EVERY - 1:
            published.append(number)
        service.close()
    return _delivered(counted.taken(engine), published)


def through_outbox(engine: Engine, counted: Counted) -> Delivered:
    """Change and event in one transaction; a relay publishes and marks, and dies now and then between the two."""
    counted.fill(engine)
    engine.execute(f"DELETE FROM {OUTBOX}")
    key, published = counted.keys[0], list[int]()
    for number in range(CHANGES):
        service = engine.another()
        service.execute("BEGIN")
        service.execute(counted.take, (key,))
        service.execute(f"INSERT INTO {OUTBOX} (id) VALUES ($1)", (number,))
        service.execute("COMMIT")
        service.close()  # alive or dead: the event is kept
    batch = 0
    while engine.execute(_LEFT)[0][0]:
        batch += 1
        relay = engine.another()
        if batch % DIES_EVERY:
            _relay(relay, " SKIP LOCKED", published)
        else:
            relay.execute("BEGIN")
            published += [row[0] for row in relay.execute(f"{_TAKE} SKIP LOCKED")]
        relay.close()  # in mid-transaction, where it dies: PostgreSQL rolls it back
    return _delivered(counted.taken(engine), published)


def relays(clients: list[Engine], wait: str) -> float:
    """Events a second that several relays deliver. wait: ``SKIP LOCKED``, or empty to wait for each other's rows."""
    clients[0].execute(f"DELETE FROM {OUTBOX}")
    clients[0].execute(f"INSERT INTO {OUTBOX} (id) SELECT * FROM generate_series(1, {WAITING})")
    delivered: list[int] = []

    def relay(client: Engine) -> Callable[[], None]:
        def run() -> None:
            while _relay(client, f" {wait}", delivered) or client.execute(_LEFT)[0][0]:
                pass

        return run

    start = time.perf_counter()
    at_once([relay(client) for client in clients])
    spent = time.perf_counter() - start
    return len(set(delivered)) / spent


def _relay(client: Engine, wait: str, published: list[int]) -> int:
    """Take a batch, publish it, mark it, commit; how many there were."""
    client.execute("BEGIN")
    taken = [row[0] for row in client.execute(_TAKE + wait)]
    if taken:
        time.sleep(WORK_S)  # the broker's answer
        published += taken
        client.execute(f"UPDATE {OUTBOX} SET published = true WHERE id = ANY ($1)", (taken,))
    client.execute("COMMIT")
    return len(taken)


def _delivered(committed: int, published: list[int]) -> Delivered:
    return Delivered(committed - len(set(published)), len(published) - len(set(published)))
