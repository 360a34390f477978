"""What was said to one is heard by all."""

from archbook.contracts.naming import words
from archbook.findings import Hits, Rule
from archbook.review.privacy import private
from archbook.review.subject import Subject
from archbook.units import listed, show_count

OF_A_PERSON = frozenset(["email", "mail", "phone", "mobile", "msisdn", "iban", "ssn", "surname", "birthdate"])
"""Words of a field that names a person by more than an id."""


def told(subject: Subject) -> Hits:
    """An event whose payload carries private data, or whose key is such."""
    for name, event in subject.design.events.items():
        if classes := private(event.carries):
            places = [*([event.broker] if event.broker else []), *event.to]
            yield subject.at(
                ("events", name),
                name,
                f"{name} carries {listed(classes)} data to {show_count(len(event.to), 'consumer')}",
                f"events.{name}: carry ids only (`carries: [internal]`), and let who needs more ask {event.from_}",
                *([f"copies lie in {listed(places)}, their logs and dead letters"] if places else []),
            )
        elif not OF_A_PERSON.isdisjoint(words(event.key or "")):
            yield subject.at(
                ("events", name, "key"),
                name,
                f"{name} is kept in order by {event.key}, which every broker, log and dead letter then has",
                f"events.{name}: set `key:` to an id that says nothing of itself, and keep the other in {event.from_}",
            )


RULE = Rule(
    id="personal-data-in-an-event",
    severity="medium",
    principle=3,
    why="An event is copied into every queue, log and dead letter on its way, and no request to be forgotten ever "
    "reaches all of them",
    remedy="Announce what happened by ids, and give the data to those who may ask for it.",
    references=("Zalando RESTful API guidelines, rule 200", "GDPR, articles 5 and 17", "OWASP ASVS 5, V14.2.6"),
    check=told,
    fires="events: {thing.created: {carries: [personal]}}",
    quiet="events: {thing.created: {carries: [internal]}}",
)
