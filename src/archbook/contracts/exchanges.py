"""What an endpoint exchanges with its clients beside the rows: headers, parameters, and the failures that they meet."""

from __future__ import annotations

import datetime
from email.utils import format_datetime
from typing import Any

from archbook.contracts import protection
from archbook.contracts.resources import PARAMETER, Resource
from archbook.contracts.shapes import column_shape
from archbook.design.contract import Endpoint
from archbook.design.model import Design

Node = dict[str, Any]


def cache_control(endpoint: Endpoint) -> str:
    """The header with which an endpoint answers a GET.

    >>> cache_control(Endpoint(name="GET /a", service="a", auth="none", cache="60s"))
    'public, max-age=60'
    """
    whom = "public" if endpoint.auth == "none" else "private"
    return f"{whom}, max-age={int(endpoint.cache)}" if endpoint.cache else f"{whom}, no-cache"


def sunset(endpoint: Endpoint) -> str:
    """The header that says when an endpoint goes away (RFC 8594); empty where the design names no day."""
    try:
        day = datetime.datetime.fromisoformat(endpoint.sunset or "").replace(tzinfo=datetime.UTC)
    except ValueError:
        return ""
    return format_datetime(day, usegmt=True)


def takes_body(endpoint: Endpoint) -> bool:
    """Whether a request has a body."""
    return endpoint.method in ("POST", "PUT", "PATCH")


def limited(design: Design, endpoint: Endpoint) -> bool:
    """Whether somebody who calls too often is told so."""
    held = design.security.rate_limits
    return endpoint.rate_limit is not None or any(not limit.on or endpoint.name in limit.on for limit in held)


def failures_met(design: Design, endpoint: Endpoint, asked: bool) -> list[int]:
    """The failures that a client of an endpoint may meet."""
    body, known = takes_body(endpoint), bool(protection.scheme_name(design))
    writes = endpoint.method not in ("GET", "HEAD", "OPTIONS")
    met = {
        400: asked or body,
        401: known and endpoint.auth != "none",
        403: known and endpoint.auth != "none" and (bool(endpoint.roles) or endpoint.auth == "service"),
        404: bool(PARAMETER.search(endpoint.path)),
        406: endpoint.method not in ("HEAD", "DELETE", "OPTIONS"),
        409: writes,
        412: endpoint.method in ("PUT", "PATCH", "DELETE"),
        413: body,
        415: body,
        422: asked or body,
        429: limited(design, endpoint),
        500: True,
        503: True,
    }
    return [status for status, meets in met.items() if meets]


def asked_headers(endpoint: Endpoint) -> list[tuple[str, str, int, bool]]:
    """Request headers of an endpoint: name, what it is for, most characters, whether it is required."""
    found: list[tuple[str, str, int, bool]] = []
    if endpoint.method in ("GET", "HEAD"):
        found.append(
            ("If-None-Match", "ETag of the copy that the client has; 304 where it is still right.", 200, False)
        )
    if endpoint.method in ("PUT", "PATCH", "DELETE"):
        found.append(("If-Match", "ETag of what the client has read; 412 where it has changed since.", 200, False))
    if endpoint.idempotency_key:
        found.append(
            ("Idempotency-Key", "A new key for each thing to be done; a repeated one gets the first answer.", 64, True)
        )
    return found


def header_parameter(name: str, about: str, most: int, needed: bool) -> Node:
    """A request header of at most so many characters."""
    schema = {"type": "string", "minLength": 1, "maxLength": most}
    return {"name": name, "in": "header", "required": needed, "description": about, "schema": schema}


def path_parameter(name: str, resource: Resource) -> Node:
    """A parameter of a path, typed by the column that it names."""
    schema: Node = {"type": "string", "minLength": 1, "maxLength": 64}
    if resource.table and name in resource.path:
        schema = never_null(column_shape(resource, resource.table.column(resource.path[name]), sent=True))
    return {"name": name, "in": "path", "required": True, "schema": schema}


def never_null(shape: Node) -> Node:
    """The shape of a column as a parameter has it: never null."""
    if isinstance(shape.get("type"), list):
        shape = {**shape, "type": shape["type"][0]}
        if "enum" in shape:
            shape["enum"] = [value for value in shape["enum"] if value is not None]
    return shape
