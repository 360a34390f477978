"""Errors that tell strangers how the service is built."""

import json
import re

from archbook.contracts.document import Node
from archbook.contracts.lint.rules.error_shape import BETTER
from archbook.contracts.lint.subject import Subject
from archbook.errors import shown
from archbook.findings import Hits, Rule

_LEAK = re.compile(
    r"Error \d{4}|SQLSTATE|ORA-\d+|Traceback|\bat [\w.$]+\([\w.]+:\d+\)|\w+Exception\b|Duplicate entry|near "
    r"\"|line \d+, in "
)
_NAMES = re.compile(r"stack(_?trace)?|traceback|exception|sql(_?state)?|query", re.IGNORECASE)


def leaks(subject: Subject) -> Hits:
    """An error whose body or example has a stack trace, a statement or the words of a database."""
    looked: dict[int, list[tuple[str, str]]] = {}
    for endpoint in subject.endpoints:
        if endpoint.failing not in looked:
            told = [(status, _leak(subject, answer)) for status, answer in endpoint.errors]
            looked[endpoint.failing] = [(status, what) for status, what in told if what]
        for status, what in looked[endpoint.failing]:
            do = f"answer {BETTER[subject.style.errors]}; write the rest to the log, under the same request id"
            yield endpoint.at(f"{what} in its {status}", do, where=("responses", status))


def _leak(subject: Subject, answer: Node) -> str:
    texts = [json.dumps(e, default=str) for e in subject.examples(answer) if e is not None]
    texts.append(str(answer.get("description", "")))
    said = next((found[0] for text in texts if (found := _LEAK.search(text))), "")
    names = [
        name
        for schema in subject.document.content(answer).values()
        for name, _ in subject.fields(schema)
        if _NAMES.fullmatch(name.rpartition(".")[2])
    ]
    return f"says {shown(said)}" if said else f"has {shown(names[0])}" if names else ""


RULE = Rule(
    id="leaky-error",
    severity="medium",
    principle=3,
    why="It tells an attacker tables, versions and paths, and tells the client nothing that it could do",
    remedy='Say what the client can do, never `"Error 1062"`.',
    references=("Zalando RESTful API guidelines, rule 177", "OWASP ASVS 5, V16.5.1"),
    check=leaks,
    fires="paths: {/a: {post: {responses: {'409': {content: {application/json: {example: 'Error 1062: Duplicate "
    "entry'}}}}}}}",
    quiet="paths: {/a: {post: {responses: {'409': {content: {application/json: {example: {error: {code: "
    "EMAIL_TAKEN, message: "
    "There is an account with this address, field: email, request_id: 7f3a}}}}}}}}}",
)
