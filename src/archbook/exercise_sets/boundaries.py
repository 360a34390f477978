"""Exercises of `03_service_boundaries`: one service or two?"""

from __future__ import annotations

from collections.abc import Callable

from archbook.capacity import plan
from archbook.capacity.availability import HOURS_A_YEAR
from archbook.capacity.coupling import Pair, coupling, one_request
from archbook.capacity.flow import Plan
from archbook.capacity.merging import merged
from archbook.design.model import Design
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Names, Text, Value
from archbook.schema import parse
from archbook.schema.queries import broken_queries
from archbook.units import show_count, show_share, significant

SERIES = [((0.999, 1, 5), HOURS_A_YEAR * (1 - 0.999**5)), ((0.99, 2, 1), 0.8766),
          ((0.99, 2, 10), HOURS_A_YEAR * (1 - 0.9999**10))]  # by hand  # fmt: skip
SAGA = "a saga"


def heard(design: Design) -> tuple[str, str]:
    """A service that announces an event, and one that hears it and never calls the other."""
    calls = {(call.from_, call.to) for call in design.calls}
    for event in design.events.values():
        for consumer in event.to:
            if consumer in design.services and not {(consumer, event.from_), (event.from_, consumer)} & calls:
                return event.from_, consumer
    raise ArchbookError(f"no service of {design.name} only hears another, so this exercise has no answer for it")


def depends(design: Design) -> str:
    """Who announces a fact need not know who listens; who listens must know the fact."""
    return heard(design)[1]


def closest(design: Design) -> Pair:
    """The pair whose share of work is largest. Raises ArchbookError where no service calls another."""
    pairs = coupling(design).pairs
    if not pairs or not pairs[0].calls_per_s:
        raise ArchbookError(f"no service of {design.name} calls another, so this exercise has no answer for it")
    return pairs[0]


def closest_share(design: Design) -> float:
    """The first row of the table of pairs."""
    return closest(design).share


def hours_away(_: Design) -> Callable[[float, int, int], float]:
    """Beside each other all must fail, in series all must be there."""
    return lambda availability, instances, services: (
        HOURS_A_YEAR * (1 - (1 - (1 - availability) ** instances) ** services)
    )


def sagas(design: Design) -> list[str]:
    """Endpoints whose request writes more than one store."""
    names = [e.name for e in design.api.endpoints if one_request(design, e.name).consistency.startswith(SAGA)]
    if not names:
        raise ArchbookError(f"every request of {design.name} writes one store at most: no answer to this exercise")
    return names


def writers(design: Design) -> list[str]:
    """Endpoints that write something."""
    return [e.name for e in design.api.endpoints if one_request(design, e.name).written]


def expanded(_: Design) -> str:
    """The new name beside the old one; the old one goes when nobody asks for it any more."""
    return "ALTER TABLE carts ADD COLUMN customer_id bigint"


def lacks_column(ddl: str, design: Design) -> str:
    """Whether `carts` has the new column and every query of today is still answered."""
    store = next((name for name, text in design.source.ddl.items() if "carts" in parse(text).tables), None)
    if store is None:
        raise ArchbookError(f"{design.name} has no table `carts`, so this exercise has no answer for it")
    after = design.migrated(store, ddl)
    if broken := broken_queries(after):
        return f"`{broken[0].service}` asks for `{broken[0].table}.{broken[0].column}`, which is gone."
    table = parse(after.ddl(store) or "").tables["carts"]
    return "" if table.has("customer_id") else "There is no column `customer_id` in `carts`."


def unwaited(design: Design) -> Design:
    """Each service is merged into the one that waits for it, as long as one does for a client's request."""
    while pair := _waiting(design):
        design = merged(design, *pair)
    return design


def _waiting(design: Design) -> tuple[str, str] | None:
    """A pair of services in which one calls the other for a client's request."""
    asked = [e.name for e in design.api.endpoints if one_request(design, e.name).calls]
    for call in design.calls:
        inner = call.from_ in design.services and call.to in design.services and call.from_ != design.gateway
        if inner and asked and (not call.on or set(asked) & set(call.on)):
            return call.from_, call.to
    return None


def lacks_nothing(before: Design, after: Design) -> str:
    """Whether no service waits for another in a client's request, and all that was asked of stores still is."""
    asked = {e.name: one_request(after, e.name) for e in after.api.endpoints}
    if gone := [e.name for e in before.api.endpoints if e.name not in asked]:
        return f"`{gone[0]}` is gone."
    chatty = next((one for one in asked.values() if one.calls), None)
    if chatty:
        return f"`{chatty.endpoint}` still makes {show_count(round(chatty.calls), 'call')} between services."
    if after.traffic != before.traffic:
        return "The traffic may not change."
    was, now = plan(before), plan(after)
    for name in (*before.stores, *before.externals):
        if _visits(now, name) < 0.98 * _visits(was, name) and name not in {e.broker for e in before.events.values()}:
            return f"`{name}` is asked less often than before: some of the work got lost."
    return ""


def _visits(flow: Plan, name: str) -> float:
    return flow.reads_per_s.get(name, 0.0) + flow.writes_per_s.get(name, 0.0)


EXERCISES = (
    Exercise(
        "03.1", "Who depends on whom",
        "One service announces an event, another hears it, and neither calls the other; in the shop `order.created` is "
        "such an event. Which of the two depends on its partner?",
        Choice(lambda design: list(heard(design)), depends),
        ("Which of the two can be built and tested without knowing that the other exists?",
         "Whoever announces only states a fact.", "The one that hears must know the name and the fields of the event."),
        depends, lambda design: f"{heard(design)[0]} could be released without knowing who listens.",
    ),
    Exercise(
        "03.2", "The closest pair",
        "Take the pair that stands first in the table of `ab.coupling(design)`. In what share of its work does the "
        "first call the second?",
        Value(closest_share, "share"),
        ("`ab.coupling(design).pairs` has all pairs, closest first.", "Its first entry has a `share`.",
         "`ab.coupling(design).pairs[0].share`"),
        closest_share,
        lambda design: f"{show_share(closest_share(design))} of all that `{closest(design).from_}` handles, events "
                       "too: no client need wait for it.",
    ),
    Exercise(
        "03.3", "In series, and beside each other",
        "Write a function of (availability, instances, services): hours a year in which a request that needs all the "
        "services fails, when each service runs so many instances of that availability.",
        Function(lambda _: SERIES),
        ("A service is away only while all of its instances are: (1 − a)ⁿ.",
         "All services must be there: multiply what each is there.",
         "8766 * (1 - (1 - (1 - availability)**instances)**services)"),
        hours_away,
        lambda _: f"Five at 99.9 % with one instance each: {significant(hours_away(_)(0.999, 1, 5))} h; with two "
                  f"each {significant(60 * hours_away(_)(0.999, 2, 5))} min.",
    ),
    Exercise(
        "03.4", "Where one transaction is not enough",
        "Which endpoints write more than one store in one request, so that no transaction keeps the writes together?",
        Names(writers, sagas),
        ("`one_request(design, name).written` lists the stores that a request writes.",
         "Ask it for every endpoint; more than one store is a saga.",
         "`[e.name for e in design.api.endpoints if len(one_request(design, e.name).written) > 1]`"),
        sagas, lambda design: f"{show_count(len(sagas(design)), 'endpoint needs', 'endpoints need')} an outbox, or a "
                              "step that undoes.",
    ),
    Exercise(
        "03.5", "A better name, and nobody broken",
        "`carts.user_id` shall be called `customer_id` one day. Write the first statement: after it the new column is "
        "there, and every query of today is still answered.",
        Text(lacks_column, "one or more statements of SQL"),
        ("A rename breaks whoever asks for the old name, at that moment.",
         "Let both names stand side by side for a while: expand, move everybody, contract.",
         "`ALTER TABLE carts ADD COLUMN …`"),
        expanded, lambda _: "Then writers fill both, readers move one by one, and the old column goes last.",
    ),
    Exercise(
        "03.6", "Nobody waits for a neighbour",
        "Give a design in which no request of a client makes one service wait for another (the gateway aside). No "
        "endpoint, statement or call of a stranger may get lost.",
        Change(lacks_nothing),
        ("`one_request(design, name).calls` says which endpoints still do; in the shop it is one.",
         "`ab.merged(design, A, B)` makes two services one; it can be used twice.",
         "Merge into the service that places the order whatever it waits for, and give the result to `check`."),
        unwaited, lambda design: f"It leaves {show_count(len(unwaited(design).services), 'service')}: fewer calls, and "
                                 "larger teams. That price is no number of this notebook.",
    ),
)  # fmt: skip
