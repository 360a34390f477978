"""A road that was left, with people still on it."""

import re
from collections.abc import Iterable, Iterator
from typing import TypeVar

from archbook.design.contract import Decision, Endpoint
from archbook.design.interactions import Call
from archbook.design.model import Design, Where
from archbook.design.places import spelled
from archbook.findings import Hit, Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed

ENDED = ("deprecated", "superseded")
_Told = TypeVar("_Told", Call, Endpoint)
SPOKEN = re.compile(r"\bdecision (\d+)\b", re.IGNORECASE)


def still_in_use(subject: Subject) -> Hits:
    """An ended decision about parts that are still there, and of which no decision in force speaks.

    One that was superseded by a decision that is not accepted has ended too early. So has one that the `why` of a part
    still gives as its reason.
    """
    design = subject.design
    in_force = {name for one in design.decisions if one.status == "accepted" for name in one.about}
    alive = {*design.services, *design.stores, *design.externals, *design.events,
             *(endpoint.name for endpoint in design.api.endpoints)}  # fmt: skip
    for index, decision in enumerate(design.decisions):
        if decision.status in ENDED and (what := _open(design, decision, (alive & {*decision.about}) - in_force)):
            yield Hit(
                f"decision {decision.id}",
                f"decision {decision.id}, {decision.title}, is {decision.status}, {what}",
                f"decisions[{index}]: name in `superseded_by` the accepted decision that took its place, and in that "
                "one's `about` what it is about; or take it back with `status: accepted`",
                ("decisions", index),
            )

    ended = {one.id: one for one in design.decisions if one.status in (*ENDED, "rejected")}
    for where, name, number in spoken_of(design) if ended else ():
        if one := ended.get(number):
            by = f" by decision {one.superseded_by}" if one.superseded_by else ""
            yield subject.at(
                where,
                name,
                f"{name} is so by decision {number}, which is {one.status}{by}",
                f"{spelled(where)}: say in `why` which decision holds now, and change what followed the other",
            )


def spoken_of(design: Design) -> Iterator[tuple[Where, str, int]]:
    """Where a part of a design gives a decision as its reason: its place, its name and the number."""
    parts: list[tuple[Where, str, str]] = [
        ((section, name), name, part.why)
        for section in ("services", "stores", "externals", "events")
        for name, part in getattr(design, section).items()
        if "ecision" in part.why
    ]
    parts += [(("calls", i), f"{one.from_} → {one.to}", one.why) for i, one in _telling(design.calls)]
    parts += [(("api", "endpoints", i), one.name, one.why) for i, one in _telling(design.api.endpoints)]
    for where, name, why in parts:
        for number in dict.fromkeys(SPOKEN.findall(why)):
            yield where, name, int(number)


def _telling(parts: Iterable[_Told]) -> Iterator[tuple[int, _Told]]:
    """Those that may speak of a decision, with their index."""
    return ((index, part) for index, part in enumerate(parts) if "ecision" in part.why)


def _open(design: Design, decision: Decision, orphans: set[str]) -> str:
    heir = next((one for one in design.decisions if one.id == decision.superseded_by), None)
    if heir and heir.status in ("proposed", "rejected"):
        return f"by decision {heir.id}, which is only {heir.status}"
    if decision.status == "superseded" and heir is None:
        return "and by which one is not said"
    return f"and no decision in force speaks of {listed(sorted(orphans))}" if orphans else ""


RULE = Rule(
    id="decision-superseded-in-use",
    severity="medium",
    principle=6,
    why="What stands there follows a decision that nobody stands by any more, and no other says what it should be",
    remedy="Link each ended decision to the one that took its place, and that one to what it is about.",
    references=("MADR 4", "Nygard, Documenting Architecture Decisions"),
    check=still_in_use,
    fires="decisions: [{id: 1, title: Mail by hand, status: deprecated, about: [mailer]}]",
    quiet="""
decisions:
- {id: 1, title: Mail by hand, status: superseded, superseded_by: 2, about: [mailer]}
- {id: 2, title: Mail by a service, about: [mailer], why: It is quicker, alternatives: [By hand]}
""",
)
