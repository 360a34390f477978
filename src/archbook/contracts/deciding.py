"""One call to a design's API, decided: token, role, owner and list, and the status that the client gets."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from archbook.contracts.roles import Decision, by_list, by_owner, by_role, reaches_all
from archbook.contracts.tokens import Claims
from archbook.design.contract import Endpoint, Role
from archbook.design.model import Design


@dataclass(frozen=True, slots=True)
class Asked:
    """One call: what each check says of it (None: not asked), and the status that the client gets."""

    token: Decision | None
    role: Decision | None
    owner: Decision | None
    listed: Decision | None
    status: int
    refusal: Decision | None = None


def ask(
    design: Design,
    endpoint: Endpoint,
    claims: Claims | None,
    token: Decision,
    owner: str,
    friends: Collection[str] = (),
) -> Asked:
    """What every check says of one call, and the status that follows from those by which the design decides.

    claims: what the token says, None where it is refused; token: why. owner: whose the object is, empty where the path
    names none. friends: who else stands on the object's list.
    """
    subject = claims.subject if claims else ""
    held = sorted(claims.roles) if claims else []
    role = by_role(endpoint, held, signed_in=claims is not None)
    if endpoint.auth == "service" and claims is not None and not endpoint.roles:
        role = Decision(False, "only another service may")
    known = bool(owner) and endpoint.auth != "none" and claims is not None
    thing = f"{endpoint.resource or 'object'} 7 of {owner}"
    lists = {thing: {owner, *friends}}
    may = {name: design.security.roles[name] for name in held if name in design.security.roles}
    whose = by_owner(endpoint, subject, owner, may) if known else None
    listed = by_list(lists, subject, thing) if known else None
    status = {"POST": 201, "DELETE": 204}.get(endpoint.method, 200)
    if endpoint.auth == "none":
        return Asked(None, role, None, None, status)
    used = {"rbac": [(role, 403), (whose, 404)], "acl": [(role, 403), (listed, 404)], "none": [(whose, 404)]}[
        design.security.authorisation
    ]
    for decision, refused in [(token, 401), *used]:
        if decision is not None and not decision.allowed:
            return Asked(token, role, whose, listed, refused, decision)
    return Asked(token, role, whose, listed, status)


def has_object(endpoint: Endpoint) -> bool:
    """Whether the path names one thing, which can belong to somebody."""
    return "{" in endpoint.path


def permissions(role: Role, endpoint: Endpoint, own: bool) -> tuple[str, ...]:
    """What a role may, when at this resource it is to reach only its own, or also what belongs to others.

    >>> order = Endpoint(name="GET /orders/{id}", service="orders", resource="orders", ownership=True)
    >>> permissions(Role(may=("orders:own",)), order, own=False)
    ('orders:own', 'orders:read')
    """
    resource = endpoint.resource
    if not own and reaches_all(endpoint, role):
        return role.may
    if own:
        kept = tuple(each for each in role.may if each.partition(":")[0] != resource or each == f"{resource}:own")
        return role.may if len(kept) == len(role.may) else tuple(dict.fromkeys([*kept, f"{resource}:own"]))
    return (*role.may, f"{resource}:{'read' if endpoint.method in ('GET', 'HEAD') else 'write'}")
