"""The chart that a slider redraws: hand-written SVG, because a chart grammar takes longer than a hand is patient."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence

from archbook.capacity.result import Estimate
from archbook.units import show_factor, show_rate, show_share

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 176, 46, 44
CEILING = 1.2
LINES = (("#0072B2", ""), ("#D55E00", "7 3"), ("#009E73", "2 3"), ("#CC79A7", "10 3 2 3"), ("#6B7280", "5 5"))


def utilisation_svg(curve: Sequence[Estimate], now: Estimate) -> str:
    """Utilisation of the busiest elements against load, as SVG text.

    curve: estimates at growing multiples of today's load. now: where the marker stands.
    Utilisation is dimensionless; what is above 120 % is cut at the frame.
    """
    high = curve[-1].growth
    names = _busiest(curve)
    parts = [_frame(curve, now), *_grid(high)]
    for (colour, dash), name in zip(LINES, names, strict=False):
        points = [(_x(e.growth, high), _y(e.elements[name].utilisation)) for e in curve]
        cut = next((i for i, (_, y) in enumerate(points, 1) if y <= TOP), len(points))
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points[:cut])
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.2" '
                     f'stroke-dasharray="{dash}"/>')  # fmt: skip
    parts += _names(curve, names)
    parts += _promise(curve, high)
    parts += _marker(now, names, high)
    return "".join(parts) + "</svg>"


def said_first(curve: Sequence[Estimate], now: Estimate) -> str:
    """The finding of the chart: what saturates first, and where."""
    if not now.breaks:
        return f"nothing saturates up to {show_factor(curve[-1].growth)} today's load"
    return f"{now.breaks[0].element} saturates first, at {show_factor(now.breaks[0].at)} today's load"


def _busiest(curve: Sequence[Estimate]) -> list[str]:
    limited = [e for e in curve[0].elements.values() if e.servers]
    return [e.name for e in sorted(limited, key=lambda e: (e.breaks_at, -e.utilisation))[: len(LINES)]]


def _x(growth: float, high: float) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * math.log(max(growth, 1.0)) / math.log(high)


def _y(utilisation: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - min(utilisation, CEILING) / CEILING)


def _upright(x: float, y: float, label: str, style: str, extra: str = "") -> list[str]:
    """A line at a load from top to bottom, with its label on the side where there is room."""
    gap, anchor = (-6, 'text-anchor="end"') if x > (WIDTH - RIGHT + LEFT) / 2 else (6, "")
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" {style}/>'
    return [line, _text(x + gap, y, label, f"{anchor} {extra}")]


def _text(x: float, y: float, text: str, extra: str = "") -> str:
    halo = 'stroke="#fff" stroke-width="3" paint-order="stroke"'  # a label stays legible where a line runs under it
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="#111827" {halo} {extra}>{html.escape(text)}</text>'


def _frame(curve: Sequence[Estimate], now: Estimate) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'font-family="system-ui,sans-serif" role="img" aria-label="{html.escape(said_first(curve, now))}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="6" fill="#fff"/>'
        + _text(12, 19, said_first(curve, now), 'font-weight="600" style="font-size:14px"')
        + _text(12, 36, "Utilisation (share of servers busy) against load, computed; logarithmic load axis")
    )


def _grid(high: float) -> list[str]:
    right, parts = WIDTH - RIGHT, []
    for share in (0.0, 0.5, 0.85, 1.0):
        y, over = _y(share), share == 1.0
        style = 'stroke="#D55E00" stroke-dasharray="6 4"' if over else 'stroke="#E5E7EB"'
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" {style}/>')
        parts.append(_text(LEFT - 6, y + 4, show_share(share), 'text-anchor="end"'))
    parts.append(_text(LEFT + 4, _y(1.0) - 5, "saturated", 'style="fill:#A84300"'))
    parts += [
        _text(_x(growth, high), HEIGHT - BOTTOM + 17, show_factor(growth), 'text-anchor="middle"')
        for growth in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
        if growth <= high
    ]
    middle = (LEFT + right) / 2
    return [*parts, _text(middle, HEIGHT - 8, "load, multiples of the design's", 'text-anchor="middle"')]


def _names(curve: Sequence[Estimate], names: Sequence[str]) -> list[str]:
    """Direct labels at the right end, pushed apart so that none covers another."""
    ends = sorted((_y(curve[-1].elements[name].utilisation), i, name) for i, name in enumerate(names))
    parts, below = [], TOP - 4.0
    for y, i, name in ends:
        below = max(y + 4, below + 15)
        colour, dash = LINES[i]
        x = WIDTH - RIGHT + 6
        parts.append(f'<line x1="{x}" x2="{x + 20}" y1="{below - 4:.1f}" y2="{below - 4:.1f}" stroke="{colour}" '
                     f'stroke-width="2.2" stroke-dasharray="{dash}"/>')  # fmt: skip
        parts.append(_text(x + 25, below, name if len(name) <= 21 else name[:20] + "…"))
    return parts


def _promise(curve: Sequence[Estimate], high: float) -> list[str]:
    """A dashed line where the first endpoint misses its p95 promise."""
    for before, after in itertools.pairwise(curve):
        late = [e for e in after.endpoints.values() if e.meets_slo is False]
        if late and all(e.meets_slo is not False for e in before.endpoints.values()):
            growth = min(_crossing(before, after, e.name) for e in late)
            label = f"p95 promise missed from {show_factor(growth)}"
            return _upright(_x(growth, high), HEIGHT - BOTTOM - 6, label, 'stroke="#B77900" stroke-dasharray="3 3"')
    return []


def _crossing(before: Estimate, after: Estimate, endpoint: str) -> float:
    """Multiple of today's load at which the p95 of `endpoint` passes its promise, between two estimates."""
    low, high = before.endpoints[endpoint].p95_s, after.endpoints[endpoint].p95_s
    promise = after.endpoints[endpoint].slo_p95_s or 0.0
    if not math.isfinite(high):
        return math.sqrt(before.growth * after.growth)
    return before.growth + (after.growth - before.growth) * (promise - low) / (high - low)


def _marker(now: Estimate, names: Sequence[str], high: float) -> list[str]:
    x = _x(min(now.growth, high), high)
    dots = [
        f'<circle cx="{x:.1f}" cy="{_y(now.elements[name].utilisation):.1f}" r="4" fill="{colour}"/>'
        for (colour, _), name in zip(LINES, names, strict=False)
    ]
    label = f"{show_factor(now.growth)}: {show_rate(now.requests_per_s)}"
    return [*dots, *_upright(x, TOP + 10, label, 'stroke="#111827" stroke-width="1.2"', 'font-weight="600"')]
