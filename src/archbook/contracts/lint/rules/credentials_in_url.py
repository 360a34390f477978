"""Secrets in addresses."""

import re

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule

_SECRET = re.compile(
    r"(.*[_-])?(pass(word|wd)?|secret|api[_-]?key|(access|auth|bearer|session|id)[_-]?token|token|jwt|credentials?)",
    re.IGNORECASE,
)
_NOT_SECRET = re.compile(r"(.*[_-])?(page|next|continuation|cursor|sync|skip|idempotency)[_-]?token", re.IGNORECASE)


def exposed(subject: Subject) -> Hits:
    """A password, key or token in a path or query, or a key scheme that has it there."""
    for endpoint in subject.endpoints:
        paged = bool(endpoint.rows)
        for parameter in endpoint.parameters:
            name = parameter["name"]
            page = _NOT_SECRET.fullmatch(name) or (paged and name.lower() == "token")
            if parameter["in"] in ("query", "path") and _SECRET.fullmatch(name) and not page:
                do = "take it in the header `Authorization: Bearer …`, or in the body of a POST"
                yield endpoint.at(f"takes `{name}` in its {parameter['in']}", do)
    for name, scheme in subject.schemes.items():
        if scheme.get("type") == "apiKey" and scheme.get("in") == "query":
            do = "write `{type: apiKey, in: header, name: X-Api-Key}`, or `{type: http, scheme: bearer}`"
            yield subject.at_scheme(name, "has its key in the query", do)


RULE = Rule(
    id="credentials-in-url",
    severity="high",
    principle=3,
    why="Addresses stand in the logs of every server and proxy, in histories and in Referer headers; so does the "
    "secret",
    remedy="Take secrets in headers or in bodies.",
    references=(
        "OWASP API Security 2023, API2",
        "RFC 6750, section 5.3",
        "Spectral: owasp:api2:2023-no-credentials-in-url",
    ),
    check=exposed,
    fires="paths: {/a: {get: {parameters: [{name: api_key, in: query}]}}}",
    quiet="paths: {/a: {get: {parameters: [{name: page_token, in: query}, {name: Authorization, in: header}]}}}",
)
