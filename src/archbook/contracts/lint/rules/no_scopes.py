"""Tokens that may do everything."""

from collections.abc import Mapping

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def all_powerful(subject: Subject) -> Hits:
    """An operation that takes any OAuth 2 or OpenID token, whatever its scopes."""
    scoped = {name for name, scheme in subject.schemes.items() if scheme.get("type") in ("oauth2", "openIdConnect")}
    for endpoint in subject.endpoints:
        held = [r for r in subject.document.items(endpoint.security) if isinstance(r, Mapping)]
        empty = [name for requirement in held for name, scopes in requirement.items() if name in scoped and not scopes]
        if empty:
            act = "read" if endpoint.method in ("GET", "HEAD") else "write"
            thing = next((part for part in reversed(endpoint.segments) if "{" not in part), "api")
            yield endpoint.at("takes a token of any scope", f"write `security: [{{{empty[0]}: ['{thing}:{act}']}}]`")


RULE = Rule(
    id="no-scopes",
    severity="medium",
    principle=3,
    why="A token that was given to read one thing can delete another one, when it is stolen too",
    remedy="Name the scope that each operation needs.",
    references=("Zalando RESTful API guidelines, rule 105", "OWASP API Security 2023, API5"),
    check=all_powerful,
    fires="paths: {/a: {get: {security: [{login: []}]}}}\ncomponents: {securitySchemes: {login: {type: oauth2}}}",
    quiet="paths: {/a: {get: {security: [{login: ['a:read']}]}}}\ncomponents: {securitySchemes: {login: {type: "
    "oauth2}}}",
)
