"""Errors that nobody finds again in the log."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

_ID = re.compile(r"(x-)?(request|trace|correlation|flow|operation|log)[-_]?id|traceparent|instance", re.IGNORECASE)


def untraced(subject: Subject) -> Hits:
    """An operation with documented errors that return no request id, in the body or in a header."""
    for endpoint in subject.endpoints:
        errors = [answer for _, answer in endpoint.errors]
        if not errors:
            continue
        answers = [*errors, *(answer for _, answer in endpoint.answers("2"))]
        if any(_ID.fullmatch(name) for answer in answers for name in endpoint.headers_of(answer)):
            continue
        schemas = [schema for answer in errors for schema in subject.document.content(answer).values()]
        if any(_ID.fullmatch(path.rpartition(".")[2]) for schema in schemas for path, _ in subject.fields(schema)):
            continue
        yield endpoint.at(
            "returns no request id with its errors",
            'answer `{"error": {…, "request_id": "7f3a…"}}` and the header `X-Request-Id`',
            where=("responses", endpoint.errors[0][0]),
        )


RULE = Rule(
    id="no-request-id",
    severity="low",
    principle=5,
    why="A person who reports an error can name nothing by which it is found among millions of lines of the log",
    remedy="Return the id of the request with every error.",
    references=("Zalando RESTful API guidelines, rule 233", "https://www.w3.org/TR/trace-context/"),
    check=untraced,
    fires="paths: {/a: {get: {responses: {'400': {description: Bad}}}}}",
    quiet="paths: {/a: {get: {responses: {'400': {description: Bad, headers: {X-Request-Id: {schema: {type: "
    "string}}}}}}}}",
)
