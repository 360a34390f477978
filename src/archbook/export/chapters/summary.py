"""Page one, which stands alone: what the system does, a picture, three numbers, three risks, open decisions."""

from __future__ import annotations

from math import isfinite

from archbook.capacity.result import EndpointEstimate
from archbook.export import prose
from archbook.export.document import (
    Block,
    Facts,
    Inline,
    Listing,
    Paragraph,
    Section,
    Span,
    code,
    line,
    mark,
    say,
    strong,
)  # fmt: skip
from archbook.export.material import Material
from archbook.export.words import time_of
from archbook.units import show_duration, show_factor, show_rate, significant

RISKS = 3
PURPOSE_BLOCKS = 3  # of the design's why; the rest stands in the context


def summary(material: Material) -> Section:
    """The first page."""
    design, growth = material.design, show_factor(material.growth)
    purpose = prose.read(design.why)[:PURPOSE_BLOCKS] or (
        say("The design does not say what the system is for (`why`)."),
    )
    caption = line("The system, and how busy each part is at ", growth, " today's peak ", mark("computed"))
    blocks: tuple[Block, ...] = (
        *purpose, users(material), numbers(material), material.figure("load", caption),
        Paragraph(line(strong("Largest risks"))), Listing(tuple((Paragraph(risk),) for risk in risks(material))),
        Paragraph(line(strong("Decisions still open"))), open_decisions(material),
    )  # fmt: skip
    return Section("summary", "Summary", blocks)


def users(material: Material) -> Paragraph:
    """For whom, and for how much."""
    traffic = material.design.traffic
    return say(
        f"It serves {significant(traffic.daily_active_users)} users a day today ", mark("declared"),
        f" and is designed for {show_factor(traffic.growth)} that load.",
    )  # fmt: skip


def numbers(material: Material) -> Facts:
    """Peak rate, what breaks first, and the promise that is hardest to keep."""
    growth, now, then = show_factor(material.growth), material.now, material.then
    rate = line(f"at peak, {growth} today's load ({show_rate(now.requests_per_s)} today)")
    items = [(show_rate(then.requests_per_s), "computed", rate)]
    if now.breaks:
        first = now.breaks[0]
        items.append(
            (show_factor(first.at), "computed", line("today's peak, where ", code(first.element), " breaks first"))
        )
    else:
        items.append(("No limit", "computed", line("is known at which a part of the system breaks")))
    worst = slowest(material)
    if worst:
        items.append(
            (time_of(worst.p95_s), "computed", line("p95 of ", code(worst.name), f" at {growth}", _promise(worst)))
        )
    return Facts(tuple(items))


def slowest(material: Material) -> EndpointEstimate | None:
    """The endpoint whose promise is hardest to keep at the design's growth, or the slowest where none is made."""
    endpoints = [endpoint for endpoint in material.then.endpoints.values() if endpoint.rate_per_s]
    return max(endpoints, key=_strain, default=None)


def _strain(endpoint: EndpointEstimate) -> tuple[float, float]:
    """How far p95 is beyond the promise (1: just kept; 0: none is made), then p95 itself."""
    return endpoint.p95_s / (endpoint.slo_p95_s or float("inf")), endpoint.p95_s


def _promise(endpoint: EndpointEstimate) -> str:
    if endpoint.slo_p95_s is None:
        return "; nothing is promised"
    return f"; promised {show_duration(endpoint.slo_p95_s)}, {'kept' if endpoint.meets_slo else 'missed'}"


def risks(material: Material) -> list[Inline]:
    """The three largest: what saturates before the design's growth, findings, promises missed, unknowns."""
    growth, report = show_factor(material.growth), material.report
    breaks = [b for b in material.now.breaks[:1] if b.at < material.growth]
    missed = [e for e in material.then.endpoints.values() if e.meets_slo is False and isfinite(e.p95_s)]
    missed.sort(key=_strain, reverse=True)
    high = [f for f in report.findings if f.severity == "high"]
    found = [
        *(line(code(b.element), f" breaks at {show_factor(b.at)}: {b.why} ", mark("computed")) for b in breaks),
        *(_finding(f.what, f.why) for f in high),
        *(
            line(code(e.name), f" takes {time_of(e.p95_s)} (p95) at {growth}{_promise(e)} ", mark("computed"))
            for e in missed
        ),
        *(_finding(f.what, f.why) for f in report.findings if f not in high),
        *(
            line("No longer certain, since the design has changed: ", e.claim)
            for e in material.evidence
            if e.stale(material.design)
        ),
        *(_finding(f.what, f"Accepted, because {f.waived}") for f in report.waived),
    ]
    if not any(e.how == "measurement" for e in material.evidence):
        found.append(
            line(
                "Nothing has been measured: the numbers rest on declared service times. ",
                Span("See What is not measured", to="unmeasured"),
            )
        )
    return found[:RISKS] or [
        line("No rule of the review found one, and every part holds to ", growth, " today's load.")
    ]


def _finding(what: str, why: str) -> Inline:
    return line(
        _sentence(what), f" {_sentence(why[:1].upper() + why[1:])} " if why else " ", Span("See Review", to="review")
    )


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?")) else f"{text}."


def open_decisions(material: Material) -> Block:
    """Decisions that are proposed and not yet taken."""
    open_ = [d for d in material.design.decisions if d.status == "proposed"]
    if not open_:
        taken = sum(d.status == "accepted" for d in material.design.decisions)
        return say("No decision is open; ", Span(f"{taken or 'none'} accepted", to="decisions"), ".")
    return Listing(tuple((say(f"{d.id}. ", Span(d.title, to=f"decision-{d.id}")),) for d in open_))
