"""Logs that know too much."""

from archbook.findings import Hits, Rule
from archbook.review.privacy import private
from archbook.review.subject import Subject
from archbook.units import listed


def logged(subject: Subject) -> Hits:
    """A service in whose logs private data end up."""
    for name, service in subject.design.services.items():
        if classes := private(service.logs):
            yield subject.at(
                ("services", name, "logs"),
                name,
                f"{name} writes {listed(classes)} data into its logs",
                f"services.{name}: log ids, and mask the rest before it is written (`logs: [internal]`)",
                mend={("services", name, "logs"): [other for other in service.logs if other not in classes]},
            )


RULE = Rule(
    id="personal-data-in-logs",
    severity="high",
    principle=3,
    why="Logs are read by everybody on call, sent to others, kept for years and never searched when somebody asks to "
    "be forgotten",
    remedy="Log ids; mask what is private before it is written.",
    references=("OWASP ASVS 5, V16.2.5", "CWE-532", "GDPR, article 5"),
    check=logged,
    fires="services: {mailer: {logs: [internal, personal]}}",
    quiet="services: {mailer: {logs: [internal]}}",
)
