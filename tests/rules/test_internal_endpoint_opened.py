"""Endpoints for services, and the ways by which people come to them."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a role of people": ("  - {name: POST /api/v1/jobs, service: front, auth: service, roles: [member]}", "lets in"),
    "no role": ("  - {name: POST /api/v1/jobs, service: front, auth: service}", ""),
    "by its name, for users": (
        "  - {name: POST /internal/jobs, service: front, body_limit: 4KB, ownership: true}",
        "whoever signs in may call it",
    ),
    "by its name, for anybody": ("  - {name: POST /internal/jobs, service: front, auth: none}", "anybody may call it"),
    "by its name, for services": ("  - {name: POST /internal/jobs, service: front, auth: service}", ""),
    "a word that only holds it": ("  - {name: POST /internals/jobs, service: front}", ""),
    "a step beside what is theirs": ("api: {endpoints: {1: {auth: service, roles: null}}}", "is a step of visit"),
    "a journey of machines": (
        "api: {endpoints: {0: {auth: service, roles: null}, 1: {auth: service, roles: null}}}",
        "",
    ),
}


@pytest.mark.parametrize(("fragment", "told"), CASES.values(), ids=CASES)
def test_people_have_no_way_to_what_is_for_services(fragment: str, told: str) -> None:
    found = findings("internal-endpoint-opened", fragment)
    assert [told in finding.what for finding in found] == ([True] if told else [])


def test_the_finding_says_every_way_and_what_to_change_at_each() -> None:
    (finding,) = findings("internal-endpoint-opened", "api: {endpoints: {1: {auth: service, roles: [member]}}}")
    assert finding.what == "POST /api/v1/things is for services only, and lets in member, is a step of visit"
    assert finding.do == (
        "api.endpoints[1]: take member out of `roles`; traffic.journeys.visit: take it out of `steps`"
    )


def mutated(good: Design) -> Design:
    routed = tuple(endpoint.name for endpoint in good.api.endpoints if endpoint.service == "product-service")
    index = next(i for i, c in enumerate(good.calls) if (c.from_, c.to) == ("api-gateway", "product-service"))
    return good.changed({("calls", index, "on"): routed})
