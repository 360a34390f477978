"""Bodies where there can be none."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def impossible(subject: Subject) -> Hits:
    """A 204 or 304 with a body."""
    for endpoint in subject.endpoints:
        for status in ("204", "304"):
            if endpoint.responses.get(status, {}).get("content"):
                do = f"take `content` out of {status}, or answer 200 with it"
                yield endpoint.at(f"answers {status} with a body", do, where=("responses", status))


RULE = Rule(
    id="no-content-with-body",
    severity="medium",
    principle=2,
    why="HTTP ends a 204 at its headers: the body is lost, or is read as the beginning of the next answer",
    remedy="Answer 200 with a body, or 204 without.",
    references=("RFC 9110, section 15.3.5",),
    check=impossible,
    fires="paths: {/a: {delete: {responses: {'204': {content: {application/json: {}}}}}}}",
    quiet="paths: {/a: {delete: {responses: {'204': {description: gone}}}}}",
)
