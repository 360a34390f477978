"""Work that was accepted, and is never heard of again."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

_WAY = re.compile(r"(.*[._-])?(id|url|href|link|location|status|self)|.*(Id|Url|Uri)", re.DOTALL)


def unheard(subject: Subject) -> Hits:
    """A 202 that does not say where the state of the work can be asked."""
    for endpoint in subject.endpoints:
        answer = endpoint.responses.get("202")
        if answer is None or endpoint.headers_of(answer) & {"location", "operation-location", "content-location"}:
            continue
        held = subject.document.content(answer).values()
        if not any(_WAY.fullmatch(name) for schema in held for name, _ in subject.fields(schema)):
            do = "in 202 add `headers: {Location: {…}}` that leads to `GET /jobs/{id}`: `{state, result, error}`"
            yield endpoint.at("answers 202 without a way to ask for the state", do, where=("responses", "202"))


RULE = Rule(
    id="accepted-without-status",
    severity="medium",
    principle=2,
    why="The client never learns whether the work was done, and sends it again to be sure",
    remedy="Answer 202 with an address where the state can be asked.",
    references=("Zalando RESTful API guidelines, rule 253", "Google AIP-151", "RFC 9110, section 15.3.3"),
    check=unheard,
    fires="paths: {/a: {post: {responses: {'202': {description: later}}}}}",
    quiet="paths: {/a: {post: {responses: {'202': {headers: {Location: {schema: {type: string}}}}}}}}",
)
