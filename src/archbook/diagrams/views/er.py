"""Entity-relationship: the tables of one store and how they refer to each other."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any

from archbook.design.model import Design
from archbook.diagrams.mermaid import accessible, heading, label, lay_out
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.svg import Frame, finish
from archbook.diagrams.view import Heat, View, note

if TYPE_CHECKING:
    from archbook.schema import ForeignKey, Schema, Table

WHOLE, MOST = 50, 80  # tables drawn with all columns; tables drawn at all


def build(design: Design, of: str | None, _: Heat | None) -> Picture:
    """The tables of a store (by default the first that names a schema file)."""
    store = of or next(iter(stores(design)), None)
    if store is None:
        return note(f"Tables of {design.title or design.name}", "No store names a DDL file; add `schema:` to one.")
    from archbook.schema import parse

    return draw_schema(parse(design.ddl(store) or ""), f"Tables of {store}")


def draw_schema(schema: Schema, title: str) -> Picture:
    """Tables as a picture: with keys only beyond 50 tables, and the most connected ones only beyond 80."""
    tables = {table.name: table for table in schema.tables.values() if not table.partition_of}
    if not tables:
        return note(title, "The DDL creates no table that could be read.")
    found = [(table, key) for table in tables.values() for key in table.foreign_keys if key.to in tables]
    degree = Counter(name for table, key in found for name in (table.name, key.to))
    kept = sorted(tables, key=lambda name: -degree[name])[:MOST]
    drawn = [table for table in tables.values() if table.name in kept]
    cut = f" (the {MOST} most connected of {len(tables)})" if len(tables) > MOST else ""
    links = [(table, key) for table, key in found if table.name in kept and key.to in kept]
    names = ", ".join(table.name for table in drawn[:12])
    alt = f"{title}: {counted(len(drawn), 'table')}{cut} and {counted(len(links), 'reference')}: {names}."
    text = _text(drawn, links, title + cut, alt, keys_only=len(tables) > WHOLE)
    return Picture(title + cut, alt, finish(lay_out(text), Frame(title + cut, alt), {}), text)


def _text(drawn: list[Table], links: list[tuple[Table, ForeignKey]], title: str, alt: str, keys_only: bool) -> str:
    from mermaid.erdiagram import Entity, ERDiagram, Link

    entities = {table.name: Entity(f'"{_word(table.name)}"', _attributes(table, keys_only)) for table in drawn}
    lines: list[Any] = []
    for table, key in links:
        optional = any(column.nullable for column in table.columns if column.name in key.columns)
        once = key.columns in table.unique_sets()
        lines.append(Link(entities[key.to], entities[table.name], "zero-or-one" if optional else "exactly-one",
                          "zero-or-one" if once else "zero-or-more", label(", ".join(key.columns))))  # fmt: skip
    return accessible(ERDiagram(heading(title), list(entities.values()), lines).script, "erDiagram", title, alt)


def _attributes(table: Table, keys_only: bool) -> dict[str, Any]:
    foreign = {name for key in table.foreign_keys for name in key.columns}
    unique = {columns[0] for columns in table.unique_sets() if len(columns) == 1} - set(table.primary_key)
    found: dict[str, Any] = {}
    for column in table.columns:
        kinds = (("PK", table.primary_key), ("FK", foreign), ("UK", unique))
        keys = [key for key, names in kinds if column.name in names]
        if keys or not keys_only:
            # mermaid-py knows one key a column: several are written with the name
            type_ = re.sub(r"\([^()]*,[^()]*\)", "", str(column.type))
            found[f"{_word(column.name)} {', '.join(keys)}".strip()] = _word(type_)
    return found


def _word(text: str) -> str:
    """A word of Mermaid's ER grammar.

    >>> _word('double precision'), _word('1"; x')
    ('double_precision', '_1___x')
    """
    word = re.sub(r"[^A-Za-z0-9_()\[\].-]", "_", text[:60])
    return word if re.match(r"[A-Za-z_]", word) else f"_{word}"


def stores(design: Design) -> list[str]:
    """Stores with a DDL file."""
    return [name for name in design.stores if design.ddl(name) is not None]


VIEW = View("er", "Tables of a store and their references", build, "store", stores)
