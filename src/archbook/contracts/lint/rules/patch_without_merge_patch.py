"""PATCH bodies that do not say how they are to be merged."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def unclear(subject: Subject) -> Hits:
    """A PATCH whose body is plain JSON, without a say in what an absent or a null property means."""
    for endpoint in subject.endpoints:
        kinds = list(endpoint.takes)
        if endpoint.method == "PATCH" and kinds and not any("patch+json" in kind for kind in kinds):
            do = "take `application/merge-patch+json` (RFC 7396): what is absent stays, what is null is removed"
            yield endpoint.at(f"takes {kinds[0]}", do, where=("requestBody",))


RULE = Rule(
    id="patch-without-merge-patch",
    severity="low",
    principle=2,
    why="Whether a property that is left out stays or is emptied is guessed, and a wrong guess loses data",
    remedy="Take JSON Merge Patch, or JSON Patch, under its own media type.",
    references=("RFC 7396", "Google AIP-134", "Microsoft Azure REST API guidelines: PATCH"),
    check=unclear,
    fires="paths: {'/a/{id}': {patch: {requestBody: {content: {application/json: {schema: {type: object}}}}}}}",
    quiet="paths: {'/a/{id}': {patch: {requestBody: {content: {application/merge-patch+json: {schema: {type: "
    "object}}}}}}}",
)
