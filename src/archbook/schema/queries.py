"""Which calls of a design ask its tables for what is not there, as after somebody has changed a column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from archbook.design.interactions import Call
from archbook.design.model import Design
from archbook.schema.ddl import parse
from archbook.schema.model import Schema
from archbook.tables import Table, as_columns
from archbook.units import listed

_QUERY = re.compile(r"\s*([\w.]+)\s*(?:\(([^()]*)\))?\s*")


@dataclass(frozen=True, slots=True)
class Broken:
    """One call that asks for what its store does not have. column: empty where the table itself is gone."""

    call: int  # its place in `design.calls`
    service: str
    owner: str  # the team of the service
    store: str
    table: str
    column: str
    on: tuple[str, ...]  # endpoints and events that fail with it; all of its service where empty


def broken_queries(design: Design) -> tuple[Broken, ...]:
    """Calls whose `query` names a table or a column that the DDL of their store does not have.

    Only what is written down is seen: a call without `query`, or to a store without DDL, says nothing (`unseen`).
    """
    schemas: Mapping[str, Schema] = {name: parse(ddl) for name, ddl in design.source.ddl.items()}
    found = []
    for index, call in enumerate(design.calls):
        asked = _asked(call)
        if asked and call.to in schemas:
            table, columns = asked
            here = schemas[call.to].tables.get(table)
            missing = [name for name in columns if not here.has(name)] if here else [""]
            owner = design.services[call.from_].owner
            found += [Broken(index, call.from_, owner, call.to, table, name, call.on) for name in missing]
    return tuple(found)


def unseen(design: Design) -> tuple[int, ...]:
    """Calls of stores with DDL that do not say what they ask for: places in `design.calls`."""
    known = design.source.ddl
    return tuple(i for i, call in enumerate(design.calls) if call.to in known and not _asked(call))


def broken_table(broken: tuple[Broken, ...]) -> Table:
    """What fails, and whose it is."""
    rows = [(b.service, b.owner or None, f"{b.store}: {b.table}" + (f".{b.column}" if b.column else ""),
             listed(b.on) or "all of its requests") for b in broken]  # fmt: skip
    return as_columns(("service", "team", "asks for", "fails with it"), rows)


def _asked(call: Call) -> tuple[str, list[str]] | None:
    match = _QUERY.fullmatch(call.query or "")
    return (match[1], [name.strip() for name in (match[2] or "").split(",") if name.strip()]) if match else None
