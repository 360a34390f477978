"""Charts of estimates and experiments: the finding is the title, the lines carry their names.

All but one are Altair, drawn by vl-convert in this process. Utilisation against load is the chart that a slider
redraws: Altair takes 70 ms and more for it, the hand-written SVG of `live` half a millisecond, and the page shows the
same chart as the panel.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from archbook.capacity.result import Estimate, StorageEstimate
from archbook.design.model import Design
from archbook.diagrams.live import crossing, utilisation_svg
from archbook.diagrams.palette import BLUE, GREY, INK, LINE, VERMILION
from archbook.diagrams.picture import Picture
from archbook.diagrams.svg import adopt
from archbook.errors import RenderError, UnknownName
from archbook.units import show_duration, show_factor, show_share, show_size, significant

if TYPE_CHECKING:
    import altair

    from archbook.schema.outcome import Outcome

WIDTH, HEIGHT = 640, 320
NUMBER = "replace(format(datum.value, ',~g'), ',', '\u202f')"  # as units.significant groups digits
QUANTILES = (("p50", "p50_s", GREY, [1, 0]), ("p95", "p95_s", BLUE, [1, 0]), ("p99", "p99_s", LINE, [2, 3]))


def utilisation_chart(curve: Sequence[Estimate], design: Design) -> Picture:
    """Utilisation of the busiest elements against load, marked at the load that the design is made for."""
    if len(curve) < 2:
        raise RenderError("a chart against load needs estimates at two loads at least")
    target = min(curve, key=lambda e: abs(e.growth - design.traffic.growth))
    first = curve[0].breaks[0] if curve[0].breaks else None
    finding = (f"{first.element} saturates first, at {show_factor(first.at)} today's load" if first
               else f"nothing saturates up to {show_factor(curve[-1].growth)} today's load")  # fmt: skip
    busiest = sorted(target.elements.values(), key=lambda e: -e.utilisation)[:3]
    loads = ", ".join(f"{e.name} {show_share(e.utilisation)}" for e in busiest)
    alt = f"Utilisation against load: {finding}; at {show_factor(target.growth)}: {loads}."
    return Picture(finding, alt, adopt(utilisation_svg(curve, target), finding, alt))


def latency_chart(curve: Sequence[Estimate], endpoint: str) -> Picture:
    """Response time of one endpoint against load, with its promise. Raises UnknownName, RenderError."""
    import altair

    if len(curve) < 2:
        raise RenderError("a chart against load needs estimates at two loads at least")
    if endpoint not in curve[0].endpoints:
        raise UnknownName("endpoint", endpoint, curve[0].endpoints)
    promise = curve[0].endpoints[endpoint].slo_p95_s
    asked = [(e.growth, name, getattr(e.endpoints[endpoint], key)) for e in curve for name, key, _, _ in QUANTILES]
    rows = [{"load": load, "ms": value * 1e3, "quantile": name} for load, name, value in asked if math.isfinite(value)]
    if not rows:
        raise RenderError(f"{endpoint} has no finite response time at any of these loads: it is saturated")
    decade = curve[-1].growth / curve[0].growth >= 10
    base = altair.Chart(_data(rows)).encode(
        x=_axis_of_load(curve, decade),
        y=altair.Y("ms:Q", title="response time, ms", axis=altair.Axis(labelExpr=NUMBER)),
        color=altair.Color("quantile:N", legend=None, scale=_scale([c for _, _, c, _ in QUANTILES])),
    )
    dash = altair.StrokeDash("quantile:N", legend=None, scale=_scale([d for _, _, _, d in QUANTILES]))
    layers: list[Any] = [base.mark_line(strokeWidth=2.2).encode(strokeDash=dash), _ends(rows)]
    if promise is not None:
        layers += _dashed(promise * 1e3, f"promised p95: {show_duration(promise)}")
    finding = _kept(curve, endpoint, promise)
    subtitle = f"Response time against load, computed{'; logarithmic load axis' if decade else ''}"
    return _picture(altair.layer(*layers), finding, subtitle)


def experiment_chart(outcome: Outcome) -> Picture:
    """Times of each variant on each engine: median named, middle half of the repeats as a line, logarithmic."""
    import altair

    measured = [(engine, variant) for engine in outcome.engines.values() for variant in engine.variants]
    rows = [{"what": f"{engine.title}, {v.name}", "variant": v.name, "ms": v.median_s * 1e3, "low": v.low_s * 1e3,
             "high": v.high_s * 1e3, "text": show_duration(v.median_s)} for engine, v in measured]  # fmt: skip
    names = list(dict.fromkeys(v.name for _, v in measured))
    low, high = min(v.low_s for _, v in measured) * 500, max(v.high_s for _, v in measured) * 3000
    tens = [10.0**power for power in range(-6, 8) if low <= 10.0**power <= high]
    colours = altair.Scale(domain=names, range=[VERMILION, BLUE, GREY, LINE][: len(names)])
    shapes = altair.Scale(domain=names, range=["circle", "diamond", "square", "cross"][: len(names)])
    x = altair.X(
        "low:Q", title="time of one statement, ms (logarithmic)", scale=altair.Scale(type="log", domain=[low, high]),
        axis=altair.Axis(values=tens, labelExpr=NUMBER),
    )  # fmt: skip
    base = altair.Chart(_data(rows)).encode(
        y=altair.Y("what:N", sort=None, title=None), color=altair.Color("variant:N", legend=None, scale=colours)
    )
    spread = base.mark_rule(strokeWidth=6, opacity=0.45).encode(x=x, x2="high:Q")
    shape = altair.Shape("variant:N", legend=None, scale=shapes)
    median = base.mark_point(filled=True, size=110, opacity=1).encode(x="ms:Q", shape=shape)
    text = base.mark_text(dy=-14, fontSize=12).encode(x="ms:Q", text="text:N", color=altair.value(INK))
    said = " and ".join(f"{_faster(e.ratio)} on {e.title}" for e in outcome.engines.values())
    repeats = min(v.repeats for _, v in measured)
    subtitle = f"{outcome.table_name}, {significant(outcome.rows)} rows; {repeats} repeats or more, bar: middle half"
    chart = altair.layer(spread, median, text)
    return _picture(chart, f"{names[-1]} against {names[0]}: {said}", subtitle, max(110, 48 * len(rows)))


def _faster(ratio: float) -> str:
    return f"{show_factor(ratio)} faster" if ratio >= 1 else f"{show_factor(1 / ratio)} slower"


def storage_chart(estimate: Estimate, most: int = 10) -> Picture:
    """The largest tables, buckets and key families at the planning horizon, with their size today."""
    import altair

    known = [s for s in estimate.storage if s.size_at_horizon_b]
    if not known:
        raise RenderError("no table or bucket has both a number of items and a size, so there is no storage to draw")
    largest = sorted(known, key=_at_horizon, reverse=True)[:most]
    rows = [_bar(storage) for storage in largest]
    room = altair.Scale(domainMax=_at_horizon(largest[0]) / 1e9 * 1.45, nice=False)  # for the text behind the bars
    base = altair.Chart(_data(rows)).encode(
        y=altair.Y("what:N", sort=None, title=None),
        x=altair.X("then:Q", title="size at the horizon, GB", scale=room, axis=altair.Axis(labelExpr=NUMBER)),
    )
    now = base.mark_tick(color=INK, thickness=3, size=18).encode(x="now:Q")
    text = base.mark_text(align="left", dx=6, color=INK, fontSize=12).encode(text="text:N")
    total = sum(_at_horizon(s) for s in known)
    finding = (f"{rows[0]['what']} grows to {show_size(_at_horizon(largest[0]))}, "
               f"{show_share(_at_horizon(largest[0]) / total)} of all data")  # fmt: skip
    chart = altair.layer(base.mark_bar(color=BLUE, opacity=0.75, height=16), now, text)
    subtitle = f"Size at {show_factor(estimate.growth)} today's load, computed; black: today"
    return _picture(chart, finding, subtitle, max(60, 30 * len(rows)))


def _bar(storage: StorageEstimate) -> dict[str, Any]:
    then, now = _at_horizon(storage), storage.size_now_b or 0.0
    text = f"{show_size(then)}, today {show_size(now)}"
    return {"what": f"{storage.store}: {storage.holding}", "then": then / 1e9, "now": now / 1e9, "text": text}


def _data(rows: Sequence[Any]) -> Any:
    import altair

    data: Any = altair.Data  # untyped in Altair
    return data(values=list(rows))


def _at_horizon(storage: StorageEstimate) -> float:
    return storage.size_at_horizon_b or 0.0


def _axis_of_load(curve: Sequence[Estimate], decade: bool) -> altair.X:
    import altair

    low, high = curve[0].growth, curve[-1].growth
    marks = [g for base in (1, 10, 100, 1000) for g in (base, 2 * base, 5 * base) if low <= g <= high]
    scale = altair.Scale(type="log" if decade else "linear", domain=[low, high], nice=False)
    axis = altair.Axis(values=marks, labelExpr="format(datum.value, '~g') + '×'", grid=False)
    return altair.X("load:Q", title="load, multiples of today's", scale=scale, axis=axis)


def _ends(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The name of each line where it ends."""
    import altair

    last = {row["quantile"]: row for row in rows}
    text = altair.Chart(_data(list(last.values()))).mark_text(align="left", dx=6, fontSize=12)
    return text.encode(x="load:Q", y="ms:Q", text="quantile:N", color="quantile:N")


def _dashed(y: float, name: str) -> list[Any]:
    import altair

    data = altair.Chart(_data([{"y": y, "name": name}]))
    text = data.mark_text(align="left", baseline="bottom", dy=-3, color="#A84300", fontSize=12)
    return [data.mark_rule(strokeDash=[6, 4], color=VERMILION).encode(y="y:Q"),
            text.encode(x=altair.value(6), y="y:Q", text="name:N")]  # fmt: skip


def _kept(curve: Sequence[Estimate], endpoint: str, promise: float | None) -> str:
    if promise is None:
        last = next((e for e in reversed(curve) if math.isfinite(e.endpoints[endpoint].p95_s)), curve[0])
        return f"{endpoint}: p95 is {show_duration(last.endpoints[endpoint].p95_s)} at {show_factor(last.growth)}"
    late = next((e for e in curve if e.endpoints[endpoint].meets_slo is False), None)
    if late is None:
        return f"{endpoint} keeps its promise up to {show_factor(curve[-1].growth)}"
    before = [e for e in curve if e.growth < late.growth]
    if not before:
        return f"{endpoint} misses its promise at {show_factor(late.growth)} already"
    return f"{endpoint} keeps its promise up to {show_factor(crossing(before[-1], late, endpoint))}"


def _scale(values: Sequence[Any]) -> altair.Scale:
    import altair

    return altair.Scale(domain=[name for name, *_ in QUANTILES], range=list(values))


def _picture(chart: Any, finding: str, subtitle: str, height: float = HEIGHT) -> Picture:
    """A layered chart as a picture in the house style."""
    import altair
    import vl_convert

    title = altair.TitleParams(
        finding, subtitle=subtitle, anchor="start", fontSize=15, subtitleFontSize=12, offset=12, color=INK
    )
    styled = (
        chart.properties(width=WIDTH, height=height, title=title, background="#FFFFFF", padding=22)
        .configure(font="Arial, Helvetica, sans-serif")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=INK,
                        gridColor="#E5E7EB", labelLimit=260)
        .configure_view(stroke=None)
    )  # fmt: skip
    alt = f"{finding}. {subtitle}."
    raw = vl_convert.vegalite_to_svg(styled.to_dict(), allowed_base_urls=[])
    return Picture(finding, alt, adopt(raw, finding, alt))
