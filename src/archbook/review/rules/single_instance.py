"""One copy of what somebody waits for."""

from archbook.capacity.availability import HOURS_A_YEAR
from archbook.findings import Hits, Rule
from archbook.review.queues import Mend, entries, waited_for
from archbook.review.subject import Subject
from archbook.units import show_duration, show_rate, show_share

STRICT = 0.999


def single(subject: Subject) -> Hits:
    """A service of one instance that somebody waits for: high where it promises 99.9 % or more.

    High too where clients enter and nothing is promised; none where one instance is stated to keep the promise.
    """
    entering = entries(subject)
    for name in sorted(waited_for(subject)):
        service = subject.design.services[name]
        promised = service.slo.availability if service.slo else None
        keeps = promised is not None and (service.availability or 0.0) >= promised
        if service.instances == 1 and not keeps:
            says = f", and promises {show_share(promised)}" if promised else ""
            mend: Mend = {("services", name, "instances"): 2} if service.stateless else {}
            state = "" if service.stateless else ", after its state has moved into a store"
            yield subject.at(
                ("services", name),
                name,
                f"{name} is one instance{says}",
                f"services.{name}: set `instances: 2`{state}, in two zones, with a `health_check` that takes the dead "
                "one out",
                *_away(service.availability, promised),
                *_rate(subject, name),
                mend=mend,
                severity="high" if (name in entering and promised is None) or (promised or 0.0) >= STRICT else None,
            )


def _away(one: float | None, promised: float | None) -> list[str]:
    year_s = 3600 * HOURS_A_YEAR
    if one is not None:
        alone, both = show_duration(year_s * (1 - one)), show_duration(year_s * (1 - one) ** 2)
        return [f"one at {show_share(one)} is away {alone} a year; two are away together {both} (computed: (1 − a)²)"]
    return [f"{show_duration(year_s * (1 - promised))} a year may it be away (computed)"] if promised else []


def _rate(subject: Subject, name: str) -> list[str]:
    found = subject.grown.elements.get(name) if subject.grown else None
    return [f"{show_rate(found.arrival_rate_per_s)} meet it {subject.peak} (computed)"] if found else []


RULE = Rule(
    id="single-instance",
    severity="medium",
    principle=4,
    why="Each release, crash and loss of a machine is an outage for everybody who waits for it",
    remedy="Run two, apart from each other, so that one can go.",
    references=(
        "Azure Well-Architected, Reliability: RE:05 redundancy",
        "AWS Well-Architected, Reliability: REL10-BP01",
    ),
    check=single,
    fires="services: {back: {instances: 1, slo: {availability: 99.95%}}}",
    quiet="services: {mailer: {instances: 1}}",
)
