"""Links in answers: the values that are addresses of the API's own things, and how those are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from archbook.contracts.document import Node
from archbook.contracts.lint.subject import is_type

if TYPE_CHECKING:
    from archbook.contracts.lint.subject import Endpoint

_AROUND = ("links", "_links")
_STEP = re.compile(r"self|next|prev(ious)?|first|last|href", re.IGNORECASE)
_LINK = re.compile(r"(self|next|prev(ious)?|first|last)_?(page_?)?(link|url|uri|href)", re.IGNORECASE)
_ABSOLUTE = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_FORMS = {"uri": "absolute", "url": "absolute", "uri-reference": "relative"}


def links(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """The links in what an endpoint answers: place, and `absolute`, `relative`, or empty where nothing says which."""
    for _, schema in endpoint.shapes:
        for place, node in endpoint.subject.fields(schema):
            *around, name = place.replace("[]", "").split(".")
            named = _LINK.fullmatch(name) or any(part.lower() in _AROUND for part in around)
            if (named or _STEP.fullmatch(name)) and is_type(node, "string"):
                form = _form(node)
                if named or form:
                    yield place, form


def leads_on(endpoint: Endpoint) -> bool:
    """Whether a list links to its next page: in its body, or in the header Link (RFC 8288)."""
    if any(place.rpartition(".")[2].lower().startswith("next") or ".next." in place for place, _ in links(endpoint)):
        return True
    return any("link" in endpoint.headers_of(answer) for _, answer in endpoint.answers("2"))


def _form(node: Node) -> str:
    examples = node.get("examples")
    for said in (node.get("example"), *(examples if isinstance(examples, list) else ())):
        if isinstance(said, str) and said:
            return "absolute" if _ABSOLUTE.match(said) else "relative" if said[0] in "/?" else ""
    return _FORMS.get(str(node.get("format")), "")
