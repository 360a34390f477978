"""The token endpoint and the keys that others verify with.

Sources: RFC 6749 (4.4 client credentials, 5.1 answers, 5.2 errors), RFC 7517 (JSON Web Key Set).
"""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from archbook.contracts.protection import TOKEN_URL
from archbook.contracts.service.accounts import Account
from archbook.contracts.service.calls import App, Headers, Receive, Scope, Send, answer, call_of, header
from archbook.contracts.service.guard import Guard

KEYS_PATH = "/.well-known/jwks.json"
LONGEST_BODY_B = 8192
_FORM = "application/x-www-form-urlencoded"


class _Refused(Exception):
    def __init__(self, error: str, description: str) -> None:
        super().__init__(error)
        self.error, self.description = error, description


class Issuing:
    """ASGI: answers POST /oauth/token and GET /.well-known/jwks.json where the design has tokens."""

    def __init__(self, app: App, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        here = scope["path"] in (TOKEN_URL, KEYS_PATH) and not call_of(scope).endpoint
        if not here or self._guard.kind not in ("jwt", "oauth2"):
            await self._app(scope, receive, send)
            return
        call_of(scope).route = scope["path"]
        allowed = ("POST",) if scope["path"] == TOKEN_URL else ("GET", "HEAD")
        if scope["method"] not in allowed:
            await _said(send, 405, {"error": "invalid_request"}, [("allow", ", ".join(allowed))])
        elif scope["path"] == KEYS_PATH:
            await _said(send, 200, self._guard.keys.public(), [("cache-control", "public, max-age=300")])
        else:
            await self._token(scope, receive, send)

    async def _token(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            account = self._client(scope, _form(scope, await _body(receive)))
        except _Refused as refused:
            unknown = refused.error == "invalid_client"
            call_of(scope).why = refused.description
            challenge = [("www-authenticate", f'Basic realm="{TOKEN_URL}"')] if unknown else []
            why = {"error": refused.error, "error_description": refused.description}
            await _said(send, 401 if unknown else 400, why, [("cache-control", "no-store"), *challenge])
            return
        token, scopes = self._guard.issue(account)
        lifetime_s = int(self._guard.keys.lifetime_s)
        said: dict[str, Any] = {"access_token": token, "token_type": "Bearer", "expires_in": lifetime_s}
        said |= {"scope": " ".join(scopes)} if scopes else {}
        await _said(send, 200, said, [("cache-control", "no-store"), ("pragma", "no-cache")])

    def _client(self, scope: Scope, form: dict[str, str]) -> Account:
        """The client that asks for a token, by its secret in the header or in the form, never in both."""
        basic = header(scope, b"authorization")
        if basic is not None and "client_secret" in form:
            raise _Refused("invalid_request", "the client says who it is twice")
        name, secret = (
            _basic(basic) if basic is not None else (form.get("client_id", ""), form.get("client_secret", ""))
        )
        account = self._guard.accounts.signed_in(name, secret)
        if account is None:
            raise _Refused("invalid_client", "no client has this name and secret")
        if "grant_type" not in form:
            raise _Refused("invalid_request", "grant_type is missing")
        if form["grant_type"] != "client_credentials":
            raise _Refused("unsupported_grant_type", "only client_credentials is given here")
        return account


def _form(scope: Scope, body: bytes) -> dict[str, str]:
    media = (header(scope, b"content-type") or "").partition(";")[0].strip().lower()
    if media != _FORM:
        raise _Refused("invalid_request", f"the body is to be {_FORM}")
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict")
    except ValueError:
        raise _Refused("invalid_request", "the body is no form") from None
    if len(dict(pairs)) != len(pairs):
        raise _Refused("invalid_request", "a parameter is given twice")
    return dict(pairs)


def _basic(sent: str) -> tuple[str, str]:
    scheme, _, coded = sent.partition(" ")
    try:
        name, colon, secret = base64.b64decode(coded.strip(), validate=True).decode().partition(":")
    except ValueError:
        colon = ""
    if scheme.lower() != "basic" or not colon:
        raise _Refused("invalid_client", "the Authorization header is not `Basic` with a name and a secret")
    return unquote_plus(name), unquote_plus(secret)


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > LONGEST_BODY_B:
            raise _Refused("invalid_request", f"the body is longer than {LONGEST_BODY_B} bytes")
        if message["type"] != "http.request" or not message.get("more_body"):
            return body


async def _said(send: Send, status: int, said: dict[str, Any], headers: Headers) -> None:
    await answer(send, status, json.dumps(said).encode(), "application/json", headers)
