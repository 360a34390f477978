"""Exercises of `11_common_mistakes`: what does each mistake cost, and would you have seen it?"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from archbook.capacity import estimate
from archbook.capacity.coupling import one_request
from archbook.design.comparing import compare
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError, UnknownName
from archbook.exercises import Change, Choice, Exercise, Function, Names, Value
from archbook.findings import Finding
from archbook.review import review
from archbook.units import show_duration, show_share, significant

AFTER = ("at once", "after five calls", "when half of the calls have failed", "never")
PLANTED: dict[str, dict[Where, Any]] = {
    "A": {("calls", 4, "per_request"): 8.0, ("api", "endpoints", 5, "paginated"): False,
          ("calls", 6, "timeout"): None, ("calls", 3, "to"): "orders-db"},
    "B": {("calls", 44, "timeout"): None, ("calls", 38, "idempotency_key"): False,
          ("events", "payment.completed", "dead_letter"): False,
          ("events", "order.shipped", "idempotent_consumers"): False, ("stores", "payments-db", "backup"): None},
}  # fmt: skip
"""Flaws to plant: A in the smallest example, B in the large shop."""
DECOYS = ("no-circuit-breaker", "object-without-ownership-check", "plaintext-link", "query-per-row",
          "store-without-backup", "verb-in-url")  # fmt: skip
CASES = [((2.02, 0.104, 3), math.log2(2.02 / 0.104) / 3), ((8.0, 2.0, 1), 2.0), ((1.0, 1.0, 11), 0.0),
         ((0.5, 1.0, 4), -0.25)]  # fmt: skip
MOST_VALUES = 3
TOUCHABLE = ("per_request", "mode")


@dataclass(frozen=True, slots=True)
class Scored(Names):
    """All that hold of several names, scored by how many of those named are there, and how many of those there."""

    def fault(self, answer: Any, design: Design, /) -> str:
        if not Names.fault(self, answer, design):
            return ""
        named, there = ({name.strip().casefold() for name in names} for names in (answer, self.answer(design)))
        hits = len(named & there)
        precision = f" (precision {show_share(hits / len(named))})" if named else ""
        if not there:
            return f"Of {len(named)} that you name 0 are there{precision}; nothing is there."
        recall = f"of {len(there)} that are there you name {hits} (recall {show_share(hits / len(there))})"
        return f"Of {len(named)} that you name {hits} are there{precision}; {recall}."


def planted(design: Design, flaws: str) -> Design:
    """A good design with flaws planted in it: those called `A` in the smallest example, `B` in the large shop.

    Raises UnknownName, also for a design that has no such places.
    """
    if flaws not in PLANTED:
        raise UnknownName("planted flaws", flaws, PLANTED)
    return design.changed(PLANTED[flaws])


def flaws(design: Design) -> tuple[Finding, ...]:
    """What the review finds in a design; of its DDL and API only what its own rules say."""
    return review(design, lints=False).findings


def broken_rules(design: Design) -> list[str]:
    """As the review says."""
    return sorted({finding.rule for finding in flaws(design)})


def flawed_places(design: Design) -> list[str]:
    """As the review says."""
    return sorted({finding.about for finding in flaws(design)})


def places(design: Design) -> list[str]:
    """Calls that cross to another service or system, events and stores; and where else something is found."""
    calls = [f"{call.from_} → {call.to}" for call in design.calls if call.to not in design.stores]
    return list(dict.fromkeys([*calls, *design.events, *design.stores, *flawed_places(design)]))


def told(design: Design) -> str:
    """What the review says, finding by finding."""
    return "; ".join(f"{finding.rule}: {finding.what}" for finding in flaws(design)) or "Nothing is to be found here"


def most_calls(design: Design) -> tuple[str, float]:
    """The endpoint one request of which makes the most calls between services, and how many."""
    each = {endpoint.name: one_request(design, endpoint.name).calls for endpoint in design.api.endpoints}
    if not each:
        raise ArchbookError(f"{design.name} promises no endpoint, so this exercise has no answer for it")
    return max(each.items(), key=lambda entry: entry[1])


def opens(_: Design) -> str:
    """A breaker counts failures, and a call that hangs for ever never fails: it needs a timeout first."""
    return "never"


def calls_behind(design: Design) -> float:
    """As many as one request of the chattiest endpoint makes, counted along the call graph."""
    return most_calls(design)[1]


def halvings_per_value(_: Design) -> Callable[[float, float, int], float]:
    """How often the number is halved, for each value that must be changed."""
    return lambda before, after, values: math.log2(before / after) / values


def slowest(design: Design) -> tuple[str, float]:
    """The endpoint with the longest p95 at today's load, and that p95 (s)."""
    found = {name: e.p95_s for name, e in estimate(design, 1.0).endpoints.items() if math.isfinite(e.p95_s)}
    if not found:
        raise ArchbookError(f"{design.name} has no endpoint with a finite p95, so this exercise has no answer for it")
    return max(found.items(), key=lambda entry: entry[1])


def quicker(design: Design) -> dict[Where, Any]:
    """Try each: asked once instead of often, or not waited for; take the best, until the p95 is halved."""
    name, before = slowest(design)
    changes: dict[Where, Any] = {}

    def p95_s(more: dict[Where, Any]) -> float:
        return estimate(design.changed(changes | more), 1.0).endpoints[name].p95_s

    tries: list[dict[Where, Any]] = []
    for index, call in enumerate(design.calls):
        if call.per_request == "per row" or float(call.per_request) > 1:
            tries.append({("calls", index, "per_request"): 1.0})
        elif call.kind == "write" and call.mode == "sync":
            tries.append({("calls", index, "mode"): "async"})
    while tries and len(changes) < MOST_VALUES and p95_s({}) > before / 2:
        best: dict[Where, Any] = min(tries, key=p95_s)
        changes |= best
    return changes


def still_slow(before: Design, after: Design) -> str:
    """Whether few values make the slowest endpoint twice as fast, and nothing is left unasked."""
    name, was = slowest(before)
    keys = [key.key for change in compare(before, after) for key in change.keys]
    if len(before.calls) != len(after.calls) or any(key not in TOUCHABLE for key in keys):
        return "Only `per_request` and `mode` of calls may change here."
    if len(keys) > MOST_VALUES:
        return f"{len(keys)} values are changed; {MOST_VALUES} are enough."
    if any(call.kind == "read" and call.mode == "async" and old.mode == "sync"
           for old, call in zip(before.calls, after.calls, strict=True)):  # fmt: skip
        return "An answer that is needed must be waited for: a read cannot be asynchronous."
    now = estimate(after, 1.0).endpoints[name].p95_s
    return "" if now <= was / 2 else f"{name} takes {show_duration(now)} at p95; it was {show_duration(was)}."


EXERCISES = (
    Exercise(
        "11.1", "A breaker alone",
        "A call has a breaker and no timeout. Its target hangs: it takes calls and never answers. When does the "
        "breaker open?",
        Choice(lambda _: AFTER, opens),
        ("What does a breaker count?",
         "It counts failures. When does a call without a timeout fail?",
         "Look at the two breakers above: which of them changed a number?"),
        opens,
        lambda _: "What hangs never fails. The timeout turns waiting into failing; only then is there something to "
                  "count.",
    ),
    Exercise(
        "11.2", "Calls behind one request",
        "Of all endpoints of the design, take the one whose request makes the most calls between services. How many "
        "are they?",
        Value(calls_behind, "number", 0.01),
        ("`one_request(design, endpoint).calls` counts them for one endpoint.",
         "Try them all: `for endpoint in design.api.endpoints`.",
         "`max(one_request(design, e.name).calls for e in design.api.endpoints)`"),
        calls_behind,
        lambda design: f"{most_calls(design)[0]} makes {significant(calls_behind(design))}. A client sees one request.",
    ),
    Exercise(
        "11.3", "Gain for each value",
        "Write a function of (before, after, values): how often a number has been halved, for each value that was "
        "changed to get there.",
        Function(lambda _: CASES),
        ("From 8 to 2 is halved twice.",
         "How often something is halved is a logarithm to the base 2.",
         "`math.log2(before / after) / values`"),
        halvings_per_value,
        lambda _: "It ranks a time against a share of failures, since both are factors; and what makes things worse is "
                  "negative.",
    ),
    Exercise(
        "11.4", "Flaws of a small design",
        "Flaws were planted in this design. Which rules does it break?",
        Scored(lambda design: sorted({*broken_rules(design), *DECOYS}), broken_rules),
        ("Look at each call for its timeout and how often it is made, and at each list for its pages.",
         "Whose is a store, and who writes it?",
         "In the smallest example two are about calls, one about a list, one about a store."),
        broken_rules,
        lambda design: f"{told(design)}.",
    ),
    Exercise(
        "11.5", "Flaws of a large design",
        "Flaws were planted in this design, none of them at a call of a store. At which places?",
        Scored(places, flawed_places),
        ("Two calls go to systems of somebody else. Are they safe to try again, and do they end?",
         "An event may come twice, and may come to somebody who cannot read it.",
         "One store could not be brought back."),
        flawed_places,
        lambda design: f"{told(design)}.",
    ),
    Exercise(
        "11.6", "Twice as fast, in three values",
        "Halve the p95 of the slowest endpoint at today's load. Change at most three values, each the `per_request` or "
        "the `mode` of a call.",
        Change(still_slow),
        ("Which endpoint is it? `ab.estimate(design).endpoints` has their p95.",
         "What is asked for each row could be asked once; what nobody needs at once could be `async`.",
         "`{(\"calls\", 8, \"per_request\"): 1}` changes one call; count its place in `design.calls`."),
        quicker,
        lambda design: f"It was {slowest(design)[0]}, with {show_duration(slowest(design)[1])}. No machine was bought.",
    ),
)  # fmt: skip
