"""Exercises of `07_database_scaling`: what buys the next ten times?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from archbook.capacity import estimate
from archbook.capacity.result import StorageEstimate
from archbook.design.elements import Holding
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Names, Value
from archbook.schema import row_sizes
from archbook.units import parse_duration, show_duration, show_share, show_size, significant

STORE = "orders-db"
MONTH_DAYS = 365.25 / 12
YEAR_S = 365 * 86_400.0  # asked for in the last exercise
ALLOWED = 0.6  # of the bytes, in the last exercise
PRUNED = {  # conditions, and whether partitions by month of created_at are left out; a test asks PostgreSQL
    "user_id = 7": False,
    "created_at >= '2026-05-01' AND created_at < '2026-06-01'": True,
    "date_trunc('month', created_at) = '2026-05-01'": False,
    "user_id = 7 AND created_at >= '2026-05-01'": True,
}


def size_b(entry: StorageEstimate) -> float:
    """Rows and indexes at the horizon."""
    return (entry.size_at_horizon_b or 0.0) + (entry.indexes_at_horizon_b or 0.0)


def tables(design: Design) -> dict[str, StorageEstimate]:
    """What relational stores keep at the planned growth, by ``store.table``. Raises ArchbookError where none does."""
    planned = estimate(design, design.traffic.growth, row_sizes(design))
    found = {f"{entry.store}.{entry.holding}": entry for entry in planned.storage if entry.store in design.source.ddl}
    if not found:
        raise ArchbookError(f"no database of {design.name} says what it `holds`, so this exercise has no answer for it")
    return found


def largest(design: Design) -> str:
    """The table with most bytes at the horizon."""
    found = tables(design)
    return max(found, key=lambda name: size_b(found[name]))


def rows_a_month(design: Design) -> float:
    """Rows come at the mean rate of the day; a month is a twelfth of a year."""
    return tables(design)[largest(design)].items_per_day * MONTH_DAYS


def pruned(_: Design) -> list[str]:
    """Partitions are left out where the condition compares the column itself that they are cut by."""
    return [where for where, left_out in PRUNED.items() if left_out]


def connections(_: Design) -> Callable[[float, float, int], float]:
    """Little's law for one instance: arrivals a second × time held."""
    return lambda rate_per_s, held_s, instances: rate_per_s / instances * held_s


def rows_walked(_: Design) -> Callable[[int, int], float]:
    """Page n walks past n − 1 pages and reads one: 1 + 2 + … + pages, times the rows of a page."""
    return lambda pages, size: size * pages * (pages + 1) / 2


def reads_after_writes(design: Design) -> list[str]:
    """Reads of what was written earlier in the same journey. Raises ArchbookError where there is none."""
    resource = {endpoint.name: (endpoint.method, endpoint.resource) for endpoint in design.api.endpoints}
    found = []
    for journey in design.traffic.journeys.values():
        written = set()
        for name, _ in design.steps(journey):
            method, what = resource.get(name, ("", None))
            if method == "GET" and what in written:
                found.append(name)
            elif what and method != "GET":
                written.add(what)
    if not found:
        raise ArchbookError(f"no journey of {design.name} reads what it has written, so this exercise has no answer")
    return list(dict.fromkeys(found))


def reads(design: Design) -> Sequence[str]:
    """All endpoints that only read."""
    return [endpoint.name for endpoint in design.api.endpoints if endpoint.method == "GET"]


def archived(design: Design) -> Mapping[str, Holding]:
    """Tables of the orders database whose old rows go to an archive. Raises ArchbookError where there is none."""
    holds = design.stores[STORE].holds if STORE in design.stores else {}
    found = {name: holding for name, holding in holds.items() if holding.archive and holding.keep}
    if not found:
        raise ArchbookError(f"{design.name} archives nothing of {STORE}, so this exercise has no answer for it")
    return found


def kept_b(design: Design) -> float:
    """Bytes of the orders database at the horizon, at the planned growth."""
    return sum(size_b(entry) for entry in tables(design).values() if entry.store == STORE)


def keeps(design: Design, kept_s: Mapping[str, Any]) -> dict[Where, Any]:
    return {("stores", STORE, "holds", name, "keep"): kept_s[name] for name in archived(design)}


def in_seconds(design: Design) -> Design:
    """The same design where a reader has written ``"1y"``."""
    said = {name: holding.keep for name, holding in archived(design).items()}
    return design.changed(keeps(design, {n: parse_duration(s) if isinstance(s, str) else s for n, s in said.items()}))


def a_year(design: Design) -> dict[Where, Any]:
    """Both tables for a year: a line is archived with its order."""
    return keeps(design, dict.fromkeys(archived(design), YEAR_S))


def lacks(before: Design, after: Design) -> str:
    """Whether little enough is kept, for long enough, and nothing else was touched."""
    after = in_seconds(after)
    old = keeps(before, {name: holding.keep for name, holding in archived(before).items()})
    if after.changed(old).model_dump() != before.model_dump():
        return f"Only `keep` of {' and '.join(f'`{name}`' for name in archived(before))} may change here."
    new = {name: after.stores[STORE].holds[name].keep for name in archived(before)}
    if len({*new.values()}) > 1:
        return "They are kept for different times: a line would outlive its order, or an order its lines."
    kept_s = next(iter(new.values()))
    if kept_s is not None and kept_s < YEAR_S:
        return f"Customers see their orders for a year, and these are gone after {show_duration(kept_s)}."
    share = kept_b(after) / kept_b(before)
    return "" if share <= ALLOWED else f"It still takes {show_share(share)} of the bytes."


EXERCISES = (
    Exercise(
        "07.1", "The largest table",
        "Which table takes most bytes at the planned growth and horizon, its indexes counted?",
        Choice(lambda design: list(tables(design)), largest),
        ("Not all databases matter alike: look at the table of what grows, near the top.",
         "`ab.estimate(design, growth=design.traffic.growth).storage` has `size_at_horizon_b` of each.",
         "Add `indexes_at_horizon_b`, take the largest, and answer with STORE.TABLE."),
        largest,
        lambda design: f"`{largest(design)}`: {show_size(size_b(tables(design)[largest(design)]))} with its indexes.",
    ),
    Exercise(
        "07.2", "A month of rows",
        "How many rows come to that table in one month, a twelfth of a year, at the planned growth?",
        Value(rows_a_month, "number"),
        ("Rows come at the mean rate, and not at the peak.",
         "The estimate of the table has `items_per_day`.",
         "`items_per_day * 365.25 / 12` of the largest table."),
        rows_a_month,
        lambda design: f"{significant(rows_a_month(design))} rows: so many leave with each month that is detached.",
    ),
    Exercise(
        "07.3", "What prunes",
        "orders is cut by month of created_at. With which of these conditions can PostgreSQL leave partitions out?",
        Names(lambda _: list(PRUNED), pruned),
        ("A partition may be left out when the condition says that nothing in it can match.",
         "The planner knows of each partition between which values of created_at its rows lie, and nothing else.",
         "A function of created_at hides it, as it does from an index: compare the column itself."),
        pruned,
        lambda _: "A user may have ordered in any month, and the planner does not look into date_trunc.",
    ),
    Exercise(
        "07.4", "Busy connections",
        "Write a function of (rate_per_s, held_s, instances): how many connections does one instance keep busy on "
        "average, when the requests are shared out evenly?",
        Function(lambda _: [((800.0, 0.005, 2), 2.0), ((90.0, 0.1, 3), 3.0), ((1_000.0, 0.02, 1), 20.0)]),
        ("Each instance gets its share of the requests.",
         "Little's law: what is inside = arrivals a second × time inside.",
         "`rate_per_s / instances * held_s`."),
        connections,
        lambda _: "Requests come unevenly, so a pool is larger than that; the panel says by how much.",
    ),
    Exercise(
        "07.5", "The price of paging",
        "Write a function of (pages, size): a reader opens pages 1, 2, 3 … by OFFSET, with so many rows each. Through "
        "how many rows does the database walk for all of them together?",
        Function(lambda _: [((1, 20), 20.0), ((10, 20), 1_100.0), ((1_000, 50), 25_025_000.0)]),
        ("Page 3 walks past two pages and reads one.",
         "Together that is 1 + 2 + … + pages pages.",
         "`size * pages * (pages + 1) / 2`."),
        rows_walked,
        lambda _: "It grows with the square of the pages; by keyset it is pages × size.",
    ),
    Exercise(
        "07.6", "Not from a replica",
        "Which endpoints read what the same customer has just written, earlier in the same journey?",
        Names(reads, reads_after_writes),
        ("Look at the journeys in which something is posted.",
         "What does the page show right after the order was placed, the payment made, the account opened?",
         "Each GET that comes after a POST, PUT or PATCH of the same `resource`."),
        reads_after_writes,
        lambda design: f"{', '.join(f'`{name}`' for name in reads_after_writes(design))}: from the primary, or once "
                       "the replica has that position in the log.",
    ),
    Exercise(
        "07.7", "How long to keep",
        f"Change the design so that `{STORE}` takes at most {show_share(ALLOWED)} of the bytes that it takes now at "
        "the planned growth and horizon, and customers still see their orders for a year.",
        Change(lacks),
        ("What says how long rows stay?",
         "An order and its lines leave together: both need the same `keep`.",
         f'`{{("stores", "{STORE}", "holds", TABLE, "keep"): "1y"}}` for each table that has an archive.'),
        a_year,
        lambda design: f"After a year they leave: {show_size(kept_b(design.changed(a_year(design))))} are left of "
                       f"{show_size(kept_b(design))}.",
    ),
)  # fmt: skip
