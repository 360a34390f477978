"""Containers: services, stores, brokers and outside systems, and what they ask of each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from archbook.design.model import Design
from archbook.diagrams.boxes import Line, Map, MapBox, map_of
from archbook.diagrams.mermaid import flowchart, ids, label, lay_out
from archbook.diagrams.palette import ROLES, load_of, recolour, show_load, step
from archbook.diagrams.picture import Picture, counted
from archbook.diagrams.shapes import heat_row
from archbook.diagrams.svg import Box, Frame, finish
from archbook.diagrams.view import Heat, View

RESERVED = " · 00.00 %"  # the widest usual load: the layout leaves room for it, so that no box moves with the load
WIDEST = 1800.0  # SVG units: beyond that the frames make the text too small on a page, and are left out
SIGNS = {"service": "service", "store": "store", "queue": "queue or topic", "external": "external system",
         "group": "several elements"}  # fmt: skip


def build(design: Design, of: str | None, heat: Heat | None) -> Picture:
    """The containers of a design, or of the neighbourhood of one element."""
    shown = map_of(design, of)
    title = f"Containers of {design.title or design.name}" + (f": {shown.cut}" if shown.cut else "")
    return draw_map(shown, title, heat)


def draw_map(
    shown: Map, title: str, heat: Heat | None = None, alt: str = "", legend: Sequence[Sequence[tuple[str, str]]] = ()
) -> Picture:
    """A map as a picture; without frames where they would make it too wide to read."""
    alt = alt or _alt(shown, title)
    raw = lay_out(_reserving(shown, title, alt))
    if _width(raw) > WIDEST and _frames(shown):
        shown = replace(shown, boxes={name: replace(box, frame="") for name, box in shown.boxes.items()})
        raw = lay_out(_reserving(shown, title, alt))
    chosen = _ids(shown)
    boxes = {chosen[name]: Box(b.name, _short(b.below), b.role, " ".join(b.members)) for name, b in shown.boxes.items()}
    loads = {name: load for name, box in shown.boxes.items()
             if (load := load_of(" ".join(box.members), heat or {})) is not None}  # fmt: skip
    tails = {name: f" · {show_load(load)}" for name, load in loads.items()}
    text = _text(shown, title, alt, tails, {name: f"heat{step(load)}" for name, load in loads.items()})
    svg = finish(raw, Frame(title, alt, legend or signs(shown, heat is not None)), boxes)
    return Picture(title, alt, recolour(svg, heat or {}), text)


def _reserving(shown: Map, title: str, alt: str) -> str:
    return _text(shown, title, alt, {name: RESERVED for name, box in shown.boxes.items() if box.members}, {})


def _width(raw: str) -> float:
    match = re.search(r'viewBox="\S+ \S+ (\S+)', raw)
    return float(match[1]) if match else 0.0


def _ids(shown: Map) -> dict[str, str]:
    return ids([*shown.boxes, *_frames(shown)])


def signs(shown: Map, heat: bool) -> list[list[tuple[str, str]]]:
    """Only the signs that the picture uses."""
    roles = {box.role for box in shown.boxes.values()}
    first = [(role, text) for role, text in SIGNS.items() if role in roles]
    if any(not line.asynchronous for line in shown.lines):
        first.append(("sync", "waits for the answer"))
    if any(line.asynchronous for line in shown.lines):
        first.append(("async", "does not wait"))
    return [first, heat_row()] if heat else [first]


def _short(text: str) -> str:
    text = " ".join(text.split(",")[0].split())
    return text if len(text) <= 24 else text[:23] + "…"


def _frames(shown: Map) -> list[str]:
    return [f"frame {frame}" for frame in dict.fromkeys(box.frame for box in shown.boxes.values()) if frame]


def _text(shown: Map, title: str, alt: str, tails: Mapping[str, str], heats: Mapping[str, str]) -> str:
    from mermaid.flowchart import Node

    chosen = _ids(shown)
    nodes = {name: _node(box, chosen[name], tails.get(name, "")) for name, box in shown.boxes.items()}
    drawn: list[Any] = [nodes[name] for name, box in shown.boxes.items() if not box.frame]
    for frame in _frames(shown):
        inside = [nodes[name] for name, box in shown.boxes.items() if f"frame {box.frame}" == frame]
        drawn.append(Node(chosen[frame], label(frame.removeprefix("frame ")), sub_nodes=inside))
    classes: dict[str, list[str]] = {}
    for name, box in shown.boxes.items():
        classes.setdefault(box.role, []).append(chosen[name])
        if name in heats:
            classes.setdefault(heats[name], []).append(chosen[name])
    for frame in _frames(shown):
        classes.setdefault("frame", []).append(chosen[frame])
    return flowchart(
        title, alt, drawn, [_link(line, nodes, 4 if shown.detailed else 2) for line in shown.lines], classes
    )


def _node(box: MapBox, chosen: str, tail: str) -> Any:
    from mermaid.flowchart import Node

    text = f"<b>{label(box.name, 64)}</b><br/>{label(_short(box.below) + tail)}"
    return Node(chosen, text, shape=ROLES[box.role].shape)


def _link(line: Line, nodes: Mapping[str, Any], most: int) -> Any:
    from mermaid.flowchart import Link

    shape = "dotted" if line.asynchronous else "normal"
    return Link(
        nodes[line.start],
        nodes[line.end],
        shape=shape,
        message="<br/>".join(label(text, 24) for text in line.texts(most)),
    )


def _alt(shown: Map, title: str) -> str:
    roles = [box.role for box in shown.boxes.values()]
    words = {"service": "service", "store": "store", "queue": "queue", "external": "external system", "group": "group"}
    boxes = [counted(n, word) for role, word in words.items() if (n := roles.count(role))]
    waiting = sum(not line.asynchronous for line in shown.lines)
    links = [counted(waiting, "synchronous link"), counted(len(shown.lines) - waiting, "asynchronous link")]
    return f"{title}: {_listed([*boxes, *links])}."


def _listed(parts: Sequence[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def elements(design: Design) -> list[str]:
    """All names that a picture can be about."""
    return [*design.services, *design.stores, *design.externals]


VIEW = View("containers", "Services, stores and what they ask of each other", build, "element", elements)
