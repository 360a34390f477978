"""Bodies that get lost on the way."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def lost(subject: Subject) -> Hits:
    """A GET, HEAD or DELETE with a request body."""
    for endpoint in subject.endpoints:
        if endpoint.method in ("GET", "HEAD", "DELETE") and endpoint.body:
            fields = [name for schema in endpoint.takes.values() for name in subject.properties(schema)][:2]
            asked = "&".join(f"{name}=…" for name in fields) or "filter=…"
            instead = f"`{endpoint.method} {endpoint.path}?{asked}`"
            long = (
                "; where that is too long, `POST` to a resource that holds the query"
                if endpoint.method == "GET"
                else ""
            )
            yield endpoint.at("takes a body", f"put it into the query, {instead}{long}", where=("requestBody",))


RULE = Rule(
    id="body-on-get",
    severity="medium",
    principle=2,
    why="HTTP gives such a body no meaning: caches and proxies drop it, and many clients cannot send it",
    remedy="Put what is asked into the query.",
    references=("RFC 9110, section 9.3.1", "Microsoft Azure REST API guidelines: GET"),
    check=lost,
    fires="paths: {/a: {get: {requestBody: {content: {application/json: {schema: {type: object}}}}}}}",
    quiet="paths: {/a: {post: {requestBody: {content: {application/json: {schema: {type: object}}}}}}}",
)
