"""Order that is relied on, and that nothing keeps."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def unordered(subject: Subject) -> Hits:
    """An event whose consumers rely on order, without a key that keeps it."""
    for name, event in subject.design.events.items():
        if event.ordered and not event.key:
            yield subject.at_event(
                name,
                f"consumers of {name} rely on order, and no key keeps it",
                f"events.{name}: add `key:` with the field whose events must stay in order, such as the id of the "
                "thing that they are about",
            )


RULE = Rule(
    id="ordered-event-without-key",
    severity="medium",
    principle=3,
    why="Brokers keep order within a key only: with more than one consumer or partition the cancellation is handled "
    "before the order, now and then, and under load more often",
    remedy="Name the key by which order is kept, or let consumers do without order.",
    references=("Zalando RESTful API guidelines, rule 203", "Kleppmann, Designing Data-Intensive Applications, ch. 11"),
    check=unordered,
    fires="events: {thing.created: {ordered: true, key: null}}",
    quiet="events: {thing.created: {ordered: false, key: null}}",
)
