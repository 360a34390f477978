"""Who may call which endpoint of a design, and why: roles, lists of users, and what belongs to the caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from archbook.contracts.resources import alike
from archbook.design.contract import Endpoint, Role
from archbook.design.model import Design
from archbook.errors import UnknownName, shown
from archbook.tables import Table, as_columns

NOBODY = "nobody"
OWN = ("", "own", "self", "mine", "assigned")
"""What a permission says of a resource, such as ``orders:own``, when it reaches only what belongs to the caller."""


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


def by_owner(endpoint: Endpoint, caller: str, owner: str, held: Mapping[str, Role] | None = None) -> Decision:
    """Whether an object may be touched by the caller: broken object-level authorisation where nobody asks.

    held: the caller's roles, of which one may reach what belongs to others (see `reaches_all`).
    Source: OWASP API Security Top 10 (2023), API1.
    """
    if not endpoint.ownership:
        return Decision(True, "nobody asks whose it is")
    if caller == owner:
        return Decision(True, f"it belongs to {caller}")
    for name, role in (held or {}).items():
        if (not endpoint.roles or name in endpoint.roles) and reaches_all(endpoint, role):
            return Decision(True, f"{name} may, whose ever it is")
    return Decision(False, f"it belongs to {owner}, not to {caller}; the answer is 404, so that nobody learns of it")


def reaches_all(endpoint: Endpoint, role: Role) -> bool:
    """Whether a role gets at what belongs to others too: it has a permission for the resource that is not `:own`,
    or another word of `OWN`.

    >>> order = Endpoint(name="GET /orders/{id}", service="orders", resource="orders", ownership=True)
    >>> reaches_all(order, Role(may=("orders:read",))), reaches_all(order, Role(may=("orders:own",)))
    (True, False)
    """
    spoken = (permission.partition(":") for permission in role.may)
    return any(what not in OWN and alike(resource, endpoint.resource) for resource, _, what in spoken)


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
        cells = [cell(endpoint, name, role) for name, role in design.security.roles.items()]
        rows.append((endpoint.name, *cells, endpoint.auth))
    return as_columns(("endpoint", *names, "caller"), rows)


def cell(endpoint: Endpoint, name: str, role: Role) -> str | None:
    """What a role may at an endpoint: `yes`, `own` (what belongs to the caller) or None.

    >>> cell(Endpoint(name="GET /orders/{id}", service="orders", ownership=True), "customer", Role())
    'own'
    """
    if not by_role(endpoint, {name}).allowed:
        return None
    return "own" if endpoint.ownership and not reaches_all(endpoint, role) else "yes"
