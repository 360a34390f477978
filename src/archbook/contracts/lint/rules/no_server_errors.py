"""Operations that seem never to fail."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def never_fails(subject: Subject) -> Hits:
    """An operation without `default` or a documented 5xx."""
    for endpoint in subject.endpoints:
        if not endpoint.answers("5", "default"):
            do = "add `default: {description: Unexpected error}` with the error body"
            yield endpoint.at("documents neither `default` nor a 5xx", do, where=("responses",))


RULE = Rule(
    id="no-server-errors",
    severity="low",
    principle=4,
    why="Failures will happen, and a client that was never told what they look like takes them for answers",
    remedy="Document `default` with the error body.",
    references=("Zalando RESTful API guidelines, rule 151", "OWASP API Security 2023, API8"),
    check=never_fails,
    fires="paths: {/a: {get: {responses: {'200': {description: ok}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {description: ok}, default: {description: Error}}}}}",
)
