"""Lines over one number, each with its name at its end and its interval as a band."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from archbook.diagrams.charts import NUMBER, data, picture
from archbook.diagrams.palette import AMBER, BLUE, GREEN, GREY, INK, LINE, PURPLE, VERMILION
from archbook.diagrams.picture import Picture

COLOURS = (BLUE, GREEN, PURPLE, AMBER, GREY, LINE)
MOST_NAMED = 6
HEIGHT = 320


def line_chart(finding: str, subtitle: str, x: str, y: str, rows: Sequence[Mapping[str, Any]],
               gaps: Sequence[Mapping[str, Any]] = (), gap: str = "") -> Picture:  # fmt: skip
    """Lines of `rows` (line, x, y, low, high), and crosses where `gaps` (line, x) have no number; `gap` says why.

    x, y: titles of the axes with their units. An `x` that spans a decade is logarithmic, and says so.
    """
    from archbook.diagrams.grammar import altair

    places = sorted({row["x"] for row in (*rows, *gaps)})
    logarithmic = places[0] > 0 and places[-1] >= 10 * places[0]
    names = list(dict.fromkeys(row["line"] for row in rows))
    top = 1.1 * max((row["high"] for row in rows), default=1.0)
    colour = altair.Color("line:N", scale=altair.Scale(domain=names, range=list(COLOURS)),
                          legend=altair.Legend(title=None) if len(names) > MOST_NAMED else None)  # fmt: skip
    scale = altair.Scale(type="log" if logarithmic else "linear", zero=False, nice=False)
    across = altair.X("x:Q", title=f"{x} (logarithmic)" if logarithmic else x, scale=scale,
                      axis=altair.Axis(values=places, labelExpr=NUMBER))  # fmt: skip
    base = altair.Chart(data([dict(row) for row in rows])).encode(x=across, color=colour)
    up = altair.Y("y:Q", title=y, scale=altair.Scale(domain=[0, top]), axis=altair.Axis(labelExpr=NUMBER))
    layers = [base.mark_area(opacity=0.2).encode(y=altair.Y("low:Q"), y2="high:Q"), base.mark_line().encode(y=up),
              base.mark_point(filled=True, size=45, opacity=1).encode(y=up)]  # fmt: skip
    if len(names) <= MOST_NAMED:
        ends = altair.Chart(data(_ends(rows, names, top)))
        layers.append(ends.mark_text(align="left", dx=8, fontSize=12, color=INK).encode(x=across, y=up, text="line:N"))
    if gaps:
        at = {place: ", ".join(row["line"] for row in gaps if row["x"] == place) for place in places}
        said = [{"x": place, "text": f"{gap}: {lines}"} for place, lines in at.items() if lines]
        crosses = altair.Chart(data(said)).encode(x=across, y=altair.value(8))
        layers += [crosses.mark_point(shape="cross", angle=45, size=90, filled=True, color=VERMILION, opacity=1),
                   crosses.mark_text(dy=16, fontSize=12, color=INK).encode(text="text:N")]  # fmt: skip
    return picture(altair.layer(*layers), finding, subtitle, HEIGHT)


def _ends(rows: Sequence[Mapping[str, Any]], names: Sequence[str], top: float) -> list[dict[str, Any]]:
    """Where each line's name stands: at its last point, moved up where the name below is too near."""
    last = sorted((max((r for r in rows if r["line"] == name), key=lambda r: r["x"]) for name in names),
                  key=lambda r: r["y"])  # fmt: skip
    ends: list[dict[str, Any]] = []
    for row in last:
        least = ends[-1]["y"] + 16 / HEIGHT * top if ends else 0.0
        ends.append({"line": row["line"], "x": row["x"], "y": max(row["y"], least)})
    return ends
