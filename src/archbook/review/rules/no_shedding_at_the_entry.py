"""A door that lets everybody in."""

from archbook.findings import Hits, Rule
from archbook.review.queues import bounded, entries
from archbook.review.subject import Subject
from archbook.units import show_rate


def open_door(subject: Subject) -> Hits:
    """A service at which clients enter, with neither a bound of its queue nor a limit of all requests together."""
    limited = {limit.at for limit in subject.design.security.rate_limits if limit.per == "global"}
    for name in sorted(entries(subject)):
        if subject.design.services[name].queue is None and not limited & {None, name}:
            do, seen, mend = bounded(subject, name)
            found = subject.grown.elements.get(name) if subject.grown else None
            rate = [f"{show_rate(found.arrival_rate_per_s)} enter here {subject.peak} (computed)"] if found else []
            yield subject.at(
                ("services", name),
                name,
                f"nothing at {name} refuses requests that are too many",
                f"{do}, or a limit of all requests together (`per: global`)",
                *rate,
                *seen,
                mend=mend,
            )


RULE = Rule(
    id="no-shedding-at-the-entry",
    severity="medium",
    principle=4,
    why="Limits for each caller do not bound all of them together: on the day when everybody comes, all are served too "
    "late, where most could have been served in time",
    remedy="Refuse at the door, early and cheaply, what cannot be served in time.",
    references=("AWS Builders' Library: Using load shedding to avoid overload", "Google SRE book, ch. 21: Handling "
                "Overload", "OWASP API4:2023 Unrestricted Resource Consumption"),
    check=open_door,
    fires="services: {front: {queue: null}}",
    quiet="services: {front: {queue: 64}}",
    measured_by="archbook simulate DESIGN",
)  # fmt: skip
