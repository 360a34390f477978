"""PUT without the name of what it replaces."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def nameless(subject: Subject) -> Hits:
    """A PUT on a collection: the thing that it replaces is named in the body only."""
    for endpoint in subject.endpoints:
        beside = subject.methods[endpoint.path]
        collection = "POST" in beside or ("GET" in beside and beside["GET"].rows)
        if endpoint.method == "PUT" and not endpoint.one and collection:
            yield endpoint.at("replaces one thing of a collection", f"name it `PUT {endpoint.path.rstrip('/')}/{{id}}`")


RULE = Rule(
    id="put-on-collection",
    severity="medium",
    principle=2,
    why="By HTTP a PUT replaces what its address names, here the whole collection; logs, caches, rights and "
    "If-Match see "
    "no single thing either",
    remedy="Put the id into the path.",
    references=("RFC 9110, section 9.3.4", "Microsoft Azure REST API guidelines: PUT"),
    check=nameless,
    fires="paths: {/items: {post: {}, put: {}}}",
    quiet="paths: {/items: {post: {}}, '/items/{id}': {put: {}}, /settings: {get: {}, put: {}}}",
)
