"""Exercises of `10_performance_checklist`: which ticks are earned?"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from archbook.design.contract import Decision, Waiver
from archbook.design.elements import Alert, Service
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.evidence import digest_of, load_evidence
from archbook.exercises import Change, Choice, Exercise, Function, Names, Value
from archbook.review.checklist import checklist
from archbook.units import listed, show_count, show_duration, show_share

EARNS = (
    "it was quick on my machine", "the DDL has an index", "measured in DuckDB on these tables",
    "measured in PostgreSQL on these tables", "measured in PostgreSQL before the last migration",
)  # fmt: skip
MONTH_MIN = 30 * 24 * 60
CASES = [(([float(n) for n in range(1, 101)],), 95.0), (([float(n) for n in range(20, 0, -1)],), 19.0), (([7.0],), 7.0),
         (([3.0, 9.0, 1.0],), 9.0)]  # fmt: skip


def earned(design: Design) -> int:
    """How many items are met by what the design's folder keeps."""
    kept = load_evidence(design.folder) if design.folder else ()
    return sum(tick.state == "met" for tick in checklist(design, kept).ticks)


def promised(design: Design) -> tuple[str, float]:
    """A service, the gateway where it can be, and the availability that it promises."""
    found = {name: s.slo.availability for name, s in design.services.items() if s.slo and s.slo.availability}
    if not found:
        raise ArchbookError(f"no service of {design.name} promises an availability, so this exercise has no answer")
    name = design.gateway if design.gateway in found else next(iter(found))
    return str(name), found[str(name)]


def changes(design: Design) -> dict[str, Design]:
    """Copies of a design with one thing changed in each, or only said."""
    first = next(iter(design.services))
    more = design.changed({("services", first, "instances"): design.services[first].instances + 1})
    shorter = design.changed({("calls", 0, "timeout"): 0.123}) if design.calls else design
    decision = Decision(id=10_000, title="A new one", why="It is argued")
    waiver = Waiver(rule="chatty-services", about=first, why="Accepted")
    return {
        "one instance more": more,
        "a decision with its why": design.model_copy(update={"decisions": (*design.decisions, decision)}),
        "another timeout of a call": shorter,
        "a finding accepted, with a reason": design.model_copy(update={"waivers": (*design.waivers, waiver)}),
        "a comment in design.yaml": design.model_copy(),
    }


def unwatched(design: Design) -> dict[str, Service]:
    """Services that promise a p95 and have no alert that speaks of it."""
    found = {
        name: service
        for name, service in design.services.items()
        if service.slo and service.slo.p95 and not any("p95" in alert.when for alert in service.alerts)
    }
    if not found:
        raise ArchbookError(f"each promise of a p95 in {design.name} has its alert, so this exercise has no answer")
    return found


def earns_a_tick(_: Design) -> str:
    """The engine that will serve it, and the tables as they are now."""
    return "measured in PostgreSQL on these tables"


def count_the_met(design: Design) -> float:
    """As many as the checklist says are met."""
    return float(earned(design))


def minutes_a_month(design: Design) -> float:
    """What the promise leaves of a month of 30 days."""
    _, availability = promised(design)
    return (1 - availability) * MONTH_MIN


def by_rank(_: Design) -> Callable[[Sequence[float]], float]:
    """The smallest time within which 95 of 100 answers lie: sort, and take the one at that rank."""
    return lambda times: sorted(times)[math.ceil(0.95 * len(times)) - 1]


def stale_by(design: Design) -> list[str]:
    """What changes how the design behaves; what is only said about it changes nothing."""
    now = digest_of(design, "design")
    return [name for name, changed in changes(design).items() if digest_of(changed, "design") != now]


def watched(design: Design) -> dict[Where, Any]:
    """One more alert for each, at its promise, to the team that owns it."""
    return {
        ("services", name, "alerts"): [
            *service.alerts,
            {"when": f"p95 > {round(1000 * service.slo.p95)}ms for 5min", "tells": service.owner or "on call"},
        ]
        for name, service in unwatched(design).items()
        if service.slo and service.slo.p95
    }


def lacks(before: Design, after: Design) -> str:
    """Which service is still not watched, or lost an alert that it had."""
    unwatched(before)
    kept: dict[Where, Any] = {("services", name, "alerts"): s.alerts for name, s in before.services.items()}
    if set(after.services) != set(before.services) or after.changed(kept) != before:
        return "Only `alerts` of services may change here."
    for name, service in after.services.items():
        alerts = [Alert.model_validate(alert) for alert in service.alerts]
        if lost := [alert.when for alert in before.services[name].alerts if alert not in alerts]:
            return f"{name} has lost its alert `{lost[0]}`."
        speaking = [alert for alert in alerts if "p95" in alert.when]
        if service.slo and service.slo.p95 and not speaking:
            return f"{name} promises a p95 of {show_duration(service.slo.p95)}, and no alert of it speaks of p95."
        if any(not alert.tells for alert in speaking):
            return f"An alert of {name} tells nobody."
    return ""


EXERCISES = (
    Exercise(
        "10.1", "What earns a tick",
        "The orders lie in PostgreSQL. Which of these earns the tick at “Queries use indexes”?",
        Choice(lambda _: EARNS, earns_a_tick),
        ("Would it still be true on the engine that serves it, and after the last change?",
         "An index that is there need not be used; another engine need not use it alike.",
         "It was measured, on the right engine, and nothing it speaks of has changed since."),
        earns_a_tick,
        lambda _: "A tick stands on a number from the engine that serves, about the tables as they are. The others are "
                  "a memory, a hope, another engine, and another schema.",
    ),
    Exercise(
        "10.2", "Earned by now",
        "How many of the seven items does this design earn, by what its folder keeps at this moment?",
        Value(count_the_met, "number", 0.0),
        ("`ab.checklist(design)` reads what the folder keeps.",
         'Count the items whose state is `"met"`.',
         '`sum(tick.state == "met" for tick in ab.checklist(design).ticks)`'),
        count_the_met,
        lambda design: f"{show_count(earned(design), 'item is', 'items are')} earned. The number changes with what is "
                       "measured, and falls back when what was measured changes.",
    ),
    Exercise(
        "10.3", "The error budget",
        "The gateway promises an availability (`slo.availability`). How many minutes may it fail in 30 days?",
        Value(minutes_a_month, "number", 0.01),
        ("A month of 30 days has 43 200 minutes.",
         "The promise leaves 1 − availability of them.",
         '`(1 - design.services["api-gateway"].slo.availability) * 30 * 24 * 60`'),
        minutes_a_month,
        lambda design: f"{promised(design)[0]} promises {show_share(promised(design)[1])}, which leaves "
                       f"{show_duration(60 * minutes_a_month(design))} a month: an alert must wake somebody well "
                       "before that is used up.",
    ),
    Exercise(
        "10.4", "A percentile by hand",
        "Write a function of a list of times, in any order: the smallest of them within which 95 % of the answers lie.",
        Function(lambda _: CASES),
        ("Sort the times. The percentile is one of them.",
         "Of 100 sorted times it is the 95th, which has the index 94.",
         "`sorted(times)[math.ceil(0.95 * len(times)) - 1]`"),
        by_rank,
        lambda _: "Of three answers the slowest is the p95: with so few, a percentile is only the worst. Ask for ten "
                  "answers beyond it before you believe it, which are 200 in all.",
    ),
    Exercise(
        "10.5", "What makes a simulation stale",
        "A simulation of the whole design is kept as evidence. After which of these does it no longer count?",
        Names(lambda design: list(changes(design)), stale_by),
        ("Which of them could change a queue?",
         "What is only said about a design, in a decision or a comment, makes no request slower.",
         "What the simulation computes with: places for requests, and how long a caller waits."),
        stale_by,
        lambda design: f"{listed(stale_by(design)).capitalize()}: evidence is kept with a digest of the part that it "
                       "speaks of, and reasons are no part of it.",
    ),
    Exercise(
        "10.6", "Who is woken?",
        "Change the design so that each service that promises a p95 has an alert that speaks of p95, and tells "
        "somebody. No alert that is there may go.",
        Change(lacks),
        ("Look through `services.NAME.alerts`: which say nothing about p95?",
         "The new list must hold the old alerts, too.",
         '`{("services", NAME, "alerts"): [*old, {"when": "p95 > 600ms for 5min", "tells": "the team on call"}]}`'),
        watched,
        lambda design: f"{listed(unwatched(design))} promised a p95 that nobody watched. The checklist counts alerts; "
                       "only a reader sees that the right one is missing.",
    ),
)  # fmt: skip
