"""Limits that are felt before they are seen."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unseen(subject: Subject) -> Hits:
    """An operation with a 429 whose success does not say how much is left."""
    for endpoint in subject.endpoints:
        answers = [answer for _, answer in endpoint.answers("2")]
        told = any("ratelimit" in name.replace("-", "") for answer in answers for name in endpoint.headers_of(answer))
        if "429" in endpoint.responses and answers and not told:
            status = endpoint.answers("2")[0][0]
            do = f'in {status} add `headers: {{RateLimit: {{schema: {{type: string}}}}}}`: `"default";r=42;t=12`'
            yield endpoint.at("has a limit and does not say how much of it is left", do, where=("responses", status))


RULE = Rule(
    id="no-rate-limit-headers",
    severity="low",
    principle=5,
    why="A client that sees the rest of its share slows down before it is refused",
    remedy="Say in RateLimit what is left, and until when.",
    references=("draft-ietf-httpapi-ratelimit-headers-11", "Spectral: owasp:api4:2023-rate-limit"),
    check=unseen,
    fires="paths: {/a: {get: {responses: {'200': {description: ok}, '429': {description: no}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {headers: {RateLimit: {}}}, '429': {description: no}}}}}",
)
