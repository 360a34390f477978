"""Data and contracts: what is kept, how it grows, and what is promised to clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archbook.design.contract import Endpoint, Style
from archbook.design.elements import Backup, Slo, Store
from archbook.export.document import (
    Block,
    Definitions,
    Grid,
    Listing,
    Note,
    Section,
    code,
    grid,
    line,
    mark,
    say,
    terms,
)
from archbook.export.material import Material
from archbook.export.prose import plain, read
from archbook.export.words import NONE, count, headline, listed, names, optional, per_minute, yes
from archbook.units import show_duration, show_factor, show_share, show_size, significant

if TYPE_CHECKING:
    from archbook.schema import Schema


def data(material: Material) -> Section:
    """Stores one by one, and how they grow."""
    stores, storage = material.design.stores, material.then.storage
    known = [entry.size_at_horizon_b for entry in storage if entry.size_at_horizon_b is not None]
    tables = sum(len(schema.tables) for schema in material.schemas.values())
    kept = f", {show_size(sum(known))} after {show_duration(material.design.traffic.horizon)}" if known else ""
    statement = headline(f"{count(len(stores), 'store')} with {count(tables, 'table')}{kept}")
    below = tuple(_store(material, name, store) for name, store in stores.items())
    return Section("data", "Data", (_storage(material),) if storage else (), below, statement)


def _storage(material: Material) -> Grid:
    horizon = show_duration(material.design.traffic.horizon)
    rows = [
        (s.store, s.holding, *map(significant, (s.items_now, s.items_per_day, s.items_at_horizon)),
         *(optional(size, show_size) for size in (s.item_size_b, s.size_now_b, s.size_at_horizon_b)))
        for s in material.then.storage
    ]  # fmt: skip
    heads = (
        "store", "holds", ">items today", ">added a day", f">items after {horizon}", ">an item", ">size today",
        f">size after {horizon}",
    )  # fmt: skip
    growth = show_factor(material.then.growth)
    return grid(
        "storage", line(f"What is kept and how it grows, at {growth} today's load ", mark("computed")), heads, rows
    )


def _store(material: Material, name: str, store: Store) -> Section:
    blocks: list[Block] = [*read(store.does), *read(store.why), _facts(store)]
    schema = material.schemas.get(name)
    if schema:
        caption = line("Tables of ", code(name), " and how they refer to each other")
        blocks += [_tables(name, schema), material.figure(f"tables-{name}", caption)]
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
        ("Engine", ", ".join(filter(None, (store.technology or store.engine, store.role)))),
        ("Written by", store.owner or "nobody in particular"),
        ("Replicas", f"{store.replicas}{lag}" if store.replicas else ""),
        ("Backup", ", ".join(filter(None, (lost, back)))),
        ("Kept for", show_duration(store.ttl) if store.ttl else ""),
        ("Hit ratio", show_share(store.hit_ratio) if store.hit_ratio is not None else ""),
    )


def _tables(store: str, schema: Schema) -> Grid:
    rows = [
        (t.name, len(t.columns), names(t.primary_key),
         names(f"{', '.join(k.columns)} → {k.to}" for k in t.foreign_keys),
         names(f"{i.name} ({', '.join((*i.columns, *i.expressions))})" for i in t.indexes), t.partition_by or NONE)
        for t in schema.tables.values()
    ]  # fmt: skip
    heads = ("table", ">columns", "primary key", "refers to", "indexes", "partitioned")
    return grid(f"tables-{store}", line("Tables of ", code(store)), heads, rows)


def contracts(material: Material) -> Section:
    """The API as clients see it."""
    endpoints = material.design.api.endpoints
    if not endpoints:
        return Section("contracts", "Contracts", (say("The design publishes no endpoint."),))
    heads = (
        "endpoint", "does", "service", "who", "roles", "list", "client cache", ">limit a user",
        ">p95 promised", "idempotent", "status",
    )  # fmt: skip
    rows = [_endpoint(material, endpoint) for endpoint in endpoints]
    table = grid("endpoints", line("Endpoints ", mark("declared")), heads, rows)
    whys = terms(*((code(endpoint.name), read(endpoint.why)) for endpoint in endpoints))
    below = (Section("endpoints-why", "Why they are so", (whys,)),) if whys.items else ()
    whole = [endpoint.name for endpoint in endpoints if endpoint.list and not endpoint.paginated]
    paged = f"{listed(whole, 2)} not paginated" if whole else "every list is paginated"
    blocks = (_style(material.design.api.style), table)
    return Section("contracts", "Contracts", blocks, below, f"{count(len(endpoints), 'endpoint')}; {paged}")


_ERRORS = {
    "envelope": "{error: {code, message, field, request_id}}",
    "problem+json": "problem details (RFC 9457)",
    "none": "in no declared form",
}


def _style(style: Style) -> Definitions:
    versions = "none" if style.versioning == "none" else f"in the {style.versioning}, now {style.version}"
    pages = "none" if style.pagination == "none" else f"by {style.pagination}, at most {style.max_page_size} rows"
    return terms(
        ("Versions", versions),
        ("Answers", "{data, meta, errors}" if style.envelope else "without an envelope"),
        ("Errors", _ERRORS[style.errors]),
        ("Pages of lists", pages),
        ("Property names", f"{style.case} case"),
    )


def _endpoint(material: Material, e: Endpoint) -> tuple[object, ...]:
    service = material.design.services.get(e.service)
    slo = e.slo or (service.slo if service else None) or Slo()
    status = f"deprecated{', until ' + e.sunset if e.sunset else ''}" if e.deprecated else "current"
    pages = None if not e.list else "paginated" if e.paginated else "whole"
    return (
        e.name, plain(e.does) or NONE, e.service, "anyone" if e.auth == "none" else e.auth, names(e.roles), pages,
        _cached(e), optional(e.rate_limit, per_minute),
        optional(slo.p95, show_duration), yes(e.idempotency_key or e.method != "POST"), status,
    )  # fmt: skip


def _cached(e: Endpoint) -> str | None:
    hits = f"{show_share(e.hit_ratio)} hits" if e.hit_ratio is not None else ""
    return ", ".join(filter(None, (optional(e.cache, show_duration) if e.cache else "", hits))) or None
