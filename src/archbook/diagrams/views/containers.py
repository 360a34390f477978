"""Containers: services, stores, brokers and outside systems, and what they ask of each other."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from archbook.design.model import Design
from archbook.diagrams.boxes import Line, Map, map_of
from archbook.diagrams.mermaid import flowchart, ids, label, lay_out
from archbook.diagrams.palette import ROLES, load_of, recolour, show_load, step
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.shapes import HEAT_ROW, Legend
from archbook.diagrams.svg import Box, Frame, finish
from archbook.diagrams.view import Heat, View

RESERVED = " · 000 %"  # a usual load: the layout leaves room for it, so that no box moves with the load
WIDEST = 1500.0  # SVG units: beyond that the frames make the text too small on a page, and are left out
SIGNS = {"service": "service", "store": "store", "queue": "queue or topic", "external": "external system",
         "group": "several elements"}  # fmt: skip
LINES = {"sync": "waits for the answer", "async": "does not wait"}


def build(design: Design, of: str | None, heat: Heat | None) -> Picture:
    """The containers of a design, or of the neighbourhood of one element."""
    shown = map_of(design, of)
    title = shown.title(design)
    return draw_map(shown, title, _alt(shown, title), legend_of(shown), heat)


def draw_map(shown: Map, title: str, alt: str, legend: Legend, heat: Heat | None = None) -> Picture:
    """A map as a picture; without frames where they would make it too wide to read."""
    room = {name: RESERVED for name, box in shown.boxes.items() if box.members and heat is not None}
    raw = lay_out(_text(shown, title, alt, room, {}))
    if _width(raw) > WIDEST and any(box.frame for box in shown.boxes.values()):
        shown = shown._replace(boxes={name: box._replace(frame="") for name, box in shown.boxes.items()})
        raw = lay_out(_text(shown, title, alt, room, {}))
    chosen = _ids(shown)
    boxes = {chosen[name]: box._replace(below=_short(box.below)) for name, box in shown.boxes.items()}
    svg = finish(raw, Frame(title, alt, [*legend, HEAT_ROW] if heat is not None else legend), boxes)
    known = {name: load_of(box.members, heat or {}) for name, box in shown.boxes.items()}
    loads = {name: load for name, load in known.items() if load is not None}
    tails = {name: f" · {show_load(load)}" for name, load in loads.items()}
    text = _text(shown, title, alt, tails, {name: f"heat{step(load)}" for name, load in loads.items()})
    picture = Picture(title, alt, svg, text)
    return replace(picture, svg=recolour(picture, heat or {}))


def _width(raw: str) -> float:
    match = re.search(r'viewBox="\S+ \S+ (\S+)', raw)
    return float(match[1]) if match else 0.0


def legend_of(shown: Map) -> Legend:
    """Only the signs that the picture uses."""
    used = {box.role for box in shown.boxes.values()} | {
        "async" if line.asynchronous else "sync" for line in shown.lines
    }
    return [[(sign, text) for sign, text in {**SIGNS, **LINES}.items() if sign in used]]


def _short(text: str) -> str:
    text = " ".join(text.split(",")[0].split())
    return text if len(text) <= 24 else text[:23] + "…"


def _frames(shown: Map) -> list[str]:
    return [f"frame {frame}" for frame in dict.fromkeys(box.frame for box in shown.boxes.values()) if frame]


def _ids(shown: Map) -> dict[str, str]:
    return ids([*shown.boxes, *_frames(shown)])


def _text(shown: Map, title: str, alt: str, tails: Mapping[str, str], heats: Mapping[str, str]) -> str:
    from mermaid.flowchart import Node

    chosen = _ids(shown)
    nodes = {name: _node(box, chosen[name], tails.get(name, "")) for name, box in shown.boxes.items()}
    drawn: list[Any] = [nodes[name] for name, box in shown.boxes.items() if not box.frame]
    classes: dict[str, list[str]] = {}
    for name, box in shown.boxes.items():
        for style in filter(None, (box.role, box.tint, heats.get(name))):
            classes.setdefault(style, []).append(chosen[name])
    for frame in _frames(shown):
        inside = [nodes[name] for name, box in shown.boxes.items() if f"frame {box.frame}" == frame]
        drawn.append(Node(chosen[frame], label(frame.removeprefix("frame ")), sub_nodes=inside))
        classes.setdefault("frame", []).append(chosen[frame])
    links = [_link(line, nodes, shown.verbs) for line in shown.lines]
    return flowchart(title, alt, drawn, links, classes, [line.tint for line in shown.lines if line.tint])


def _node(box: Box, chosen: str, tail: str) -> Any:
    from mermaid.flowchart import Node

    text = f"<b>{label(box.name, 64)}</b><br/>{label(_short(box.below) + tail)}"
    return Node(chosen, text, shape=ROLES[box.role].shape)


def _link(line: Line, nodes: Mapping[str, Any], most: int) -> Any:
    """An arrow; a verb of several words is broken, since its length is what makes a picture wide."""
    from mermaid.flowchart import Link

    width = 14 if most == 2 else 24
    wrapped = [
        textwrap.wrap(text[:40], width, break_long_words=False, break_on_hyphens=False) for text in line.texts(most)
    ]
    message = "<br/>".join(label(part, 24) for parts in wrapped for part in parts)
    return Link(nodes[line.start], nodes[line.end], shape="dotted" if line.asynchronous else "normal", message=message)


def _alt(shown: Map, title: str) -> str:
    roles = [box.role for box in shown.boxes.values()]
    words = ("service", "store", "queue", "external", "group")
    boxes = [
        counted(n, "external system" if role == "external" else role) for role in words if (n := roles.count(role))
    ]
    waiting = sum(not line.asynchronous for line in shown.lines)
    links = [counted(waiting, "synchronous link"), counted(len(shown.lines) - waiting, "asynchronous link")]
    return f"{title}: {', '.join([*boxes, links[0]])} and {links[1]}."


def elements(design: Design) -> list[str]:
    """All names that a picture can be about."""
    return [*design.services, *design.stores, *design.externals]


VIEW = View("containers", "Services, stores and what they ask of each other", build, "element", elements)
