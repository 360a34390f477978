"""Input that is never wrong."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def never_wrong(subject: Subject) -> Hits:
    """An operation that takes a body and documents neither 400 nor 422."""
    for endpoint in subject.endpoints:
        if endpoint.takes and not {"400", "422", "4XX", "default"} & set(endpoint.responses):
            do = (
                'add `\'422\'` with `{"error": {"code": "VALIDATION_ERROR", "message": "…", "field": "email", '
                '"request_id": "…"}}`'
            )
            yield endpoint.at("takes a body and documents neither 400 nor 422", do, where=("responses",))


RULE = Rule(
    id="no-validation-answer",
    severity="low",
    principle=2,
    why="Clients cannot show their user which field is wrong when nobody says how they are told",
    remedy="Document the answer to bad input, with the field that is wrong.",
    references=("OWASP API Security 2023, API8", "Spectral: owasp:api8:2023-define-error-validation"),
    check=never_wrong,
    fires="paths: {/a: {post: {requestBody: {content: {application/json: {}}}, responses: {'201': {description: "
    "made}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {}}}, responses: {'422': {description: "
    "no}}}}}",
)
