"""Endpoints that anybody may call."""

from __future__ import annotations

import pytest

from archbook import load
from archbook.design.model import Design
from tests.examples import by, findings

CASES = {
    "a write": ("  - {name: 'PATCH /things/{id}', service: front, auth: none}", 1),
    "a write behind a token": ("  - {name: 'PATCH /things/{id}', service: front, auth: user}", 0),
    "signing in": ("  - {name: POST /api/v1/sessions, service: front, auth: none}", 0),
    "signing in, by a verb": ("  - {name: POST /login, service: front, auth: none}", 0),
    "signing up, by a verb": ("  - {name: POST /createUser, service: front, auth: none}", 0),
    "a password forgotten": ("  - {name: POST /api/v1/password-resets, service: front, auth: none}", 0),
    "closing somebody else's session": ("  - {name: 'DELETE /api/v1/sessions/{id}', service: front, auth: none}", 1),
    "reading what is internal": ("  - {name: 'GET /things/{id}', service: front, auth: none}", 0),
    "reading what nobody has described": ("  - {name: GET /a, service: back, auth: none}", 0),
    "meant for a role": ("  - {name: GET /a, service: front, auth: none, roles: [member]}", 1),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_what_writes_or_shows_private_data_asks_for_a_token(fragment: str, found: int) -> None:
    assert len(findings("endpoint-without-authentication", fragment)) == found


def test_reading_private_data_is_found() -> None:
    fragment = "api: {endpoints: {0: {auth: none, roles: null}}}\nstores: {things-db: {data: [personal]}}"
    (finding,) = findings("endpoint-without-authentication", fragment)
    assert finding.what == "anybody reads personal data by GET /api/v1/things, without signing in"


def test_a_table_in_which_nobody_stands_is_public_whatever_else_its_store_holds() -> None:
    found = {finding.about for finding in by("endpoint-without-authentication")(load("first_draft")).findings}
    assert found == {"GET /getUsers"}


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.name == "GET /api/v1/orders/{id}")
    open_one = good.api.endpoints[index].model_copy(update={"auth": "none", "roles": ()})
    return good.changed({("api", "endpoints", index): open_one})
