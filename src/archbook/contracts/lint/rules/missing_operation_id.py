"""Operations without a name for programs."""

from archbook.contracts.lint.subject import Subject
from archbook.contracts.naming import words
from archbook.findings import Hits, Rule

ACTS = {"POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}


def nameless(subject: Subject) -> Hits:
    """An operation without an operationId."""
    for endpoint in subject.endpoints:
        if not endpoint.node.get("operationId"):
            act = ACTS.get(endpoint.method, "list" if endpoint.rows else "get")
            thing = next((words(part) for part in reversed(endpoint.segments) if "{" not in part), ["root"])
            name = act + "".join(word.capitalize() for word in thing)
            yield endpoint.at("has no operationId", f"add `operationId: {name}`")


RULE = Rule(
    id="missing-operation-id",
    severity="low",
    principle=2,
    why="Generated clients make up a name from the path, which changes with it; logs and docs have nothing to refer to",
    remedy="Give every operation an operationId that stays.",
    references=("OpenAPI 3.1, Operation Object", "Spectral: operation-operationId"),
    check=nameless,
    fires="paths: {/a: {get: {}}}",
    quiet="paths: {/a: {get: {operationId: listAs}}}",
)
