"""Credentials of a kind that nothing describes."""

from collections.abc import Mapping

from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hits, Rule


def unknown(subject: Subject) -> Hits:
    """An operation whose security names a scheme that the document does not have."""
    for endpoint in subject.endpoints:
        held = [r for r in subject.document.items(endpoint.security) if isinstance(r, Mapping)]
        for name in dict.fromkeys(str(name) for requirement in held for name in requirement):
            if name not in subject.schemes:
                do = (
                    f"add `components.securitySchemes.{shown(name)[1:-1]}: {{type: http, scheme: bearer, "
                    "bearerFormat: JWT}}`"
                )
                yield endpoint.at(f"requires {shown(name)}, which is not described", do)


RULE = Rule(
    id="unknown-security-scheme",
    severity="high",
    principle=3,
    why="Neither a client nor a gateway that is set up from the document knows which credentials to send or to check",
    remedy="Describe every scheme under `components.securitySchemes`.",
    references=("OpenAPI 3.1, Security Requirement Object", "Spectral: oas3-operation-security-defined"),
    check=unknown,
    fires="paths: {/a: {get: {security: [{login: []}]}}}",
    quiet="paths: {/a: {get: {security: [{login: []}]}}}\ncomponents: {securitySchemes: {login: {type: http, "
    "scheme: bearer}}}",
)
