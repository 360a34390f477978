"""A decision whose subject is gone."""

from archbook.design.model import Design
from archbook.design.places import spelled
from archbook.errors import suggestion
from archbook.findings import Hit, Hits, Rule
from archbook.review.rules.decision_superseded_in_use import spoken_of
from archbook.review.subject import Subject
from archbook.units import listed


def broken_link(subject: Subject) -> Hits:
    """A decision about something that the design does not have, or the reverse: a reason that is no decision of it."""
    known = _names(subject.design)
    for index, decision in enumerate(subject.design.decisions):
        gone = [name for name in decision.about if name not in known]
        if gone and decision.status in ("proposed", "accepted"):
            yield Hit(
                f"decision {decision.id}",
                f"decision {decision.id}, {decision.title}, is about {listed(gone)}, which the design does not have",
                f"decisions[{index}]: name in `about` what it is about now, or set `status: deprecated`; for "
                f"{gone[0]}: {suggestion(gone[0], known)}",
                ("decisions", index),
            )

    numbers = {one.id for one in subject.design.decisions}
    for where, about, number in spoken_of(subject.design) if numbers else ():
        if number not in numbers:
            yield subject.at(
                where,
                about,
                f"{about} is so by decision {number}, which the design does not have",
                f"{spelled(where)}: name in `why` one of its {len(numbers)} decisions, or write decision {number} down",
            )


def _names(design: Design) -> set[str]:
    """All that a decision may be about: each named part, a link between two, a table of a store."""
    security = design.security
    groups = (design.services, design.stores, design.externals, design.events, design.traffic.journeys,
              security.roles, security.zones)  # fmt: skip
    names = {name for group in groups for name in group} | {endpoint.name for endpoint in design.api.endpoints}
    names |= {f"{call.from_} {arrow} {call.to}" for call in design.calls for arrow in ("→", "->")}
    return names | {table for store in design.stores.values() for table in store.holds}


RULE = Rule(
    id="decision-about-nothing",
    severity="low",
    principle=6,
    why="Either it no longer binds anybody, or what it binds was renamed and the next reader will not find it there",
    remedy="Keep decisions linked to what they are about, and end those whose subject is gone.",
    references=("MADR 4",),
    check=broken_link,
    fires="decisions: [{id: 1, title: Two regions, about: [thinsg-db], why: One may burn, alternatives: [One]}]",
    quiet="decisions: [{id: 1, title: Two regions, about: [things-db, member], why: Fire, alternatives: [One]}]",
)
