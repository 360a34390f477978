"""Locked doors that say nothing."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def locked(subject: Subject) -> Hits:
    """An operation that requires credentials and documents no 401."""
    for endpoint in subject.endpoints:
        if endpoint.secured and not {"401", "4XX", "default"} & set(endpoint.responses):
            do = (
                "add `'401': {description: No valid credentials}` and `'403': {description: Not allowed}`, with "
                "the error body"
            )
            yield endpoint.at("requires credentials and documents no 401", do, where=("responses",))


RULE = Rule(
    id="no-unauthorised-answer",
    severity="low",
    principle=2,
    why="The client does not know when to renew its token and when to give up",
    remedy="Document 401 and 403 apart: the one asks for a token, the other will not change by one.",
    references=("RFC 9110, section 15.5.2", "Spectral: owasp:api8:2023-define-error-responses-401"),
    check=locked,
    fires="paths: {/a: {get: {security: [{login: []}], responses: {'200': {description: ok}}}}}",
    quiet="paths: {/a: {get: {security: [{login: []}], responses: {'401': {description: no}}}}}",
)
