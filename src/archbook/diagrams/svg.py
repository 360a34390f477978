"""From a renderer's raw SVG to one that stands alone.

The raw SVG is not mended but copied: only known shapes and attributes are taken over, and paint comes from here.
So nothing active can come through, no style sheet can leak into the page around it, and it looks the same everywhere.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from archbook.diagrams.mermaid import plain
from archbook.diagrams.palette import BLUE, CARD, FRAME, GREEN, GREY, INK, LINE, PURPLE, ROLES
from archbook.diagrams.picture import one_line
from archbook.diagrams.shapes import FONT, SVG, draw_legend, element, number
from archbook.errors import RenderError

FLUID = "max-width:100%;height:auto"  # never wider than the page around it
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)
SHAPES = frozenset(re.findall(r"\w+", "g defs marker path rect line polyline polygon circle ellipse text tspan"))
GEOMETRY = frozenset(
    re.findall(
        r"[\w-]+",
        "x y width height rx ry cx cy r x1 y1 x2 y2 d points transform viewBox refX refY markerWidth markerHeight "
        "markerUnits orient dy text-anchor dominant-baseline marker-start marker-end",
    )
)
_LONG = re.compile(r"(\d+\.\d{2})\d+")
_REFERENCE = re.compile(r"url\(#([\w.:-]+)\)")
_ARROW = {"fill": LINE, "stroke": LINE}
_EDGE = {"fill": "none", "stroke": LINE, "stroke-width": "1.5"}
_ASYNC = {"stroke": PURPLE, "stroke-dasharray": "6 4"}
_SMALL = {"font-size": "12.5", "fill": INK, "stroke": "none"}
PAINT: dict[str, dict[str, str]] = {
    "flowchart-link": _EDGE,
    "relationshipLine": _EDGE,
    "marker": _ARROW,
    "er": {"fill": CARD, "stroke": LINE, "stroke-width": "1.2"},
    "actor-line": {"stroke": FRAME, "stroke-width": "1"},
    "actor-box": {"font-size": "13.5", "font-weight": "bold", "fill": INK, "text-anchor": "middle"},
    "messageLine0": _EDGE,
    "messageLine1": _EDGE | _ASYNC,
    "messageText": {"font-size": "13", "fill": INK},
    "loopLine": {"stroke": GREY, "stroke-width": "1", "stroke-dasharray": "3 3"},
    "loopText": _SMALL,
    "sectionTitle": _SMALL,
    "labelBox": {"fill": "#F3F4F6", "stroke": GREY},
    "labelText": _SMALL | {"font-weight": "bold"},
    "note": {"fill": "#FFF9E5", "stroke": "#D9B44A"},
    "noteText": _SMALL,
    "activation0": {"fill": "#EAF3F9", "stroke": BLUE},
    "clusters": {"font-size": "12.5", "font-weight": "bold", "fill": GREY},
    "edgeLabels": {"font-size": "12.5", "fill": INK},
    "nodes": _SMALL,
    "attribute-type": _SMALL | {"fill": GREY},
    "attribute-keys": _SMALL | {"font-weight": "bold", "fill": BLUE},
}
_GRID = {"row-rect-odd": CARD, "row-rect-even": "#F7F8FA", "outer-path": ROLES["store"].fill}


class Box(NamedTuple):
    """How one box is to look: its name, the line below, its role, and the elements that it stands for."""

    name: str
    below: str
    role: str
    members: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """What surrounds the drawing: its title, alt text and the legend's rows."""

    title: str
    alt: str
    legend: Sequence[Sequence[tuple[str, str]]] = field(default_factory=tuple)


def finish(raw: str, frame: Frame, boxes: Mapping[str, Box]) -> str:
    """Raw SVG on a card, with title, legend and paint. boxes: by Mermaid id. Raises RenderError."""
    source = ET.fromstring(raw)
    copier = _Copier(boxes, prefix_of(frame.title + raw))
    drawing = [copied for child in source if (copied := copier.copy(child)) is not None]
    copier.keep_markers(drawing)
    return on_card(drawing, [float(n) for n in source.attrib["viewBox"].split()], frame, copier.prefix)


def prefix_of(text: str) -> str:
    """What the ids of a picture begin with: two pictures on one page do not take each other's arrow heads."""
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:8]


def adopt(raw: str, title: str, alt: str) -> str:
    """A chart's SVG with ids of its own, a title and alt text. Raises RenderError for anything active in it."""
    root = ET.fromstring(raw)
    prefix = prefix_of(title + alt)
    names = {e.attrib["id"]: f"{prefix}-{i}" for i, e in enumerate(e for e in root.iter() if "id" in e.attrib)}
    for part in root.iter():
        if part.tag.rpartition("}")[2] in ("script", "foreignObject", "style", "a", "use", "image"):
            raise RenderError("a chart must not hold scripts, links or other pictures")
        for key, value in list(part.attrib.items()):
            if key.startswith(("aria-", "role")) or key.lower().startswith("on"):
                del part.attrib[key]
            else:
                renamed = _REFERENCE.sub(lambda m: f"url(#{names.get(m[1], '')})", value)
                part.set(key, names[value] if key == "id" else renamed)
    root.attrib.update({"role": "img", "style": FLUID})
    for tag, text in (("desc", alt), ("title", title)):
        made = ET.Element(f"{{{SVG}}}{tag}")
        made.text = one_line(text)
        root.insert(0, made)
    return ET.tostring(root, encoding="unicode")


def on_card(drawing: Sequence[ET.Element], box: Sequence[float], frame: Frame, prefix: str) -> str:
    """The drawing inside `box` (x, y, width, height) on a light card with a fixed size."""
    x, y, width, height = box
    width = max(width, 8.6 * len(frame.title), 380.0)
    legend, legend_height = draw_legend(frame.legend, x, y + height + 14, width)
    left, top, width, height = x - 16, y - 46, width + 32, height + 62 + legend_height
    root = element("svg", width=width, height=height, viewBox=" ".join(map(number, (left, top, width, height))))
    root.attrib.update({"role": "img", "style": FLUID, "aria-labelledby": f"{prefix}t {prefix}d", "font-family": FONT})
    for tag, text in (("title", frame.title), ("desc", frame.alt)):
        ET.SubElement(root, f"{{{SVG}}}{tag}", {"id": prefix + tag[0]}).text = one_line(text)
    root.append(element("rect", x=left, y=top, width=width, height=height, rx=6.0, fill=CARD))
    heading = element("text", x=x, y=y - 20, font_size="16", font_weight="bold", fill=INK)
    heading.text = one_line(frame.title)
    root.extend([heading, *drawing, *legend])
    return ET.tostring(root, encoding="unicode")


class _Copier:
    """Copies what is known and paints it."""

    def __init__(self, boxes: Mapping[str, Box], prefix: str) -> None:
        self.boxes, self.prefix = boxes, prefix
        self.markers: dict[str, ET.Element] = {}
        self.tables: list[dict[str, float]] = []  # left edge of each column of the tables, in drawing order
        self.table = -1
        self.by_name = {box.name: box for box in boxes.values()}

    def copy(self, source: ET.Element, context: str = "") -> ET.Element | None:
        tag = source.tag.rpartition("}")[2]
        if tag not in SHAPES:
            return None
        classes = (source.get("data-merman-source-classes") or source.get("class") or "").split()
        if tag == "g" and (set(classes) & {"outer-path", "row-rect-odd", "row-rect-even", "divider"}):
            return _plain_rect(source, classes)
        copied = ET.Element(f"{{{SVG}}}{tag}", self._attributes(source, classes))
        copied.text = plain(source.text or "") if tag in ("text", "tspan") else None
        inner = context or next((c for c in classes if c in ("cluster", "edgeLabels", "node")), "")
        copied.extend(kept for child in source if (kept := self.copy(child, inner)) is not None)
        self._special(source, copied, tag, classes, context)
        return copied if len(copied) or copied.attrib or tag == "defs" or copied.text else None

    def _attributes(self, source: ET.Element, classes: Sequence[str]) -> dict[str, str]:
        kept = {k: _LONG.sub(r"\1", v) for k, v in source.attrib.items() if k in GEOMETRY}
        for name in classes:
            kept |= PAINT.get(name, {})
        if "data-merman-source-classes" in source.attrib and source.tag.endswith("text"):
            kept["text-anchor"] = "middle"
        if "edge-pattern-dotted" in classes:
            kept |= _ASYNC
        for key in ("marker-start", "marker-end"):
            if key in kept:
                kept[key] = self._reference(kept[key], "edge-pattern-dotted" in classes or "messageLine1" in classes)
        return kept

    def _reference(self, value: str, asynchronous: bool) -> str:
        match = _REFERENCE.fullmatch(value)
        name = match[1].removeprefix("merman-").replace("filled-head", "arrowhead") if match else ""
        return f"url(#{self.prefix}-{name}{'-async' if asynchronous else ''})" if match else ""

    def _special(self, source: ET.Element, copied: ET.Element, tag: str, classes: Sequence[str], context: str) -> None:
        name = source.get("id", "").removeprefix("merman-")
        if tag == "marker":
            copied.set("id", name)
            copied.attrib.update({} if classes else _ARROW)
            self.markers[name] = copied
        elif tag == "rect" and context == "cluster":
            copied.attrib.update({"fill": "#FAFBFC", "stroke": FRAME, "rx": "6"})
        elif tag == "rect" and context == "edgeLabels":
            copied.set("fill", CARD)
        elif "label-container" in classes or (tag == "rect" and "actor-top" in classes):
            copied.attrib.update({"stroke-width": "1.4"})
        elif tag == "line" and "marker-start" in copied.attrib:
            copied.set("stroke", "none")
        if tag == "g" and name.startswith("entity-"):
            left = _shift(source)
            self.tables.append(
                {c.get("class", "").split()[-1]: left + _shift(c) for c in source if "label " in c.get("class", "")}
            )
        elif tag == "g" and classes[:1] == ["node"] and name.startswith("flowchart-"):
            self._shape(copied, self.boxes.get(name.removeprefix("flowchart-").rpartition("-")[0]))
        elif tag == "rect" and "actor-top" in classes:
            self._paint(copied, self.boxes.get(source.get("name", "")))
        elif tag == "g" and classes[:3] == ["root", "nodes", "node"]:
            self._label(copied, "name" in classes)
            self._align(copied, classes)

    def _shape(self, group: ET.Element, box: Box | None) -> None:
        if box is None:
            raise RenderError("the renderer drew a box that the diagram does not have; please report this design")
        self._paint(group[0], box)

    def _paint(self, shape: ET.Element, box: Box | None) -> None:
        if box is None:
            return
        role = ROLES[box.role]
        geometry = {key: value for key, value in shape.attrib.items() if key not in ("fill", "stroke")}
        shape.attrib.clear()
        if box.members:
            shape.attrib.update({"data-element": box.members, "data-base": role.fill})
        shape.attrib.update({"fill": role.fill, "stroke": role.stroke, **geometry})
        if role.dashed:
            shape.set("stroke-dasharray", "5 4")

    def _label(self, group: ET.Element, table: bool) -> None:
        """The first line is the name, in bold; the last one ends in a place for the load."""
        lines = list(group)
        box = self.by_name.get("".join(lines[0].itertext()))
        if table or box:
            lines[0].attrib.update({"font-weight": "bold", "font-size": "13.5"})
        if box and box.members and len(lines) > 1:
            lines[-1].text = one_line(box.below)
            lines[-1].append(element("tspan", data_load=box.members))

    def _align(self, group: ET.Element, classes: Sequence[str]) -> None:
        """Columns of a table flush left, where the renderer centres each word on its own guess of its width."""
        self.table += "name" in classes
        for name in {"attribute-type", "attribute-name", "attribute-keys"} & set(classes):
            for line in group:
                line.attrib.update({"x": number(self.tables[self.table][name]), "text-anchor": "start"})

    def keep_markers(self, drawing: Sequence[ET.Element]) -> None:
        """Only the arrow heads that are used, with ids of this picture; asynchronous ones in their colour."""
        used = sorted({m[1] for e in _all(drawing) for k in ("marker-start", "marker-end")
                       if (m := _REFERENCE.search(e.get(k, "")))})  # fmt: skip
        for parent in _all(drawing):
            for child in list(parent):
                if child.tag.endswith("}marker"):
                    parent.remove(child)
        heads = element("defs")
        for name in used:
            plain = name.removeprefix(self.prefix + "-")
            marker = ET.fromstring(ET.tostring(self.markers[plain.removesuffix("-async")]))
            marker.set("id", name)
            if plain.endswith("-async"):
                marker.attrib.update({"fill": PURPLE, "stroke": PURPLE})
            heads.append(marker)
        drawing[0].insert(0, heads)


def _shift(group: ET.Element) -> float:
    match = re.search(r"translate\((-?[\d.]+)", group.get("transform", ""))
    return float(match[1]) if match else 0.0


def _all(drawing: Sequence[ET.Element]) -> Iterator[ET.Element]:
    for part in drawing:
        yield from part.iter()


def _plain_rect(source: ET.Element, classes: Sequence[str]) -> ET.Element:
    """A plain rectangle for what the renderer draws twice, in wavering curves: cells of a table, and pills."""
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", source[0].get("d", ""))]
    left, top, right, bottom = min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    made = element("rect", x=left, y=top, width=max(right - left, 0.01), height=max(bottom - top, 0.01))
    made.attrib.update({"fill": _GRID.get(classes[0], "none"), "stroke": FRAME, "stroke-width": "1"})
    if classes[0] == "outer-path":
        made.set("stroke", GREEN)
    elif "label-container" in classes:
        made.attrib.update({"rx": number((bottom - top) / 2), "stroke-width": "1.4"})
    return made
