"""Past one machine: what does a shard key give, and what does every query pay that does not follow it?"""

# ruff: noqa: S608 - every identifier is quoted

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace

from archbook.errors import ArchbookError
from archbook.schema.choosing import added_up, amount_column, links, of_a_person, usual_values
from archbook.schema.engines.embedded import EmbeddedPostgres, shards
from archbook.schema.experiment import Choice, Experiment, Key, Variant
from archbook.schema.experiments.index_or_scan import SELECTIVE
from archbook.schema.lab import KEYS, Lab
from archbook.schema.model import Schema, Table
from archbook.schema.outcome import EngineOutcome, Measured, Part, part_of
from archbook.schema.spreading import Citus, Foreign
from archbook.schema.sql import quoted
from archbook.units import significant

LOOK_UP, GROUPED, JOINED = "look-up by the key", "GROUP BY the key", "join on the key"
LARGEST = "rows on the largest shard"
OTHER, ONE, KEY = "sharded by another column", "one server", "sharded by the key"
SERVERS = 3
MOST_ROWS = 250_000  # that a report reads: where rows travel, ten million would take minutes


def choose(schema: Schema, sizes: Mapping[str, float]) -> Choice:
    """The biggest table that points to another: both can be sharded by that key, and then lie together."""
    found = []
    for link in links(schema):
        child = schema.table(link.child)
        if other := _other(schema, child, link.column):
            roles = {"key": link.column, "parent_key": link.to, "other": other, "amount": amount_column(schema, child)}
            why = f"it and {link.parent} can lie together, sharded by this key"
            found.append(Choice(link.child, (link.column,), why, others=(link.parent,), roles=roles))
    if not found:
        raise ArchbookError("no table here points to another by a key of one column, so none could lie beside it")
    return min(found, key=lambda c: (-sizes.get(c.table, 0), not of_a_person(c.columns[0]), not c.roles["amount"]))


def _other(schema: Schema, table: Table, key: str) -> str:
    """A column that the table could be sharded by as well: of its primary key, or else the first that can be hashed."""
    plain = [c.name for c in table.columns if schema.base(c.type).name in SELECTIVE and not schema.base(c.type).array]
    return next((name for name in (*table.primary_key, *plain) if name != key and name in plain), "")


def measure(lab: Lab) -> list[Part]:
    """The same three queries on one server and on two ways to shard, which must answer alike."""
    table, (parent,), roles = lab.choice.table, lab.choice.others, lab.choice.roles
    for name, column in ((table, roles["key"]), (parent, roles["parent_key"])):
        lab.engine.create_index(f"archbook_{name[:30]}_i", name, [column])
    if lab.postgres is None:
        return _compared(lab, {ONE: (table, parent)}, "one process on one machine")
    with ExitStack() as running:
        if isinstance(lab.postgres, EmbeddedPostgres):
            lab.tell(f"postgresql: starting {SERVERS} more servers")
            cluster: Foreign | Citus = Foreign(lab.postgres, running.enter_context(shards(SERVERS)))
            note = (
                f"{SERVERS} servers and a coordinator share the cores of this machine, and no network lies between them"
            )
        elif lab.postgres.citus:
            cluster, note = Citus(lab.postgres), f"Citus {lab.postgres.citus}"
        else:
            raise ArchbookError(
                f"the server at {lab.postgres.shown_as} has no Citus, so tables cannot be sharded there: docs/citus.md "
                "says how to set it up; --engine postgresql shards over servers of its own"
            )
        cluster.open()
        by_key = cluster.spread(lab, table, roles["key"], roles["key"])
        beside = cluster.spread(lab, parent, roles["parent_key"], roles["parent_key"], beside=by_key)
        by_other = cluster.spread(lab, table, roles["other"], roles["key"])
        parts = _compared(lab, {OTHER: (by_other, beside), ONE: (table, parent), KEY: (by_key, beside)}, note, cluster)
        share = {name: cluster.sizes(copy) for name, copy in ((OTHER, by_other), (KEY, by_key))}
    largest = {name: [max(sizes) / max(sum(sizes), 1)] for name, sizes in share.items()}
    return [*parts, part_of(LARGEST, "share", largest, note="a popular key makes its shard larger", seed=lab.seed)]


def _compared(
    lab: Lab, layouts: Mapping[str, tuple[str, str]], note: str, cluster: Foreign | Citus | None = None
) -> list[Part]:
    keys = usual_values(lab.source, lab.choice.table, lab.choice.roles["key"], KEYS)
    where, last = _first_rows(lab)
    if last:
        note += f"; reports read about {significant(MOST_ROWS)} rows, the first by {lab.choice.roles['key']}"
    parts = []
    for name, query in {LOOK_UP: _look_up, GROUPED: _grouped, JOINED: _joined}.items():
        variants = [Variant(layout, query(lab, *tables, where)) for layout, tables in layouts.items()]
        part = lab.compare(name, variants, keys) if name == LOOK_UP else lab.compare(name, variants, [last], rounds=2)
        told = [_asked(variant, cluster) for variant in part.variants if cluster and variant.name != ONE]
        parts.append(replace(part, note="; ".join([*told, note] if name == LOOK_UP else told)))
    return parts


def _asked(variant: Measured, cluster: Foreign | Citus) -> str:
    """Such as ``sharded by the key asks 1 of 3 shards and fetches 10 rows``."""
    rows = cluster.fetched(variant.plan)
    sent = "" if rows is None else f" and fetches {significant(rows)} rows"
    return f"{variant.name} asks {cluster.asked(variant.plan)} of {cluster.number} shards{sent}"


def _look_up(lab: Lab, table: str, _parent: str, _where: str) -> str:
    return f"SELECT * FROM {quoted(table)} WHERE {quoted(lab.choice.roles['key'])} = $1"


def _grouped(lab: Lab, table: str, _: str, where: str) -> str:
    """The ten keys with most rows."""
    return f"SELECT {quoted(lab.choice.roles['key'])}, count(*){_total(lab)} FROM {quoted(table)} AS c {where}{_TOP}"


def _joined(lab: Lab, table: str, parent: str, where: str) -> str:
    """The same of rows whose parent is there."""
    to, key = (quoted(lab.choice.roles[role]) for role in ("parent_key", "key"))
    both = f"{quoted(table)} AS c JOIN {quoted(parent)} AS p ON p.{to} = c.{key}"
    where += f"AND p.{to} <= $1 " if where else ""  # which PostgreSQL does not conclude from the other
    return f"SELECT p.{to}, count(*){_total(lab)} FROM {both} {where}{_TOP}"


_TOP = "GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10"


def _first_rows(lab: Lab) -> tuple[str, Key]:
    """The condition by which reports read no more than MOST_ROWS, and its value; none where the table has no more."""
    key = quoted(lab.choice.roles["key"])
    values = f"SELECT {key} FROM {quoted(lab.choice.table)} WHERE {key} IS NOT NULL ORDER BY 1 LIMIT 1"
    found = lab.source.execute(f"{values} OFFSET {MOST_ROWS - 1}") if lab.rows > MOST_ROWS else []
    return (f"WHERE c.{key} <= $1 ", found[0]) if found else ("", ())


def _total(lab: Lab) -> str:
    amount = lab.choice.roles["amount"]
    return f", {added_up(lab.schema, lab.schema.table(lab.choice.table), amount)}" if amount else ""


def sentence(choice: Choice, outcome: EngineOutcome) -> str:
    key, other = choice.roles["key"], choice.roles["other"]
    parts = {name: outcome.part(name) for name in (LOOK_UP, GROUPED, JOINED)}
    values = {name: {v.name: part.show(v) for v in part.variants} for name, part in parts.items()}
    start = f"On {outcome.title} with {significant(outcome.rows)} rows in {choice.table}"
    if not sharded(outcome):
        look_up, grouped, joined = (its[ONE] for its in values.values())
        return (
            f"{start}, one process looks a {key} up in {look_up}, groups by it in {grouped} and joins "
            f"{choice.others[0]} in {joined}."
        )
    told = [
        f"{what} is {part.gain()} sharded by {key} ({its[KEY]}) than by {other} ({its[OTHER]}; one server: {its[ONE]})"
        for what, part, its in zip(
            (f"a look-up by {key}", f"GROUP BY {key}", f"a join with {choice.others[0]} on it"),
            parts.values(), values.values(), strict=True,
        )
    ]  # fmt: skip
    return f"{start} over several servers, {'; '.join(told)}."


def sharded(outcome: EngineOutcome) -> bool:
    """Whether more than one server was at work."""
    return len(outcome.lead.variants) > 1


def verdict(choice: Choice, engines: Mapping[str, EngineOutcome]) -> str:
    said = [sentence(choice, outcome) for outcome in engines.values()]
    postgres = engines.get("postgresql")
    if "duckdb" in engines:
        said.append(_misleading(engines["duckdb"], postgres))
    if postgres:
        said.append(_advice(choice, postgres))
    return " ".join(said)


def _misleading(duck: EngineOutcome, postgres: EngineOutcome | None) -> str:
    why = "it is one process on one machine, so that no key has to be chosen, no query is scattered and no rows travel"
    if not postgres:
        return f"DuckDB alone misleads about sharding: {why}. Measure with engine both."
    shown = duck.part(GROUPED)
    return (
        f"DuckDB would mislead about the key: {why}. Yet it shows what to try before sharding for reports: GROUP BY "
        f"takes {shown.show(shown.variants[0])} on one machine."
    )


def _advice(choice: Choice, postgres: EngineOutcome) -> str:
    look_up, largest = postgres.part(LOOK_UP), postgres.part(LARGEST)
    key, other = choice.roles["key"], choice.roles["other"]
    price = (
        f"One server looks up in {look_up.show(look_up.variant(ONE))}, so shard for rows and writes that one server "
        f"cannot hold, not for look-ups. The largest shard holds {largest.show(largest.variant(KEY))} of rows by "
        f"{key}, {largest.show(largest.variant(OTHER))} by {other}."
    )
    if all(postgres.part(name).ratio_low > 1 for name in (LOOK_UP, GROUPED, JOINED)):
        return f"Shard {choice.table} and {choice.others[0]} by {key}: what follows the key stays on one shard. {price}"
    return f"Not every query here gains by sharding along {key}, within the spread. {price}"


QUESTION = "Past one machine: what does a shard key give, and what pays the query that does not follow it?"
EXPERIMENT = Experiment("sharding", QUESTION, choose, measure, sentence, verdict)
