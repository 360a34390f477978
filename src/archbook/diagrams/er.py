"""Entity-relationship pictures of any schema, at every size."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from archbook.diagrams.entities import Entities, Entity, Link, entities, root_of
from archbook.diagrams.er_dot import ErCopier, dot_text, short
from archbook.diagrams.graphviz import lay_out
from archbook.diagrams.mermaid import heading, ids, label
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.shapes import element
from archbook.diagrams.svg import Frame, on_card, prefix_of
from archbook.diagrams.view import note

if TYPE_CHECKING:
    from archbook.schema import Schema

WHOLE, KEYED = 50, 100  # tables drawn with all columns; with keys only
MOST, MOST_AROUND, MOST_ROWS = 40, 24, 12  # tables of a larger schema; beside one table; columns of one table
MERMAID_LIMIT = 50_000  # characters that Mermaid reads (its `maxTextSize`)
LEGEND = [[("one", "exactly one"), ("none or one", "none or one"), ("none or more", "none or more")],
          [("table", "table"), ("join", "join table")]]  # fmt: skip


def er_picture(schema: Schema, title: str, around: str | None = None, depth: int = 1) -> Picture:
    """The tables of a schema and how they refer to each other.

    Up to 50 tables with 12 columns each, keys first; up to 100 with their keys; of a larger schema the 40 most
    connected tables (its DOT text has all). around: one table; then only it and the 24 nearest that are at most `depth`
    references away. Raises UnknownName, RenderError.
    """
    drawn, names_only, centre = entities(schema), False, ""
    if not drawn.tables:
        return note(title, "The DDL creates no table that could be read.")
    whole = len(drawn.tables)
    if around is not None:
        centre = root_of(schema, schema.table(around).name)
        drawn, title = drawn.around(centre, depth, MOST_AROUND), f"{title}: around {centre}"
        picture = drawn.cut(MOST_ROWS, keys_only=True, whole=centre)
    elif whole <= KEYED:
        drawn = picture = drawn.cut(MOST_ROWS, keys_only=whole > WHOLE)
    else:
        picture, names_only = drawn.most_connected(MOST).cut(MOST_ROWS, keys_only=True), True
        title = f"{title} (the {MOST} most connected of {whole})"
    alt = _alt(title, picture)
    dot = dot_text(picture)
    copier = ErCopier(prefix_of(title + dot))
    source = lay_out(dot.replace("dir=both", "dir=none", 1), f"`{title}`", same_everywhere=True)
    drawing = copier.copies(source)
    feet = element("defs")
    feet.extend(copier.feet.values())
    svg = on_card([feet, *drawing], source.attrib["viewBox"], Frame(title, alt, LEGEND), copier.prefix)
    return Picture(
        title, alt, svg, mermaid_text(drawn, title, alt), dot_text(drawn, names_only=True) if names_only else dot
    )


def _alt(title: str, drawn: Entities) -> str:
    names = ", ".join(list(drawn.tables)[:12])
    return f"{title}: {counted(len(drawn.tables), 'table')} and {counted(len(drawn.links), 'reference')}: {names}."


def mermaid_text(drawn: Entities, title: str, alt: str) -> str:
    """Mermaid text within its limit: where it must be with keys only, no columns, the most connected tables only."""
    text = _mermaid(drawn, title, alt)
    for rows in (MOST_ROWS, 0):
        if len(text) > MERMAID_LIMIT:
            drawn = drawn.cut(rows, keys_only=True)
            text = _mermaid(drawn, title, alt)
    kept = len(drawn.tables)
    while len(text) > MERMAID_LIMIT:
        kept = int(kept * min(0.9, MERMAID_LIMIT / len(text)))
        cut = f"{title} (the {kept} most connected of {len(drawn.tables)})"
        text = _mermaid(drawn.most_connected(kept), cut, alt)
    return text


def _mermaid(drawn: Entities, title: str, alt: str) -> str:
    chosen = ids(drawn.tables)
    lines = [f"---\ntitle: {heading(title)}\n---\nerDiagram"]
    lines += [f"\taccTitle: {label(title, 90)}", f"\taccDescr: {label(alt, 400)}"]
    for name, entity in drawn.tables.items():
        told = label(name) or "-"  # the grammar takes no empty one
        lines += [f'\t{chosen[name]}["{told}"] {{', *_attributes(entity), "\t}"]
    lines += [
        f'\t{chosen[link.parent]} {_line(link)} {chosen[link.child]} : "{label(", ".join(link.columns))}"'
        for link in drawn.links
    ]
    return "\n".join(lines) + "\n"


def _line(link: Link) -> str:
    return f"{'|o' if link.optional else '||'}--{'o|' if link.once else 'o{'}"


def _attributes(entity: Entity) -> list[str]:
    lines = []
    for row in entity.rows:
        name = _word(row.name)
        said = f' "{label(row.name)}"' if name != row.name and row.name else ""  # the grammar has no quotes for it
        lines.append(f"\t\t{_word(row.type)} {name} {', '.join(row.keys)}".rstrip() + said)
    return lines


def _word(text: str) -> str:
    """A word of Mermaid's ER grammar.

    >>> _word('double precision'), _word('numeric(10,2)'), _word('1"; x')
    ('double_precision', 'numeric(10_2)', '_1___x')
    """
    word = re.sub(r"[^A-Za-z0-9_()\[\]-]", "_", short(text))
    return word if re.match(r"[A-Za-z_]", word) else f"_{word}"
