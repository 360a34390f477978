"""How the security of a design stands in an OpenAPI document: schemes, and what each operation requires."""

from __future__ import annotations

from typing import Any

from archbook.contracts.resources import resource_of
from archbook.design.contract import Endpoint
from archbook.design.model import Design

TOKEN_URL = "/oauth/token"
COOKIE, KEY_HEADER = "session", "X-Api-Key"
Node = dict[str, Any]


def scheme_name(design: Design) -> str:
    """The name of the scheme; empty where the design says of no mechanism."""
    kind = design.security.authentication.kind if design.security.authentication else "none"
    return "" if kind == "none" else {"api-key": "apiKey"}.get(kind, kind)


def schemes(design: Design) -> Node:
    """The security schemes of a design by name."""
    held = design.security.authentication
    if held is None or held.kind == "none":
        return {}
    known: dict[str, Node] = {
        "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "oauth2": {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": TOKEN_URL, "scopes": _scopes(design)}},
        },
        "session": {"type": "apiKey", "in": "cookie", "name": COOKIE},
        "api-key": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
        "mtls": {"type": "mutualTLS"},
    }
    told = [held.why, f"Accepted: {', '.join(held.algorithms)}." if held.algorithms else ""]
    description = " ".join(filter(None, told))
    return {scheme_name(design): {**known[held.kind], **({"description": description} if description else {})}}


def requirement(design: Design, endpoint: Endpoint) -> list[Node] | None:
    """Who may call an endpoint: one entry for each role that may; None where nothing says how callers are known.

    In OpenAPI 3.1 the list of a scheme without scopes holds roles.
    """
    name = scheme_name(design)
    if endpoint.auth == "none":
        return []
    if not name:
        return None
    roles: list[list[str]] = [_scopes_of(design, endpoint, role) for role in endpoint.roles]
    if not roles and name == "oauth2":
        roles = [[_scope(design, endpoint)]]
    return [{name: scopes} for scopes in roles or [[]]]


def _scopes_of(design: Design, endpoint: Endpoint, role: str) -> list[str]:
    """What a caller needs who has a role: the role itself, or for OAuth 2 what the role may do with the thing."""
    if scheme_name(design) != "oauth2":
        return [role]
    held = design.security.roles.get(role)
    thing = _scope(design, endpoint).partition(":")[0]
    return [may for may in (held.may if held else ()) if may.partition(":")[0] == thing][:1] or [
        _scope(design, endpoint)
    ]


def _scope(design: Design, endpoint: Endpoint) -> str:
    act = "read" if endpoint.method in ("GET", "HEAD", "OPTIONS") else "write"
    return f"{resource_of(design, endpoint).name}:{act}"


def _scopes(design: Design) -> dict[str, str]:
    """Every scope that an operation asks for or a role has, and who has it."""
    named: dict[str, list[str]] = {}
    for endpoint in design.api.endpoints:
        if endpoint.auth != "none":
            for scope in [s for role in endpoint.roles for s in _scopes_of(design, endpoint, role)] or [
                _scope(design, endpoint)
            ]:
                named.setdefault(scope, [])
    for role, held in design.security.roles.items():
        for may in held.may:
            named.setdefault(may, []).append(role)
    return {scope: f"Held by {', '.join(roles)}." if roles else "" for scope, roles in sorted(named.items())}
