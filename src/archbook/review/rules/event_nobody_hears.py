"""An event without a consumer."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def unheard(subject: Subject) -> Hits:
    """An event that nobody acts on."""
    for name, event in subject.design.events.items():
        if not event.to:
            yield subject.at_event(
                name,
                f"{name} is announced and nobody acts on it",
                f"events.{name}: name in `to` who acts on it, or take it out until somebody does",
            )


RULE = Rule(
    id="event-nobody-hears",
    severity="low",
    principle=1,
    why="It must be kept compatible, stored and carried for a reader that may never come, and its payload is a guess "
    "at what that reader would want",
    remedy="Announce what somebody acts on; add the next event when its first reader is there.",
    references=("Threagile: unnecessary-communication-link",),
    check=unheard,
    fires="events: {thing.priced: {from: back, broker: broker, version: 1, outbox: true, size: 300B, why: Prices "
    "change}}",
    quiet="events: {thing.created: {to: [mailer, back]}}",
)
