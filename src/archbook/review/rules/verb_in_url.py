"""A path that names an action where the method already does."""

from archbook.contracts.naming import noun_form, verb_in
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject


def verbs(subject: Subject) -> Hits:
    """A URL that names an action, not a thing, in a segment that begins with a verb."""
    for index, endpoint in enumerate(subject.design.api.endpoints):
        if verb := verb_in(endpoint.path):
            better = noun_form(endpoint.path, verb)
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} says `{verb}` in its path",
                f"api.endpoints[{index}]: name it `{better}`; keep the old name until its `sunset`",
            )


RULE = Rule(
    id="verb-in-url",
    severity="low",
    principle=2,
    why="The method already says what is done; a resource named by a noun has one address to link, cache, secure and "
    "document for all of its methods",
    remedy="Name the resource by a plural noun and let the method be the verb.",
    references=("Zalando RESTful API guidelines, rule 141", "Google AIP-136"),
    check=verbs,
    fires="  - {name: POST /api/v1/createThing, service: front, body_limit: 16KB}",
    quiet="  - {name: GET /api/v1/settings, service: front}",
)
