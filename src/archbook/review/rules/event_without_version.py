"""An event whose payload cannot change."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def unversioned(subject: Subject) -> Hits:
    """An event without a version."""
    for name, event in subject.design.events.items():
        if event.version is None:
            yield subject.at_event(
                name,
                f"{name} has no version",
                f"events.{name}: add `version: 1`, carried in each event, and raise it with what an older consumer "
                "cannot read",
                mend={("events", name, "version"): 1},
            )


RULE = Rule(
    id="event-without-version",
    severity="medium",
    principle=2,
    why="Events outlive releases: old ones wait in queues and archives, and consumers are deployed apart. Without a "
    "version the first change of the payload breaks them in silence",
    remedy="Number the payload from the first day; add fields freely, and count up for anything else.",
    references=("Zalando RESTful API guidelines, rule 197", "Kleppmann, Designing Data-Intensive Applications, ch. 4"),
    check=unversioned,
    fires="events: {thing.created: {version: null}}",
    quiet="events: {thing.created: {version: 1}}",
)
