"""Tokens as attackers and mishaps make them, each to be refused: what a verifier is tried with."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection

from archbook.contracts.tokens import Keys
from archbook.errors import UnknownName

TOKENS = ("valid", "none at all", "forged", "expired", "alg none", "wrong audience", "unknown key")
"""Only the first is to be accepted."""


def a_token(kind: str, keys: Keys, subject: str, now_s: float, roles: Collection[str] = ()) -> str | None:
    """A token of one kind of TOKENS for a subject, or None for none at all. Raises UnknownName.

    `forged` gives itself another role under the old signature, `alg none` drops the signature (RFC 7519, 6),
    `unknown key` is signed by somebody who is not the issuer. now_s: seconds since 1970.

    >>> keys = Keys("https://accounts.example", "shop")
    >>> keys.verify(a_token("valid", keys, "ann", 1e9), 1e9).subject
    'ann'
    >>> keys.verify(a_token("expired", keys, "ann", 1e9), 1e9)
    Traceback (most recent call last):
    archbook.contracts.tokens.TokenRefused: the token expired 60 s ago
    """
    if kind not in TOKENS:
        raise UnknownName("kind of token", kind, TOKENS)
    if kind == "none at all":
        return None
    if kind == "unknown key":
        return Keys(keys.issuer, keys.audience, keys.lifetime_s, keys.algorithm).issue(subject, now_s, roles=roles)
    issued_s = now_s - keys.lifetime_s - 60 if kind == "expired" else now_s
    other = {"aud": f"not-{keys.audience}"} if kind == "wrong audience" else {}
    token = keys.issue(subject, issued_s, roles=roles, **other)
    head, claims, signature = token.split(".")
    if kind == "forged":
        return f"{head}.{_changed(claims, roles=['admin', *roles])}.{signature}"
    return f"{_changed(head, alg='none')}.{claims}." if kind == "alg none" else token


def _changed(part: str, **values: object) -> str:
    """A part of a token with other values."""
    said = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return base64.urlsafe_b64encode(json.dumps({**said, **values}).encode()).rstrip(b"=").decode()
