"""Charts of estimates and experiments as pictures: the finding is the title, the lines carry their names.

Experiments are drawn by Altair and vl-convert in this process. Utilisation against load is the chart that a slider
redraws: Altair takes 70 ms and more for it, the hand-written SVG of `live` half a millisecond.
"""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from archbook.capacity.result import Estimate
from archbook.design.model import Design
from archbook.diagrams.live import said_first, utilisation_svg
from archbook.diagrams.palette import AMBER, BLUE, GREEN, GREY, INK, LINE, PURPLE, VERMILION
from archbook.diagrams.picture import Picture
from archbook.diagrams.svg import adopt
from archbook.errors import RenderError, UnknownName
from archbook.units import show_factor, show_share, significant

if TYPE_CHECKING:
    from archbook.schema.cache_outcome import CacheOutcome
    from archbook.schema.outcome import EngineOutcome, Outcome, Part

SERIES = [VERMILION, BLUE, GREEN, PURPLE, AMBER, GREY, LINE]
SHAPES = ["circle", "diamond", "square", "cross", "triangle-up", "triangle-down", "triangle-left"]
WORDS = {"s": ("faster", "slower"), "1/s": ("more", "less"), "B": ("smaller", "larger")}
LINE_LENGTH = 100  # characters of a title's line: a longer one would widen the picture
REPEATS_DRAWN = 60  # dots of a variant; more of them say no more
PERCENT = "format(datum.value * 100, '~g') + '\u202f%'"  # as units.show_share
NUMBER = "replace(format(datum.value, ',~g'), ',', '\u202f')"  # as units.significant groups digits


def utilisation_chart(curve: Sequence[Estimate], design: Design) -> Picture:
    """Utilisation of the busiest elements against load, marked at the load that the design is made for."""
    curve = sorted(curve, key=lambda estimate: estimate.growth)
    if len({estimate.growth for estimate in curve}) < 2:
        raise RenderError("a chart against load needs estimates at two loads at least")
    target = min(curve, key=lambda e: abs(e.growth - design.traffic.growth))
    finding = said_first(curve, target)
    busiest = sorted(target.elements.values(), key=lambda e: -e.utilisation)[:3]
    loads = ", ".join(f"{e.name} {show_share(e.utilisation)}" for e in busiest)
    alt = f"Utilisation against load: {finding}; at {show_factor(target.growth)}: {loads}."
    return Picture(finding, alt, adopt(utilisation_svg(curve, target), finding, alt))


def experiment_chart(outcome: Outcome, part: str = "") -> Picture:
    """Values of each variant of one part (the leading one) on each engine: repeats as dots, median named."""
    from archbook.diagrams.grammar import altair

    part = part or outcome.parts()[0]
    found = [(e, p) for e in outcome.engines.values() for p in e.parts if p.name == part]
    if not found:
        raise UnknownName("part", part, outcome.parts())
    unit, scaled = found[0][1].unit, 1e3 if found[0][1].unit == "s" else 1.0
    measured = [(engine, p, variant) for engine, p in found for variant in p.variants]
    rows = [{"what": f"{engine.title}, {v.name}", "variant": v.name, "value": v.median * scaled, "low": v.low * scaled,
             "high": v.high * scaled, "text": p.show(v)} for engine, p, v in measured]  # fmt: skip
    dots: list[dict[str, Any]] = [{"what": f"{engine.title}, {v.name}", "variant": v.name, "value": value * scaled}
            for engine, _, v in measured for value in v.values[:REPEATS_DRAWN]]  # fmt: skip
    names = list(dict.fromkeys(v.name for *_, v in measured))
    scale, axis, title = _axis(unit, [dot["value"] for dot in dots])
    x = altair.X("value:Q", title=title, scale=scale, axis=axis)
    colour = altair.Color("variant:N", legend=None, scale=altair.Scale(domain=names, range=SERIES))
    shape = altair.Shape("variant:N", legend=None, scale=altair.Scale(domain=names, range=SHAPES))
    room = 28 if scale.domain[0] == 0 and min(v.median for *_, v in measured) == 0 else 4  # for the text at nothing
    y = altair.Y("what:N", sort=None, title=None, axis=altair.Axis(labelPadding=room, labelLimit=400))
    base = altair.Chart(data(rows)).encode(y=y, color=colour)
    spread = base.mark_rule(strokeWidth=6, opacity=0.45).encode(x=altair.X("low:Q", title=title), x2="high:Q")
    repeats = altair.Chart(data(dots)).mark_point(filled=True, size=16, opacity=0.3)
    repeated = repeats.encode(x=x, y=y, color=colour)
    median = base.mark_point(filled=True, size=110, opacity=1).encode(x=x, shape=shape)
    text = base.mark_text(dy=-14, fontSize=12).encode(x=x, text="text:N", color=altair.value(INK))
    least = min(v.repeats for *_, v in measured)
    subtitle = f"{part}; {outcome.table_name}, {significant(outcome.rows)} rows; " + (
        f"{least} repeats or more, bar: middle half" if least > 1 else "measured once"
    )
    chart = altair.layer(spread, repeated, median, text)
    return picture(chart, _finding(found), subtitle, max(110, 48 * len(rows)))


def _finding(found: Sequence[tuple[EngineOutcome, Part]]) -> str:
    """What the last variant is against the first: how many times, or both values where that says nothing."""

    def compared(part: Part) -> bool:
        return part.unit in WORDS and part.variants[0].median > 0 < part.variants[-1].median and len(part.variants) > 1

    def said(part: Part) -> str:
        first, last = part.variants[0], part.variants[-1]
        if compared(part):
            return part.gain(*WORDS[part.unit]).split(" (")[0]
        return part.show(last) + (f" instead of {part.show(first)}" if len(part.variants) > 1 else "")

    firsts, lasts = ({part.variants[at].name for _, part in found} for at in (0, -1))
    if len(firsts) > 1:  # the engines have problems of their own
        return "; ".join(f"{' against '.join(_ends(p))} on {e.title}: {said(p)}" for e, p in found)
    if len(lasts) > 1:  # or remedies
        return ", ".join(f"{p.variants[-1].name} {said(p)} on {e.title}" for e, p in found)
    return f"{' against '.join(_ends(found[0][1]))}: " + " and ".join(
        f"{said(part)} on {engine.title}" for engine, part in found
    )


def _ends(part: Part) -> list[str]:
    """Its last variant, and the first where that is another one."""
    return list(dict.fromkeys([part.variants[-1].name, part.variants[0].name]))


def _axis(unit: str, values: Sequence[float]) -> tuple[Any, Any, str]:
    """Scale, axis and title: logarithmic for times, from zero for all else."""
    from archbook.diagrams.grammar import altair

    if unit != "s":
        top = 1.08 * max([*values, 1e-9])
        names = {"B": "bytes", "1/s": "a second", "share": "share"}
        whole = top < 8 and unit not in (*names, "times off")  # few enough to be named one by one
        ticks = list(range(int(top) + 1)) if whole else altair.Undefined
        labels = altair.Axis(labelExpr=PERCENT if unit == "share" else NUMBER, tickCount=7, values=ticks)
        return altair.Scale(domain=[0, top]), labels, names.get(unit, unit or "count")
    low, high = min(values) / 2, max(values) * 3
    tens = [10.0**power for power in range(-6, 8) if low <= 10.0**power <= high]
    scale = altair.Scale(type="log", domain=[low, high])
    return scale, altair.Axis(values=tens, labelExpr=NUMBER), "time, ms (logarithmic)"


def flush_chart(outcome: CacheOutcome) -> Picture:
    """Reads of the database around a flush of the cache before it: median of the rounds, with their quartiles."""
    from archbook.diagrams.grammar import altair

    flush = outcome.flush
    slot = flush.times_s[1] - flush.times_s[0]
    rows = [{"from": start, "to": start + slot, "reads": s.value, "low": s.low, "high": s.high}
            for start, s in zip(flush.times_s, flush.reads_per_s, strict=True)]  # fmt: skip
    base = altair.Chart(data(rows)).encode(x=altair.X("from:Q", title="time since the flush, s"), x2="to:Q")
    y = altair.Scale(domain=[0, flush.rate_per_s])
    title = "reads of the database, a second"
    band = base.mark_rect(opacity=0.3, color=BLUE).encode(y=altair.Y("low:Q", title=title, scale=y), y2="high:Q")
    line = base.mark_rule(strokeWidth=3, color=BLUE).encode(y=altair.Y("reads:Q", title=title, scale=y))
    flushed = altair.Chart(data([{"at": 0, "text": "flush"}]))
    mark = flushed.mark_rule(strokeDash=[5, 4], color=VERMILION).encode(x="at:Q")
    word = flushed.mark_text(align="left", dx=5, baseline="top", fontSize=12, color=VERMILION).encode(
        x="at:Q", y=altair.value(4), text="text:N"
    )
    finding = f"After a flush the database gets {show_factor(flush.factor)} the reads of before"
    subtitle = (
        f"Measured: Valkey {outcome.valkey}, {significant(flush.rate_per_s)} reads/s of {outcome.table_name}, "
        f"median and quartiles of {flush.rounds} rounds"
    )
    return picture(altair.layer(band, line, mark, word), finding, subtitle, 260)


def data(rows: list[dict[str, Any]]) -> Any:
    """Rows for a chart."""
    from archbook.diagrams.grammar import altair

    untyped: Any = altair.Data
    return untyped(values=rows)


def picture(chart: Any, finding: str, subtitle: str, height: float | None = None, alt: str = "") -> Picture:
    """A layered chart, or charts one below the other (which have their size), as a picture in the house style."""
    import vl_convert

    from archbook.diagrams.grammar import altair

    title = altair.TitleParams(
        wrap(finding, LINE_LENGTH),
        subtitle=subtitle,
        anchor="start",
        fontSize=15,
        subtitleFontSize=12,
        offset=12,
        color=INK,
    )
    styled = (
        (chart.properties(width=640, height=height) if height else chart)
        .properties(title=title, background="#FFFFFF", padding=22)
        .configure(font="Arial, Helvetica, sans-serif")
        .configure_axis(labelFontSize=12, titleFontSize=12, titleFontWeight="normal", labelColor=INK, titleColor=INK,
                        gridColor="#E5E7EB", labelLimit=400)
        .configure_view(stroke=None)
    )  # fmt: skip
    alt = alt or f"{finding}. {subtitle}."
    raw = vl_convert.vegalite_to_svg(styled.to_dict(validate=False), allowed_base_urls=[])
    return Picture(finding, alt, adopt(raw, finding, alt))
