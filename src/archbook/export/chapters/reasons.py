"""Review, decisions, evidence, and what nobody has measured."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from archbook.design.contract import Alternative, Decision
from archbook.export.document import Block, Listing, Note, Section, code, grid, line, say, terms
from archbook.export.material import Material
from archbook.export.prose import read
from archbook.export.words import ORIGINS, count, headline, listed, names, optional, with_interval
from archbook.findings import SEVERITIES, Finding


def review(material: Material) -> Section:
    """Findings by severity, what was waived and why, and rules that could not look."""
    report = material.report
    blocks: list[Block] = [say(report.looked_at, "" if report.looked_at.endswith(".") else ".")]
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
    if report.waived:
        accepted = terms(*((f.what, (say("Accepted, because ", f.waived), _source(f))) for f in report.waived))
        below.append(Section("waived", "Looked at and accepted", (accepted,)))
    if report.remarks:
        remarks = Listing(tuple((say(remark),) for remark in report.remarks))
        below.append(Section("remarks", "Remarks", (remarks,)))
    statement = headline(f"{count(len(report.findings), 'finding')} open") + (f": {listed(counts)}" if counts else "")
    accepted_too = f"; {len(report.waived)} accepted" if report.waived else ""
    return Section("review", "Review", tuple(blocks), tuple(below), statement + accepted_too)


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


def decisions(material: Material) -> Section:
    """Every decision with its why and the roads not taken."""
    found = material.design.decisions
    if not found:
        return Section("decisions", "Decisions", (say("No decision is written down."),))
    rows = [(d.id, d.title, d.status, d.date, names(d.about)) for d in found]
    table = grid("decisions", line("Decisions"), (">no.", "decision", "status", "date", "about"), rows)
    bare = [str(d.id) for d in found if not d.why]
    still_open = sum(d.status == "proposed" for d in found)
    why = f"without a why: {listed(bare)}" if bare else "each with its why"
    statement = f"{count(len(found), 'decision')}, {why}" + (f"; {still_open} still open" if still_open else "")
    return Section("decisions", "Decisions", (table,), tuple(map(_decision, found)), statement)


def _decision(d: Decision) -> Section:
    dated = f" on {d.date}" if d.date else ""
    replaced = f", replaced by decision {d.superseded_by}" if d.superseded_by else ""
    about = f"; about {names(d.about)}" if d.about else ""
    head = say(f"{d.status.capitalize()}{dated}{replaced}{about}.")
    body = terms(
        ("Context", read(d.context)),
        ("Decision", read(d.decision)),
        ("Why", read(d.why or "Not written down.")),
        ("Roads not taken", _items(map(_road, d.alternatives))),
        ("Consequences", _items(d.consequences)),
    )
    return Section(f"decision-{d.id}", f"{d.id}. {d.title}", (head, body))


def _road(road: Alternative | str) -> str:
    if isinstance(road, str):
        return road
    return f"{road.option}\n\nNot taken: {road.why_not}" if road.why_not else road.option


def _items(texts: Iterable[str]) -> tuple[Block, ...]:
    items = tuple(map(read, texts))
    return (Listing(items),) if items else ()


def evidence(material: Material) -> Section:
    """Claims with the numbers behind them, fresh or stale."""
    found = material.evidence
    if not found:
        text = "All numbers in this document are computed from what the design declares."
        return Section("evidence", "Evidence", (say(text),), (), "Nothing has been measured or simulated yet")
    stale = [entry for entry in found if entry.stale(material.design)]
    rows = [
        (e.claim, with_interval(e), ORIGINS[e.how], e.engine or None, optional(e.sample),
         e.date[:10] or None, "STALE" if e in stale else "fresh", e.about, e.source or None)
        for e in found
    ]  # fmt: skip
    heads = ("claim", ">value (interval)", "how", "engine", ">sample", "date", "state", "about", "source")
    table = grid("evidence", line("Evidence, and where each number comes from"), heads, rows)
    warning = (
        "STALE: the part of the design that the number speaks of has changed since. Find it again before relying on it."
    )
    note = (Note((say(warning),), "problem"),) if stale else ()
    state = f"{len(stale)} of them stale" if stale else "all fresh"
    return Section(
        "evidence", "Evidence", (*note, table), (), f"{count(len(found), 'claim')} with a number behind; {state}"
    )


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
    said = (
        (
            "Load",
            "Users, sessions and peak are declared; no measured figure stands beside them.",
            measured.isdisjoint({"traffic"}),
        ),
        ("Service times", f"Declared and not measured: {listed(timed, 20)}.", timed),
        ("No service time", f"Not even declared, so it counts as nothing: {listed(untimed, 20)}.", untimed),
        ("Hit ratios", f"Declared and not measured: {listed(caches, 20)}.", caches),
        ("Schemas", f"No experiment has run on {listed(schemas, 20)}.", schemas),
        ("Backups", f"No restore has been tried: {listed(backups, 20)}.", backups),
        ("Availability", f"Promised by {listed(available, 20)}, and measured by nothing here.", available),
    )
    body = terms(*((term, text) for term, text, holds in said if holds))
    statement = f"{count(len(body.items), 'thing')} that this document takes on trust"
    return Section("unmeasured", "What is not measured", (body,), (), statement)
