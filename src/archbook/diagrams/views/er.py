"""Entity-relationship: the tables of one store and how they refer to each other, or one table and those around it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archbook.design.model import Design
from archbook.diagrams.er import er_picture
from archbook.diagrams.picture import Picture
from archbook.diagrams.view import Heat, View, note

if TYPE_CHECKING:
    from archbook.schema import Schema


def build(design: Design, of: str | None, _: Heat | None) -> Picture:
    """The tables of a store (by default the first that names a schema file), or those around one table."""
    known = stores(design)
    if not known:
        return note(f"Tables of {design.title or design.name}", "No store names a DDL file; add `schema:` to one.")
    store, table = places(design)[of] if of else (known[0], None)
    return er_picture(_schema(design, store), f"Tables of {store}", table)


def stores(design: Design) -> list[str]:
    """Stores with a DDL file."""
    return [name for name in design.stores if design.ddl(name) is not None]


def places(design: Design) -> dict[str, tuple[str, str | None]]:
    """Store and table by all names that they go by: a store's, a table's (the first store that has it), store/table."""
    found: dict[str, tuple[str, str | None]] = {store: (store, None) for store in stores(design)}
    for store in stores(design):
        for table in _schema(design, store).tables:
            found.setdefault(table, (store, table))
            found[f"{store}/{table}"] = (store, table)
    return found


def _schema(design: Design, store: str) -> Schema:
    from archbook.schema import parse

    return parse(design.ddl(store) or "")


VIEW = View(
    "er", "Tables of a store and their references", build, "store or table", lambda design: list(places(design))
)
