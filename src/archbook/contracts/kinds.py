"""The kinds of changes of an API, by the names that oasdiff gives them: how bad each is, for whom, and the way round.

One law decides most levels: a request may only be widened and an answer only be narrowed. Where a kind cannot tell
(another pattern, a further value in an answer), it is risky.
Source of the names: the messages of oasdiff 1.31; for a few places (a header's pattern, say) made in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Level = Literal["breaking", "risky", "safe"]
LEVELS: tuple[Level, ...] = ("breaking", "risky", "safe")
UPPER = {"maximum": "max", "exclusiveMaximum": "exclusive-max", "maxLength": "max-length", "maxItems": "max-items",
         "maxProperties": "max-properties"}  # fmt: skip
LOWER = {"minimum": "min", "exclusiveMinimum": "exclusive-min", "minLength": "min-length", "minItems": "min-items",
         "minProperties": "min-properties"}  # fmt: skip
REQUESTS = ("request-body", "request-property", "request-parameter", "request-parameter-property")
ANSWERS = ("response-body", "response-property", "response-header")

_SUNSET = "keep it, mark it `deprecated: true` with `x-sunset`, answer with Deprecation and Sunset headers, and take it"
_SUNSET += " away after that day"
_BESIDE = "put the new one beside the old, deprecate the old one, and take it away after its sunset"
_OPTIONAL = "make it optional with the old behaviour as default, and require it in the next version"
_ACCEPT = "go on accepting what was allowed, warn those who send it, and narrow in the next version"
_PROMISE = "go on keeping the old promise in this version, and give it up in the next one"
_TOKENS = "take tokens first, tell those who send none, and ask for one in the next version"
_TOLERANT = "say in the documentation that more values will come, and wait until clients have a default case"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of change.

    level: the usual one. client: whom it breaks, a sentence with `{it}`, `{old}` and `{new}`. path: how to get there
    without breaking anybody.
    """

    id: str
    level: Level
    client: str = ""
    path: str = ""


_REMOVED = "a client that calls {it} gets 404 or 405"
_KINDS = (
    Kind("endpoint-added", "safe"),
    Kind("endpoint-deprecated", "safe"),
    Kind("endpoint-deprecated-with-sunset", "safe"),
    Kind("endpoint-reactivated", "safe"),
    Kind("api-path-removed-without-deprecation", "breaking", _REMOVED, _SUNSET),
    Kind("api-path-removed-before-sunset", "breaking", _REMOVED + " before the day that it was told ({old})", _SUNSET),
    Kind("api-path-removed-with-deprecation", "safe"),
    Kind("api-removed-without-deprecation", "breaking", _REMOVED, _SUNSET),
    Kind("api-removed-before-sunset", "breaking", _REMOVED + " before the day that it was told ({old})", _SUNSET),
    Kind("api-removed-with-deprecation", "safe"),
    Kind("sunset-deleted", "risky", "a client that planned its move for {old} no longer knows when", "keep the day"),
    Kind("api-sunset-date-changed-too-small", "breaking", "a client that planned its move for {old} is late",
         "keep the day, or move it later"),
    Kind("api-operation-id-removed", "risky", "a client generated from the document calls the method {old}",
         "keep the operation id"),
    Kind("api-version-not-bumped", "risky", "a client that decides by the version does not see the break",
         "raise the major version"),
    Kind("api-major-version-not-bumped", "risky", "a client that takes every minor version gets the break",
         "raise the major version"),
    Kind("api-security-added", "safe", "a client that sends no token gets 401", _TOKENS),
    Kind("api-security-removed", "breaking", "a client that signs in by {old} gets 401 or 403", _BESIDE),
    Kind("api-global-security-added", "safe", "a client that sends no token gets 401", _TOKENS),
    Kind("api-global-security-removed", "breaking", "a client that signs in by {old} gets 401", _BESIDE),
    Kind("api-security-scope-added", "breaking", "a client whose token lacks the scope {new} gets 403",
         "give the scope to those who have the old ones before it is asked for"),
    Kind("api-security-scope-removed", "safe"),
    Kind("api-security-component-type-changed", "breaking", "a client that signs in by {old} gets 401", _BESIDE),
    Kind("api-security-component-oauth-token-url-changed", "risky", "a client that fetches tokens from {old}",
         "answer at the old address until no one asks there"),
    Kind("api-security-component-oauth-scope-removed", "breaking", "a client that asks for the scope {old} is refused",
         "go on giving the scope until no one asks for it"),
    Kind("request-body-added-required", "breaking", "a client that sends no body gets 400 or 422", _OPTIONAL),
    Kind("request-body-added-optional", "safe"),
    Kind("request-body-removed", "risky", "a client that sends a body is refused, or its body ignored", _SUNSET),
    Kind("request-body-became-required", "breaking", "a client that sends no body gets 400 or 422", _OPTIONAL),
    Kind("request-body-became-optional", "safe"),
    Kind("request-body-media-type-removed", "breaking", "a client that sends {old} gets 415", _ACCEPT),
    Kind("request-body-media-type-added", "safe"),
    Kind("request-parameter-removed", "risky",
         "a client that sends {it} is refused, or gets an answer as if it had not", _SUNSET),
    Kind("new-required-request-parameter", "breaking", "a client that does not send {it} gets 400 or 422", _OPTIONAL),
    Kind("new-request-path-parameter", "breaking", "a client that calls the address without {it} gets 404", _BESIDE),
    Kind("new-optional-request-parameter", "safe"),
    Kind("request-parameter-became-required", "breaking", "a client that does not send {it} gets 400 or 422",
         _OPTIONAL),
    Kind("request-parameter-became-optional", "safe"),
    Kind("request-property-removed", "risky", "a client that sends {it} is refused, or its value is lost", _SUNSET),
    Kind("new-required-request-property", "breaking", "a client that does not send {it} gets 400 or 422", _OPTIONAL),
    Kind("new-required-request-property-with-default", "breaking",
         "a client that checks its body against the document, or a server that does, refuses one without {it}",
         _OPTIONAL),
    Kind("new-optional-request-property", "safe"),
    Kind("request-property-became-required", "breaking", "a client that does not send {it} gets 400 or 422", _OPTIONAL),
    Kind("request-property-became-required-with-default", "breaking",
         "a client that checks its body against the document, or a server that does, refuses one without {it}",
         _OPTIONAL),
    Kind("request-property-became-optional", "safe"),
    Kind("response-required-property-removed", "breaking", "a client that reads {it}, which was always there",
         _SUNSET),
    Kind("response-optional-property-removed", "risky", "a client that uses {it} where it is there", _SUNSET),
    Kind("response-required-property-added", "safe"),
    Kind("response-optional-property-added", "safe"),
    Kind("response-property-became-optional", "breaking", "a client that reads {it} without asking if it is there",
         _PROMISE),
    Kind("response-property-became-required", "safe"),
    Kind("response-success-status-removed", "breaking", "a client that waits for the status {old}", _BESIDE),
    Kind("response-success-status-added", "risky", "a client that takes only the statuses it knows for success",
         "answer with the new status only to those who ask for it, such as by a Prefer header"),
    Kind("response-non-success-status-removed", "risky", "a client that acts on the status {old}", _PROMISE),
    Kind("response-non-success-status-added", "safe"),
    Kind("response-media-type-removed", "breaking", "a client that accepts {old} gets 406, or what it cannot read",
         _BESIDE),
    Kind("response-media-type-added", "safe"),
    Kind("required-response-header-removed", "breaking", "a client that reads the header {old}", _SUNSET),
    Kind("optional-response-header-removed", "risky", "a client that uses the header {old} where it is there", _SUNSET),
    Kind("response-header-became-optional", "breaking", "a client that reads {it} without asking if it is there",
         _PROMISE),
    Kind("response-header-added", "safe"),
)  # fmt: skip


def _of_values() -> Iterator[Kind]:
    """The kinds that a schema has wherever it stands: in a body, a property, a parameter or a header."""
    for scope in REQUESTS:
        sends = "a client that sends {it} as it was allowed ({old})"
        yield Kind(f"{scope}-type-changed", "breaking", "a client that sends {it} as {old} gets 400 or 422", _BESIDE)
        yield Kind(f"{scope}-type-generalized", "safe")
        yield Kind(f"{scope}-became-nullable", "safe")
        yield Kind(f"{scope}-became-not-nullable", "breaking", "a client that sends null as {it}", _ACCEPT)
        yield Kind(f"{scope}-became-enum", "breaking", "a client that sends another {it} than {new}", _ACCEPT)
        yield Kind(f"{scope}-became-not-enum", "safe")
        yield Kind(f"{scope}-enum-value-removed", "breaking", "a client that sends {old} as {it}", _ACCEPT)
        yield Kind(f"{scope}-enum-value-added", "safe")
        yield Kind(f"{scope}-x-extensible-enum-value-removed", "breaking", "a client that sends {old} as {it}", _ACCEPT)
        yield Kind(
            f"{scope}-pattern-added", "breaking", "a client that sends a {it} that does not match {new}", _ACCEPT
        )
        yield Kind(
            f"{scope}-pattern-changed", "risky", "a client that sends a {it} like {old}, not like {new}", _ACCEPT
        )
        yield Kind(f"{scope}-pattern-removed", "safe")
        for action in ("added", "changed", "removed"):
            leaves = "a client that leaves {it} out gets another result"
            yield Kind(f"{scope}-default-value-{action}", "risky", leaves, "keep the default in this version")
        for union in ("one-of", "any-of"):
            yield Kind(f"{scope}-{union}-removed", "breaking", "a client that sends {it} as {old}", _ACCEPT)
            yield Kind(f"{scope}-{union}-added", "safe")
        yield from _of_bounds(scope, "narrows", sends + " gets 400 or 422", _ACCEPT)
    for scope in ANSWERS:
        yield Kind(f"{scope}-type-changed", "breaking", "a client that reads {it} as {old}", _BESIDE)
        yield Kind(f"{scope}-type-specialized", "safe")
        yield Kind(f"{scope}-became-nullable", "breaking", "a client that uses {it} without asking for null", _PROMISE)
        yield Kind(f"{scope}-became-not-nullable", "safe")
        yield Kind(f"{scope}-became-enum", "safe")
        yield Kind(f"{scope}-became-not-enum", "risky", "a client that knows only {old} for {it}", _TOLERANT)
        yield Kind(f"{scope}-enum-value-added", "risky", "a client that has no default case for {it}", _TOLERANT)
        yield Kind(f"{scope}-enum-value-removed", "safe")
        yield Kind(f"{scope}-pattern-added", "safe")
        yield Kind(f"{scope}-pattern-changed", "risky", "a client that takes {it} apart by {old}", _PROMISE)
        yield Kind(f"{scope}-pattern-removed", "risky", "a client that takes {it} apart by {old}", _PROMISE)
        for union in ("one-of", "any-of"):
            yield Kind(f"{scope}-{union}-added", "risky", "a client that does not know {new} as {it}", _TOLERANT)
            yield Kind(f"{scope}-{union}-removed", "safe")
        yield from _of_bounds(scope, "widens", "a client that made room for {it} by {old}", _PROMISE)


def _of_bounds(scope: str, breaks: str, client: str, path: str) -> Iterator[Kind]:
    for names, grows in ((UPPER, "widens"), (LOWER, "narrows")):
        shrinks = "narrows" if grows == "widens" else "widens"
        for name in names.values():
            for action, effect in (
                ("increased", grows),
                ("decreased", shrinks),
                ("set", "narrows"),
                ("unset", "widens"),
            ):
                kind = f"{scope}-{name}-{action}"
                yield Kind(kind, "breaking", client, path) if effect == breaks else Kind(kind, "safe")


KINDS: dict[str, Kind] = {kind.id: kind for kind in (*_KINDS, *_of_values())}
