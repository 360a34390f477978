"""An event that carries more than a fact."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_size

MOST_B = 256e3


def large(subject: Subject) -> Hits:
    """An event of more than 256 kB."""
    for name, event in subject.design.events.items():
        if event.size is not None and event.size > MOST_B:
            yield subject.at_event(
                name,
                f"{name} is {show_size(float(event.size))} large",
                f"events.{name}: put what is large into a store (objects), and carry its id and what consumers decide "
                "by",
            )


RULE = Rule(
    id="large-rows-in-events",
    severity="medium",
    principle=1,
    why="Brokers are made for many small messages: a large one is copied to each replica and each consumer, fills the "
    "memory that others need, and from some size on is refused",
    remedy="Carry the claim check: the id of what lies elsewhere.",
    references=(
        "Azure: Claim-Check pattern",
        "Hohpe and Woolf, Enterprise Integration Patterns: Claim Check",
        "Amazon SQS: default of MaximumMessageSize, 256 KiB",
    ),
    check=large,
    fires="events: {thing.created: {size: 300KB}}",
    quiet="events: {thing.created: {size: 256KB}}",
)
