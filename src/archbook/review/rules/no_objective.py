"""A service that promises nothing."""

from archbook.design.elements import Service
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration


def unpromised(subject: Subject) -> Hits:
    """A service without an objective for its answer times, or for its availability."""
    for name, service in subject.design.services.items():
        missing = _missing(service)
        if missing:
            found = subject.today.elements.get(name) if subject.today else None
            known = found is not None and found.p95_s < float("inf")
            yield subject.at(
                ("services", name),
                name,
                f"{name} promises nothing about its {' and '.join(missing)}",
                f"services.{name}: add `slo: {{p95: 200ms, availability: 99.9%}}`, with what its callers need",
                *([f"its p95 is {show_duration(found.p95_s)} today (computed)"] if found and known else []),
                *subject.cited(name),
            )


def _missing(service: Service) -> list[str]:
    slo = service.slo
    times = slo and (slo.p95 or slo.p99)
    return [*([] if times else ["answer times"]), *([] if slo and slo.availability else ["availability"])]


RULE = Rule(
    id="no-objective",
    severity="medium",
    principle=5,
    why="Without a promise nobody can say whether it is slow, callers choose their timeouts by taste, and every outage "
    "is a matter of opinion",
    remedy="Promise what callers need, and measure it.",
    references=("Google SRE book, ch. 4 Service Level Objectives",),
    check=unpromised,
    fires="services: {mailer: {slo: null}}",
    quiet="services: {mailer: {slo: {p95: null}}}",
    measured_by="archbook load DESIGN",
)
