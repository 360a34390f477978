"""Whether anything decides what a caller may."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "nothing": ("security: {authorisation: none}", 1),
    "roles": ("security: {authorisation: rbac}", 0),
    "nothing is locked": (
        ("security: {authorisation: none}\napi: {endpoints: {0: {auth: none}, 1: {auth: service}}}"),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_something_decides_what_a_caller_may(fragment: str, found: int) -> None:
    assert len(findings("authorisation-missing", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("security", "authorisation"): "none"})
