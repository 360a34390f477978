"""Updates that overwrite each other."""

from archbook.contracts.lint.subject import Subject
from archbook.findings import Hits, Rule


def lost_updates(subject: Subject) -> Hits:
    """A PUT or PATCH of one thing that takes no If-Match."""
    for endpoint in subject.endpoints:
        if endpoint.method in ("PUT", "PATCH") and endpoint.one and "if-match" not in endpoint.headers:
            do = (
                "give `ETag` with GET, take `{name: If-Match, in: header, schema: {type: string}}`, answer 412 "
                "where it is old"
            )
            yield endpoint.at("takes no If-Match", do)


RULE = Rule(
    id="update-without-if-match",
    severity="low",
    principle=3,
    why="Of two people who edit the same thing, the second one wipes out what the first one wrote, and neither sees it",
    remedy="Give an ETag with the thing, and take it back in If-Match.",
    references=("RFC 9110, section 13.1.1", "Zalando RESTful API guidelines, rule 182", "Google AIP-154"),
    check=lost_updates,
    fires="paths: {'/a/{id}': {put: {}}}",
    quiet="paths: {'/a/{id}': {put: {parameters: [{name: If-Match, in: header}]}}}",
)
