"""Headroom: at which load each part breaks, and the cheapest changes that reach the design's growth."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

from archbook.capacity import rendering
from archbook.capacity.breaking import COMFORTABLE
from archbook.capacity.cost import Cost
from archbook.capacity.costing import Bill
from archbook.capacity.estimating import RowSizes, estimate
from archbook.capacity.result import Break, Estimate, Remedy
from archbook.capacity.solving import ELASTIC, Solution, System, system_of
from archbook.design.elements import BROKERS, Service, Store
from archbook.design.model import Design, Where
from archbook.tables import Table, as_columns
from archbook.units import show_factor, show_money, show_rate, show_share, significant

What = Literal["instances", "concurrency", "servers", "replicas", "rate_limit"]


@dataclass(frozen=True, slots=True)
class Change:
    """One way to keep an element at or under 85 % utilisation at the design's growth.

    per_month: what it costs more, in the design's currency; nan where unknown. holds_when: what it takes for granted.
    """

    element: str
    what: What
    now: float
    needed: float
    per_month: float
    holds_when: str

    def __str__(self) -> str:
        unit = " req/s" if self.what == "rate_limit" else ""
        of = f"{self.what.replace('_', ' ')} of {self.element}"
        return f"{of} {significant(self.now)} → {significant(self.needed)}{unit}"


@dataclass(frozen=True, slots=True)
class Room:
    """How far one element is from its limit. changes: what would carry the design's growth, cheapest first."""

    element: str
    at: float  # multiple of today's load at which it saturates
    why: str
    formula: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Headroom:
    """Where a design breaks, first to last, and the cheapest changes that reach its growth."""

    design: str
    growth: float
    now: Estimate  # at today's peak
    rooms: tuple[Room, ...]  # first to last
    changes: tuple[Change, ...]  # the cheapest of each element that needs one
    cost: Cost  # at the growth, as the design stands
    after: Estimate  # the design with these changes at the growth; its cost too
    concerns: tuple[str, ...]  # warnings that the changes bring

    @property
    def holds_to(self) -> float:
        """The multiple of today's load at which the first element saturates; inf where none does."""
        return min((room.at for room in self.rooms), default=math.inf)

    @property
    def reaches(self) -> float:
        """The same with the changes."""
        return min((entry.at for entry in self.after.breaks), default=math.inf)

    @property
    def more_per_month(self) -> float:
        """What the changes cost a month, as far as it is known."""
        return sum(change.per_month for change in self.changes if not math.isnan(change.per_month))

    @property
    def answer(self) -> str:
        """What breaks first, and the cheapest way to the design's growth."""
        if not self.rooms:
            return "No limit is known for what is in the way: nothing breaks that this design describes."
        first, goal = min(self.rooms, key=lambda room: room.at), show_factor(self.growth)
        said = f"{first.element} breaks first, at {show_factor(first.at)} today's peak"
        said += f" ({show_rate(first.at * self.now.requests_per_s)})"
        bill = show_money(self.cost.per_month, self.cost.currency)
        over = f" {self.now.ranges.answer}" if self.now.ranges else ""
        if not self.changes:
            priced = f", at {bill}" if self.cost.per_month else ""
            return f"{said}: all parts carry {goal} as they stand{priced}.{over}"
        ways = ", ".join(str(change) for change in self.changes[:4])
        ways += f" and {len(self.changes) - 4} more changes" if len(self.changes) > 4 else ""
        more = (
            f"for {show_money(self.more_per_month, self.cost.currency)} more" if self.more_per_month else "at no cost"
        )
        unknown = [change.element for change in self.changes if math.isnan(change.per_month)]
        more += f" and what {', '.join(unknown)} will ask" if unknown else ""
        reach = (
            f"it then holds to {show_factor(self.reaches)}" if math.isfinite(self.reaches) else "nothing breaks then"
        )
        return f"{said}. The cheapest way to {goal}: {ways}, {more}; {reach}.{over}"

    def table(self) -> Table:
        """What breaks, first to last, with the cheapest change of each."""
        spans = self.now.ranges.elements if self.now.ranges else {}
        rows = [(room.element, rendering.with_span(room.at, spans.get(room.element, {}).get("breaks_at"), show_factor),
                 room.why, room.formula,
                 str(room.changes[0]) if room.changes else None,
                 show_money(room.changes[0].per_month, self.cost.currency) if room.changes else None)
                for room in self.rooms]  # fmt: skip
        heads = ("element", ">breaks at", "why", "formula", "cheapest change", ">more a month")
        return as_columns(
            heads, rows, f"Headroom, first to last, and what carries {show_factor(self.growth)} (computed)"
        )

    def changes_table(self) -> Table:
        """Every change that would do, with its cost and what it takes for granted."""
        rows = [(str(change), show_money(change.per_month, self.cost.currency), change.holds_when)
                for room in self.rooms for change in room.changes]  # fmt: skip
        return as_columns(("change", ">more a month", "holds when"), rows, f"Ways to {show_factor(self.growth)}")

    def to_json(self) -> dict[str, Any]:
        """A plain dict; null where a number is unknown or unbounded."""
        parts = ("design", "growth", "holds_to", "reaches", "more_per_month", "answer", "rooms", "changes", "cost")
        found = {part: rendering.plain(getattr(self, part)) for part in parts}
        return found | {"cost_after": rendering.plain(self.after.cost), "concerns": list(self.concerns)}

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        tables = [self.table(), *([self.changes_table()] if self.changes else []), self.after.cost.table()]
        return {"text/html": rendering.leading(self.answer) + "".join(table.html() for table in tables),
                "text/plain": str(self)}  # fmt: skip

    def __str__(self) -> str:
        parts = [self.answer, self.table().text(), self.changes_table().text() if self.changes else "",
                 str(self.after.cost), *(f"note  {concern}" for concern in self.concerns)]  # fmt: skip
        return "\n\n".join(part for part in parts if part)


def headroom(design: Design, row_sizes: RowSizes | None = None) -> Headroom:
    """The multiple of today's load at which each part breaks, and the cheapest changes that reach `traffic.growth`.

    A change keeps its element at or under 85 % utilisation there; of several, the one that costs least a month by the
    price table is taken, and the design with all of them is estimated again. row_sizes: as for `estimate`.
    """
    target = float(design.traffic.growth)
    now, system = estimate(design, 1.0, row_sizes), system_of(design)
    then = estimate(design, target, row_sizes)
    ways = _ways(design, system, then, target)
    rooms = tuple(_room(entry, now, ways.get(entry.element, ())) for entry in now.breaks)
    chosen = tuple(ways[room.element][0] for room in rooms if room.element in ways)
    changed = design.changed({where: value for change in chosen for where, value in _edits(design, change).items()})
    after = estimate(changed, target, row_sizes)
    concerns = tuple(line for line in after.warnings if line not in then.warnings)
    return Headroom(design.title or design.name, target, now, rooms, chosen, then.cost, after, concerns)


def _room(entry: Break, now: Estimate, changes: tuple[Change, ...]) -> Room:
    return Room(entry.element, entry.at, entry.why, now.elements[entry.element].formula, changes)


def _ways(design: Design, system: System, then: Estimate, target: float) -> dict[str, tuple[Change, ...]]:
    """Element → changes that would do, cheapest first, once all that it waits for is mended."""
    solution = Solution(system, [target], most=COMFORTABLE)
    bill = Bill(design, system.plan, target, then.storage, then.egress_b_per_s)
    found = {}
    for remedy in then.remedies:
        row = system.network.index[remedy.element]
        busy = float(solution.utilisation[row, 0] * solution.servers[row, 0])
        options = [replace(change, per_month=_more(design, bill, change))
                   for change in _options(design, system, remedy, busy, target)]  # fmt: skip
        options.sort(key=lambda change: math.inf if math.isnan(change.per_month) else change.per_month)
        found[remedy.element] = tuple(options)
    return found


def _options(design: Design, system: System, remedy: Remedy, busy: float, target: float) -> Iterator[Change]:
    """Changes that keep an element under 85 %, without their cost. busy: servers that its load occupies."""
    name, now, needed = remedy.element, remedy.now, remedy.needed
    if remedy.what == "rate_limit":
        yield Change(name, "rate_limit", now, needed, math.nan, "its owner agrees to it")
    elif name in design.stores:
        yield Change(name, "servers", now, needed, math.nan, "its price grows with its servers")
        yield from _replicas(design.stores[name], system, name, busy)
    else:
        yield Change(name, "instances", now, needed, math.nan, "instances share nothing that is scarce")
        yield from _threads(design.services[name], system, name, busy, target)


def _replicas(store: Store, system: System, name: str, busy: float) -> Iterator[Change]:
    """More copies to read from, where reads are what fills the store."""
    reads, writes = system.plan.reads_per_s[name], system.plan.writes_per_s[name]
    each = float(system.each_per_s[system.network.index[name]])
    left = COMFORTABLE * store.servers * each / busy - writes  # reads/s of today's that a copy can take
    if reads and left > 0 and store.engine not in ELASTIC | BROKERS and store.role != "cdn":
        when = f"reads may lag behind; {show_share(reads / (reads + writes))} of its statements are reads"
        yield Change(name, "replicas", store.replicas, math.ceil(reads / left - 1e-9) - 1, math.nan, when)


def _threads(service: Service, system: System, name: str, busy: float, target: float) -> Iterator[Change]:
    """More concurrency, where threads mostly wait for others."""
    rates, own = system.plan.handling_per_s, system.handling_own[0]
    work = target * sum(rates[index] * float(own[index]) for index in system.plan.handled_by[name])
    each, of = (service.concurrency, "threads of today") if service.cpu is None else (float(service.cpu), "vCPUs")
    if work <= COMFORTABLE * service.instances * each:
        when = f"its own work fits: it keeps {significant(work)} of {significant(service.instances * each)} {of} busy"
        needed = math.ceil(busy / COMFORTABLE / service.instances - 1e-9)
        yield Change(name, "concurrency", service.concurrency, needed, math.nan, when)


def _edits(design: Design, change: Change) -> dict[Where, Any]:
    """What a change sets in the design. A store's stated cost grows with its servers, or with its copies."""
    name, needed = change.element, int(change.needed)
    if name not in design.stores:
        return {("externals" if name in design.externals else "services", name, change.what): needed}
    store = design.stores[name]
    times = (1 + needed) / (1 + store.replicas) if change.what == "replicas" else needed / store.servers
    edits: dict[Where, Any] = {("stores", name, change.what): needed}
    for key in ("monthly_cost", "cpu") if change.what == "servers" else ("monthly_cost",):
        value = getattr(store, key)
        edits |= {} if value is None else {("stores", name, key): value * times}
    return edits


def _more(design: Design, bill: Bill, change: Change) -> float:
    """What a change costs more a month; nan where unknown, or up to others."""
    if change.what == "rate_limit":
        return math.nan
    if change.what == "concurrency":
        return 0.0
    element: Any = design.element(change.element)
    changed = element.model_copy(update={where[-1]: value for where, value in _edits(design, change).items()})
    before, after = (bill.of(change.element, each)[0] for each in (element, changed))
    return after[0].per_month - before[0].per_month if before else math.nan
