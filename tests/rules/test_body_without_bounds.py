"""Bodies of requests."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "no limit": ("api: {endpoints: {1: {body_limit: null}}}", 1),
    "no schema": ("api: {endpoints: {1: {validated: false}}}", 1),
    "a limit far off": ("api: {endpoints: {1: {body_limit: 2GB, request_size: 1KB}}}", 1),
    "a large limit for what is large": ("api: {endpoints: {1: {body_limit: 2GB, request_size: 60MB}}}", 0),
    "a read has no body": ("api: {endpoints: {0: {body_limit: null}}}", 0),
    "nor has a deletion": ("  - {name: 'DELETE /things/{id}', service: front, resource: things}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_body_has_a_largest_size_and_a_schema(fragment: str, found: int) -> None:
    assert len(findings("body-without-bounds", fragment)) == found


def test_the_limit_that_is_offered_is_four_times_a_typical_request() -> None:
    (finding,) = findings("body-without-bounds", "api: {endpoints: {1: {body_limit: null, request_size: 2KB}}}")
    assert finding.mend == {("api", "endpoints", 1, "body_limit"): "8kB"}
    (finding,) = findings("body-without-bounds", "api: {endpoints: {1: {body_limit: null, validated: false}}}")
    assert finding.mend == {
        ("api", "endpoints", 1, "body_limit"): "4kB",
        ("api", "endpoints", 1, "validated"): True,
    }
    assert "set `body_limit: 4kB` and `validated: true`" in finding.do


def mutated(good: Design) -> Design:
    index = next(i for i, e in enumerate(good.api.endpoints) if e.method == "PATCH")
    return good.changed({("api", "endpoints", index, "body_limit"): None})
