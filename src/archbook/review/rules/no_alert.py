"""An outage that customers report."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_share


def unwatched(subject: Subject) -> Hits:
    """A service of which no condition wakes anybody."""
    for name, service in subject.design.services.items():
        if not service.alerts:
            slo = service.slo
            p95 = slo and (slo.p95 or slo.p99)
            limit = f"p95 > {show_duration(p95)}".replace("\u202f", "") if p95 else "share of errors > 1%"
            broken = (
                f"; or on the rate at which it uses up the {show_share(1 - slo.availability)} that may fail"
                if slo and slo.availability
                else ""
            )
            yield subject.at(
                ("services", name),
                name,
                f"nobody is told when {name} fails",
                f'services.{name}: add `alerts: [{{when: "{limit} for 5min", tells: {service.owner or "its team"}}}]`'
                f"{broken}",
            )


RULE = Rule(
    id="no-alert",
    severity="medium",
    principle=5,
    why="Without an alert the first to know are the customers, and the outage lasts as long as they stay silent",
    remedy="Alert on what users feel (errors, slow answers), and say who is told.",
    references=("Google SRE book, ch. 6 Monitoring Distributed Systems", "Google SRE workbook, ch. 5 Alerting on SLOs"),
    check=unwatched,
    fires="services: {mailer: {alerts: []}}",
    quiet='services: {mailer: {alerts: [{when: "oldest mail > 5min", tells: on call}]}}',
)
