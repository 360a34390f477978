"""Operations that do not say what happens when a client asks too much."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unlimited(subject: Subject) -> Hits:
    """An operation without a documented 429."""
    for endpoint in subject.endpoints:
        if "429" not in endpoint.responses:
            do = "add `'429': {description: Too many requests, headers: {Retry-After: {schema: {type: integer}}}}`"
            yield endpoint.at("documents no 429", do, where=("responses",))


RULE = Rule(
    id="missing-429",
    severity="medium",
    principle=4,
    why="A client that was not told of a limit retries at once when it meets it, and makes the overload worse",
    remedy="Limit requests, and document 429 with Retry-After.",
    references=("OWASP API Security 2023, API4", "Zalando RESTful API guidelines, rule 153", "RFC 6585"),
    check=unlimited,
    fires="paths: {/a: {get: {responses: {'200': {description: ok}}}}}",
    quiet="paths: {/a: {get: {responses: {'429': {description: Too many}}}}}",
)
