"""Dead, and still asked."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_share


def unasked(subject: Subject) -> Hits:
    """A service that nobody can ask whether it is well."""
    for name, service in subject.design.services.items():
        if not service.health_check:
            lost = f"one dead instance of {service.instances} fails {show_share(1 / service.instances)} of its requests"
            yield subject.at(
                ("services", name),
                name,
                f"nothing tells whether an instance of {name} is well",
                f"services.{name}: add `health_check: /healthz`, which answers 200 only while it can do its work",
                *([f"{lost} until somebody notices (computed: 1 / instances)"] if service.role != "worker" else []),
            )


RULE = Rule(
    id="no-health-check",
    severity="medium",
    principle=4,
    why="A balancer that cannot ask keeps sending requests to an instance that is dead, and nothing restarts it",
    remedy="Give each service a health check, and let the balancer and the platform ask it.",
    references=("Azure: Health Endpoint Monitoring pattern", "Twelve-Factor App, IX Disposability"),
    check=unasked,
    fires="services: {mailer: {health_check: null}}",
    quiet="services: {mailer: {health_check: mailer --check}}",
)
