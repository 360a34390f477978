"""Entities as DOT text, and the SVG of it with crow's feet of our own (Graphviz's point askew)."""

from __future__ import annotations

import math
import re
import unicodedata
import xml.etree.ElementTree as ET

from archbook.diagrams.entities import Entities, Entity, Link, Row
from archbook.diagrams.graphviz import Copier
from archbook.diagrams.layering import COLUMN, WIDER, columns
from archbook.diagrams.mermaid import ids
from archbook.diagrams.palette import BLUE, FRAME, GREY, INK, LINE, ROLES
from archbook.diagrams.picture import one_line
from archbook.diagrams.shapes import element, foot

LONGEST = 40  # characters of a name or type
_ENDS = {"one": "teetee", "none or one": "teeodot", "none or more": "crowodot"}  # Graphviz's names
_NODE = f'shape=plain, fontname="Arial", fontsize=13, fontcolor="{INK}"'
_EDGE = f'color="{LINE}"'


def dot_text(drawn: Entities, names_only: bool = False) -> str:
    """DOT text with ids of its own; names stand only where they cannot be anything but text.

    names_only: no columns, and Graphviz chooses the place of all tables: that is quick for a thousand.
    """
    chosen = ids(drawn.tables)
    linked = {name for link in drawn.links for name in (link.parent, link.child)}
    joined = [name for name in drawn.tables if name in linked]
    apart = [name for name in drawn.tables if name not in linked]
    lines = ["digraph tables {", "rankdir=LR; nodesep=0.12; ranksep=1.1; bgcolor=transparent;"]
    lines += [f"node [{_NODE}];", f"edge [dir=both, {_EDGE}];"]
    lines += [f"{chosen[name]} [label={_label(drawn.tables[name], names_only)}];" for name in [*joined, *apart]]
    heights = {name: _height(entity) for name, entity in drawn.tables.items()}
    ends = [] if names_only else [(link.parent, link.child) for link in drawn.links]
    place = columns({name: heights[name] for name in joined}, ends)
    for link in drawn.links:
        right = place[link.child] - place[link.parent]
        rank = "" if names_only else f", minlen={right}" if right > 0 else ", constraint=false"
        port = "" if names_only else _port(drawn.tables[link.child], link)
        lines.append(f"{chosen[link.parent]} -> {chosen[link.child]}{port} [{_ends(link)}{rank}];")
    needed = math.ceil(math.sqrt(sum(heights[name] for name in apart) * WIDER / COLUMN))
    grid = _grid([chosen[name] for name in apart], max(3, needed, *place.values()))
    return "\n".join([*lines, *grid, "}"]) + "\n"


def _height(entity: Entity) -> float:
    """About how high a box is, with the space below it, in px."""
    return 34 + 22 * (len(entity.notes) + len(entity.rows) + bool(entity.left_out))


def _grid(apart: list[str], width: int) -> list[str]:
    """Tables without references in rows of their own, inside a frame."""
    if not apart:
        return []
    rows = [apart[start : start + width] for start in range(0, len(apart), width)]
    chains = [" -> ".join(row) + " [style=invis];" if len(row) > 1 else f"{row[0]};" for row in rows]
    head = f'label="no references"; labeljust=l; fontname="Arial"; fontsize=13; fontcolor="{GREY}"; color="{FRAME}";'
    return ["subgraph cluster_apart {", head, "margin=14;", *chains, "}"]


def _port(entity: Entity, link: Link) -> str:
    """The left end of the foreign key's row, where that is drawn."""
    return next((f":c{index}:w" for index, row in enumerate(entity.rows) if row.name == link.columns[0]), "")


def _ends(link: Link) -> str:
    start, end = "none or one" if link.optional else "one", "none or one" if link.once else "none or more"
    return f'class="{start}|{end}", arrowtail={_ENDS[start]}, arrowhead={_ENDS[end]}'


def _label(entity: Entity, names_only: bool) -> str:
    """A table of a table, in the part of HTML that Graphviz knows."""
    head = f'<td colspan="3" align="left" bgcolor="{ROLES[entity.role].fill}"'
    first = f"<tr>{head}{_wide(entity.name)}><b>{_text(entity.name)}</b></td></tr>"
    first += "".join(
        f'<tr>{head}><font color="{LINE}" point-size="11">{_text(note)}</font></td></tr>' for note in entity.notes
    )
    rows = [] if names_only else [_row(index, row) for index, row in enumerate(entity.rows)]
    if entity.left_out and not names_only:
        more = f"… {entity.left_out} more" if rows else f"{entity.left_out} columns"
        rows.append(f'<tr><td colspan="3" align="left"><font color="{GREY}">{more}</font></td></tr>')
    border = f'border="1" cellborder="0" cellspacing="0" cellpadding="4" color="{ROLES[entity.role].stroke}"'
    style = ' style="dashed"' if ROLES[entity.role].dashed else ""
    return f"<<table {border}{style}>{''.join([first, *rows])}</table>>"


def _row(index: int, row: Row) -> str:
    keys = f'<font color="{BLUE}">{", ".join(row.keys)}</font>' if row.keys else ""
    type_ = f'<font color="{GREY}">{_text(row.type)}</font>'
    return (f'<tr><td port="c{index}" align="left">{keys}</td><td align="left"{_wide(row.name)}>{_text(row.name)}</td>'
            f'<td align="left"{_wide(row.type)}>{type_}</td></tr>')  # fmt: skip


def short(text: str) -> str:
    """Text on one line, cut to what a box holds."""
    text = one_line(text)
    longest = LONGEST if text.isascii() else LONGEST // 2
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _text(text: str) -> str:
    """Text as Graphviz's HTML takes it: all but plain characters as code points; it refuses an empty element."""
    doubled = short(text).replace("\\", "\\\\")  # a single one would stand for the name of the node, and the like
    return re.sub(r"[^A-Za-z0-9 .,_()-]", lambda match: f"&#{ord(match[0])};", doubled) or "&#160;"


def _wide(text: str) -> str:
    """Room for letters whose width Graphviz does not know."""
    cut = short(text)
    if cut.rstrip("…").isascii():
        return ""
    return f' width="{8 + sum(15 if unicodedata.east_asian_width(c) in "WF" else 10 for c in cut)}"'


class ErCopier(Copier):
    """Takes Graphviz's boxes and lines; ends of lines get crow's feet. feet: those that are used."""

    bare = False

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix
        self.feet: dict[str, ET.Element] = {}

    def group(self, source: ET.Element, copied: ET.Element) -> None:
        kind, _, ends = source.get("class", "").partition(" ")
        if kind == "edge":
            start, end = ends.split("|")
            for line in copied:
                line.attrib.update({"marker-start": self._foot(start, 180), "marker-end": self._foot(end, 0)})

    def _foot(self, sign: str, turned: int) -> str:
        name = f"{self.prefix}-{sign.replace(' ', '-')}-{turned}"
        if name not in self.feet:
            made = element("marker", id=name, viewBox="-20 -8 40 16", markerWidth=40.0, markerHeight=16.0,
                           markerUnits="userSpaceOnUse", orient="auto", refX=0.0, refY=0.0)  # fmt: skip
            made.append(foot(sign, f"rotate({turned})"))
            self.feet[name] = made
        return f"url(#{name})"
