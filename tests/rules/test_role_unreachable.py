"""Roles that open no door."""

from __future__ import annotations

import pytest

from archbook.design.contract import Role
from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "let in nowhere": ("security: {roles: {auditor: {may: ['things:read']}}}", 1),
    "let in somewhere": (
        ("security: {roles: {auditor: {may: ['things:read']}}}\napi: {endpoints: {0: {roles: [member, auditor]}}}"),
        0,
    ),
    "an endpoint lets in everybody who is signed in": (
        ("security: {roles: {auditor: {}}}\napi: {endpoints: {0: {roles: null}}}"),
        0,
    ),
    "an endpoint for everybody, about something else": (
        "security: {roles: {auditor: {may: ['books:read']}}}\napi: {endpoints: {0: {roles: null}}}",
        1,
    ),
    "an open endpoint is no door for a role": (
        ("security: {roles: {auditor: {}}}\napi: {endpoints: {0: {roles: null, auth: none}}}"),
        1,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_each_role_is_let_in_somewhere(fragment: str, found: int) -> None:
    assert len(findings("role-unreachable", fragment)) == found


def mutated(good: Design) -> Design:
    roles = {**good.security.roles, "auditor": Role(may=("orders:read",))}
    return good.changed({("security", "roles"): roles})
