"""A path that names an action where the method already does."""

from __future__ import annotations

import re
from collections.abc import Iterator

from archbook.design.contract import Endpoint
from archbook.findings import Hit, Rule
from archbook.review.subject import Subject

VERBS = {
    "GET": "fetch find get list",
    "POST": "add create do insert make new save send submit",
    "PATCH": "change edit modify set update",
    "DELETE": "delete remove",
}
METHODS = {verb: method for method, verbs in VERBS.items() for verb in verbs.split()}
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def verbs(subject: Subject) -> Iterator[Hit]:
    """A path segment that begins with a verb of creating, reading, updating or deleting."""
    for index, endpoint in enumerate(subject.design.api.endpoints):
        verb = next((words[0] for words in map(_words, _segments(endpoint)) if words and words[0] in METHODS), None)
        if verb:
            better = _noun_form(endpoint, verb)
            yield Hit(
                about=endpoint.name,
                what=f"{endpoint.name} says `{verb}` in its path",
                do=f"api.endpoints[{index}]: name it `{better}`; keep the old name until its `sunset`",
                where=("api", "endpoints", index),
                cost=subject.requests_per_s(endpoint.name),
            )


def _segments(endpoint: Endpoint) -> list[str]:
    return [segment for segment in endpoint.path.split("/") if segment and not segment.startswith("{")]


def _words(segment: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(segment)]


def _noun_form(endpoint: Endpoint, verb: str) -> str:
    """The same endpoint with the verb in the method.

    >>> _noun_form(Endpoint(name="POST /api/v1/createOrder", service="orders"), "create")
    'POST /api/v1/orders'
    """
    parts = []
    for segment in endpoint.path.split("/"):
        words = _words(segment)
        if not segment.startswith("{") and words and words[0] == verb:
            segment = "-".join(words[1:]) + ("" if words[-1].endswith("s") or not words[1:] else "s")
        parts.append(segment)
    return f"{METHODS[verb]} /" + "/".join(part for part in parts if part)


RULE = Rule(
    id="verb-in-url",
    title="A URL that names an action, not a thing",
    severity="low",
    principle=2,
    why="The method already says what is done; a resource named by a noun has one address to link, cache, secure and "
    "document for all of its methods",
    remedy="Name the resource by a plural noun and let the method be the verb.",
    references=("Zalando RESTful API guidelines, rule 141", "Google AIP-136"),
    check=verbs,
    fires="""
api:
  endpoints:
  - {name: GET /api/v1/things, service: front}
  - {name: POST /api/v1/things, service: front}
  - {name: POST /api/v1/createThing, service: front}
""",
    quiet="""
api:
  endpoints:
  - {name: GET /api/v1/things, service: front}
  - {name: POST /api/v1/things, service: front}
  - {name: GET /api/v1/settings, service: front}
""",
)
