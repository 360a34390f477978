"""Who may sign in to a reference service: accounts made when it starts, at least one a role."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from archbook.contracts.roles import reaches_all
from archbook.design.model import Design
from archbook.tables import Table, as_columns


@dataclass(frozen=True, slots=True)
class Account:
    """A client of the token endpoint, or whoever holds a key. subject: the key of the user that it acts for.

    secret: told to the one who started the service, and never written.
    """

    name: str
    subject: str
    roles: frozenset[str]
    service: bool = False
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)


class Accounts:
    """Accounts by name."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        self.by_name = {account.name: account for account in accounts}

    def signed_in(self, name: str, secret: str) -> Account | None:
        """The account whose secret this is; takes as long for a wrong name as for a wrong secret."""
        account = self.by_name.get(name)
        right = hmac.compare_digest(secret.encode(), account.secret.encode() if account else b"")
        return account if right and account else None

    def with_secret(self, secret: str) -> Account | None:
        """The account that a secret alone names."""
        found = [a for a in self.by_name.values() if hmac.compare_digest(secret.encode(), a.secret.encode())]
        return found[0] if found else None

    def table(self) -> Table:
        """Names, whom they act for, roles and secrets: for the terminal of the one who started the service."""
        rows = [
            (a.name, a.secret, "a service" if a.service else f"user {a.subject}", ", ".join(sorted(a.roles)) or None)
            for a in self.by_name.values()
        ]
        return as_columns(("client", "secret", "acts for", "roles"), rows)


def demo_accounts(design: Design, users: Sequence[str] = ("1", "2", "3", "4", "5", "6", "7", "8")) -> Accounts:
    """An account for each role of a design, and a second one where a role reaches only what is its own.

    users: keys of users, whom the accounts act for in turn; with the second account of a role one tries what belongs
    to the first.
    """
    endpoints = design.api.endpoints
    for_services = {role for endpoint in endpoints if endpoint.auth == "service" for role in endpoint.roles}
    for_people = {role for endpoint in endpoints if endpoint.auth == "user" for role in endpoint.roles}
    names = [*design.security.roles, *sorted((for_services | for_people) - set(design.security.roles))]
    services = [name for name in names if name in for_services - for_people]
    people: list[tuple[str, frozenset[str]]] = []
    for name in names:
        if name not in services:
            second = [f"{name}-2"] if _owns(design, name) else []
            people += [(account, frozenset({name})) for account in (name, *second)]
    people = people or [("user", frozenset()), ("user-2", frozenset())]
    found = [Account(name, users[n % len(users)], roles) for n, (name, roles) in enumerate(people)]
    found += [Account(name, name, frozenset({name}), service=True) for name in services]
    if not services and any(endpoint.auth == "service" for endpoint in endpoints):
        found.append(Account("a-service", "a-service", frozenset(), service=True))
    return Accounts(found)


def _owns(design: Design, name: str) -> bool:
    """Whether there is an endpoint at which a role reaches only what belongs to the caller."""
    role = design.security.roles.get(name)
    owned = [e for e in design.api.endpoints if e.ownership and name in e.roles]
    return any(role is None or not reaches_all(endpoint, role) for endpoint in owned)
