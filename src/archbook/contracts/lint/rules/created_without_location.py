"""What was made, and where it is now."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def nowhere(subject: Subject) -> Hits:
    """A 201 without the header Location."""
    for endpoint in subject.endpoints:
        answer = endpoint.responses.get("201")
        if answer is not None and "location" not in endpoint.headers_of(answer):
            made = endpoint.path if endpoint.one else endpoint.path.rstrip("/") + "/{id}"
            do = f"in 201 add `headers: {{Location: {{schema: {{type: string, format: uri-reference}}}}}}`: `{made}`"
            yield endpoint.at("answers 201 without Location", do, where=("responses", "201"))


RULE = Rule(
    id="created-without-location",
    severity="low",
    principle=2,
    why="The client has to put the address of what it made together by itself, and is wrong when paths change",
    remedy="Answer 201 with the address in Location.",
    references=("RFC 9110, section 15.3.2",),
    check=nowhere,
    fires="paths: {/a: {post: {responses: {'201': {description: made}}}}}",
    quiet="paths: {/a: {post: {responses: {'201': {headers: {Location: {schema: {type: string}}}}}}}}",
)
