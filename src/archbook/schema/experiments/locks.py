"""Changes of one row at once: lost updates, locks, isolation levels, deadlocks, and the events beside a change."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress

import psycopg

from archbook.errors import ArchbookError
from archbook.schema import outbox
from archbook.schema.choosing import NUMBERS, amount_column, key_column, whole_tables
from archbook.schema.clients import at_once
from archbook.schema.counting import (
    ROWS,
    WORK_S,
    Change,
    Counted,
    Counting,
    atomic,
    count_down,
    counted,
    in_transaction,
    read_then_write,
    two_statements,
)
from archbook.schema.engines.protocol import Engine
from archbook.schema.experiment import Choice, Experiment, compared
from archbook.schema.lab import Lab
from archbook.schema.model import Schema, Table
from archbook.schema.outcome import EngineOutcome, Part, part_of, show_value
from archbook.units import show_duration, show_factor, significant

HOT, SPREAD, LOST, AGAIN = "changes of one row", f"changes of {ROWS:,} rows", "lost updates", "begun again"
DEADLOCKS, TRANSFERS = "deadlocks of two rows", "transfers between two rows"
EVENTS, TWICE, RELAYS = "events lost", "events delivered twice", "events delivered by several relays"
CLIENTS = 4
EACH = 25  # changes of each client in each round
ROUNDS = 4
TRANSFERRED = 4  # transfers of each of two clients, in opposite directions
NONE, READ, LOCKED = "two statements, no transaction", "read, then write", "SELECT FOR UPDATE"
REPEATABLE, SERIALIZABLE, ATOMIC = (
    "REPEATABLE READ, again on conflict",
    "SERIALIZABLE, again on conflict",
    "atomic UPDATE",
)
OPPOSITE, ORDERED = "each its own row first", "always in key order"
AFTER, OUTBOX = "published after the commit", "through an outbox"
_STOCKS = ("stock", "quantity", "available", "remaining", "inventory", "seats", "balance", "left")
_POSTGRES: Mapping[str, Change] = {
    NONE: two_statements,
    READ: read_then_write(),
    SERIALIZABLE: read_then_write(level="ISOLATION LEVEL SERIALIZABLE"),
    REPEATABLE: read_then_write(level="ISOLATION LEVEL REPEATABLE READ"),
    LOCKED: read_then_write(lock="FOR UPDATE"),
    ATOMIC: atomic,
}
_DUCKDB: Mapping[str, Change] = {NONE: two_statements, READ: read_then_write(), ATOMIC: atomic}


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """A table with a key of one column and a number that is counted down, such as a stock; else any number."""
    found = [(table, _number(schema, table)) for table in whole_tables(schema, sizes) if key_column(table)]
    fit = [(table, number) for table, number in found if number]
    if not fit:
        raise ArchbookError(
            "no table here has both a primary key of one column and a number to count down, such as a stock; add one"
        )
    table, number = min(fit, key=lambda pair: _unlike_a_stock(schema, *pair))
    key = key_column(table)
    why = f"{number} is a number of each row that several may change at once"
    return Choice(table.name, (key, number), why, roles={"key": key, "count": number})


def _stock(name: str) -> bool:
    return any(word in name.lower() for word in _STOCKS)


def _unlike_a_stock(schema: Schema, table: Table, number: str) -> int:
    """How little a number looks like a stock: by its name, else an amount before a whole number, often a flag."""
    return 0 if _stock(number) else 1 + schema.base(table.column(number).type).name.startswith("int")


def _number(schema: Schema, table: Table) -> str:
    keys = {*table.primary_key, *(name for key in table.foreign_keys for name in key.columns)}
    plain = [c for c in table.columns if c.name not in keys and not c.generated and not c.identity]
    numbers = [c.name for c in plain if (base := schema.base(c.type)).name in NUMBERS and not base.array]
    return next(filter(_stock, numbers), "") or amount_column(schema, table)


def measure(lab: Lab) -> list[Part]:
    """The same changes in every way that the engine has; then what only a server with locks can show."""
    rows = counted(lab)
    with _clients(lab, CLIENTS) as clients:
        ways = _POSTGRES if lab.postgres else _DUCKDB
        right = {n: way for n, way in ways.items() if n != NONE and (n != READ or not lab.postgres)}
        hot = _counted(lab, clients, rows, ways, rows.keys[:1], HOT)
        spread = _counted(lab, clients, rows, right, rows.keys, SPREAD)
        parts = [
            _part(lab, HOT, "1/s", "rate_per_s", {n: of for n, of in hot.items() if n in right}, _note(lab)),
            _part(lab, LOST, f"of {CLIENTS * EACH}", "lost", hot),
            _part(lab, AGAIN, "times", "again", hot),
            _part(lab, SPREAD, "1/s", "rate_per_s", spread),
        ]
        return [*parts, *_deadlocks(lab, clients[:2], rows), *_events(lab, clients, rows)] if lab.postgres else parts


def _part(lab: Lab, name: str, unit: str, what: str, found: Mapping[str, list[Counting]], note: str = "") -> Part:
    values = {way: [float(getattr(counting, what)) for counting in of] for way, of in found.items()}
    return part_of(name, unit, values, seed=lab.seed, note=note)


@contextmanager
def _clients(lab: Lab, number: int) -> Iterator[list[Engine]]:
    with ExitStack() as stack:
        yield [stack.enter_context(lab.engine.another()) for _ in range(number)]


def _note(lab: Lab) -> str:
    said = (
        f"{CLIENTS} clients make {EACH} changes each; a change takes {show_duration(WORK_S)} of the service's own "
        "work, which lies between reading and writing, or before an atomic UPDATE."
    )
    return said if lab.postgres else f"{said} DuckDB has no SELECT FOR UPDATE and one isolation level, snapshots."


def _counted(
    lab: Lab, clients: Sequence[Engine], rows: Counted, ways: Mapping[str, Change], keys: Sequence[object], part: str
) -> dict[str, list[Counting]]:
    found: dict[str, list[Counting]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        for name, way in ways.items():
            lab.tell(f"{lab.engine.name}: {part}: {name}, round {number + 1} of {ROUNDS}")
            found[name].append(count_down(clients, rows, way, keys, EACH, lab.seed + number))
    return found


def _deadlocks(lab: Lab, clients: Sequence[Engine], rows: Counted) -> list[Part]:
    """Two clients that take from two rows each, one of them in the other order; then both in key order."""
    for client in clients:
        with suppress(psycopg.Error):  # only a superuser may; else it stays as the server has it
            client.execute("SET deadlock_timeout = '100ms'")
    waited = clients[0].execute("SHOW deadlock_timeout")[0][0]
    both = rows.keys[:2]
    orders = {OPPOSITE: (both, both[::-1]), ORDERED: (both, both)}
    deadlocks: dict[str, list[float]] = {name: [] for name in orders}
    rates: dict[str, list[float]] = {name: [] for name in orders}
    for number in range(ROUNDS):
        for name, order in orders.items():
            lab.tell(f"{lab.engine.name}: {DEADLOCKS}: {name}, round {number + 1} of {ROUNDS}")
            start = time.perf_counter()
            works = [_transfers(client, rows, keys) for client, keys in zip(clients, order, strict=True)]
            deadlocks[name].append(float(sum(at_once(works))))
            rates[name].append(2 * TRANSFERRED / (time.perf_counter() - start))
    note = f"PostgreSQL looks for a deadlock after {waited} of waiting (deadlock_timeout) and gives one of the two up."
    return [
        part_of(DEADLOCKS, f"of {2 * TRANSFERRED} transfers", deadlocks, seed=lab.seed, note=note),
        part_of(TRANSFERS, "1/s", rates, seed=lab.seed),
    ]


def _transfers(client: Engine, rows: Counted, keys: Sequence[object]) -> Callable[[], int]:
    def body() -> None:
        for key in keys:
            client.execute(rows.take, (key,))
            time.sleep(WORK_S)

    return lambda: sum(in_transaction(client, body) for _ in range(TRANSFERRED))


def _events(lab: Lab, clients: list[Engine], rows: Counted) -> list[Part]:
    """What becomes of events where a service or a relay dies; and relays that work side by side."""
    outbox.create(lab.engine)
    lab.tell(f"{lab.engine.name}: {EVENTS}")
    ways = {AFTER: outbox.publish_after_commit, OUTBOX: outbox.through_outbox}
    found = {name: way(lab.engine, rows) for name, way in ways.items()}
    rates: dict[str, list[float]] = {"FOR UPDATE": [], "FOR UPDATE SKIP LOCKED": []}
    for _ in range(ROUNDS):
        for name, of in rates.items():
            lab.tell(f"{lab.engine.name}: {RELAYS}: {name}")
            of.append(outbox.relays(clients, name.removeprefix("FOR UPDATE")))
    note = (
        f"{outbox.CHANGES} changes; each fourth time the service dies between its commit and publishing, and each "
        "fourth batch the relay dies between publishing and marking."
    )
    unit = f"of {outbox.CHANGES}"
    return [
        part_of(EVENTS, unit, {name: [float(d.lost)] for name, d in found.items()}, note=note),
        part_of(TWICE, unit, {name: [float(d.twice)] for name, d in found.items()}),
        part_of(RELAYS, "1/s", rates, seed=lab.seed, note=f"{CLIENTS} relays, {outbox.BATCH} events at a time"),
    ]


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    first, last = outcome.lead.variants[0], outcome.lead.variants[-1]
    lost = outcome.part(LOST)
    wrong = READ if lost.variant(READ).median else NONE
    return (
        f"On {outcome.title}, {CLIENTS} clients that count {choice.roles['count']} of one row in {choice.table} down "
        f"lose {lost.show(lost.variant(wrong))} changes by “{wrong}” and {significant(lost.variant(ATOMIC).median)} by "
        f"an atomic UPDATE, which makes {outcome.lead.show(last)} where “{first.name}” makes "
        f"{outcome.lead.show(first)}: {outcome.lead.gain()}."
    )


ALONE = (
    "DuckDB alone misleads about a transactional store: nobody ever waits for a row there, whoever comes "
    "second is turned away at once. Measure with engine both before clients share a row."
)


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    postgres = engines.get("postgresql")
    if postgres:
        said += [_isolation(postgres), _order(postgres), _outbox(postgres)]
    said += compared(engines, _compared, ALONE)
    return " ".join(said)


def _isolation(outcome: EngineOutcome) -> str:
    lead, again, spread = outcome.lead, outcome.part(AGAIN), outcome.part(SPREAD)
    levels = " and ".join(f"{again.show(again.variant(n))} at {n.split(',')[0]}" for n in (REPEATABLE, SERIALIZABLE))
    hot, calm = lead.variant(LOCKED), spread.variant(LOCKED)
    return (
        f"A lock makes them wait ({lead.show(hot)}); a higher level turns them away, and the {CLIENTS * EACH} changes "
        f"had to begin again {levels}. Over {ROWS:,} rows few meet: SELECT FOR UPDATE makes {spread.show(calm)}, "
        f"{show_factor(calm.median / hot.median)} as many."
    )


def _order(outcome: EngineOutcome) -> str:
    deadlocks, rate = outcome.part(DEADLOCKS), outcome.part(TRANSFERS)
    wild, ordered = deadlocks.variants
    rates = [rate.show(rate.variant(name)) for name in (OPPOSITE, ORDERED)]
    return (
        f"Two clients that lock two rows in opposite order met in {significant(wild.median)} deadlocks and made "
        f"{rates[0]}; in key order {significant(ordered.median)}, and {rates[1]}."
    )


def _outbox(outcome: EngineOutcome) -> str:
    lost, twice, relays = outcome.part(EVENTS), outcome.part(TWICE), outcome.part(RELAYS)
    return (
        f"Publishing after the commit lost {lost.show(lost.variant(AFTER))} events where the service died between; an "
        f"outbox lost {significant(lost.variant(OUTBOX).median)} and delivered {twice.show(twice.variant(OUTBOX))} "
        f"twice, so what receives them must bear that. With SKIP LOCKED, {CLIENTS} relays are {relays.gain()} than "
        "when they wait for each other's rows."
    )


def _compared(duck: EngineOutcome, postgres: EngineOutcome) -> str:
    mine, theirs = duck.part(LOST).variant(READ), postgres.part(LOST).variant(READ)
    if mine.median or not theirs.median:
        return "Here neither engine shows what the other hides; decide by PostgreSQL, which has the locks."
    return (
        f"DuckDB would mislead: “{READ}” in a transaction loses nothing there, because whoever comes second is turned "
        f"away ({show_value(duck.part(AGAIN).variant(READ).median, 'times')} here), and at PostgreSQL's usual level it "
        f"loses {postgres.part(LOST).show(theirs)} without a word. DuckDB has no lock to wait for either, so it shows "
        "no waiting, no deadlock and no queue. Decide by PostgreSQL."
    )


QUESTION = "What becomes of changes that several make at once, and of the events beside them?"
EXPERIMENT = Experiment("locks", QUESTION, choose, measure, sentence, verdict, writes=True)
