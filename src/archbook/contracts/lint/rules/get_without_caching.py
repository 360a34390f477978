"""Reads that say nothing about caching."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def uncached(subject: Subject) -> Hits:
    """A GET whose answer has neither Cache-Control nor ETag."""
    for endpoint in subject.endpoints:
        for status, answer in endpoint.answers("200"):
            if endpoint.method == "GET" and not endpoint.headers_of(answer) & {"cache-control", "etag"}:
                do = "in 200 add `headers: {Cache-Control: {schema: {type: string}}, ETag: {schema: {type: string}}}`: "
                kept = "private, no-cache" if endpoint.secured else "max-age=60"
                yield endpoint.at("says nothing about caching", f"{do}`{kept}`", where=("responses", status))


RULE = Rule(
    id="get-without-caching",
    severity="low",
    principle=5,
    why="Caches on the way guess how long the answer is good: they keep what is private, or ask again for what never "
    "changed",
    remedy="Say in Cache-Control who may keep it and for how long, `no-store` included.",
    references=("RFC 9111", "Zalando RESTful API guidelines, rule 227"),
    check=uncached,
    fires="paths: {/a: {get: {responses: {'200': {description: ok}}}}}",
    quiet="paths: {/a: {get: {responses: {'200': {headers: {Cache-Control: {schema: {type: string}}}}}}}}",
)
