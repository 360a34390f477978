"""A design that does not say how callers are known."""

from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_count


def unknown_callers(subject: Subject) -> Hits:
    """Endpoints that are for users or services, and no way for them to prove who they are."""
    design = subject.design
    held = design.security.authentication
    locked = [endpoint for endpoint in design.api.endpoints if endpoint.auth != "none"]
    if locked and (held is None or held.kind == "none"):
        entry = design.gateway or locked[0].service
        yield subject.at(
            ("security", "authentication") if held else ("security",),
            "authentication",
            f"nothing says how a caller proves who it is, at {show_count(len(locked), 'endpoint')} that are not public",
            "security.authentication: such as `{kind: jwt, algorithms: [ES256], issuer: …, audience: …, expiry: 15min, "
            f"checked_by: {entry}}}`",
            cost=sum(subject.requests_per_s(endpoint.name) for endpoint in locked),
        )


RULE = Rule(
    id="authentication-missing",
    severity="high",
    principle=3,
    why="Roles and owners are checked against a name that anybody can write into a request",
    remedy="Say how callers prove who they are, and which service checks it.",
    references=("OWASP API Security 2023, API2 Broken Authentication", "Threagile: missing-authentication"),
    check=unknown_callers,
    fires="security: {authentication: null}",
    quiet="security: {authentication: {kind: mtls, algorithms: null, audience: null}}",
)
