"""Bars and intervals, a row each, with their names: SVG for a panel."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from archbook.diagrams.live import WIDTH, _text
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
    finding: str, subtitle: str, rows: Sequence[Row], ticks: Sequence[tuple[float, str]], bars: bool = False,
    logarithmic: bool = False,
) -> str:  # fmt: skip
    """A chart of rows as SVG text; its finding is the title and the alternative text. ticks: (value, text) of the
    axis, from its first to its last value. bars: of loads (shares), coloured by how near the limit they are.
    """
    height = TOP + STEP * len(rows) + BOTTOM
    first, last = ticks[0][0], ticks[-1][0]

    def across(value: float) -> float:
        value = min(max(value, first), last)
        share = math.log(value / first) / math.log(last / first) if logarithmic else (value - first) / (last - first)
        return LEFT + (WIDTH - LEFT - RIGHT) * share

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui,sans-serif" role="img" aria-label="{html.escape(finding)}">'
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fff"/>',
        _text(12, 19, finding, 'font-weight="600" style="font-size:14px"'),
        _text(12, 36, subtitle),
    ]
    for value, text in ticks:
        x = across(value)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#E5E7EB"/>')
        parts.append(_text(x, height - BOTTOM + 17, text, 'text-anchor="middle"'))
    for i, row in enumerate(rows):
        y, weight = TOP + STEP * i + STEP / 2, 'font-weight="600"' if row.marked else ""
        parts.append(_text(LEFT - 8, y + 4, row.name, f'text-anchor="end" {weight}'))
        parts.append(_text(WIDTH - RIGHT + 8, y + 4, row.text, weight))
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
    return (f'<line x1="{place(row.low):.1f}" x2="{place(row.high):.1f}" y1="{y:.1f}" y2="{y:.1f}" '
            f'stroke="{colour}" stroke-width="2"/>')  # fmt: skip
