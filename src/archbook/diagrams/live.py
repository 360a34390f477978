"""The chart that a slider redraws: hand-written SVG, because a chart grammar takes longer than a hand is patient."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from archbook.capacity.result import Estimate
from archbook.units import show_factor, show_rate, show_share

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 176, 46, 44
CEILING = 1.2
GRID = 'stroke="#E5E7EB"'
LINES = (("#0072B2", ""), ("#D55E00", "7 3"), ("#009E73", "2 3"), ("#CC79A7", "10 3 2 3"), ("#6B7280", "5 5"))


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where, what it says, and (value, text) of its ticks."""

    says: str
    low: float
    high: float
    ticks: Sequence[tuple[float, str]]
    logarithmic: bool = False

    def share(self, value: float) -> float:
        """Where a value lies, 0 to 1; what is outside lies at the end."""
        value = min(max(value, self.low), self.high)
        if self.logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def utilisation_svg(curve: Sequence[Estimate], now: Estimate) -> str:
    """Utilisation of the busiest elements against load, as SVG text.

    curve: estimates at growing multiples of today's load. now: where the marker stands.
    Utilisation is dimensionless; what is above 120 % is cut at the frame.
    """
    low, high = min(1.0, curve[0].growth), curve[-1].growth
    marks = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
    ticks = [(growth, show_factor(growth)) for growth in marks if low <= growth <= high]
    load = Axis("load, multiples of the design's", low, high, ticks, logarithmic=True)
    names = _busiest(curve)
    subtitle = "Utilisation (share of servers busy) against load, computed; logarithmic load axis"
    parts = [head(said_first(curve, now), subtitle), *_grid(load)]
    for (colour, dash), name in zip(LINES, names, strict=False):
        points = [(_x(load, e.growth), _y(e.elements[name].utilisation)) for e in curve]
        cut = next((i for i, (_, y) in enumerate(points, 1) if y <= TOP), len(points))
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[:cut])
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2" '
                     f'stroke-dasharray="{dash}"/>')  # fmt: skip
    parts += _names(curve, names)
    parts += _promise(curve, load)
    parts += _marker(now, names, load)
    return "".join(parts) + "</svg>"


def said_first(curve: Sequence[Estimate], now: Estimate) -> str:
    """The finding of the chart: what saturates first, and where."""
    if not now.breaks:
        return f"nothing saturates up to {show_factor(curve[-1].growth)} today's load"
    return f"{now.breaks[0].element} saturates first, at {show_factor(now.breaks[0].at)} today's load"


def _busiest(curve: Sequence[Estimate]) -> list[str]:
    limited = [e for e in curve[0].elements.values() if e.servers]
    return [e.name for e in sorted(limited, key=lambda e: (e.breaks_at, -e.utilisation))[: len(LINES)]]


def _x(load: Axis, growth: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * load.share(growth)


def _y(utilisation: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(utilisation, CEILING) / CEILING)


def _upright(x: float, y: float, label: str, style: str, extra: str = "") -> list[str]:
    """A line at a load from top to bottom, with its label on the side where there is room."""
    gap, anchor = (-6, 'text-anchor="end"') if x > (WIDTH - RIGHT + LEFT) / 2 else (6, "")
    return [line(x, x, TOP, HEIGHT - BOTTOM, style), text(x + gap, y, label, f"{anchor} {extra}")]


def text(x: float, y: float, said: str, extra: str = "") -> str:
    """A text; what it stands over is kept off by a halo."""
    halo = 'stroke="#fff" stroke-width="3" paint-order="stroke"'  # a label stays legible where a line runs under it
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="#111827" {halo} {extra}>{html.escape(said)}</text>'


def line(x1: float, x2: float, y1: float, y2: float, style: str) -> str:
    """A straight line. style: its stroke."""
    return f'<line x1="{x1:.1f}" x2="{x2:.1f}" y1="{y1:.1f}" y2="{y2:.1f}" {style}/>'


def head(finding: str, subtitle: str, height: int = HEIGHT) -> str:
    """The frame, with the finding as the title and the alternative text, and what is drawn below it."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}" '
        f'font-family="system-ui,sans-serif" role="img" aria-label="{html.escape(finding)}">'
        f'<rect width="{WIDTH}" height="{height}" rx="6" fill="#fff"/>'
        + text(12, 19, finding, 'font-weight="600" style="font-size:14px"')
        + text(12, 36, subtitle)
    )


def across(axis: Axis, left: float, right: float) -> list[str]:
    """The ticks of the lower axis and what it says, between two places."""
    parts = [text(left + (right - left) * axis.share(value), HEIGHT - BOTTOM + 17, said, 'text-anchor="middle"')
             for value, said in axis.ticks]  # fmt: skip
    return [*parts, text((left + right) / 2, HEIGHT - 8, axis.says, 'text-anchor="middle"')]


def _grid(load: Axis) -> list[str]:
    right, parts = WIDTH - RIGHT, []
    for share in (0.0, 0.5, 0.85, 1.0):
        y, over = _y(share), share == 1.0
        parts.append(line(LEFT, right, y, y, 'stroke="#D55E00" stroke-dasharray="6 4"' if over else GRID))
        parts.append(text(LEFT - 6, y + 4, show_share(share), 'text-anchor="end"'))
    parts.append(text(LEFT + 4, _y(1.0) - 5, "saturated", 'style="fill:#A84300"'))
    return [*parts, *across(load, LEFT, right)]


def _names(curve: Sequence[Estimate], names: Sequence[str]) -> list[str]:
    """Direct labels at the right end, pushed apart so that none covers another."""
    ends = sorted((_y(curve[-1].elements[name].utilisation), i, name) for i, name in enumerate(names))
    parts, below = [], TOP - 4.0
    for y, i, name in ends:
        below = max(y + 4, below + 15)
        colour, dash = LINES[i]
        x = WIDTH - RIGHT + 6
        style = f'stroke="{colour}" stroke-width="2.2" stroke-dasharray="{dash}"'
        parts.append(line(x, x + 20, below - 4, below - 4, style))
        parts.append(text(x + 25, below, name if len(name) <= 21 else name[:20] + "…"))
    return parts


def _promise(curve: Sequence[Estimate], load: Axis) -> list[str]:
    """A dashed line where the first endpoint misses its p95 promise."""
    for before, after in itertools.pairwise(curve):
        late = [e for e in after.endpoints.values() if e.meets_slo is False]
        if late and all(e.meets_slo is not False for e in before.endpoints.values()):
            growth = min(_crossing(before, after, e.name) for e in late)
            label = f"p95 promise missed from {show_factor(growth)}"
            return _upright(_x(load, growth), HEIGHT - BOTTOM - 6, label, 'stroke="#B77900" stroke-dasharray="3 3"')
    return []


def _crossing(before: Estimate, after: Estimate, endpoint: str) -> float:
    """Multiple of today's load at which the p95 of `endpoint` passes its promise, between two estimates."""
    low, high = before.endpoints[endpoint].p95_s, after.endpoints[endpoint].p95_s
    promise = after.endpoints[endpoint].slo_p95_s or 0.0
    if not math.isfinite(high):
        return math.sqrt(before.growth * after.growth)
    return before.growth + (after.growth - before.growth) * (promise - low) / (high - low)


def _marker(now: Estimate, names: Sequence[str], load: Axis) -> list[str]:
    x = _x(load, now.growth)
    dots = [
        f'<circle cx="{x:.1f}" cy="{_y(now.elements[name].utilisation):.1f}" r="4" fill="{colour}"/>'
        for (colour, _), name in zip(LINES, names, strict=False)
    ]
    label = f"{show_factor(now.growth)}: {show_rate(now.requests_per_s)}"
    return [*dots, *_upright(x, TOP + 10, label, 'stroke="#111827" stroke-width="1.2"', 'font-weight="600"')]
