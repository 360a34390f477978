"""Who calls, and whether they may: a token or key becomes a caller, and the design's roles decide."""

from __future__ import annotations

import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any

from archbook.contracts.protection import COOKIE, KEY_HEADER
from archbook.contracts.roles import Decision, by_list, by_role
from archbook.contracts.service.accounts import Account, Accounts
from archbook.contracts.service.calls import App, Caller, Receive, Scope, Send, call_of, header, refuse
from archbook.contracts.tokens import ALGORITHMS, Keys, TokenRefused
from archbook.design.contract import Authentication, Endpoint
from archbook.design.model import Design
from archbook.errors import UnknownName

SERVICE = "service"
"""The scope in a token of one of our services; no person's token has it."""
SCHEMES = {"jwt": "Bearer", "oauth2": "Bearer", "api-key": "ApiKey", "session": "Cookie", "mtls": "Mutual"}
CERTIFICATE = "X-Client-Certificate-Subject"
"""Stands in for a certificate: a proxy that has checked it says whose it is, and here whoever calls is believed."""
LONGEST = 4096
"""Characters of a token or key that are looked at."""


class Guard:
    """Knows callers by the design's kind of authentication, and decides by its roles or lists."""

    def __init__(self, design: Design, accounts: Accounts, clock: Callable[[], float] = time.time) -> None:
        self._authentication = design.security.authentication or Authentication(kind="none")
        said = self._authentication
        algorithm = next((name for name in said.algorithms if name in ALGORITHMS), ALGORITHMS[0])
        self.accounts, self.clock, self.kind = accounts, clock, said.kind
        self.keys = Keys(said.issuer or "archbook", said.audience or "archbook", said.expiry or 900.0, algorithm)
        self._rotated_s = clock()
        self._lists = _lists(design, accounts) if design.security.authorisation == "acl" else None
        self._roles_decide = design.security.authorisation != "none"
        self._may = {name: role.may for name, role in design.security.roles.items()}

    def issue(self, account: Account) -> tuple[str, list[str]]:
        """A token for an account and its scopes; signed with a new key where the design wants one by now."""
        now = self.clock()
        if self._authentication.key_rotation and now - self._rotated_s >= self._authentication.key_rotation:
            self.keys.rotate()
            self._rotated_s = now
        scopes = {may for role in account.roles for may in self._may.get(role, ())}
        scopes = {scope for scope in scopes if " " not in scope} | ({SERVICE} if account.service else set())
        return self.keys.issue(account.subject, now, scopes, account.roles), sorted(scopes)

    def proof(self, name: str) -> dict[str, str]:
        """The headers by which a client shows who it is. Raises UnknownName."""
        account = self.accounts.by_name.get(name)
        if account is None:
            raise UnknownName("client of the service", name, self.accounts.by_name)
        kinds = {
            "api-key": {KEY_HEADER: account.secret},
            "session": {"Cookie": f"{COOKIE}={account.secret}"},
            "mtls": {CERTIFICATE: account.name},
            "none": {},
        }
        return kinds[self.kind] if self.kind in kinds else {"Authorization": f"Bearer {self.issue(account)[0]}"}

    def caller(self, scope: Scope) -> Caller:
        """Who sent a request; nobody, with the reason, where what they sent is not accepted."""
        if self.kind in ("jwt", "oauth2"):
            return self._by_token(header(scope, b"authorization"))
        if self.kind == "none":
            return Caller()
        sent = _sent(scope, self.kind)
        if not sent:
            return Caller()
        known = self.accounts.by_name.get(sent) if self.kind == "mtls" else self.accounts.with_secret(sent[:LONGEST])
        if known is None:
            return Caller(refused=f"nobody has this {self.kind}")
        return Caller(known.subject, known.roles, known.service)

    def _by_token(self, sent: str | None) -> Caller:
        scheme, _, token = (sent or "").strip().partition(" ")
        if not scheme:
            return Caller()
        if scheme.lower() != "bearer" or not token or len(token) > LONGEST:
            return Caller(refused="the Authorization header is not `Bearer` and a token")
        try:
            claims = self.keys.verify(token.strip(), self.clock())
        except TokenRefused as error:
            return Caller(refused=str(error))
        return Caller(claims.subject, claims.roles, SERVICE in claims.scopes)

    def decide(self, endpoint: Endpoint, caller: Caller) -> Decision:
        """Whether a caller may call an endpoint, and the rule that decides it."""
        if self.kind == "none":
            return Decision(True, "the design asks nobody who they are")
        if endpoint.auth == "service" and caller.signed_in and not caller.service:
            return Decision(False, "only another service may")
        if not self._roles_decide and caller.signed_in:
            return Decision(True, "everybody who is signed in may")
        if self._lists is not None and endpoint.auth != "none" and endpoint.roles and caller.signed_in:
            return by_list(self._lists, caller.subject, endpoint.name)
        return by_role(endpoint, sorted(caller.roles), signed_in=caller.signed_in)

    @property
    def challenge(self) -> str:
        """What WWW-Authenticate asks for."""
        realm = "".join(c for c in self.keys.audience if c.isascii() and c.isprintable() and c not in '"\\')
        return f'{SCHEMES.get(self.kind, "Bearer")} realm="{realm}"'


class Identifying:
    """ASGI: from here on a call knows its caller."""

    def __init__(self, app: App, guard: Guard) -> None:
        self._app, self._guard = app, guard

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        call_of(scope).caller = self._guard.caller(scope)
        await self._app(scope, receive, send)


class Allowing:
    """ASGI: 401 for who is not signed in, 403 for who may not; the reason goes to the log and not to the client."""

    def __init__(self, app: App, guard: Guard, design: Design) -> None:
        self._app, self._guard, self._style = app, guard, design.api.style

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        call = call_of(scope)
        if call.endpoint is None:
            await self._app(scope, receive, send)
            return
        decision = self._guard.decide(call.endpoint, call.caller)
        call.why = call.caller.refused or decision.why
        if decision.allowed:
            await self._app(scope, receive, send)
        elif call.caller.signed_in:
            await refuse(send, self._style, call, 403, "you may not do this")
        else:
            wrong = ', error="invalid_token"' if call.caller.refused and "Bearer" in self._guard.challenge else ""
            told = "sign in again: what you sent is not accepted" if call.caller.refused else "sign in first"
            headers = [("www-authenticate", self._guard.challenge + wrong)]
            await refuse(send, self._style, call, 401, told, headers)


def _sent(scope: Scope, kind: Any) -> str | None:
    """The key, session or subject of a certificate that a request carries."""
    if kind != "session":
        return header(scope, (KEY_HEADER if kind == "api-key" else CERTIFICATE).lower().encode())
    try:
        cookie = SimpleCookie((header(scope, b"cookie") or "")[:LONGEST]).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie else None


def _lists(design: Design, accounts: Accounts) -> dict[str, set[str]]:
    """Who stands on the list of each endpoint."""
    everybody = accounts.by_name.values()
    return {e.name: {a.subject for a in everybody if a.roles & set(e.roles)} for e in design.api.endpoints}
