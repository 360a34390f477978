"""The chart of a replay: what clients ask, what is answered, and how often one element is asked, over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from archbook.diagrams.charts import data, picture
from archbook.diagrams.palette import AMBER, BLUE, GREY, INK, PURPLE, VERMILION
from archbook.diagrams.picture import Picture
from archbook.units import show_duration, show_rate

WIDTH, HEIGHT, LABEL_PX = 640, 190, 15


class _Line(NamedTuple):
    label: str
    course: Any
    colour: str
    dash: Sequence[int] = ()


def replay_chart(run: Any, against: Any = None, of: str = "") -> Picture:
    """Requests offered and answered over time (above), and the attempts that reach one element (below).

    run: a `Replay`; against: another one of the same time, drawn beside it as "as designed". of: the element below;
    by default the one that fails, or else the one whose load grows most. Bands are 95 % intervals.
    """
    element = of or next((h.element for h in run.happenings if hasattr(h, "element")), "") or run.most_asked
    answered = [_Line("answered", run.goodput_per_s, BLUE)]
    attempts = [_Line("attempts", run.attempts_per_s[element], VERMILION)]
    if against is not None:
        answered = [_Line("as designed", against.goodput_per_s, PURPLE, (10, 3, 2, 3)), *answered]
        attempts = [_Line("as designed", against.attempts_per_s[element], PURPLE, (10, 3, 2, 3)), *attempts]
    answered = [_Line("offered", run.offered_per_s, GREY, (5, 4)), *answered]
    upper = _rates(run, answered, "clients' requests a second", names=True)
    lower = _rates(run, attempts, f"calls of {element} a second", names=False)
    finding = run.outcome[0].upper() + run.outcome[1:]
    subtitle = (f"Simulated, {run.replications} runs, bands: 95 % intervals. Above: all requests of clients; "
                f"below: attempts at {element}")  # fmt: skip
    ends = ", ".join(f"{line.label} {show_rate(_last(line))}" for line in (*answered, *attempts))
    alt = f"{finding}. At the end: {ends}."
    return picture(upper & lower, finding, subtitle, alt=alt)


def _last(line: _Line) -> float:
    return float(line.course.mean[-5:].mean())


def _rates(run: Any, lines: Sequence[_Line], title: str, names: bool) -> Any:
    """Lines with their bands and names, and what happens shaded behind them."""
    from archbook.diagrams.grammar import altair

    end = run.duration_s
    top = 1.1 * max(max(float(line.course.mean.max()) for line in lines), 1e-9)
    x = altair.X("t:Q", title="time, s", scale=altair.Scale(domain=[0, end], nice=False))
    scale = altair.Scale(domain=[0, top], clamp=True, nice=False)
    spans = [
        {"t": h.at_s, "t2": min(h.at_s + h.for_s, end), "label": _named(h)} for h in run.happenings if h.at_s < end
    ]
    shade = altair.Chart(data(spans)).mark_rect(color=AMBER, opacity=0.18).encode(x=x, x2="t2:Q")
    layers: list[Any] = [shade]
    if names:
        named = altair.Chart(data(spans)).mark_text(align="left", baseline="bottom", dy=-4, fontSize=12, color=INK)
        layers.append(named.encode(x=x, y=altair.value(0), text="label:N"))
    for line in lines:
        columns = zip(run.times_s, line.course.mean, line.course.low, line.course.high, strict=True)
        rows = [{"t": float(t), "y": float(mean), "low": float(low), "high": min(float(high), top)}
                for t, mean, low, high in columns if mean == mean]  # fmt: skip
        base = altair.Chart(data(rows)).encode(x=x)
        if rows and rows[0]["low"] == rows[0]["low"]:
            band = base.mark_area(color=line.colour, opacity=0.18 if line.colour != GREY else 0.1)
            layers.append(band.encode(y=altair.Y("low:Q", scale=scale, title=title), y2="high:Q"))
        layers.append(
            base.mark_line(color=line.colour, strokeDash=list(line.dash), strokeWidth=2).encode(
                y=altair.Y("y:Q", title=title, scale=scale)
            )
        )
    layers += _labels(lines, end, top)
    return altair.layer(*layers).properties(width=WIDTH, height=HEIGHT)


def _labels(lines: Sequence[_Line], end: float, top: float) -> list[Any]:
    """The names of lines at their right ends, pushed apart so that none covers another."""
    from archbook.diagrams.grammar import altair

    labels, below = [], 1e9
    for line in sorted(lines, key=lambda line: -_last(line)):
        below = min(_last(line), below - LABEL_PX / HEIGHT * top)
        rows = [{"t": end, "y": below, "text": line.label}]
        text = altair.Chart(data(rows)).mark_text(align="left", dx=22, fontSize=12, color=INK, clip=False)
        dot = altair.Chart(data(rows)).mark_text(
            align="left", dx=6, fontSize=14, color=line.colour, text="—", clip=False
        )
        labels += [text.encode(x="t:Q", y="y:Q", text="text:N"), dot.encode(x="t:Q", y="y:Q")]
    return labels


def _named(happening: Any) -> str:
    """What a shaded span says, such as `bank refuses, 10 s`."""
    kind, who = type(happening).__name__, getattr(happening, "element", "")
    what = f"{happening.mode}s" if kind == "Outage" else f"{happening.factor:g}× {'slower' if who else 'the load'}"
    return f"{who} {what}, {show_duration(happening.for_s)}".strip()
