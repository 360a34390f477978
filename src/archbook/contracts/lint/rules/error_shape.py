"""Errors of several shapes."""

from archbook.contracts.document import Node
from archbook.contracts.lint.style import error_style
from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

BETTER = {
    "problem+json": '`application/problem+json`: `{"type": "…", "title": "…", "status": 422, "detail": "…"}`',
    "envelope": '`{"error": {"code": "VALIDATION_ERROR", "message": "…", "field": "email", "request_id": "…"}}`',
}
BETTER["none"] = BETTER["envelope"]


def odd_errors(subject: Subject) -> Hits:
    """An operation whose errors have no body, or another one than the style of the API says."""
    style = subject.style.errors
    looked: dict[int, tuple[list[str], list[str]]] = {}
    for endpoint in subject.endpoints:
        if endpoint.failing not in looked:
            kinds = [(status, _kind(subject, answer)) for status, answer in endpoint.errors]
            empty = [status for status, kind in kinds if kind == "empty" and status not in ("304", "401", "429")]
            looked[endpoint.failing] = [status for status, kind in kinds if kind == "odd"], empty
        odd, empty = looked[endpoint.failing]
        if odd or empty:
            parts = [f"{', '.join(odd)} in a shape of {'its' if len(odd) == 1 else 'their'} own"] if odd else []
            parts += [f"{', '.join(empty)} without a body"] if empty else []
            yield endpoint.at(
                f"answers {' and '.join(parts)}", f"answer {BETTER[style]}", where=("responses", (odd + empty)[0])
            )


def _kind(subject: Subject, answer: Node) -> str:
    held, style = subject.document.content(answer), subject.style.errors
    if not held:
        return "empty"
    fits = style != "none" and any(error_style(subject, kind, schema) == style for kind, schema in held.items())
    return "" if fits else "odd"


RULE = Rule(
    id="error-shape",
    severity="medium",
    principle=2,
    why="A client that cannot read what went wrong shows its user nothing, retries what will never work, or guesses",
    remedy="Give every error one body, with a code for programs, a message for people and the id of the request.",
    references=("RFC 9457 (Problem Details for HTTP APIs)", "Zalando RESTful API guidelines, rule 176"),
    check=odd_errors,
    fires="""paths:
  /a: {get: {responses: {'404': {description: Error 1062}}}}""",
    quiet="""paths:
  /a: {get: {responses: {'404': {content: {application/problem+json: {schema: {type: object}}}}}}}""",
)
