"""A door without a lock."""

from archbook.contracts.naming import singular, words
from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.findings import Hits, Rule
from archbook.review.privacy import reached
from archbook.review.subject import Subject
from archbook.units import listed

READS = ("GET", "HEAD", "OPTIONS")
# fmt: off
ENTRANCES = frozenset([
    "session", "login", "signin", "signup", "register", "registration", "token", "user", "account", "customer",
    "member", "password", "otp", "verification", "activation",
])
# fmt: on
"""Nouns of what can only be asked for before signing in."""


def unlocked(subject: Subject) -> Hits:
    """An endpoint that anybody may call and that writes, reaches private data, or names roles.

    Signing in, signing up and getting back a password come before any token, and are no finding.
    """
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if endpoint.auth == "none" and (what := _lets(subject.design, endpoint)):
            yield subject.at_endpoint(
                index,
                f"anybody {what} by {endpoint.name}, without signing in",
                f"api.endpoints[{index}]: set `auth: user`, with the `roles` that may and `ownership: true` where "
                "things belong to callers",
            )


def _lets(design: Design, endpoint: Endpoint) -> str:
    if endpoint.roles:
        return f"does what is meant for {listed(endpoint.roles)}"
    if endpoint.method in READS:
        classes = reached(design, endpoint)
        return f"reads {listed(classes)} data" if classes else ""
    return "" if _entrance(endpoint) else "writes"


def _entrance(endpoint: Endpoint) -> bool:
    last = endpoint.path.rstrip("/").rpartition("/")[2]
    said = {*words(last), "".join(words(last))}
    return endpoint.method == "POST" and not ENTRANCES.isdisjoint(map(singular, said))


RULE = Rule(
    id="endpoint-without-authentication",
    severity="high",
    principle=3,
    why="Whoever finds the address acts as anybody, and no log will say who it was",
    remedy="Require a token for everything that writes or shows what is not public.",
    references=(
        "OWASP API Security 2023, API2 Broken Authentication",
        "OWASP ASVS 5, V8.2.1",
        "Threagile: missing-authentication",
    ),
    check=unlocked,
    fires="  - {name: 'DELETE /api/v1/things/{id}', service: front, resource: things, auth: none}",
    quiet="  - {name: 'GET /api/v1/things/{id}', service: front, resource: things, auth: none, cache: 30s}",
)
