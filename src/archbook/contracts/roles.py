"""Who may call which endpoint of a design, and why: roles, lists of users, and what belongs to the caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from archbook.design.contract import Endpoint
from archbook.design.model import Design
from archbook.errors import UnknownName, shown
from archbook.tables import Table, as_columns

NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call is allowed, and the rule of the design that decides it."""

    allowed: bool
    why: str


def by_role(endpoint: Endpoint, roles: Collection[str], *, signed_in: bool = True) -> Decision:
    """RBAC: what the roles of the caller say. Deny where nothing allows.

    >>> by_role(Endpoint(name="DELETE /users/{id}", service="users", roles=("admin",)), {"customer"})
    Decision(allowed=False, why='only admin may; the caller is customer')
    """
    if endpoint.auth == "none":
        return Decision(True, "anybody may, also without a token")
    if not signed_in:
        return Decision(False, "there is no token")
    if not endpoint.roles:
        return Decision(True, "everybody who is signed in may")
    held = sorted(set(endpoint.roles) & set(roles))
    if held:
        return Decision(True, f"{held[0]} may")
    return Decision(False, f"only {' or '.join(endpoint.roles)} may; the caller is {' and '.join(roles) or NOBODY}")


def by_list(allowed: Mapping[str, Collection[str]], user: str, thing: str) -> Decision:
    """ACL: whether a user stands on the list of one thing. Deny where there is no list.

    >>> by_list({"order 7": {"ann"}}, "bob", "order 7").allowed
    False
    """
    if user in allowed.get(thing, ()):
        return Decision(True, f"{user} is on the list of {thing}")
    return Decision(False, f"{user} is not on the list of {thing}")


def by_owner(endpoint: Endpoint, caller: str, owner: str) -> Decision:
    """Whether an object may be touched by the caller: broken object-level authorisation where nobody asks.

    Source: OWASP API Security Top 10 (2023), API1.
    """
    if not endpoint.ownership:
        return Decision(True, "nobody asks whose it is")
    if caller == owner:
        return Decision(True, f"it belongs to {caller}")
    return Decision(False, f"it belongs to {owner}, not to {caller}; the answer is 404, so that nobody learns of it")


def matrix(design: Design) -> Table:
    """Endpoint by role: yes, own (what belongs to the caller), or a dash. Raises UnknownName for a role without rights.

    The last column says which kind of caller the endpoint is for.
    """
    names = list(design.security.roles)
    rows = []
    for endpoint in design.api.endpoints:
        unknown = next((role for role in endpoint.roles if role not in names), None)
        if unknown is not None:
            raise UnknownName(f"role of {shown(endpoint.name)}", unknown, names)
        yes = "own" if endpoint.ownership else "yes"
        cells = [yes if by_role(endpoint, {role}).allowed else None for role in names]
        rows.append((endpoint.name, *cells, endpoint.auth))
    return as_columns(("endpoint", *names, "caller"), rows)
