"""Capacity, review, decisions and evidence: what was found out about the design, why it is so, what is on trust."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite

from archbook.capacity.result import Formula
from archbook.design.contract import Alternative, Decision
from archbook.export.document import COMPUTED, Block, Grid, Listing, Note, Section, Span, code, grid, line, say, terms
from archbook.export.material import Material
from archbook.export.prose import read
from archbook.export.words import ORIGINS, count, duration, headline, joined, listed, load_of, time_of, with_interval
from archbook.findings import SEVERITIES, Finding
from archbook.units import show_factor, show_rate, show_size


def capacity(material: Material) -> Section:
    """Load, waits and limits at today's load and at the design's growth, each number with its formula."""
    from archbook.capacity import answer

    then, breaks = material.then, material.now.breaks
    chart = material.figure("utilisation", line("How busy each part is against load ", COMPUTED))
    wide = f"Clients send {show_size(then.ingress_b_per_s)}/s and receive {show_size(then.egress_b_per_s)}/s at peak, "
    blocks: tuple[Block, ...] = (
        say(answer(then), " ", COMPUTED), *chart, _elements(material), _endpoints(material),
        say(wide, show_factor(then.growth), " today's load ", COMPUTED, "."),
    )  # fmt: skip
    limits = tuple((say(code(b.element), f" at {show_factor(b.at)}: {b.why}"),) for b in breaks)
    order: Block = Listing(limits, ordered=True) if limits else say("No part has a limit that the load can reach.")
    formulas = terms(*((formula.name, _formula(formula)) for formula in then.formulas.values()))
    below = [
        Section("breaks", "What breaks, in order", (order,)),
        *_cost(material),
        Section("formulas", "How these numbers were computed", (formulas,)),
    ]
    warnings = _bullets((say(warning),) for warning in dict.fromkeys(_warnings(material)))
    if warnings:
        below.append(Section("warnings", "Where the formulas need care", warnings))
    statement = f"{breaks[0].element} breaks first, at {show_factor(breaks[0].at)} today's load" if breaks else ""
    return Section("capacity", "Capacity", blocks, tuple(below), statement or "No limit is known")


def _cost(material: Material) -> Iterator[Section]:
    """What the design costs at its growth, and the cheapest way there."""
    room = material.room
    if room is None:
        return
    costs, ways = room.after.cost.table(), room.changes_table()
    blocks: list[Block] = [say(room.answer, " ", COMPUTED)]
    blocks += [Grid("ways", ways, line(ways.title, " ", COMPUTED))] if room.changes else []
    blocks += [Grid("cost", costs, line(costs.title, " ", COMPUTED)), *(say(concern) for concern in room.concerns)]
    yield Section("cost", "What it costs, and the cheapest way to its growth", tuple(blocks))


def _elements(material: Material) -> Grid:
    growth, formulas = show_factor(material.then.growth), material.then.formulas
    rows = [
        (name, e.servers or None, show_rate(now.arrival_rate_per_s), load_of(now), time_of(now.p95_s),
         show_rate(e.arrival_rate_per_s), load_of(e), time_of(e.p95_s), time_of(e.p99_s),
         show_factor(e.breaks_at) if isfinite(e.breaks_at) else "never",
         formulas[e.formula].name if e.formula in formulas else e.formula)
        for name, e in material.then.elements.items() for now in (material.now.elements[name],)
    ]  # fmt: skip
    heads = ("element", ">servers", ">rate today", ">busy today", ">p95 today", f">rate at {growth}",
             f">busy at {growth}", f">p95 at {growth}", f">p99 at {growth}", ">breaks at", "formula")  # fmt: skip
    caption = line(f"Every part at today's peak and at {growth}, by the formula in the last column ", COMPUTED)
    return grid("capacity", caption, heads, rows)


def _endpoints(material: Material) -> Grid:
    kept = {True: "kept", False: "missed", None: None}
    rows = [
        (e.name, show_rate(e.rate_per_s), time_of(material.now.endpoints[e.name].p95_s), time_of(e.p50_s),
         time_of(e.p95_s), time_of(e.p99_s), duration(e.slo_p95_s), kept[e.meets_slo],
         max(e.path, key=lambda part: part[1], default=(None, 0.0))[0])
        for e in material.then.endpoints.values()
    ]  # fmt: skip
    heads = ("endpoint", ">rate", ">p95 today", ">p50", ">p95", ">p99", ">p95 promised", "promise", "most time in")
    caption = line(f"Response times of endpoints at {show_factor(material.then.growth)} today's peak ", COMPUTED)
    return grid("response-times", caption, heads, rows)


def _formula(formula: Formula) -> tuple[Block, ...]:
    said = (("", formula.text), ("Holds for: ", formula.assumptions), ("Source: ", formula.source))
    return tuple(say(term, text) for term, text in said if text not in ("", "–"))


def _warnings(material: Material) -> Iterator[str]:
    for estimate in (material.now, material.then):
        yield from estimate.warnings
        yield from (f"{e.name}: {warning}" for e in estimate.elements.values() for warning in e.warnings)
        yield from (f"{e.name}: {warning}" for e in estimate.endpoints.values() for warning in e.warnings)


def review(material: Material) -> Section:
    """Findings by severity, what was waived and why, and rules that could not look."""
    report = material.report
    blocks: list[Block] = [say(report.looked_at.removesuffix("."), ".")]
    if material.too_early:
        growth = show_factor(material.design.traffic.growth)
        blocks.append(say("The rules ask how the design is built. How much it carries is another question: it does "
                          f"not reach {growth} today's load as it stands, see ", Span("Capacity", to="capacity"),
                          "."))  # fmt: skip
    for crash in report.crashes:
        text = f"The rule {crash.rule} failed while it looked, so its answer is not known: {crash.error}"
        blocks.append(Note((say(text),), "problem"))
    counts, below = [], []
    for severity in SEVERITIES:
        groups = [group for group in report.groups if group[0].severity == severity]
        if groups:
            counts.append(f"{sum(map(len, groups))} {severity}")
            findings = terms(*map(_group, groups))
            below.append(Section(f"findings-{severity}", f"{severity.capitalize()} severity", (findings,)))
    below += _checklist(material)
    if report.waived:
        accepted = terms(*((f.what, (say("Accepted, because ", f.waived), _source(f))) for f in report.waived))
        below.append(Section("waived", "Looked at and accepted", (accepted,)))
    if report.remarks:
        below.append(Section("remarks", "Remarks", _bullets((say(remark),) for remark in report.remarks)))
    statement = headline(f"{count(len(report.findings), 'finding')} open") + (f": {listed(counts)}" if counts else "")
    accepted_too = f"; {len(report.waived)} accepted" if report.waived else ""
    return Section("review", "Review", tuple(blocks), tuple(below), statement + accepted_too)


def _checklist(material: Material) -> Iterator[Section]:
    """The items of the performance checklist, each with what earns it or what would."""
    if material.checklist is None:
        return
    ticks = terms(
        *(
            (f"{tick.title}: {tick.state}", (say(tick.because), *((say("Next: ", tick.do),) if tick.do else ())))
            for tick in material.checklist.ticks
        )
    )
    yield Section("checklist", "Performance checklist", (say(material.checklist.answer), ticks))


def _group(findings: Sequence[Finding]) -> tuple[str, tuple[Block, ...]]:
    """What one rule found: its why and source once, then each place."""
    first = findings[0]
    if len(findings) == 1:
        return first.what, (say(f"Why: {first.why}"), *_remedy(first), _source(first))
    why = (say(f"Why: {first.why}"),) if len({f.why for f in findings}) == 1 else ()
    places = tuple(
        (say(f.what, " ", code(f.place)), *(() if why else (say(f"Why: {f.why}"),)), *_remedy(f)) for f in findings
    )
    return f"{first.rule}, {len(findings)} places", (*why, Listing(places), _source(first, place=False))


def _remedy(finding: Finding) -> tuple[Block, ...]:
    said = (("Do", finding.do), ("Evidence", "; ".join(finding.evidence)))
    return tuple(say(f"{term}: {text}") for term, text in said if text)


def _source(finding: Finding, place: bool = True) -> Block:
    sources = "".join(f" · {reference}" for reference in finding.references)
    where = (" · ", code(finding.place)) if finding.place and place else ()
    return say("Rule ", code(finding.rule), f", principle {finding.principle}{sources}", *where)


def _bullets(items: Iterable[tuple[Block, ...]]) -> tuple[Block, ...]:
    found = tuple(items)
    return (Listing(found),) if found else ()


def decisions(material: Material) -> Section:
    """Every decision with its why and the roads not taken."""
    found = material.design.decisions
    if not found:
        return Section("decisions", "Decisions", (say("No decision is written down."),))
    rows = [(d.id, d.title, d.status, d.date, d.about) for d in found]
    table = grid("decisions", line("Decisions"), (">no.", "decision", "status", "date", "about"), rows)
    bare = [str(d.id) for d in found if not d.why]
    still_open = sum(d.status == "proposed" for d in found)
    why = f"without a why: {listed(bare)}" if bare else "each with its why"
    statement = f"{count(len(found), 'decision')}, {why}" + (f"; {still_open} still open" if still_open else "")
    return Section("decisions", "Decisions", (table,), tuple(map(_decision, found)), statement)


def _decision(d: Decision) -> Section:
    dated = f" on {d.date}" if d.date else ""
    replaced = f", replaced by decision {d.superseded_by}" if d.superseded_by else ""
    about = f"; about {joined(*d.about) or '–'}" if d.about else ""
    head = say(f"{d.status.capitalize()}{dated}{replaced}{about}.")
    body = terms(
        ("Context", read(d.context)),
        ("Decision", read(d.decision)),
        ("Why", read(d.why or "Not written down.")),
        ("Roads not taken", _bullets(read(_road(road)) for road in d.alternatives)),
        ("Consequences", _bullets(map(read, d.consequences))),
    )
    return Section(f"decision-{d.id}", f"{d.id}. {d.title}", (head, body))


def _road(road: Alternative | str) -> str:
    if isinstance(road, str):
        return road
    return f"{road.option}\n\nNot taken: {road.why_not}" if road.why_not else road.option


def evidence(material: Material) -> Section:
    """Claims with the numbers behind them, fresh or stale."""
    found = material.evidence
    if not found:
        text = "All numbers in this document are computed from what the design declares."
        return Section("evidence", "Evidence", (say(text),), (), "Nothing has been measured or simulated yet")
    stale = [entry for entry in found if entry.stale(material.design)]
    rows = [(e.claim, with_interval(e), ORIGINS[e.how], e.engine, e.sample, e.date[:10],
             "STALE" if e in stale else "fresh", e.about, e.source) for e in found]  # fmt: skip
    heads = ("claim", ">value (interval)", "how", "engine", ">sample", "date", "state", "about", "source")
    table = grid("evidence", line("Evidence, and where each number comes from"), heads, rows)
    warning = say("STALE: the part of the design that the number speaks of has changed since. ",
                  "Find it again before relying on it.")  # fmt: skip
    note = (Note((warning,), "problem"),) if stale else ()
    state = f"{len(stale)} of them stale" if stale else "all fresh"
    statement = f"{count(len(found), 'claim')} with a number behind; {state}"
    return Section("evidence", "Evidence", (*note, table), (), statement)


def unmeasured(material: Material) -> Section:
    """What the document takes on trust."""
    design = material.design
    measured = {e.about for e in material.evidence if e.how == "measurement" and not e.stale(design)}
    parts = [(f"{section}.{name}", name, element) for section in ("services", "stores", "externals")
             for name, element in getattr(design, section).items()]  # fmt: skip
    timed = [name for about, name, element in parts if element.service_time and about not in measured]
    untimed = [name for _, name, element in parts if not element.service_time]
    caches = [n for n, s in design.stores.items() if s.hit_ratio is not None and f"stores.{n}" not in measured]
    schemas = [name for name in material.schemas if f"stores.{name}.schema" not in measured]
    backups = [n for n, s in design.stores.items() if s.backup and not s.backup.tested]
    available = [n for n, s in design.services.items() if s.slo and s.slo.availability]
    load = [] if "traffic" in measured else ["Users, sessions and peak"]
    said = (
        ("Load", "{} are declared; no measured figure stands beside them.", load),
        ("Service times", "Declared and not measured: {}.", timed),
        ("No service time", "Not even declared, so it counts as nothing: {}.", untimed),
        ("Hit ratios", "Declared and not measured: {}.", caches),
        ("Schemas", "No experiment has run on {}.", schemas),
        ("Backups", "No restore has been tried: {}.", backups),
        ("Availability", "Promised by {}, and measured by nothing here.", available),
    )
    body = terms(*((term, text.format(listed(found, 20))) for term, text, found in said if found))
    statement = headline(f"{count(len(body.items), 'thing')} that this document takes on trust")
    return Section("unmeasured", "What is not measured", (body,), (), statement)
