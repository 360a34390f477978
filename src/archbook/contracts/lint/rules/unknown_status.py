"""Status codes of the house's own."""

import re
from http import HTTPStatus

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

KNOWN = {str(status.value) for status in HTTPStatus} | {f"{digit}XX" for digit in range(1, 6)} | {"default"}


def invented(subject: Subject) -> Hits:
    """An answer with a status that HTTP does not have."""
    for endpoint in subject.endpoints:
        for status in endpoint.responses:
            if status not in KNOWN and not status.startswith("x-"):
                family = f"{status[0]}00" if re.fullmatch(r"[2-5]\d\d", status) else "400"
                do = f"answer {family}, with a `code` of your own in the body"
                yield endpoint.at(f"answers {status}, which is no status of HTTP", do, where=("responses", status))


RULE = Rule(
    id="unknown-status",
    severity="medium",
    principle=2,
    why="Proxies, libraries and people treat a code that they do not know in ways of their own",
    remedy="Use the registered codes, and put the detail into the body.",
    references=("RFC 9110, section 15", "Zalando RESTful API guidelines, rule 150 and 243"),
    check=invented,
    fires="paths: {/a: {get: {responses: {'299': {description: half}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {description: ok}, 4XX: {description: no}}}}}",
)
