"""Answers of an API as its style has them: errors, envelopes, pages and headers, as parts of an OpenAPI document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from archbook.contracts.shapes import property_name
from archbook.design.contract import Style

Node = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Failure:
    """An error that a client may meet. name: of the shared part; code: for programs; message: for people."""

    name: str
    code: str
    message: str
    title: str


FAILURES = {
    400: Failure("BadRequest", "BAD_REQUEST", "The body is no JSON: line 3 ends too early.", "Bad request"),
    401: Failure("Unauthorized", "UNAUTHENTICATED", "The token has expired; sign in again.", "Unauthorized"),
    403: Failure("Forbidden", "FORBIDDEN", "Only support may do this.", "Forbidden"),
    404: Failure("NotFound", "NOT_FOUND", "There is nothing under this id.", "Not found"),
    405: Failure("MethodNotAllowed", "METHOD_NOT_ALLOWED", "This path knows GET and HEAD.", "Method not allowed"),
    406: Failure("NotAcceptable", "NOT_ACCEPTABLE", "The answer is `application/json`.", "Not acceptable"),
    409: Failure("Conflict", "CONFLICT", "There is one with this email already.", "Conflict"),
    412: Failure("PreconditionFailed", "CHANGED_MEANWHILE", "It has changed since you read it; read it again.",
                 "Precondition failed"),
    413: Failure("ContentTooLarge", "TOO_LARGE", "The body is larger than this endpoint takes.", "Content too large"),
    415: Failure("UnsupportedMediaType", "UNSUPPORTED_MEDIA_TYPE", "Send `application/json`.",
                 "Unsupported media type"),
    422: Failure("UnprocessableContent", "VALIDATION_ERROR", "`email` is no e-mail address.", "Unprocessable content"),
    429: Failure("TooManyRequests", "RATE_LIMITED", "Too many requests; try again in 12 seconds.", "Too many requests"),
    500: Failure("InternalServerError", "INTERNAL_ERROR", "Something went wrong on our side.", "Internal server error"),
    503: Failure("ServiceUnavailable", "UNAVAILABLE", "Try again in a few seconds.", "Service unavailable"),
}  # fmt: skip
EXAMPLE_REQUEST_ID = "7f3a9c0e5b1d4e6f"
HEADERS: Node = {
    "Cache-Control": ("Who may keep the answer, and how long.", {"type": "string"}),
    "Deprecation": ("Clients are asked to leave this endpoint (RFC 9745).", {"type": "string"}),
    "ETag": ("Version of what was read; send it back as If-None-Match or If-Match.", {"type": "string"}),
    "Location": ("Address of what was created.", {"type": "string", "format": "uri-reference"}),
    "RateLimit": ('What is left, such as `"user";r=42;t=12`.', {"type": "string"}),
    "RateLimit-Policy": ('The limits, such as `"user";q=100;w=60`.', {"type": "string"}),
    "Retry-After": ("Seconds to wait.", {"type": "integer", "minimum": 0}),
    "Sunset": ("When this endpoint goes away (RFC 8594).", {"type": "string"}),
    "WWW-Authenticate": ("What kind of credentials are asked for.", {"type": "string"}),
    "X-Request-Id": ("Number of this request in our logs.", {"type": "string"}),
}


def header(name: str) -> Node:
    """A reference to a shared header."""
    return {"$ref": f"#/components/headers/{name}"}


def headers(names: set[str]) -> Node:
    """The shared headers of these names, as they stand in `components`."""
    return {name: {"description": HEADERS[name][0], "schema": HEADERS[name][1]} for name in sorted(names)}


def media_type(style: Style, api: str) -> str:
    """The media type of answers; the version stands in it where the style says so.

    >>> media_type(Style(versioning="media-type", version="v2"), "shop")
    'application/vnd.shop.v2+json'
    """
    name = api.lower().replace("_", "-")
    return f"application/vnd.{name}.{style.version}+json" if style.versioning == "media-type" else "application/json"


def error_shape(style: Style) -> tuple[str, Node] | None:
    """Name and schema of the body of every error; None where the style has none."""
    request_id = property_name("request_id", style.case)
    text: Node = {"type": "string"}
    field: Node = {"type": ["string", "null"], "description": "The part of the request that is wrong."}
    about: Node = {"type": "string", "description": "Number of this request in our logs."}
    if style.errors == "problem+json":
        known = {"type": {"type": "string", "format": "uri-reference"}, "title": text, "status": {"type": "integer"},
                 "detail": text, "code": text, "field": field, request_id: about}  # fmt: skip
        return "Problem", {"description": "An error (RFC 9457).", "type": "object", "properties": known,
                           "required": ["type", "title", "status", "detail", "code", request_id]}  # fmt: skip
    if style.errors == "none":
        return None
    inner = {"type": "object", "required": ["code", "message", "field", request_id],
             "properties": {"code": {**text, "description": "For programs."},
                            "message": {**text, "description": "For people."},
                            "field": field, request_id: about}}  # fmt: skip
    return "Error", {"description": "What went wrong, and where.", "type": "object", "required": ["error"],
                     "properties": {"error": inner}}  # fmt: skip


def error_body(style: Style, status: int, *, message: str = "", field: str | None = None,
               request_id: str = EXAMPLE_REQUEST_ID) -> Node:  # fmt: skip
    """The body of an error in the declared style.

    >>> error_body(Style(), 404)["error"]["code"]
    'NOT_FOUND'
    """
    failure = FAILURES[status]
    told = {"code": failure.code, "message": message or failure.message, "field": field,
            property_name("request_id", style.case): request_id}  # fmt: skip
    if style.errors != "problem+json":
        return {"error": told}
    told["detail"] = told.pop("message")
    return {"type": "about:blank", "title": failure.title, "status": status, **told}


def failure(style: Style, status: int) -> Node:
    """One shared answer that means failure."""
    named, shape = FAILURES[status], error_shape(style)
    with_it = {"X-Request-Id"} | {401: {"WWW-Authenticate"}, 429: {"RateLimit", "RateLimit-Policy", "Retry-After"},
                                  503: {"Retry-After"}}.get(status, set())  # fmt: skip
    answer: Node = {"description": named.title, "headers": {name: header(name) for name in sorted(with_it)}}
    if shape:
        kind = "application/problem+json" if style.errors == "problem+json" else "application/json"
        example = error_body(style, status, field="email" if status == 422 else None)
        answer["content"] = {kind: {"schema": {"$ref": f"#/components/schemas/{shape[0]}"}, "example": example}}
    return answer


def page_parameters(style: Style) -> list[Node]:
    """The parameters with which a list is cut, as they stand in `components`."""
    most = style.max_page_size
    size = {"type": "integer", "minimum": 1, "maximum": most, "default": min(20, most)}
    if style.pagination == "cursor":
        place = {"type": "string", "minLength": 1, "maxLength": 512}
        return [_query("cursor", place, "Where the page begins: `next_cursor` of the page before."),
                _query("limit", size, "Most rows of the page.")]  # fmt: skip
    number = {"type": "integer", "minimum": 1, "maximum": 1_000_000, "default": 1}
    return [_query("page", number, "Which page, from 1."),
            _query(property_name("page_size", style.case), size, "Rows of the page.")]  # fmt: skip


def _query(name: str, schema: Node, description: str) -> Node:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def meta_shape(style: Style, *, rows: bool, paged: bool) -> Node:
    """What is told beside the data."""
    number = {"type": "integer", "minimum": 0}
    known: Node = {}
    if rows and paged and style.pagination == "cursor":
        known = {"limit": number, "next_cursor": {"type": ["string", "null"]}}
    elif rows and paged:
        known = {"page": number, "page_size": number, "total": number}
    known = {
        property_name(name, style.case): held for name, held in {**known, "request_id": {"type": "string"}}.items()
    }
    if rows and paged and style.links != "none":
        known["links"] = _links_shape(style)
    return {"type": "object", "required": list(known), "properties": known}


def _links_shape(style: Style) -> Node:
    """Addresses of this page and its neighbours; null where there is none, and none before by a cursor."""
    form = "uri" if style.links == "absolute" else "uri-reference"
    names = ("self", "next") if style.pagination == "cursor" else ("self", "next", "prev")
    held = {name: {"type": "string" if name == "self" else ["string", "null"], "format": form} for name in names}
    return {"type": "object", "required": list(held), "properties": held}


def page_links(style: Style, address: str, query: Mapping[str, Any], beside: Mapping[str, Any]) -> Node:
    """The links of a page. address: of the list; query: what was asked; beside: what is told of the page.

    >>> page_links(Style(links="relative"), "/orders", {"page": 2, "page_size": 20}, {"total": 50})["next"]
    '/orders?page=3&page_size=20'
    """

    def to(**other: Any) -> str:
        return f"{address}?{urlencode({**query, **other})}"

    if style.pagination == "cursor":
        following = beside[property_name("next_cursor", style.case)]
        return {"self": to(), "next": to(cursor=following) if following else None}
    page, size = query["page"], query[property_name("page_size", style.case)]
    last = -(-beside["total"] // size)
    return {"self": to(), "next": to(page=page + 1) if page < last else None,
            "prev": to(page=min(page - 1, max(last, 1))) if page > 1 else None}  # fmt: skip


def wrapped(style: Style, inner: Node, meta: Node, *, rows: bool, paged: bool) -> Node:
    """The shape of an answer around one thing or a list of them, for a style that wraps it."""
    held: Node = (
        {"type": "array", "items": inner} | ({"maxItems": style.max_page_size} if paged else {}) if rows else inner
    )
    known = {"data" if style.envelope else "items": held, "meta": meta}
    if style.envelope:
        known["errors"] = {"type": "array", "maxItems": 0, "items": {"type": "object"}}
    return {"type": "object", "required": list(known), "properties": known}
