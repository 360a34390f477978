"""A service that nobody answers for."""

from collections import Counter

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def orphaned(subject: Subject) -> Hits:
    """A service without a team that answers for it."""
    services = subject.design.services
    teams = Counter(service.owner for service in services.values() if service.owner)
    for name, service in services.items():
        if not service.owner:
            team = teams.most_common(1)[0][0] if teams else "a team"
            yield subject.at(
                ("services", name),
                name,
                f"no team answers for {name}",
                f"services.{name}: add `owner:` with the team that changes it and is woken for it, such as {team}",
            )


RULE = Rule(
    id="no-owner",
    severity="low",
    principle=3,
    why="What belongs to nobody is changed by everybody and mended by nobody; at night no one is there to call",
    remedy="Let one team own each service, its data and its alerts.",
    references=("Newman, Building Microservices, 2nd ed., ch. 15", "Skelton and Pais, Team Topologies"),
    check=orphaned,
    fires="services: {mailer: {owner: null}}",
    quiet="services: {mailer: {owner: post-team}}",
)
