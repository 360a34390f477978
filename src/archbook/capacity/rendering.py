"""An estimate as tables, text, HTML and plain data."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from archbook.tables import Table, as_columns
from archbook.units import show_duration, show_factor, show_rate, show_share, show_size, significant, with_range

if TYPE_CHECKING:
    from archbook.capacity.result import Estimate
    from archbook.capacity.uncertainty import Span

Show = Callable[[Any], "str | None"]


def element_table(estimate: Estimate) -> Table:
    """Load and speed of every element, in the order of the design."""
    spans = estimate.ranges.elements if estimate.ranges else {}
    rows = [
        (e.name, e.kind, at("arrival_rate_per_s", show_rate), significant(e.servers) if e.servers else None,
         at("utilisation", partial(_busy, e.servers)), _time(e.mean_wait_s), at("p50_s", _time),
         at("p95_s", _time), at("p99_s", _time), at("breaks_at", _holds_to), e.formula)
        for e in estimate.elements.values() for at in (_ranged(e, spans),)
    ]  # fmt: skip
    heads = ("element", "kind", ">load", ">servers", ">utilisation", ">mean wait", ">p50", ">p95", ">p99", ">holds to",
             "formula")  # fmt: skip
    return as_columns(heads, rows, f"At {show_factor(estimate.growth)} today's peak (computed)")


def endpoint_table(estimate: Estimate) -> Table:
    """Endpoints in the order of the design, with the element in which most of the time goes."""
    spans = estimate.ranges.endpoints if estimate.ranges else {}
    verdict = {True: "met", False: "missed", None: None}
    rows = [
        (e.name, at("rate_per_s", show_rate), at("p50_s", _time), at("p95_s", _time), at("p99_s", _time),
         None if e.slo_p95_s is None else show_duration(e.slo_p95_s), verdict[e.meets_slo],
         f"{e.path[0][0]} {_time(e.path[0][1])}" if e.path else None)
        for e in estimate.endpoints.values() for at in (_ranged(e, spans),)
    ]  # fmt: skip
    heads = ("endpoint", ">load", ">p50", ">p95", ">p99", ">promised p95", "promise", "most of the time in")
    return as_columns(heads, rows, f"Endpoints at {show_factor(estimate.growth)} today's peak (computed)")


def storage_table(estimate: Estimate) -> Table:
    """What the stores keep, today and at the horizon."""
    kept = estimate.ranges.storage if estimate.ranges else {}
    rows = [
        (f"{s.store} · {s.holding}", significant(s.items_now), f"{significant(s.items_per_day)}/day",
         significant(s.items_at_horizon), _size(s.item_size_b), _size(s.size_now_b),
         with_span(s.size_at_horizon_b, kept.get(f"{s.store} · {s.holding}"), _size),
         None if s.indexes_at_horizon_b is None else _size(s.indexes_at_horizon_b))
        for s in estimate.storage
    ]  # fmt: skip
    heads = ("store · holding", ">items now", ">added", ">at the horizon", ">size of one", ">size now", ">then",
             ">and its indexes")  # fmt: skip
    return as_columns(heads, rows, f"Storage at {show_factor(estimate.growth)} today's load (computed)")


def _small(share: float) -> str:
    return "< 0.001 %" if 0 < share < 1e-5 else show_share(share)


def pool_table(estimate: Estimate) -> Table:
    """Connection pools at the estimate's growth."""
    rows = [
        (f"{p.service} → {p.store}", p.size, significant(p.in_use), _small(p.waiting), _time(p.mean_wait_s),
         p.smallest or None, p.deadlock_floor if p.deadlock_floor > 1 else None,
         f"{significant(p.opened)} of {significant(p.accepted) if p.accepted else 'unknown'}")
        for p in estimate.pools
    ]  # fmt: skip
    heads = ("pool of one instance", ">connections", ">in use", ">requests that wait", ">mean wait", ">1 % wait with",
             ">cannot deadlock with", ">opened in all")  # fmt: skip
    return as_columns(heads, rows, f"Connection pools at {show_factor(estimate.growth)} today's peak (computed)")


def consumer_table(estimate: Estimate) -> Table:
    """Consumers of events at the estimate's growth."""
    rows = [
        (f"{c.event} → {c.consumer}", show_rate(c.per_s, "events"), show_share(min(c.utilisation, 9.99)),
         _time(c.lag_s), show_rate(c.backlog_per_s, "events") if c.backlog_per_s else None,
         significant(c.backlog) if c.backlog else None,
         None if not c.backlog else "never" if math.isinf(c.drained_s) else show_duration(c.drained_s))
        for c in estimate.consumers
    ]  # fmt: skip
    heads = ("event → consumer", ">announced", ">utilisation", ">mean lag", ">backlog grows by",
             ">left when the peak ends", ">drained after")  # fmt: skip
    return as_columns(heads, rows, f"Consumers at {show_factor(estimate.growth)} today's peak (computed)")


def replica_table(estimate: Estimate) -> Table:
    """Read replicas at the estimate's growth."""
    rows = [
        (r.store, r.copies, show_rate(r.reads_per_s), f"{show_duration(r.lag_s)}, {r.lag_is}",
         f"{show_share(r.stale)} of reads within {show_duration(r.lag_s)} of a write")
        for r in estimate.replicas
    ]  # fmt: skip
    heads = ("store", ">copies", ">reads", ">behind", "miss the write")
    return as_columns(heads, rows, f"Read replicas at {show_factor(estimate.growth)} today's peak (computed)")


def _ranged(part: Any, spans: Mapping[str, Mapping[str, Span]]) -> Callable[[str, Show], str | None]:
    """Shows a number of an element or endpoint by its name, with its range over the uncertain inputs."""
    mine = spans.get(part.name, {})
    return lambda name, show: with_span(getattr(part, name), mine.get(name), show)


def with_span(value: Any, span: Span | None, show: Show) -> str | None:
    """A value with its range, where there is one that can be told from it."""
    shown = show(value)
    if shown is None or span is None or math.isnan(span.low):
        return shown
    low, high = (show(end) or "never" for end in span)
    return shown if low == high else with_range(shown, low, high)


def _time(seconds: float) -> str:
    if math.isinf(seconds):
        return "unbounded"
    return "< 1 µs" if 0 < seconds < 1e-6 else show_duration(seconds)


def _size(size_b: float | None) -> str:
    return "unknown" if size_b is None else show_size(size_b)


def _busy(servers: int, share: float) -> str | None:
    """Utilisation for a table: "145 %, saturated" from 1 on."""
    if math.isinf(share):
        return "saturated: waits"
    if math.isnan(share):
        return "unknown"
    busy = show_share(share) if share < 1 else f"{significant(100 * share)} %, saturated"
    return busy if servers or share else None


def _holds_to(breaks_at: float) -> str | None:
    if math.isnan(breaks_at):
        return "unknown"
    return None if math.isinf(breaks_at) else show_factor(breaks_at)


def used(estimate: Estimate) -> list[str]:
    """Names of the formulas that this estimate used, in their order."""
    names = {"traffic", "flow", "holding", "breaks", "remedies", "bandwidth", "cost"}
    names |= {e.formula for e in estimate.elements.values()} | {e.formula for e in estimate.endpoints.values()}
    names |= {name for name in ("storage", "feedback") if getattr(estimate, name)}
    names |= {"ranges"} if estimate.uncertain and estimate.uncertain.inputs else set()
    return [name for name in estimate.formulas if name in names]


def notes(estimate: Estimate) -> list[str]:
    """Everything to be careful about: of the estimate, its uncertain inputs and its elements."""
    uncertain = [str(estimate.ranges)] if estimate.ranges else []
    return [*uncertain, *estimate.warnings, *(f"{e.name}: {w}" for e in estimate.elements.values() for w in e.warnings
                                  if e.formula != "unknown")]  # fmt: skip


def how_html(estimate: Estimate) -> str:
    """*How was this computed?* with one entry a formula, folded."""
    entries = "".join(
        f"<dt><b>{html.escape(name)}</b> — {html.escape(formula.text)}</dt>"
        f"<dd>holds when: {html.escape(formula.assumptions)}<br>source: {html.escape(formula.source)}</dd>"
        for name, formula in ((name, estimate.formulas[name]) for name in used(estimate))
    )
    return f"<details><summary>How was this computed?</summary><dl>{entries}</dl></details>"


def leading(sentence: str) -> str:
    """The sentence that comes first."""
    return f'<p style="font-size:1.1em;font-weight:600">{html.escape(sentence)}</p>'


def page(estimate: Estimate) -> str:
    """Answer first, then what breaks, the table, what to be careful about, and how it was computed."""
    from archbook.capacity.answers import answer

    first = "".join(f"<li><b>{html.escape(b.element)}</b> at {show_factor(b.at)}: {html.escape(b.why)}</li>"
                    for b in estimate.breaks[:3])  # fmt: skip
    doubts = "".join(f"<li>{html.escape(note)}</li>" for note in notes(estimate))
    return (
        leading(answer(estimate))
        + (f"<p>What saturates, first to last:</p><ol>{first}</ol>" if first else "")
        + estimate.table().html()
        + f"<p>{html.escape(str(estimate.cost))}</p>"
        + (f"<p>To be careful about:</p><ul>{doubts}</ul>" if doubts else "")
        + how_html(estimate)
    )


def text(estimate: Estimate) -> str:
    """The same for a terminal."""
    from archbook.capacity.answers import answer

    lines = [answer(estimate), "", estimate.table().text()]
    lines += ["", str(estimate.cost)]
    if estimate.breaks:
        lines += ["", "What saturates, first to last"]
        lines += [f"  {show_factor(b.at):>8}  {b.element}: {b.why}" for b in estimate.breaks[:5]]
    lines += ["", "To be careful about", *(f"  {note}" for note in notes(estimate))] if notes(estimate) else []
    lines += ["", "How was this computed?"]
    lines += [f"  {name}: {estimate.formulas[name].text}" for name in used(estimate)]
    return "\n".join(lines)


def plain(value: Any) -> Any:
    """Dataclasses, mappings and tuples as plain dicts and lists; what is not finite as None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name.rstrip("_"): plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    return value
