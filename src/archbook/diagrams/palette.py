"""Colours by role (Okabe–Ito and light tints of it), and the four steps of load."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from archbook.diagrams.picture import Picture
from archbook.units import significant

INK, GREY, LINE, FRAME, CARD = "#111827", "#6B7280", "#4B5563", "#C3CAD3", "#FFFFFF"
BLUE, AMBER, VERMILION, GREEN, PURPLE = "#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7"


class Role(NamedTuple):
    """How boxes of one kind look: Mermaid's name for the shape, fill, border and whether that is dashed."""

    shape: str
    fill: str
    stroke: str
    dashed: bool = False


ROLES = {
    "service": Role("round-edge", "#EAF3F9", BLUE),
    "store": Role("cylindrical", "#E5F5EF", GREEN),
    "queue": Role("parallelogram", "#F8ECF3", PURPLE),
    "external": Role("normal", CARD, GREY, dashed=True),
    "client": Role("stadium-shape", "#F3F4F6", GREY),
    "group": Role("subroutine-shape", "#EAF3F9", BLUE),
    "remark": Role("normal", CARD, FRAME),
    "table": Role("normal", "#E5F5EF", GREEN),
    "join": Role("normal", "#EAF3F9", BLUE),
    "centre": Role("normal", "#FDF3D0", AMBER),
    "absent": Role("normal", CARD, GREY, dashed=True),
}


class Tint(NamedTuple):
    """How what differs between two designs looks: a mark, since colour alone says nothing to some, fill and border."""

    mark: str
    fill: str
    stroke: str
    dashed: bool = False


TINTS = {
    "added": Tint("+", "#DDF3EA", GREEN),
    "removed": Tint("−", "#FBE3D6", VERMILION, dashed=True),
    "changed": Tint("±", "#FDF3D0", AMBER),
    "same": Tint("", CARD, GREY),
}
HEAT = ((0.5, "#D9ECF7", "under 50 %"), (0.7, "#FDF3D0", "under 70 %"), (0.85, "#FBD68F", "under 85 %"),
        (math.inf, "#F5B08A", "85 % and more"))  # fmt: skip
_FILL = re.compile(r'data-element="([^"]*)" data-base="([^"]*)" fill="[^"]*"')
_LOAD = re.compile(r'<tspan data-load="([^"]*)"(?: ?/>|>[^<]*</tspan>)')


def step(utilisation: float) -> int:
    """Which of the four steps of load.

    >>> [step(u) for u in (0.1, 0.5, 0.849, 1.6)]
    [0, 1, 2, 3]
    """
    return next(index for index, (below, _, _) in enumerate(HEAT) if utilisation < below or below == math.inf)


def show_load(utilisation: float) -> str:
    """Utilisation as a box says it.

    >>> show_load(0.634), show_load(0.9951), show_load(math.inf)
    ('63.4 %', '99.5 %', 'saturated')
    """
    return f"{significant(utilisation * 100)} %" if math.isfinite(utilisation) else "saturated"


def load_of(members: Iterable[str], heat: Mapping[str, float]) -> float | None:
    """The highest utilisation among elements, or None where none is known."""
    return max((heat[name] for name in members if name in heat), default=None)


def recolour(picture: Picture, heat: Mapping[str, float]) -> str:
    """The SVG of a containers picture with other loads, in well under 2 ms: no box moves.

    picture: drawn with ``heat={}`` (then the legend explains the tints).
    heat: utilisation by element; an element that is not in it gets its plain colour back.
    """

    def fill(match: re.Match[str]) -> str:
        load = load_of(match[1].split(), heat)
        colour = match[2] if load is None else HEAT[step(load)][1]
        return f'data-element="{match[1]}" data-base="{match[2]}" fill="{colour}"'

    def percentage(match: re.Match[str]) -> str:
        load = load_of(match[1].split(), heat)
        text = "" if load is None else f"\u00a0· {show_load(load)}"
        return f'<tspan data-load="{match[1]}">{text}</tspan>'

    return _LOAD.sub(percentage, _FILL.sub(fill, picture.svg))
