"""Page one, which stands alone: what the system does, a picture, three numbers, three risks, open decisions."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import isfinite

from archbook.capacity.result import EndpointEstimate

from archbook.export.document import (  # isort: skip
    COMPUTED, DECLARED, Block, Facts, Inline, Listing, Paragraph, Section, Span, code, line, say,
)  # fmt: skip
from archbook.export.material import Material
from archbook.export.prose import read
from archbook.export.words import count, time_of
from archbook.units import show_duration, show_factor, show_rate, significant

RISKS = 3
PURPOSE_BLOCKS = 3  # of the design's why; the rest stands in the context


def summary(material: Material) -> Section:
    """The first page."""
    design, growth = material.design, show_factor(material.design.traffic.growth)
    purpose = read(design.why)[:PURPOSE_BLOCKS] or (say("The design does not say what the system is for (`why`)."),)
    caption = line("The system, and how busy each part is at ", growth, " today's peak ", COMPUTED)
    none = line("No rule of the review found one, and every part holds to ", growth, " today's load.")
    risks = tuple(islice(_risks(material), RISKS)) or (none,)
    blocks: tuple[Block, ...] = (
        *purpose, _users(material), _numbers(material), *material.figure("load", caption),
        say(Span("Largest risks", "strong")), Listing(tuple((Paragraph(risk),) for risk in risks)),
        say(Span("Decisions still open", "strong")), _open_decisions(material),
    )  # fmt: skip
    return Section("summary", "Summary", blocks)


def _users(material: Material) -> Paragraph:
    """For whom, for how much, and whether the design gets there."""
    traffic, short = material.design.traffic, material.too_early
    said: list[str | Span] = [f"It serves {significant(traffic.daily_active_users)} users a day today ", DECLARED,
                              f" and is designed for {show_factor(traffic.growth)} that load."]  # fmt: skip
    if short:
        said += [" As it stands it does not get there: ", code(short[0].element),
                 f" saturates at {show_factor(short[0].at)} ", COMPUTED, "."]  # fmt: skip
        if not material.report.findings and not material.report.crashes:
            said.append(" The review has no open finding: its rules ask how it is built; what it lacks is size.")
    return say(*said)


def _numbers(material: Material) -> Facts:
    """Peak rate, what breaks first, and the promise that is hardest to keep."""
    now, then = material.now, material.then
    growth = show_factor(material.design.traffic.growth)
    rate = line(f"at peak, {growth} today's load ({show_rate(now.requests_per_s)} today)")
    items = [(show_rate(then.requests_per_s), "computed", rate)]
    if now.breaks:
        short = f", before the {growth} it is designed for" if material.too_early else ""
        limit = line("today's peak, where ", code(now.breaks[0].element), " breaks first", short)
        items.append((show_factor(now.breaks[0].at), "computed", limit))
    else:
        items.append(("No limit", "computed", line("is known at which a part of the system breaks")))
    asked = [endpoint for endpoint in then.endpoints.values() if endpoint.rate_per_s]
    if asked:
        worst = max(asked, key=_strain)
        promise = line("p95 of ", code(worst.name), f" at {growth}", _promise(worst))
        items.append((time_of(worst.p95_s), "computed", promise))
    return Facts(tuple(items))


def _strain(endpoint: EndpointEstimate) -> tuple[float, float]:
    """How far p95 is beyond the promise (1: just kept; 0: none is made), then p95 itself."""
    return endpoint.p95_s / endpoint.slo_p95_s if endpoint.slo_p95_s else 0.0, endpoint.p95_s


def _promise(endpoint: EndpointEstimate) -> str:
    if endpoint.slo_p95_s is None:
        return "; nothing is promised"
    return f"; promised {show_duration(endpoint.slo_p95_s)}, {'kept' if endpoint.meets_slo else 'missed'}"


def _risks(material: Material) -> Iterator[Inline]:
    """The largest first: what saturates before the design's growth, findings, promises missed, unknowns."""
    report = material.report
    for b in material.too_early[:1]:
        yield line(code(b.element), f" breaks at {show_factor(b.at)}: {b.why} ", COMPUTED)
    yield from (_finding(f.what, f.why) for f in report.findings if f.severity == "high")
    missed = [e for e in material.then.endpoints.values() if e.meets_slo is False and isfinite(e.p95_s)]
    if missed:
        worst, rest = max(missed, key=_strain), len(missed) - 1
        said = f" takes {time_of(worst.p95_s)} (p95) at {show_factor(material.design.traffic.growth)}{_promise(worst)}"
        more = f"; {count(rest, 'more endpoint')} {'misses its own' if rest == 1 else 'miss theirs'}" if rest else ""
        yield line(code(worst.name), said, more, " ", COMPUTED)
    yield from (_finding(f.what, f.why) for f in report.findings if f.severity != "high")
    for entry in material.evidence:
        if entry.stale(material.design):
            yield line("No longer certain, since the design has changed: ", entry.claim)
    yield from (_finding(f.what, f"Accepted, because {f.waived}") for f in report.waived)
    if not any(entry.how == "measurement" for entry in material.evidence):
        yield line("Nothing has been measured: the numbers rest on declared service times. ",
                   Span("See What is not measured", to="unmeasured"))  # fmt: skip


def _finding(what: str, why: str) -> Inline:
    said = (f"{text}{'' if text.endswith(('.', '?')) else '.'} " for text in (what, why[:1].upper() + why[1:]) if text)
    return line("".join(said), Span("See Review", to="review"))


def _open_decisions(material: Material) -> Block:
    """Decisions that are proposed and not yet taken."""
    waiting = [d for d in material.design.decisions if d.status == "proposed"]
    if not waiting:
        taken = sum(d.status == "accepted" for d in material.design.decisions)
        return say("No decision is open; ", Span(f"{taken or 'none'} accepted", to="decisions"), ".")
    return Listing(tuple((say(f"{d.id}. ", Span(d.title, to=f"decision-{d.id}")),) for d in waiting))
