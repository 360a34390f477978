"""Operations that seem never to refuse anything."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def no_refusal(subject: Subject) -> Hits:
    """An operation without a documented 4xx."""
    for endpoint in subject.endpoints:
        if not endpoint.answers("4", "default"):
            likely = [
                *(["400"] if endpoint.parameters or endpoint.body else []),
                *(["404"] if endpoint.one else []),
                "429",
            ]
            do = f"document {', '.join(f'`{status}`' for status in likely)}, each with the error body"
            yield endpoint.at("documents no 4xx", do, where=("responses",))


RULE = Rule(
    id="no-client-errors",
    severity="medium",
    principle=2,
    why="Clients are written for what is documented: the first refusal meets code that expects the resource",
    remedy="Document the refusals that a client can meet, and `default` for the rest.",
    references=("Zalando RESTful API guidelines, rule 151", "OWASP API Security 2023, API8", "Spectral: owasp api8"),
    check=no_refusal,
    fires="paths: {/a: {get: {responses: {'200': {description: ok}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {description: ok}, '404': {description: none}}}}}",
)
