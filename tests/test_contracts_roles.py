"""Who may call what: roles, lists and owners on the same cases."""

import pytest

import archbook as ab
from archbook.contracts.roles import by_list, by_owner, by_role, matrix
from archbook.design.contract import Endpoint, Role

ORDER = Endpoint(
    name="GET /orders/{id}", service="orders", resource="orders", roles=("customer", "support"), ownership=True
)
LISTS = {"order 7": {"ann"}}


@pytest.mark.parametrize(
    ("user", "roles", "role", "listed", "owner"),
    [("ann", {"customer"}, True, True, True), ("bob", {"customer"}, True, False, False),
     ("eve", set[str](), False, False, False), ("sue", {"support"}, True, False, False)],
)  # fmt: skip
def test_a_role_alone_opens_the_orders_of_others(
    user: str, roles: set[str], role: bool, listed: bool, owner: bool
) -> None:
    """Bob is a customer and order 7 is Ann's: RBAC lets him, the list and the owner do not."""
    decisions = by_role(ORDER, roles), by_list(LISTS, user, "order 7"), by_owner(ORDER, user, "ann")
    assert [decision.allowed for decision in decisions] == [role, listed, owner]


@pytest.mark.parametrize(
    ("changes", "signed_in", "allowed", "why"),
    [({"auth": "none"}, False, True, "anybody"),
     ({}, False, False, "no token"), ({"roles": ()}, True, True, "signed in"),
     ({}, True, False, "only customer or support may; the caller is nobody")],
)  # fmt: skip
def test_what_is_not_allowed_is_denied(changes: dict[str, object], signed_in: bool, allowed: bool, why: str) -> None:
    decision = by_role(ORDER.model_copy(update=changes), set(), signed_in=signed_in)
    assert (decision.allowed, why in decision.why) == (allowed, True)


def test_without_the_check_of_the_owner_anybody_reads_the_order() -> None:
    assert by_owner(ORDER.model_copy(update={"ownership": False}), "bob", "ann").allowed


@pytest.mark.parametrize(
    ("name", "permission", "allowed"),
    [("support", "orders:read", True), ("support", "orders:own", False), ("support", "payments:read", False),
     ("support", "orders", False), ("admin", "orders:read", False)],
)  # fmt: skip
def test_a_role_reaches_the_orders_of_others_by_its_permission(name: str, permission: str, allowed: bool) -> None:
    """A permission for something else, or of a role that the endpoint does not take, opens nothing."""
    assert by_owner(ORDER, "sue", "ann", {name: Role(may=(permission,))}).allowed == allowed


def test_the_matrix_says_whose_objects_a_role_reaches() -> None:
    rows = {row[0]: row[1:-1] for row in matrix(ab.load("ecommerce")).rows}
    assert rows["GET /api/v1/orders/{id}"] == ("own", "yes", "yes", "–")
    assert rows["PATCH /api/v1/users/{id}"] == ("own", "–", "yes", "–")
    assert rows["GET /api/v1/products/{id}"] == ("yes", "yes", "yes", "yes")


def test_the_matrix_agrees_with_each_decision() -> None:
    design = ab.load("ecommerce")
    table = matrix(design)
    roles = list(design.security.roles)
    assert table.columns == ("endpoint", *roles, "caller")
    assert len(table.rows) == len(design.api.endpoints)
    for endpoint, row in zip(design.api.endpoints, table.rows, strict=True):
        for role, cell in zip(roles, row[1:-1], strict=True):
            assert (cell != "–") == (endpoint.auth == "none" or not endpoint.roles or role in endpoint.roles)
