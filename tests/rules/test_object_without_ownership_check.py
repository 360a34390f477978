"""Things that belong to somebody, and who may see them."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

ONE = "  - {name: 'GET /api/v1/things/{id}', service: front, resource: thing, roles: [member], ownership: true}\n"
OTHER = "  - {name: 'PATCH /api/v1/things/{id}', service: front, resource: things, roles: [member], body_limit: 4KB}"
CASES = {
    "a list": (("api: {endpoints: {0: {ownership: false}}}\nstores: {things-db: {data: [personal]}}"), 1),
    "a list of nobody's things": ("api: {endpoints: {0: {ownership: false}}}", 0),
    "by id": (
        (
            "stores: {things-db: {data: [health]}}\n"
            "api: {endpoints: {0: {name: 'GET /api/v1/things/{id}', list: false, ownership: false}}}\n"
            "traffic: {journeys: {visit: {steps: [POST /api/v1/things]}}}\n"
            "calls: {0: {on: [POST /api/v1/things]}, 2: {on: [POST /api/v1/things]}}"
        ),
        1,
    ),
    "for those who may see all": (
        (
            "api: {endpoints: {0: {ownership: false}}}\n"
            "stores: {things-db: {data: [personal]}}\n"
            "security: {roles: {member: {may: ['things:read']}}}"
        ),
        0,
    ),
    "for anybody with a token": (
        (
            "api: {endpoints: {0: {ownership: false, roles: null}}}\n"
            "stores: {things-db: {data: [personal]}}\n"
            "security: {roles: {member: {may: ['things:read']}}}"
        ),
        1,
    ),
    "for services": (
        ("api: {endpoints: {0: {ownership: false, auth: service}}}\nstores: {things-db: {data: [personal]}}"),
        0,
    ),
    "another endpoint checks it": (ONE + OTHER, 1),
    "only their list checks it, and they are nobody's": (OTHER, 0),
    "one of many words for what is theirs": (
        (
            "api: {endpoints: {0: {ownership: false}}}\n"
            "stores: {things-db: {data: [personal]}}\n"
            "security: {roles: {member: {may: ['thing:assigned']}}}"
        ),
        1,
    ),
    "within what is theirs, though they may read all": (
        (
            "api: {endpoints: {0: {name: 'GET /api/v1/homes/{id}/things', ownership: false}}}\n"
            "stores: {things-db: {data: [personal]}}\n"
            "security: {roles: {member: {may: ['homes:own', 'things:read']}}}\n"
            "traffic: {journeys: {visit: {steps: [POST /api/v1/things]}}}\n"
            "calls: {0: {on: [POST /api/v1/things]}, 2: {on: [POST /api/v1/things]}}"
        ),
        1,
    ),
    "of which nobody says what they are": (
        ("api: {endpoints: {0: {ownership: false}}}\nstores: {things-db: {data: null}}"),
        1,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_private_things_are_given_to_their_owner_only(fragment: str, found: int) -> None:
    assert len(findings("object-without-ownership-check", fragment)) == found


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "GET /api/v1/orders/{id}")
    return good.changed({("api", "endpoints", index, "ownership"): False})
