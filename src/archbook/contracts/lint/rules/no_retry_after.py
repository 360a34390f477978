"""A 429 or 503 that does not say until when."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def until_when(subject: Subject) -> Hits:
    """A 429 or 503 without the header Retry-After."""
    for endpoint in subject.endpoints:
        for status, answer in endpoint.answers("429", "503"):
            if "retry-after" not in endpoint.headers_of(answer):
                do = f"in {status} add `headers: {{Retry-After: {{schema: {{type: integer}}}}}}`, in seconds"
                yield endpoint.at(f"answers {status} without Retry-After", do, where=("responses", status))


RULE = Rule(
    id="no-retry-after",
    severity="low",
    principle=4,
    why="Clients that are told nothing come back at once, or all at the same moment",
    remedy="Say in Retry-After when to come back.",
    references=("RFC 9110, section 10.2.3", "Zalando RESTful API guidelines, rule 153"),
    check=until_when,
    fires="paths: {/a: {get: {responses: {'429': {description: Too many}}}}}",
    quiet="paths: {/a: {get: {responses: {'429': {headers: {Retry-After: {schema: {type: integer}}}}}}}}",
)
