"""Roles that are let in, and what they may."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "another thing": ("security: {roles: {member: {may: ['books:own']}}}", 2),
    "reads what it writes": ("security: {roles: {member: {may: ['things:read']}}}", 1),
    "its own": ("security: {roles: {member: {may: ['things:own']}}}", 0),
    "the endpoint by name": ("security: {roles: {member: {may: ['things:read', 'POST /api/v1/things']}}}", 0),
    "one of them": ("security: {roles: {member: {may: ['thing:own']}}}", 0),
    "nothing is said": ("security: {roles: {member: {may: []}}}", 0),
    "a part of the thing in the path": (
        "  - {name: 'GET /things/{id}/parts', service: front, resource: parts, roles: [member], ownership: true}",
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_who_is_let_in_may_also_do_it(fragment: str, found: int) -> None:
    assert len(findings("role-without-permission", fragment)) == found


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "PATCH /api/v1/products/{id}")
    return good.changed({("api", "endpoints", index, "roles"): ("admin", "support")})
