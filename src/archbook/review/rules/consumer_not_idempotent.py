"""An event that acts again when it is delivered again."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import listed


def twice(subject: Subject) -> Hits:
    """An event whose consumers act twice when it comes twice."""
    for name, event in subject.design.events.items():
        if event.to and not event.idempotent_consumers:
            yield subject.at_event(
                name,
                f"{name}, delivered twice, acts twice in {listed(event.to)}",
                f"events.{name}: let {listed(event.to)} write the event's id, unique, in the transaction of the work, "
                "skip what is there already, and set `idempotent_consumers: true`",
            )


RULE = Rule(
    id="consumer-not-idempotent",
    severity="high",
    principle=3,
    why="Brokers deliver at least once: after each lost confirmation, restart or move of a partition the same event "
    "comes again, and a second mail, refund or movement of stock with it",
    remedy="Make handling twice the same as handling once, by the event's id.",
    references=("Zalando RESTful API guidelines, rule 214", "microservices.io: Idempotent consumer"),
    check=twice,
    fires="events: {thing.created: {idempotent_consumers: false}}",
    quiet="events: {thing.created: {idempotent_consumers: true}}",
    measured_by="archbook experiment DESIGN locks",
)
