"""Capacity and failure: what the design carries, what breaks first, and what happens when a part does not answer."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from archbook.capacity.result import Formula
from archbook.design.elements import Backup
from archbook.design.interactions import Call
from archbook.export.document import Block, Definitions, Grid, Listing, Section, code, grid, line, mark, say, terms
from archbook.export.material import Material
from archbook.export.prose import read
from archbook.export.words import NONE, count, listed, load_of, optional, time_of, yes
from archbook.units import show_duration, show_factor, show_rate, show_share, show_size


def capacity(material: Material) -> Section:
    """Load, waits and limits at today's load and at the design's growth, each number with its formula."""
    from archbook.capacity import answer

    then, chart = material.then, line("How busy each part is against load ", mark("computed"))
    wide = f"Clients send {show_size(then.ingress_b_per_s)}/s and receive {show_size(then.egress_b_per_s)}/s at peak, "
    blocks = (
        say(answer(then), " ", mark("computed")), material.figure("utilisation", chart), _elements(material),
        _endpoints(material), say(wide, show_factor(then.growth), " today's load ", mark("computed"), "."),
    )  # fmt: skip
    below = [
        Section("breaks", "What breaks, in order", (_breaks(material),)),
        Section("formulas", "How these numbers were computed", (_formulas(material),)),
    ]
    warnings = tuple((say(warning),) for warning in dict.fromkeys(_warnings(material)))
    if warnings:
        below.append(Section("warnings", "Where the formulas need care", (Listing(warnings),)))
    first = material.now.breaks[:1]
    statement = f"{first[0].element} breaks first, at {show_factor(first[0].at)} today's load" if first else ""
    return Section("capacity", "Capacity", blocks, tuple(below), statement or "No limit is known")


def _elements(material: Material) -> Grid:
    growth, formulas = show_factor(material.then.growth), material.then.formulas
    rows = [
        (name, e.servers or None, show_rate(now.arrival_rate_per_s), load_of(now), time_of(now.p95_s),
         show_rate(e.arrival_rate_per_s), load_of(e), time_of(e.p95_s), time_of(e.p99_s),
         show_factor(e.breaks_at) if isfinite(e.breaks_at) else "never",
         formulas[e.formula].name if e.formula in formulas else e.formula)
        for name, e in material.then.elements.items() for now in (material.now.elements[name],)
    ]  # fmt: skip
    heads = (
        "element", ">servers", ">rate today", ">busy today", ">p95 today", f">rate at {growth}", f">busy at {growth}",
        f">p95 at {growth}", f">p99 at {growth}", ">breaks at", "formula",
    )  # fmt: skip
    caption = line(f"Every part at today's peak and at {growth}, by the formula in the last column ", mark("computed"))
    return grid("capacity", caption, heads, rows)


def _endpoints(material: Material) -> Grid:
    kept = {True: "kept", False: "missed", None: NONE}
    rows = [
        (e.name, show_rate(e.rate_per_s), time_of(material.now.endpoints[e.name].p95_s), time_of(e.p50_s),
         time_of(e.p95_s), time_of(e.p99_s), optional(e.slo_p95_s, show_duration), kept[e.meets_slo],
         max(e.path, key=lambda part: part[1], default=(None, 0.0))[0])
        for e in material.then.endpoints.values()
    ]  # fmt: skip
    heads = ("endpoint", ">rate", ">p95 today", ">p50", ">p95", ">p99", ">p95 promised", "promise", "most time in")
    caption = line(
        f"Response times of endpoints at {show_factor(material.then.growth)} today's peak ", mark("computed")
    )
    return grid("response-times", caption, heads, rows)


def _breaks(material: Material) -> Block:
    found = tuple((say(code(b.element), f" at {show_factor(b.at)}: {b.why}"),) for b in material.now.breaks)
    return Listing(found, ordered=True) if found else say("No part has a limit that the load can reach.")


def _formulas(material: Material) -> Definitions:
    return terms(*((f.name, _formula(f)) for f in material.then.formulas.values()))


def _formula(formula: Formula) -> tuple[Block, ...]:
    said = (("", formula.text), ("Holds for: ", formula.assumptions), ("Source: ", formula.source))
    return tuple(say(term, text) for term, text in said if text not in ("", NONE))


def _warnings(material: Material) -> Iterator[str]:
    for estimate in (material.now, material.then):
        yield from estimate.warnings
        yield from (f"{e.name}: {warning}" for e in estimate.elements.values() for warning in e.warnings)
        yield from (f"{e.name}: {warning}" for e in estimate.endpoints.values() for warning in e.warnings)


def failure(material: Material) -> Section:
    """Timeouts, retries and breakers of every call; recovery of every store."""
    design = material.design
    recovery = (Section("recovery", "Recovery", (_recovery(material),)),) if design.stores else ()
    if not design.calls:
        return Section("failure", "Failure", (say("The design names no call."),), recovery)
    numbered = list(enumerate(design.calls, 1))
    crossing = [_call(i, c) for i, c in numbered if c.to not in design.stores]
    kept = [_statement(i, c) for i, c in numbered if c.to in design.stores]
    blocks = (
        grid(
            "calls", line("Calls between services, and what happens when they fail ", mark("declared")), _CALL, crossing
        ),
        grid("store-calls", line("Calls to stores ", mark("declared")), _STATEMENT, kept),
    )
    why = terms(*((f"{i}. {c.from_} → {c.to}", read(c.why)) for i, c in numbered))
    whys = (Section("calls-why", "Why each call is made", (why,)),) if why.items else ()
    return Section(
        "failure", "Failure", tuple(b for b in blocks if b.table.rows), (*recovery, *whys), _timeouts(material)
    )


_CALL = (
    ">no.", "call", "on", "times", "mode", ">timeout", "retries", "breaker", ">open at most", "repeated safely",
    "when it fails",
)  # fmt: skip
_STATEMENT = (">no.", "call", "on", "times", "kind", "mode", ">timeout", "retries", "asks by")


def _call(number: int, c: Call) -> tuple[object, ...]:
    lost = "the request goes on without it" if c.optional else "the request fails" if c.mode == "sync" else None
    safe = "a read" if c.kind == "read" else yes(c.idempotency_key)
    return (number, *_way(c), c.mode, optional(c.timeout, show_duration), _retries(c), yes(c.breaker), c.bulkhead, safe,
            c.fallback or lost)  # fmt: skip


def _statement(number: int, c: Call) -> tuple[object, ...]:
    return (number, *_way(c), c.kind, c.mode, optional(c.timeout, show_duration), _retries(c), c.query)


def _way(c: Call) -> tuple[str, str, str]:
    times = c.per_request if isinstance(c.per_request, str) else show_factor(c.per_request)
    return f"{c.from_} → {c.to}", listed(c.on, 2) or "every request", times


def _retries(c: Call) -> str:
    budget = f", at most {show_share(c.retry_budget)} more load" if c.retry_budget is not None else ""
    return f"{c.retries}, {c.backoff} pauses{budget}" if c.retries else "none"


def _timeouts(material: Material) -> str:
    design = material.design
    crossing = [c for c in design.calls if c.to not in design.stores and c.mode == "sync"]
    bare = list(dict.fromkeys(f"{c.from_} → {c.to}" for c in crossing if c.timeout is None))
    if bare:
        return f"{count(len(bare), 'link')} between services without a timeout: {listed(bare, 2)}"
    return "Every call between services has a timeout" if crossing else "No service waits for another"


def _recovery(material: Material) -> Grid:
    rows = [
        (name, optional(b.rpo, show_duration), optional(b.rto, show_duration), b.tested or "never", s.replicas,
         optional(s.replica_lag, show_duration))
        for name, s in material.design.stores.items() for b in (s.backup or Backup(),)
    ]  # fmt: skip
    heads = ("store", ">work that may be lost (RPO)", ">back within (RTO)", "restore tried", ">replicas", ">behind by")
    return grid("recovery", line("What may be lost with a store, and for how long ", mark("declared")), heads, rows)
