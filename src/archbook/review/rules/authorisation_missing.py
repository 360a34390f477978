"""Signed in, and so allowed everything."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_count


def allowed_everything(subject: Subject) -> Hits:
    """A design that says that nothing decides what a caller may."""
    design = subject.design
    locked = [endpoint for endpoint in design.api.endpoints if endpoint.auth == "user"]
    if design.security.authorisation == "none" and locked:
        yield subject.at(
            ("security", "authorisation"),
            "authorisation",
            f"nothing decides what a caller may: {show_count(len(locked), 'endpoint')} ask only for a token",
            "security.authorisation: `rbac`; name each role in `security.roles`, and at each endpoint the `roles` that "
            "may call it",
            cost=sum(subject.requests_per_s(endpoint.name) for endpoint in locked),
        )


RULE = Rule(
    id="authorisation-missing",
    severity="high",
    principle=3,
    why="A token says who somebody is; without a decision on the server every customer is an administrator who has not "
    "yet tried",
    remedy="Deny by default on the server, and allow each role what it needs.",
    references=(
        "OWASP API Security 2023, API5 Broken Function Level Authorization",
        "OWASP ASVS 5, V8.2.1 and V8.3.1",
    ),
    check=allowed_everything,
    fires="security: {authorisation: none}",
    quiet="security: {authorisation: acl}",
)
