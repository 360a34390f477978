"""A path that names an action where the method already does."""

from archbook.contracts.lint.subject import Subject
from archbook.contracts.naming import noun_form, verb_in
from archbook.findings import Hits, Rule


def verbs(subject: Subject) -> Hits:
    """A path that names an action, not a thing, in a segment that begins with a verb."""
    for endpoint in subject.endpoints:
        if verb := verb_in(endpoint.path):
            do = f"name it `{noun_form(endpoint.path, verb)}`; keep the old name, `deprecated: true`, until its sunset"
            yield endpoint.at(f"says `{verb}` in its path", do)


RULE = Rule(
    id="verb-in-url",
    severity="medium",
    principle=2,
    why="The method already says what is done; a resource named by a noun has one address to link, cache, secure and "
    "document for all of its methods",
    remedy="Name the resource by a plural noun and let the method be the verb: `GET /users`, not `GET /getUsers`.",
    references=("Zalando RESTful API guidelines, rule 141", "Google AIP-136"),
    check=verbs,
    fires="paths: {/getUsers: {get: {}}}",
    quiet="paths: {/users: {get: {}}}",
)
