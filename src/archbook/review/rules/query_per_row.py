"""One statement after the other where one would do."""

from archbook.findings import Hits, Rule
from archbook.review.rules.chatty_services import times_of
from archbook.review.subject import Subject
from archbook.units import show_duration, significant

MOST_STATEMENTS = 5
WHOLE = ("objects", "cdn", "archive")
"""Roles of stores that are asked for one object at a time."""


def per_row(subject: Subject) -> Hits:
    """A statement for each row of a list, or more than five alike one after the other for one request, after caches."""
    for index, call in enumerate(subject.design.calls):
        store = subject.design.stores.get(call.to)
        alike = call.per_request == "per row"
        many = alike or (float(call.per_request) > MOST_STATEMENTS and not call.parallel)
        if store is None or store.role in WHOLE or not many:
            continue
        times, name = max((times_of(subject, call, name), name) for name in call.on or ("",))
        if times > (1 if alike else MOST_STATEMENTS):
            one = subject.element(call.to)
            spent = []
            if one and not call.parallel:
                total, each = (show_duration(n * one.mean_response_s) for n in (times, 1))
                spent = [f"they take {total} where one takes {each} (computed: sum of serial answers)"]
            yield subject.at_calls(
                [(index, call)],
                f"{call.from_} sends {call.to} {significant(times)} statements{' (one per row)' if alike else ''} for "
                f"one {name or f'request to {call.from_}'}",
                f"calls[{index}]: set `per_request: 1`: one statement for all of them (a join, `= ANY (…)`, or one "
                "INSERT of many rows)",
                *spent,
                *subject.measured("n_plus_one", call.to),
            )


RULE = Rule(
    id="query-per-row",
    severity="medium",
    principle=1,
    why="Each statement pays for its way there and back, its parsing and its place in the pool, and the list gets "
    "slower with every row that it shows",
    remedy="Ask once for all rows.",
    references=(
        "Fowler, Patterns of Enterprise Application Architecture: Lazy Load (ripple loading)",
        "Winand, Use The Index, Luke: Nested Loops",
    ),
    check=per_row,
    fires="calls: {0: {per_request: per row}}",
    quiet="calls: {0: {per_request: 5}}",
    measured_by="archbook experiment DESIGN n_plus_one",
)
