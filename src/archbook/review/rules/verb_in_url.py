"""A path that names an action where the method already does."""

import re

from archbook.design.contract import Endpoint
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject

VERBS = {
    "GET": "fetch find get list",
    "POST": "add create do insert make new save send submit",
    "PATCH": "change edit modify set update",
    "DELETE": "delete remove",
}
METHODS = {verb: method for method, verbs in VERBS.items() for verb in verbs.split()}


def verbs(subject: Subject) -> Hits:
    """A URL that names an action, not a thing, in a segment that begins with a verb."""
    for index, endpoint in enumerate(subject.design.api.endpoints):
        verb = next(
            (words[0] for words in map(_words, endpoint.path.split("/")) if words and words[0] in METHODS), None
        )
        if verb:
            yield subject.at_endpoint(
                index,
                f"{endpoint.name} says `{verb}` in its path",
                f"api.endpoints[{index}]: name it `{_noun_form(endpoint, verb)}`; keep the old name until its `sunset`",
            )


def _words(segment: str) -> list[str]:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", segment)
    return [] if segment.startswith("{") else [word.lower() for word in words]


def _noun_form(endpoint: Endpoint, verb: str) -> str:
    """The same endpoint with the verb in the method.

    >>> _noun_form(Endpoint(name="POST /api/v1/createOrder", service="orders"), "create")
    'POST /api/v1/orders'
    """
    parts = []
    for segment in endpoint.path.split("/"):
        verbs, words = _words(segment)[:1], _words(segment)[1:]
        if verbs == [verb]:
            segment = "-".join(words) + ("s" if words and not words[-1].endswith("s") else "")
        parts.append(segment)
    return f"{METHODS[verb]} /" + "/".join(filter(None, parts))


RULE = Rule(
    id="verb-in-url",
    severity="low",
    principle=2,
    why="The method already says what is done; a resource named by a noun has one address to link, cache, secure and "
    "document for all of its methods",
    remedy="Name the resource by a plural noun and let the method be the verb.",
    references=("Zalando RESTful API guidelines, rule 141", "Google AIP-136"),
    check=verbs,
    fires="  - {name: POST /api/v1/createThing, service: front}",
    quiet="  - {name: GET /api/v1/settings, service: front}",
)
