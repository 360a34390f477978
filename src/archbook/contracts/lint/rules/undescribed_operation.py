"""Operations that say nothing of themselves."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def silent(subject: Subject) -> Hits:
    """An operation without summary and description."""
    for endpoint in subject.endpoints:
        if not endpoint.node.get("summary") and not endpoint.node.get("description"):
            yield endpoint.at("says nothing of itself", "add `summary: …`, what a client gets from it, in one line")


RULE = Rule(
    id="undescribed-operation",
    severity="low",
    principle=6,
    why="A path and a method do not say when to use it, what it changes, or why it is there",
    remedy="Say in one line what a client gets from it.",
    references=("Google AIP-192", "Spectral: operation-description"),
    check=silent,
    fires="paths: {/a: {get: {}}}",
    quiet="paths: {/a: {get: {summary: All there are}}}",
)
