"""Farewells without a date."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def someday(subject: Subject) -> Hits:
    """A deprecated operation that does not say when it ends."""
    for endpoint in subject.endpoints:
        if endpoint.node.get("deprecated") is not True:
            continue
        headers = {name for _, answer in endpoint.answers("2") for name in endpoint.headers_of(answer)}
        text = f"{endpoint.node.get('description', '')} {endpoint.node.get('summary', '')}"
        if "sunset" not in headers and "x-sunset" not in endpoint.node and not re.search(r"\d{4}-\d\d-\d\d", text):
            do = "add the headers `Deprecation` (RFC 9745) and `Sunset` (RFC 8594), and what to call instead"
            yield endpoint.at("is deprecated without a day on which it ends", do)


RULE = Rule(
    id="deprecated-without-sunset",
    severity="low",
    principle=2,
    why="Nobody plans for a day that is not named: on the last one all the clients are still there",
    remedy="Name the day, and what takes its place.",
    references=("RFC 8594", "RFC 9745", "Zalando RESTful API guidelines, rules 187 and 189"),
    check=someday,
    fires="paths: {/a: {get: {deprecated: true}}}",
    quiet="paths: {/a: {get: {deprecated: true, description: 'Use /b; ends on 2027-06-30'}}}",
)
