"""SVG elements, and the legend inside a picture (so that it survives copying into a wiki)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from archbook.diagrams.palette import FRAME, GREY, HEAT, LINE, PURPLE, ROLES

SVG = "http://www.w3.org/2000/svg"
FONT = "Arial, Helvetica, 'Liberation Sans', Arimo, 'DejaVu Sans Condensed', sans-serif"
ROW = 22.0


def element(tag: str, /, **attributes: str | float) -> ET.Element:
    """An SVG element; ``_`` in a name stands for ``-``."""
    named = {key.replace("_", "-"): v if isinstance(v, str) else number(v) for key, v in attributes.items()}
    return ET.Element(f"{{{SVG}}}{tag}", named)


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def draw_legend(
    rows: Sequence[Sequence[tuple[str, str]]], left: float, top: float, width: float
) -> tuple[list[ET.Element], float]:
    """The legend's parts and its height. rows: (sign, text); signs are roles, ``sync``, ``async`` and ``heat0`` on."""
    parts: list[ET.Element] = []
    y = top
    for row in rows:
        x = left
        for sign, text in row:
            needed = 36 + 6.4 * len(text) + 18
            if x > left and x + needed > left + width:
                x, y = left, y + ROW
            parts += [*_sign(sign, x, y), _text(text, x + 36, y + 11)]
            x += needed
        y += ROW
    return parts, y - top


def heat_row() -> list[tuple[str, str]]:
    """The four steps of load."""
    return [(f"heat{index}", text) for index, (_, _, text) in enumerate(HEAT)]


def _text(text: str, x: float, y: float) -> ET.Element:
    made = element("text", x=x, y=y, font_size="12", fill=LINE)
    made.text = text
    return made


def _sign(sign: str, x: float, y: float) -> list[ET.Element]:
    if sign in ("sync", "async"):
        colour, dash = (PURPLE, "6 4") if sign == "async" else (LINE, "none")
        line = element("path", d=f"M{x:.1f},{y + 7:.1f}h22", stroke=colour, stroke_width="1.5", stroke_dasharray=dash)
        return [line, element("path", d=f"M{x + 22:.1f},{y + 2.5:.1f}l8,4.5l-8,4.5z", fill=colour)]
    if sign.startswith("heat"):
        return [element("rect", x=x, y=y, width=30, height=14, fill=HEAT[int(sign[4:])][1], stroke=GREY)]
    role = ROLES[sign]
    paint = {"fill": role.fill, "stroke": role.stroke, "stroke_dasharray": "4 3" if role.dashed else "none"}
    if sign == "store":
        d = f"M{x:.1f},{y + 3:.1f}v8a15,3 0 0 0 30,0v-8a15,3 0 0 0 -30,0a15,3 0 0 0 30,0"
        return [element("path", d=d, **paint)]
    if sign == "queue":
        return [element("path", d=f"M{x + 6:.1f},{y:.1f}h24l-6,14h-24z", **paint)]
    if sign == "frame":
        return [element("rect", x=x, y=y, width=30, height=14, fill="#FAFBFC", stroke=FRAME, rx=3)]
    return [element("rect", x=x, y=y, width=30, height=14, rx=4 if role.shape == "round-edge" else 0, **paint)]
