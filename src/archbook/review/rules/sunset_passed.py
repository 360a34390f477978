"""Gone by now, it was said."""

import datetime

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_rate


def lingering(subject: Subject) -> Hits:
    """An endpoint that is still there after the day on which it was to go."""
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if endpoint.sunset and datetime.date.fromisoformat(endpoint.sunset) < subject.day:
            rate = subject.requests_per_s(endpoint.name)
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} was to go on {endpoint.sunset} and is still there",
                f"api.endpoints[{index}]: remove it; or find out who still calls, tell them, and set a new `sunset`",
                *([f"clients still ask it {show_rate(rate)} {subject.peak} (computed: journeys)"] if rate else []),
            )


RULE = Rule(
    id="sunset-passed",
    severity="low",
    principle=2,
    why="Clients learn that the days that are named mean nothing; and an old version that nobody looks after is the "
    "one that is broken into",
    remedy="Remove it on its day, or name a new one to those who still call.",
    references=("RFC 8594", "OWASP API Security 2023, API9 Improper Inventory Management"),
    check=lingering,
    fires="  - {name: GET /api/v0/things, service: front, sunset: '2026-01-31', deprecated: true, roles: [member]}",
    quiet="  - {name: GET /api/v0/things, service: front, sunset: '2126-01-31', deprecated: true, roles: [member]}",
)
