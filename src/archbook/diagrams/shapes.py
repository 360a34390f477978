"""SVG elements, and the legend inside a picture (so that it survives copying into a wiki)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence

from archbook.diagrams.palette import CARD, GREY, HEAT, LINE, PURPLE, ROLES, TINTS

SVG = "http://www.w3.org/2000/svg"
FONT = "Arial, Helvetica, 'Liberation Sans', Arimo, 'DejaVu Sans Condensed', sans-serif"
ROW = 22.0
HEAT_ROW = [(f"heat{index}", text) for index, (_, _, text) in enumerate(HEAT)]
Legend = Sequence[Sequence[tuple[str, str]]]  # rows of (sign, text); signs are roles, `FEET`, ``sync``, ``heat0``...
FEET = {  # ends of a reference, from the edge of a table to its left
    "one": "M-6,-5v10M-10,-5v10",
    "none or one": "M-6,-5v10M-8,0a4,4 0 1 0 -8,0a4,4 0 1 0 8,0",
    "none or more": "M0,-6L-10,0L0,6M-10,0a4,4 0 1 0 -8,0a4,4 0 1 0 8,0",
}
_BOX = "M0,0h30v14h-30z"
_OUTLINES = {
    "service": "M4,0h22a4,4 0 0 1 4,4v6a4,4 0 0 1 -4,4h-22a4,4 0 0 1 -4,-4v-6a4,4 0 0 1 4,-4z",
    "store": "M0,3v8a15,3 0 0 0 30,0v-8a15,3 0 0 0 -30,0a15,3 0 0 0 30,0",
    "queue": "M6,0h24l-6,14h-24z",
}


def element(tag: str, /, **attributes: str | float) -> ET.Element:
    """An SVG element; ``_`` in a name stands for ``-``."""
    named = {key.replace("_", "-"): v if isinstance(v, str) else number(v) for key, v in attributes.items()}
    return ET.Element(f"{{{SVG}}}{tag}", named)


def words(text: str, **attributes: str | float) -> ET.Element:
    """A text element."""
    made = element("text", **attributes)
    made.text = text
    return made


def number(value: float) -> str:
    """A coordinate with at most two decimals."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def draw_legend(rows: Legend, left: float, top: float, width: float) -> tuple[list[ET.Element], float]:
    """The legend's parts and its height."""
    parts: list[ET.Element] = []
    y = top
    for row in rows:
        x = left
        for sign, text in row:
            needed = 54 + 6.4 * len(text)
            if x > left and x + needed > left + width:
                x, y = left, y + ROW
            parts.append(element("g", transform=f"translate({number(x)} {number(y)})"))
            parts[-1].extend([*_sign(sign), words(text, x=36, y=11, font_size="12", fill=LINE)])
            x += needed
        y += ROW
    return parts, y - top


def _sign(sign: str) -> list[ET.Element]:
    if sign in ("sync", "async"):
        colour, dash = (PURPLE, "6 4") if sign == "async" else (LINE, "none")
        line = element("path", d="M0,7h22", stroke=colour, stroke_width="1.5", stroke_dasharray=dash)
        return [line, element("path", d="M22,2.5l8,4.5l-8,4.5z", fill=colour)]
    if sign in FEET:
        line = element("path", d="M0,7h30M30,0v14", stroke=LINE, stroke_width="1.5")
        return [line, foot(sign, "translate(30 7)")]
    if sign.startswith("heat"):
        return [element("path", d=_BOX, fill=HEAT[int(sign[4:])][1], stroke=GREY)]
    role = TINTS.get(sign) or ROLES[sign]
    dash = "4 3" if role.dashed else "none"
    return [element("path", d=_OUTLINES.get(sign, _BOX), fill=role.fill, stroke=role.stroke, stroke_dasharray=dash)]


def foot(sign: str, transform: str) -> ET.Element:
    """The end of a reference at a table."""
    return element("path", d=FEET[sign], fill=CARD, stroke=LINE, stroke_width="1.3", transform=transform)
