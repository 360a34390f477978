"""Errors that a program cannot tell apart."""

from archbook.contracts.document import Node
from archbook.contracts.lint.rules.error_shape import BETTER
from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

CODES = ("code", "type", "error_code", "errorcode", "reason", "status", "error")
TEXTS = ("message", "detail", "title", "description", "error_description", "msg")


def codeless(subject: Subject) -> Hits:
    """An error whose body has no code for programs, or no message for people."""
    looked: dict[int, list[tuple[str, list[str]]]] = {}
    for endpoint in subject.endpoints:
        if endpoint.failing not in looked:
            looked[endpoint.failing] = [
                (status, missing) for status, answer in endpoint.errors if (missing := _of_answer(subject, answer))
            ]
        for status, missing in looked[endpoint.failing]:
            better = BETTER[subject.style.errors]
            what = f"answers {status} without a {' and a '.join(missing)}"
            yield endpoint.at(what, f"answer {better}", where=("responses", status))


def _of_answer(subject: Subject, answer: Node) -> list[str]:
    held = subject.document.content(answer).values()
    return next((missing for schema in held if (missing := _missing(subject, schema))), [])


def _missing(subject: Subject, schema: Node) -> list[str]:
    names = {path.rpartition(".")[2].lower() for path, _ in subject.fields(schema)} | {
        name.lower() for name in subject.properties(schema)
    }
    return [what for what, known in (("code", CODES), ("message", TEXTS)) if names and not names & set(known)]


RULE = Rule(
    id="error-without-code",
    severity="medium",
    principle=2,
    why="Without a stable code clients compare texts, which breaks them when a text is mended; without a message a "
    "person sees a number",
    remedy="Give errors a `code` that stays, and a `message` that says what to do.",
    references=("RFC 9457 (Problem Details for HTTP APIs)", "Google AIP-193"),
    check=codeless,
    fires="paths: {/a: {get: {responses: {'400': {content: {application/json: {schema: {properties: {error: "
    "{type: string}}}}}}}}}}",
    quiet="paths: {/a: {get: {responses: {'400': {content: {application/json: {schema: {properties: {error: "
    "{properties: "
    "{code: {type: string}, message: {type: string}}}}}}}}}}}}",
)
