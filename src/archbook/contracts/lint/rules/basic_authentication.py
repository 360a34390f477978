"""The password itself, with every request."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def basic(subject: Subject) -> Hits:
    """A security scheme in which the password itself goes with every request."""
    for name, scheme in subject.schemes.items():
        if scheme.get("type") == "http" and str(scheme.get("scheme")).lower() in ("basic", "digest"):
            do = "write `{type: http, scheme: bearer, bearerFormat: JWT}`, with tokens that expire"
            yield subject.at_scheme(name, f"sends a password with every request ({scheme['scheme']})", do)


RULE = Rule(
    id="basic-authentication",
    severity="medium",
    principle=3,
    why="A password that every client stores and every request carries cannot expire, be narrowed, or be taken "
    "from one "
    "client only",
    remedy="Take tokens that expire.",
    references=("OWASP API Security 2023, API2", "Spectral: owasp:api2:2023-no-http-basic"),
    check=basic,
    fires="paths: {/a: {get: {}}}\ncomponents: {securitySchemes: {login: {type: http, scheme: basic}}}",
    quiet="paths: {/a: {get: {}}}\ncomponents: {securitySchemes: {login: {type: http, scheme: bearer}}}",
)
