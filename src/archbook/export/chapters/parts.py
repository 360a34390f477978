"""Context, journeys, containers and data: who uses the system, for what, what it is made of, and what it keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archbook.design.elements import Backup, Journey, Store
from archbook.export.chapters.summary import PURPOSE_BLOCKS

from archbook.export.document import (  # isort: skip
    COMPUTED, DECLARED, Block, Definitions, Grid, Listing, Note, Section, code, grid, line, say, terms,
)  # fmt: skip
from archbook.export.material import MOST, Material
from archbook.export.prose import plain, read
from archbook.export.words import count, duration, headline, joined, optional
from archbook.units import show_duration, show_factor, show_rate, show_share, show_size, significant

if TYPE_CHECKING:
    from archbook.schema import Schema


def context(material: Material) -> Section:
    """Users, load, neighbours."""
    design, traffic = material.design, material.design.traffic
    rows = [
        ("users on an ordinary day", significant(traffic.daily_active_users), "declared"),
        ("sessions of a user a day", significant(traffic.sessions_per_user_per_day), "declared"),
        ("peak over the mean of the day", show_factor(traffic.peak_to_mean), "declared"),
        ("sessions that start at peak", show_rate(design.sessions_per_s(), "sessions"), "computed"),
        ("requests of clients at peak", show_rate(material.now.requests_per_s), "computed"),
        ("growth it is designed for", f"{show_factor(traffic.growth)} today's load", "declared"),
        ("storage is planned for", show_duration(traffic.horizon), "declared"),
    ]
    load = grid("traffic", line("Load that the design assumes"), ("quantity", ">value", "origin"), rows)
    others = terms(*((code(name), read(f"{e.does}\n\n{e.why}")) for name, e in design.externals.items()))
    below = (Section("externals", "Systems of others", (others,)),) if design.externals else ()
    users = significant(traffic.daily_active_users)
    statement = f"{users} users a day today, designed for {show_factor(traffic.growth)} that load"
    blocks = (*read(design.why)[PURPOSE_BLOCKS:], load, *read(traffic.why))
    return Section("context", "Context", blocks, below, statement)


def journeys(material: Material) -> Section:
    """What users do, each with the way it takes through the system."""
    found = sorted(material.design.traffic.journeys.items(), key=lambda item: -item[1].share)
    if not found:
        return Section("journeys", "Journeys", (say("The design names no journey."),))
    sessions = material.design.sessions_per_s()
    rows = [(name, show_share(j.share), show_rate(j.share * sessions, "sessions"), len(j.steps), plain(j.does))
            for name, j in found]  # fmt: skip
    heads = ("journey", ">share", ">at today's peak", ">steps", "what the user wants")
    table = grid("journeys", line("Journeys; shares ", DECLARED, ", rates ", COMPUTED), heads, rows)
    some = (say(f"The {MOST} most common of them are drawn below."),) if len(found) > MOST else ()
    below = tuple(_journey(material, name, journey) for name, journey in found)
    statement = f"The most common journey is {found[0][0]}, {show_share(found[0][1].share)} of sessions"
    return Section("journeys", "Journeys", (table, *some), below, statement)


def _journey(material: Material, name: str, journey: Journey) -> Section:
    steps = material.design.steps(journey)
    said = ", then ".join(endpoint + (f" ({show_factor(n)})" if n != 1 else "") for endpoint, n in steps)
    figure = material.figure(f"journey-{name}", line("What happens in ", code(name), ", from request to answer"))
    why = read(f"{journey.does}\n\n{journey.why}")
    return Section(f"journey-{name}", name, (*why, say(f"Steps: {said}."), *figure))


def containers(material: Material) -> Section:
    """Services, stores, calls and events."""
    design = material.design
    figure = material.figure("containers", line("Services, stores and systems of others, with who calls whom"))
    whys = {name: s.why for name, s in design.services.items()} | {name: s.why for name, s in design.stores.items()}
    why = terms(*((code(name), read(text)) for name, text in whys.items()))
    below = [Section("boundaries", "Why each is there", (why,))] if why.items else []
    if design.events:
        below.append(_events(material))
    parts = ((design.services, "service"), (design.stores, "store"), (design.events, "event"))
    statement = headline(", ".join(count(len(group), one) for group, one in parts))
    blocks: tuple[Block, ...] = (*figure, _services(material), _stores(material))
    return Section("containers", "Containers", blocks, tuple(below), statement)


def _services(material: Material) -> Grid:
    rows = [
        (name, plain(s.does), s.owner, s.technology, s.instances, s.concurrency,
         duration(s.service_time.mean if s.service_time else None), s.zone)
        for name, s in material.design.services.items()
    ]  # fmt: skip
    heads = ("service", "does", "owner", "technology", ">instances", ">requests each", ">own time (mean)", "zone")
    return grid("services", line("Services ", DECLARED), heads, rows)


def _stores(material: Material) -> Grid:
    rows = [
        (name, plain(s.does), s.engine, s.role, s.owner, s.servers, s.replicas, s.pool, s.max_connections,
         duration(s.ttl), s.zone)
        for name, s in material.design.stores.items()
    ]  # fmt: skip
    heads = ("store", "does", "engine", "role", "owner", ">statements at once", ">replicas", ">pool", ">connections",
             ">kept for", "zone")  # fmt: skip
    return grid("stores", line("Stores ", DECLARED), heads, rows)


def _events(material: Material) -> Section:
    events = material.design.events
    picture = material.figure("events", line("Events: who announces them and who acts on them"))
    rows = [
        (name, e.from_, e.to, e.on, e.broker, e.version, e.key, e.outbox, e.dead_letter, e.idempotent_consumers)
        for name, e in events.items()
    ]
    heads = ("event", "from", "to", "announced on", "broker", ">version", "key", "outbox", "dead letters", "idempotent")
    table = grid("events", line("Events ", DECLARED), heads, rows)
    whys = terms(*((code(name), read(event.why)) for name, event in events.items()))
    undrawn = say("They are too many for one picture; the table names them all.")
    return Section("events", "Events", (*(picture or (undrawn,)), table, whys))


def data(material: Material) -> Section:
    """Stores one by one, and how they grow."""
    stores, storage = material.design.stores, material.then.storage
    known = [entry.size_at_horizon_b for entry in storage if entry.size_at_horizon_b is not None]
    tables = sum(len(schema.tables) for schema in material.schemas.values())
    kept = f", {show_size(sum(known))} after {show_duration(material.design.traffic.horizon)}" if known else ""
    statement = headline(f"{count(len(stores), 'store')} with {count(tables, 'table')}{kept}")
    some = (say(f"The tables of the first {MOST} stores are drawn."),) if len(material.schemas) > MOST else ()
    below = tuple(_store(material, name, store) for name, store in stores.items())
    return Section("data", "Data", (*([_storage(material)] if storage else []), *some), below, statement)


def _storage(material: Material) -> Grid:
    after = f"after {show_duration(material.design.traffic.horizon)}"
    rows = [
        (s.store, s.holding, *map(significant, (s.items_now, s.items_per_day, s.items_at_horizon)),
         *(optional(size, show_size) for size in (s.item_size_b, s.size_now_b, s.size_at_horizon_b)))
        for s in material.then.storage
    ]  # fmt: skip
    heads = ("store", "holds", ">items today", ">added a day", f">items {after}", ">an item", ">size today",
             f">size {after}")  # fmt: skip
    growth = show_factor(material.then.growth)
    return grid("storage", line(f"What is kept and how it grows, at {growth} today's load ", COMPUTED), heads, rows)


def _store(material: Material, name: str, store: Store) -> Section:
    blocks: list[Block] = [*read(store.does), *read(store.why), _facts(store)]
    schema = material.schemas.get(name)
    if schema:
        caption = line("Tables of ", code(name), " and how they refer to each other")
        blocks += [_tables(name, schema), *material.figure(f"tables-{name}", caption)]
        trouble = tuple((say(str(entry)),) for entry in schema.concerns())
        if trouble:
            blocks.append(Note((say("Read with reservations:"), Listing(trouble)), "problem"))
    return Section(f"store-{name}", name, tuple(blocks))


def _facts(store: Store) -> Definitions:
    backup = store.backup or Backup()
    lag = f", at most {show_duration(store.replica_lag)} behind" if store.replica_lag else ""
    lost = f"at most {show_duration(backup.rpo)} of work is lost" if backup.rpo is not None else ""
    back = f"back within {show_duration(backup.rto)}" if backup.rto is not None else ""
    return terms(
        ("Engine", joined(store.technology or store.engine, store.role)),
        ("Written by", store.owner or "nobody in particular"),
        ("Replicas", f"{store.replicas}{lag}" if store.replicas else ""),
        ("Backup", joined(lost, back)),
        ("Kept for", duration(store.ttl or None)),
        ("Hit ratio", optional(store.hit_ratio, show_share)),
    )


def _tables(store: str, schema: Schema) -> Grid:
    rows = [
        (t.name, len(t.columns), t.primary_key,
         [f"{', '.join(k.columns)} → {k.to}" for k in t.foreign_keys],
         [f"{i.name} ({', '.join((*i.columns, *i.expressions))})" for i in t.indexes], t.partition_by)
        for t in schema.tables.values()
    ]  # fmt: skip
    heads = ("table", ">columns", "primary key", "refers to", "indexes", "partitioned")
    return grid(f"tables-{store}", line("Tables of ", code(store)), heads, rows)
