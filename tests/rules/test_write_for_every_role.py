"""Changes to what all share, and who may make them."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, findings, good

CASES = {
    "every role": ("  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things}", 1),
    "one role": ("  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things, roles: [member]}", 0),
    "the owner": ("  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things, ownership: true}", 0),
    "services": ("  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things, auth: service}", 0),
    "everybody may add": ("  - {name: POST /api/v1/wishes, service: front, resource: wishes}", 0),
    "adding is for those with the permission": (
        (
            "security: {roles: {editor: {may: ['things:write']}}}\n"
            "api: {endpoints: {1: {roles: null, ownership: false}}}"
        ),
        1,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_what_all_share_is_changed_by_some_roles_only(fragment: str, found: int) -> None:
    assert len(findings("write-for-every-role", fragment)) == found


def test_private_things_are_a_matter_of_whose_they_are() -> None:
    change = "  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things}"
    private = good(change).changed({("stores", "things-db", "data"): ("personal",)})
    assert by("write-for-every-role")(private).findings == ()


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "PATCH /api/v1/products/{id}")
    return good.changed({("api", "endpoints", index, "roles"): ()})
