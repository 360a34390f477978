"""The seven items of the performance checklist: when each applies, what is computed, and which measurement earns it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from archbook.capacity import plan
from archbook.capacity.pools import pool_warnings
from archbook.capacity.result import Estimate
from archbook.design.elements import RELATIONAL, Service, Store
from archbook.design.model import Design
from archbook.evidence import Evidence
from archbook.review.checklist.measuring import Progress, asked, experiment, simulated
from archbook.review.subject import Subject
from archbook.schema.choosing import links
from archbook.units import listed, show_count, show_duration, show_factor

DEEP_PAGES_COST = 10.0
"""Of OFFSET against a keyset; from here on its depth is to be bounded."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a computation or a measurement says of an item. holds: None where it can say nothing. do: the next step.

    beside: what is to be known with it.
    """

    holds: bool | None
    text: str
    do: str = ""
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One item. `Checklist` joins the parts to a state.

    rules: an open finding of one of them refutes it. needless: why it does not apply to a design; empty where it does.
    computed: what follows from the design alone. evidence: how the ids of the evidence begin that earns it; where it is
    empty, the computation decides. judged: what such an entry says. measure: makes it, on so many rows a table.
    outranks: whether it also counts where the computation says otherwise. alone: why nothing of it can be measured in a
    design, so that the computation decides; empty where something can.
    """

    id: str
    title: str
    why: str
    rules: tuple[str, ...]
    needless: Callable[[Subject], str]
    computed: Callable[[Subject], Claim]
    evidence: str = ""
    run: str = ""
    judged: Callable[[Subject, Evidence], Claim] = lambda _, entry: Claim(True, entry.claim)
    measure: Callable[[Design, int, Progress | None], Iterable[Evidence]] = lambda *_: ()
    outranks: bool = False
    alone: Callable[[Subject], str] = lambda _: ""


def relational(subject: Subject) -> dict[str, Store]:
    """The stores that answer SQL, by name."""
    return {name: store for name, store in subject.design.stores.items() if store.engine in RELATIONAL}


def _without_sql(subject: Subject) -> str:
    return "" if relational(subject) else "No store of the design answers SQL"


def _tables(subject: Subject, text: str) -> Claim:
    """A claim about tables, which are known where a store has DDL."""
    if not any(subject.design.ddl(name) for name in relational(subject)):
        first = next(iter(relational(subject)))
        return Claim(
            None, "No tables are known", f"name the DDL file of a store: stores.{first}: `schema: schema/….sql`"
        )
    return Claim(True, text)


def _indexes(subject: Subject) -> Claim:
    stores = [name for name in relational(subject) if subject.design.ddl(name)]
    return _tables(subject, f"No filter of an endpoint or a call is without an index in {listed(stores)} (computed: "
                            "the columns that the design names against the indexes in the DDL)")  # fmt: skip


def _index_pays(_: Subject, entry: Evidence) -> Claim:
    pays = (entry.low or entry.value) > 1
    return Claim(pays, entry.claim, "" if pays else "look at the plans in the outcome: at this size, or for this "
                 "statement, the index is not used; measure with the rows of the horizon (`--rows`)")  # fmt: skip


def _rows(subject: Subject) -> Claim:
    calls = show_count(len(subject.design.calls), "call")
    return _tables(subject, f"Not one of {calls} is made once a row (computed: `per_request` of all calls). What a "
                            "program sends beyond its design is not known here: count the statements of a request "
                            "in its tests")  # fmt: skip


def _without_families(subject: Subject) -> str:
    schemas = [subject.schemas[name] for name in relational(subject) if name in subject.schemas]
    families = (schema.tables[link.child].primary_key for schema in schemas for link in links(schema))
    return "" if any(families) else "no table's rows belong to rows of another, so there is nothing to measure it on"


def _row_by_row(_: Subject, entry: Evidence) -> Claim:
    return Claim(True, f"Were a list loaded row by row, it would be {show_factor(entry.value)} slower. {entry.claim}")


def _without_promise(subject: Subject) -> str:
    return "" if subject.design.api.endpoints else "The design has no endpoint"


def _p95(subject: Subject) -> Claim:
    if subject.today is None:
        return Claim(None, f"The load cannot be estimated: {subject.no_estimate}")
    asked = [e for e in subject.today.endpoints.values() if e.rate_per_s]
    promised = [e for e in asked if e.slo_p95_s is not None]
    if not promised:
        return Claim(False, f"Not one of {show_count(len(asked), 'endpoint')} in journeys promises a p95, so there "
                     "is no target to be under", "set `slo: {p95: 200ms}` at services or endpoints")  # fmt: skip
    missed = [e for e in promised if not e.meets_slo]
    if missed:
        worst = max(missed, key=lambda e: e.p95_s / (e.slo_p95_s or 1))
        longest = max(worst.path, key=lambda part: part[1])[0]
        return Claim(False, f"{len(missed)} of {len(promised)} promises are missed at today's peak, {worst.name} by "
                     f"most: {show_duration(worst.p95_s)} for {show_duration(worst.slo_p95_s or 0)} (computed)",
                     f"look at {longest}, where most of that time goes")  # fmt: skip
    return Claim(True, f"All {len(promised)} promises are kept at today's peak (computed)")


def _simulated(subject: Subject, entry: Evidence) -> Claim:
    """A simulation speaks for the endpoints that it has a percentile of; for the others the estimate does."""
    do, known = (
        "`archbook headroom DESIGN` says which part to make larger or faster",
        entry.details.get("endpoints", {}),
    )
    rest = [name for name in _missed(subject.today) if name not in known]
    if rest:
        said = f"{listed(rest)} {'is' if len(rest) == 1 else 'are'} asked for too rarely to say"
        return Claim(False, entry.claim, do, f"{said}, and computed to miss")
    later = len(_missed(subject.grown)) if subject.design.traffic.growth > 1 else 0
    missed = show_count(later, "promise is", "promises are")
    beside = f"{subject.peak.capitalize()} {missed} missed (computed)" if later else ""
    return Claim((entry.high if entry.high is not None else entry.value) <= 1, entry.claim, do, beside)


def _missed(at: Estimate | None) -> list[str]:
    """Endpoints that are asked for and miss their promise, by the estimate."""
    return [e.name for e in at.endpoints.values() if e.rate_per_s and e.meets_slo is False] if at else []


def _without_lists(subject: Subject) -> str:
    return "" if any(e.list for e in subject.design.api.endpoints) else "No endpoint answers with a list"


def _pages(subject: Subject) -> Claim:
    lists, style = [e for e in subject.design.api.endpoints if e.list], subject.design.api.style
    whole = [e.name for e in lists if not e.paginated or style.pagination == "none"]
    if whole:
        return Claim(False, f"{listed(whole)} {'answers' if len(whole) == 1 else 'answer'} with the whole list",
                     "set `paginated: true`, and `api.style.pagination`")  # fmt: skip
    return Claim(True, f"{show_count(len(lists), 'list is', 'lists are')} cut by {style.pagination}, at most "
                 f"{style.max_page_size} rows (computed: `list` and `paginated` of all endpoints)")  # fmt: skip


def _page_cost(subject: Subject, entry: Evidence) -> Claim:
    deep = subject.design.api.style.pagination == "page" and (entry.low or entry.value) > DEEP_PAGES_COST
    bound = "Pages by number cost so much when they are deep: bound their depth, or take `pagination: cursor`"
    return Claim(True, entry.claim, beside=bound if deep else "")


def _reads(subject: Subject) -> list[str]:
    return [e.name for e in subject.design.api.endpoints if e.method == "GET"]


def _cached(subject: Subject) -> Claim:
    kept, reads = [e for e in subject.design.api.endpoints if e.method == "GET" and e.cache], len(_reads(subject))
    if not kept:
        return Claim(False, f"Not one of {show_count(reads, 'read')} says how long its answer may be kept",
                     "set `cache: 60s` where an answer is the same for everybody, and send Cache-Control")  # fmt: skip
    return Claim(True, f"{len(kept)} of {show_count(reads, 'read')} say how long their answer may be kept (computed: "
                 "`cache` of all endpoints)")  # fmt: skip


def _all_say(_: Subject, entry: Evidence) -> Claim:
    return Claim(entry.value >= 1, entry.claim, "send Cache-Control, and an ETag that is compared, with those reads")


def _without_pools(subject: Subject) -> str:
    called = {call.to for call in subject.design.calls} & relational(subject).keys()
    return "" if called else "No service calls a store that answers SQL"


def _pools(subject: Subject) -> Claim:
    called = {call.to for call in subject.design.calls}
    without = [name for name, store in relational(subject).items() if name in called and store.pool is None]
    if without:
        return Claim(False, f"{listed(without)} {'is' if len(without) == 1 else 'are'} called without a pool",
                     f"stores.{without[0]}: set `pool` to rate × time held, and a few more")  # fmt: skip
    if subject.grown is None:
        return Claim(None, f"The load cannot be estimated: {subject.no_estimate}")
    growth = subject.design.traffic.growth
    against = pool_warnings(subject.design, plan(subject.design), subject.grown.elements, growth)
    if against:
        return Claim(False, "; ".join(against), "hold connections for less, or share them in a proxy, before the "
                     "database is asked to accept more")  # fmt: skip
    names = listed(name for name in relational(subject) if name in called)
    return Claim(True, f"The pools of {names} hold what they are asked for {subject.peak}, and the databases accept "
                 "them (computed: Little's law)")  # fmt: skip


def _without_services(subject: Subject) -> str:
    return "" if subject.design.services else "The design has no service"


def _lacking(service: Service) -> Iterator[str]:
    """What a service cannot be watched without, and has not."""
    needed = {"an objective": service.slo, "a health check": service.health_check, "an alert": service.alerts}
    return (what for what, there in needed.items() if not there)


def _watched(subject: Subject) -> Claim:
    services = subject.design.services
    blind = {name: lacking for name, service in services.items() if (lacking := list(_lacking(service)))}
    if blind:
        name, what = next(iter(blind.items()))
        return Claim(False, f"{len(blind)} of {show_count(len(services), 'service')} cannot be watched: "
                     f"{listed(blind)}", f"services.{name}: give it {', '.join(what)}")  # fmt: skip
    alerts = show_count(sum(len(service.alerts) for service in services.values()), "alert")
    return Claim(True, f"All of {show_count(len(services), 'service')} have an objective, a health check and "
                 f"{alerts} together (counted in the design). Whether an alert wakes somebody is not known here: "
                 "fire one on purpose")  # fmt: skip


ITEMS = (
    Item(
        "queries-use-indexes", "Queries use indexes", "A scan grows with the table, a look-up by an index hardly does.",
        ("unindexed-filter", "foreign-key-without-index"), _without_sql, _indexes, judged=_index_pays,
        **experiment("index_or_scan"),
    ),
    Item(
        "no-query-per-row", "No query for each row (N+1)", "Each round trip is waited for in turn.",
        ("query-per-row", "chatty-services"), _without_sql, _rows, judged=_row_by_row,
        alone=_without_families, **experiment("n_plus_one"),
    ),
    Item(
        "p95-under-target", "p95 under its target", "Averages hide those who wait longest.",
        (), _without_promise, _p95, "simulate-1x-p95", "archbook checklist DESIGN --run", _simulated, simulated,
        outranks=True,
    ),
    Item(
        "lists-are-paginated", "Pages on every list", "A list grows with the business, and so does its answer.",
        ("list-without-pagination",), _without_lists, _pages, judged=_page_cost, **experiment("offset_or_keyset"),
    ),
    Item(
        "reads-say-how-long", "Caching headers on reads", "What need not be asked again costs nothing.",
        ("get-without-caching",), lambda subject: "" if _reads(subject) else "No endpoint reads", _cached,
        "caching_headers", "archbook checklist DESIGN --run", _all_say, asked,
    ),
    Item(
        "pools-are-sized", "Pools sized", "A pool too small makes requests wait, one too large the database.",
        ("pool-missing", "pool-below-the-load", "connections-over-the-maximum"), _without_pools, _pools,
        **experiment("connection_pooling"),
    ),
    Item(
        "monitored", "Monitoring and alerts", "What is not measured is not improved, nor noticed when it breaks.",
        ("no-objective", "no-health-check", "no-alert"), _without_services, _watched,
    ),
)  # fmt: skip
"""All items, in the order in which they are told."""
