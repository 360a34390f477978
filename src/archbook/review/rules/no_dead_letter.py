"""An event that cannot be handled and cannot be set aside."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def stuck(subject: Subject) -> Hits:
    """An event without a place for what cannot be handled."""
    for name, event in subject.design.events.items():
        if event.to and not event.dead_letter:
            yield subject.at_event(
                name,
                f"{name} has no dead letter: what cannot be handled is tried for ever, or lost",
                f"events.{name}: set `dead_letter: true`, after some attempts with growing pauses, and an alert on "
                "whatever lies there",
                mend={("events", name, "dead_letter"): True},
            )


RULE = Rule(
    id="no-dead-letter",
    severity="medium",
    principle=4,
    why="One event that no consumer understands is delivered again and again before all those behind it, or is dropped "
    "and nobody knows",
    remedy="Set an event aside after a bounded number of attempts, and tell somebody.",
    references=(
        "Hohpe and Woolf, Enterprise Integration Patterns: Dead Letter Channel",
        "Amazon Builders' Library: Avoiding insurmountable queue backlogs",
    ),
    check=stuck,
    fires="events: {thing.created: {dead_letter: false}}",
    quiet="events: {thing.created: {dead_letter: true}}",
)
