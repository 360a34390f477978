"""Lines with their names, simulated dots with their intervals, and the reading at one point: SVG for a slider."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from archbook.diagrams.live import BOTTOM, GRID, HEIGHT, LEFT, LINES, TOP, WIDTH, Axis, across, head, line, text
from archbook.diagrams.palette import BLUE, GREEN, INK, VERMILION

RIGHT, WIDE = 122, 164


@dataclass(frozen=True, slots=True)
class Lines:
    """What a chart shows. line: computed. dots: (x, value, low, high), simulated. at: the chosen x and its label.

    level: a dashed line at a y with its label; promised or usual.
    """

    finding: str
    subtitle: str
    x: Axis
    y: Axis
    line: Sequence[tuple[float, float]]
    at: tuple[float, str]
    dots: Sequence[tuple[float, float, float, float]] = ()
    level: tuple[float, str] | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """Lines of several ways to do one thing, at most five. lines: names that share a line, its points.

    chosen: the name whose line is drawn stronger. level: a dashed line at a y with its label.
    """

    finding: str
    subtitle: str
    x: Axis
    y: Axis
    lines: Sequence[tuple[tuple[str, ...], Sequence[tuple[float, float]]]]
    chosen: str
    level: tuple[float, str]


def compared_svg(chart: Compared) -> str:
    """The chart as SVG text; each line is named at the right, and those that are alike share one."""
    parts = _head(chart, WIDE)
    y = _y(chart.y, chart.level[0])
    parts.append(line(LEFT, WIDTH - WIDE, y, y, f'stroke="{INK}" stroke-width="1.2" stroke-dasharray="6 4"'))
    parts.append(text(LEFT + 6, y - 5, chart.level[1]))
    below = TOP + 4.0
    styles = list(zip(LINES, chart.lines, strict=False))
    for (colour, dash), (names, points) in sorted(styles, key=lambda entry: chart.chosen in entry[1][0]):
        path = " ".join(f"{_x(chart.x, x, WIDE):.1f},{_y(chart.y, y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-dasharray="{dash}" '
                     f'stroke-width="{3.2 if chart.chosen in names else 1.8}"/>')  # fmt: skip
    for (colour, dash), (names, _) in styles:
        x = WIDTH - WIDE + 8
        style = f'stroke="{colour}" stroke-width="{3.2 if chart.chosen in names else 1.8}" stroke-dasharray="{dash}"'
        parts.append(line(x, x + 24, below - 4, below - 4, style))
        for name in names:
            parts.append(text(x + 30, below, name, 'font-weight="600"' if name == chart.chosen else ""))
            below += 16
        below += 6
    return "".join(parts) + "</svg>"


def lines_svg(chart: Lines) -> str:
    """The chart as SVG text; its finding is the title and the alternative text."""
    parts = _head(chart, RIGHT)
    if chart.level:
        y = _y(chart.y, chart.level[0])
        parts.append(line(LEFT, WIDTH - RIGHT, y, y, f'stroke="{GREEN}" stroke-width="1.5" stroke-dasharray="6 4"'))
        parts.append(text(WIDTH - RIGHT + 6, y + 4, chart.level[1]))
    points = " ".join(f"{_x(chart.x, x):.1f},{_y(chart.y, y):.1f}" for x, y in chart.line)
    parts.append(f'<polyline points="{points}" fill="none" stroke="{BLUE}" stroke-width="2.2"/>')
    parts += _dots(chart)
    x = _x(chart.x, chart.at[0])
    gap, anchor = (-6, 'text-anchor="end"') if x > LEFT + (WIDTH - LEFT - RIGHT) * 0.6 else (6, "")
    parts.append(line(x, x, TOP, HEIGHT - BOTTOM, f'stroke="{INK}" stroke-width="1.2"'))
    crowded = chart.level is not None and chart.y.share(chart.level[0]) > 0.87
    parts.append(text(x + gap, TOP + (34 if crowded else 10), chart.at[1], f'{anchor} font-weight="600"'))
    return "".join(parts) + "</svg>"


def _head(chart: Lines | Compared, right: int) -> list[str]:
    """The frame, the finding, what is drawn, and the axes."""
    parts = [head(chart.finding, chart.subtitle)]
    for value, said in chart.y.ticks:
        y = _y(chart.y, value)
        parts += [line(LEFT, WIDTH - right, y, y, GRID), text(LEFT - 6, y + 4, said, 'text-anchor="end"')]
    return parts + across(chart.x, LEFT, WIDTH - right)


def _x(axis: Axis, value: float, right: int = RIGHT) -> float:
    return LEFT + (WIDTH - LEFT - right) * axis.share(value)


def _y(axis: Axis, value: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * axis.share(value)


def _dots(chart: Lines) -> list[str]:
    """Diamonds with their 95 % interval, and the key to line and diamond at the right."""
    right, low = WIDTH - RIGHT + 6, HEIGHT - BOTTOM
    key = [line(right, right + 20, low - 4, low - 4, f'stroke="{BLUE}" stroke-width="2.2"'),
           text(right + 25, low, "computed")]  # fmt: skip
    if not chart.dots:
        return key
    key += [_diamond(right + 10, low - 22), text(right + 25, low - 18, "simulated")]
    for at, value, least, most in chart.dots:
        x = _x(chart.x, at)
        key.append(line(x, x, _y(chart.y, least), _y(chart.y, most), f'stroke="{VERMILION}" stroke-width="2"'))
        key.append(_diamond(x, _y(chart.y, value)))
    return key


def _diamond(x: float, y: float) -> str:
    return (f'<path d="M{x:.1f} {y - 5:.1f} l5 5 l-5 5 l-5 -5z" fill="#fff" stroke="{VERMILION}" '
            'stroke-width="1.8"/>')  # fmt: skip
