"""A part of which nobody says why it is there."""

from collections.abc import Mapping

from archbook.design.elements import Service, Store
from archbook.design.interactions import Event
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def unexplained(subject: Subject) -> Hits:
    """A service, store or event without its why."""
    design = subject.design
    asks: tuple[tuple[str, Mapping[str, Service | Store | Event], str], ...] = (
        ("services", design.services, "what makes it a service of its own"),
        ("stores", design.stores, "why this engine, for these data"),
        ("events", design.events, "why nobody waits for it"),
    )
    for section, parts, question in asks:
        for name, part in parts.items():
            if not part.why.strip():
                yield subject.at(
                    (section, name),
                    name,
                    f"{name} does not say why it is there",
                    f"{section}.{name}: add `why:` with {question}",
                )


RULE = Rule(
    id="no-why",
    severity="low",
    principle=6,
    why="A part without a reason is never removed and cannot be weighed: the next reader does not know what would have "
    "to change for it to be wrong",
    remedy="Say in one line why each part is there.",
    references=("Nygard, Documenting Architecture Decisions",),
    check=unexplained,
    fires="services: {mailer: {why: null}}",
    quiet="services: {mailer: {why: Mail may be late}}",
)
