"""Bars and intervals, a row each, with their names: SVG for a panel."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archbook.diagrams.live import GRID, WIDTH, head, line, text
from archbook.diagrams.palette import AMBER, BLUE, GREY, INK, VERMILION

LEFT, RIGHT, TOP, STEP, BOTTOM = 140, 204, 54, 26, 40


@dataclass(frozen=True, slots=True)
class Row:
    """A name, its value with interval (nan: none is drawn), what is written beside it, whether it is marked."""

    name: str
    value: float
    low: float
    high: float
    text: str
    marked: bool = False


def rows_svg(
    finding: str, subtitle: str, rows: Sequence[Row], ticks: Sequence[tuple[float, str]], bars: bool = False
) -> str:
    """A chart of rows as SVG text; its finding is the title and the alternative text. ticks: (value, text) of the
    axis, from its first to its last value. bars: of loads (shares), coloured by how near the limit they are.
    """
    height = TOP + STEP * len(rows) + BOTTOM
    first, last = ticks[0][0], ticks[-1][0]

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (min(max(value, first), last) - first) / (last - first)

    parts = [head(finding, subtitle, height)]
    for value, said in ticks:
        x = across(value)
        parts.append(line(x, x, TOP, height - BOTTOM, GRID))
        parts.append(text(x, height - BOTTOM + 17, said, 'text-anchor="middle"'))
    for i, row in enumerate(rows):
        y, weight = TOP + STEP * i + STEP / 2, 'font-weight="600"' if row.marked else ""
        parts.append(text(LEFT - 8, y + 4, row.name, f'text-anchor="end" {weight}'))
        parts.append(text(WIDTH - RIGHT + 8, y + 4, row.text, weight))
        if not math.isnan(row.value):
            parts += _bar(row, across, y) if bars else _dot(row, across, y)
    return "".join(parts) + "</svg>"


def _bar(row: Row, place: Callable[[float], float], y: float) -> list[str]:
    colour = VERMILION if row.value >= 0.85 else AMBER if row.value >= 0.7 else BLUE
    return [f'<rect x="{LEFT}" y="{y - 8:.1f}" width="{max(place(row.value) - LEFT, 1):.1f}" height="16" '
            f'fill="{colour}" fill-opacity="0.75"/>', _interval(row, place, y, INK)]  # fmt: skip


def _dot(row: Row, place: Callable[[float], float], y: float) -> list[str]:
    colour = BLUE if row.marked else GREY
    return [
        _interval(row, place, y, colour),
        f'<circle cx="{place(row.value):.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>',
    ]


def _interval(row: Row, place: Callable[[float], float], y: float, colour: str) -> str:
    if math.isnan(row.low):
        return ""
    return line(place(row.low), place(row.high), y, y, f'stroke="{colour}" stroke-width="2"')
