"""From a renderer's raw SVG to one that stands alone.

The raw SVG is not mended but copied: only known shapes and attributes are taken over, and paint comes from here.
So nothing active can come through, no style sheet can leak into the page around it, and it looks the same everywhere.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from archbook.diagrams.mermaid import plain
from archbook.diagrams.palette import BLUE, CARD, FRAME, GREY, INK, LINE, PURPLE, ROLES, TINTS
from archbook.diagrams.picture import one_line
from archbook.diagrams.shapes import FONT, SVG, Legend, draw_legend, element, number, words
from archbook.errors import RenderError

FLUID = "max-width:100%;height:auto"  # never wider than the page around it
XLINK = "http://www.w3.org/1999/xlink"
ET.register_namespace("", SVG)
ET.register_namespace("xlink", XLINK)
SHAPES = frozenset(re.findall(r"\w+", "g path rect line polyline polygon circle ellipse text tspan"))
GEOMETRY = frozenset(
    re.findall(
        r"[\w-]+",
        "x y width height rx ry cx cy r x1 y1 x2 y2 d points transform viewBox refX refY markerWidth markerHeight "
        "markerUnits orient dy text-anchor dominant-baseline marker-start marker-end",
    )
)
_LONG = re.compile(r"(\d+\.\d{2})\d+")
_STROKE = re.compile(rf"stroke:({'|'.join(tint.stroke for tint in TINTS.values())})")
_REFERENCE = re.compile(r"url\(#([\w.:-]+)\)")
_EDGE = {"fill": "none", "stroke": LINE, "stroke-width": "1.5"}
_ASYNC = {"stroke": PURPLE, "stroke-dasharray": "6 4"}
_SMALL = {"font-size": "13.5", "fill": INK, "stroke": "none"}
_NAME = {"font-size": "14", "font-weight": "bold"}
PAINT: dict[str, dict[str, str]] = {
    "flowchart-link": _EDGE,
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
    "clusters": {"font-size": "13.5", "font-weight": "bold", "fill": GREY},
    "edgeLabels": {"font-size": "14", "fill": INK},
    "cluster rect": {"fill": "#FAFBFC", "stroke": FRAME, "rx": "6"},
    "edgeLabels rect": {"fill": CARD},
    "label-container": {"stroke-width": "1.4"},
    "actor-top": {"stroke-width": "1.4"},
    "nodes": _SMALL | {"font-size": "14"},
}
CONTEXTS = ("cluster", "edgeLabels", "node")


class Box(NamedTuple):
    """One box. role: a key of `palette.ROLES`; sort: what its icon is chosen by; members: elements it stands for.

    tint: a key of `palette.TINTS`, where two designs are drawn as one.
    """

    name: str
    below: str
    role: str
    sort: str = ""
    members: tuple[str, ...] = ()
    frame: str = ""
    tint: str = ""


class Frame(NamedTuple):
    """What surrounds the drawing: its title, alt text and legend."""

    title: str
    alt: str
    legend: Legend = ()


def finish(raw: str, frame: Frame, boxes: Mapping[str, Box]) -> str:
    """Raw SVG on a card, with title, legend and paint. boxes: by Mermaid id."""
    source = ET.fromstring(raw)
    copier = _Copier(source, boxes, prefix_of(frame.title + raw))
    drawing = copier.copies(source)
    heads = element("defs")
    heads.extend(copier.heads.values())
    return on_card([heads, *drawing], source.attrib["viewBox"], frame, copier.prefix)


def prefix_of(text: str) -> str:
    """What the ids of a picture begin with: two pictures on one page do not take each other's arrow heads."""
    return "p" + hashlib.sha256(text.encode()).hexdigest()[:8]


def adopt(raw: str, title: str, alt: str) -> str:
    """A chart's SVG with ids of its own, a title and alt text. Raises RenderError for anything active in it."""
    root = ET.fromstring(raw)
    prefix = prefix_of(title + alt)
    for part in root.iter():
        if part.tag.rpartition("}")[2] in ("script", "foreignObject", "style", "a", "use", "image"):
            raise RenderError("a chart must not hold scripts, links or other pictures")
        kept = {k: v for k, v in part.attrib.items() if not k.startswith(("aria-", "role", "on"))}
        part.attrib.clear()
        part.attrib.update({k: _own(k, v, prefix) for k, v in kept.items()})
    root.attrib.update({"role": "img", "style": FLUID})
    for index, (tag, text) in enumerate((("title", title), ("desc", alt))):
        root.insert(index, element(tag))
        root[index].text = one_line(text)
    return ET.tostring(root, encoding="unicode")


def _own(key: str, value: str, prefix: str) -> str:
    return f"{prefix}-{value}" if key == "id" else _REFERENCE.sub(rf"url(#{prefix}-\1)", value)


def on_card(drawing: Sequence[ET.Element], view_box: str, frame: Frame, prefix: str) -> str:
    """The drawing inside `view_box` on a light card with a fixed size."""
    x, y, width, height = map(float, view_box.split())
    width = max(width, 8.6 * len(frame.title), 380.0)
    legend, legend_height = draw_legend(frame.legend, x, y + height + 14, width)
    left, top, width, height = x - 16, y - 46, width + 32, height + 62 + legend_height
    root = element("svg", width=width, height=height, viewBox=" ".join(map(number, (left, top, width, height))))
    root.attrib.update({"role": "img", "style": FLUID, "aria-labelledby": f"{prefix}t {prefix}d", "font-family": FONT})
    for tag, text in (("title", frame.title), ("desc", frame.alt)):
        ET.SubElement(root, f"{{{SVG}}}{tag}", {"id": prefix + tag[0]}).text = one_line(text)
    root.append(element("rect", x=left, y=top, width=width, height=height, rx=6.0, fill=CARD))
    root.append(words(one_line(frame.title), x=x, y=y - 20, font_size="16", font_weight="bold", fill=INK))
    root.extend([*drawing, *legend])
    return ET.tostring(root, encoding="unicode")


class _Copier:
    """Copies what is known and paints it. heads: the arrow heads that are used, with ids of this picture."""

    def __init__(self, source: ET.Element, boxes: Mapping[str, Box], prefix: str) -> None:
        self.boxes, self.prefix = boxes, prefix
        self.by_name = {box.name: box for box in boxes.values()}
        self.tinted = any(box.tint for box in boxes.values())
        self.markers = {marker.attrib["id"]: marker for marker in source.iter(f"{{{SVG}}}marker")}
        self.heads: dict[str, ET.Element] = {}

    def copies(self, source: ET.Element, context: str = "") -> list[ET.Element]:
        return [copied for child in source if (copied := self.copy(child, context)) is not None]

    def copy(self, source: ET.Element, context: str) -> ET.Element | None:
        tag = source.tag.rpartition("}")[2]
        if tag not in SHAPES:
            return None
        classes = (source.get("data-merman-source-classes") or source.get("class") or "").split()
        if tag == "g" and "outer-path" in classes:
            return _pill(source)
        copied = ET.Element(f"{{{SVG}}}{tag}", self._attributes(source, [*classes, f"{context} {tag}"]))
        copied.text = plain(source.text or "") if tag in ("text", "tspan") else None
        copied.extend(self.copies(source, context or next((c for c in classes if c in CONTEXTS), "")))
        if tag == "g":
            self._group(source, copied, classes)
        elif "actor-top" in classes:
            self._paint(copied, source.get("name", ""))
        return copied if len(copied) or copied.attrib or copied.text else None

    def _attributes(self, source: ET.Element, classes: Sequence[str]) -> dict[str, str]:
        kept = {k: _LONG.sub(r"\1", v) for k, v in source.attrib.items() if k in GEOMETRY}
        for name in classes:
            kept |= PAINT.get(name, {})
        if "edge-pattern-dotted" in classes:
            kept |= _ASYNC
        if "data-merman-source-classes" in source.attrib and source.tag.endswith("text"):
            kept["text-anchor"] = "middle"
        styled = _STROKE.search(source.get("style", "")) if self.tinted else None
        stroke = styled[1] if styled else ""
        kept |= {"stroke": stroke, "stroke-width": "1.5" if stroke == GREY else "2.2"} if stroke else {}
        for key in ("marker-start", "marker-end"):
            if match := _REFERENCE.fullmatch(source.get(key, "")):
                colour = PURPLE if {"edge-pattern-dotted", "messageLine1"} & set(classes) else LINE
                kept[key] = self._head(match[1].replace("filled-head", "arrowhead"), stroke or colour)
        return kept

    def _head(self, name: str, colour: str) -> str:
        """A reference to the arrow head in a colour, which is copied when it is first used."""
        kind = {PURPLE: "-async", LINE: ""}.get(colour, f"-{colour[1:]}")
        made = f"{self.prefix}-{name}{kind}"
        if made not in self.heads:
            source = self.markers[name]
            paint = {"id": made, "fill": colour, "stroke": colour}
            self.heads[made] = ET.Element(source.tag, self._attributes(source, ()) | paint)
            self.heads[made].extend(self.copies(source))
        return f"url(#{made})"

    def _group(self, source: ET.Element, copied: ET.Element, classes: Sequence[str]) -> None:
        name = source.get("id", "").removeprefix("merman-")
        if classes[:1] == ["node"] and name.startswith("flowchart-"):
            self._paint(copied[0], name.removeprefix("flowchart-").rpartition("-")[0])
        elif classes[:3] == ["root", "nodes", "node"]:
            self._label(copied)

    def _paint(self, shape: ET.Element, name: str) -> None:
        box = self.boxes[name]
        role = ROLES[box.role]
        if tint := TINTS.get(box.tint):
            role = role._replace(fill=tint.fill, stroke=tint.stroke, dashed=role.dashed or tint.dashed)
        geometry = {key: value for key, value in shape.attrib.items() if key not in ("fill", "stroke")}
        known = {"data-element": " ".join(box.members), "data-base": role.fill} if box.members else {}
        dash = {"stroke-dasharray": "5 4"} if role.dashed else {}
        shape.attrib.clear()  # `recolour` finds these three by their order
        shape.attrib.update({**known, "fill": role.fill, "stroke": role.stroke, **geometry, **dash})

    def _label(self, group: ET.Element) -> None:
        """The first line is the name, in bold; the last one ends in a place for the load."""
        lines = list(group)
        box = self.by_name.get("".join(lines[0].itertext()))
        if box:
            lines[0].attrib.update(_NAME)
        if box and box.members and len(lines) > 1:
            lines[-1].text = one_line(box.below)
            lines[-1].append(element("tspan", data_load=" ".join(box.members)))


def _pill(source: ET.Element) -> ET.Element:
    """A plain rectangle for what the renderer draws twice, in wavering curves."""
    numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", source[0].get("d", ""))]
    left, top, right, bottom = min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
    made = element("rect", x=left, y=top, width=max(right - left, 0.01), height=max(bottom - top, 0.01))
    made.attrib.update({"rx": number((bottom - top) / 2), "stroke-width": "1.4"})
    return made
