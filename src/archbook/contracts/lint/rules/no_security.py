"""Operations that let everybody in without saying so."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unsecured(subject: Subject) -> Hits:
    """An operation that says nothing about who may call it."""
    scheme = next(iter(subject.schemes), "login")
    for endpoint in subject.endpoints:
        if endpoint.security is None:
            writes = endpoint.method not in ("GET", "HEAD", "OPTIONS")
            do = f"add `security: [{{{scheme}: []}}]`, or `security: []` where everybody is meant"
            yield endpoint.at("does not say who may call it", do, severity=None if writes else "medium")


RULE = Rule(
    id="no-security",
    severity="high",
    principle=3,
    why="What is not said is not checked: an operation that was forgotten is open to everybody who finds the address",
    remedy="Require credentials for all, and open single operations by `security: []`.",
    references=("OWASP API Security 2023, API2", "Zalando RESTful API guidelines, rule 104"),
    check=unsecured,
    fires="paths: {/a: {delete: {}}}",
    quiet="security: [{login: []}]\npaths: {/a: {delete: {}}, /public: {get: {security: []}}}",
)
