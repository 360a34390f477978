"""Whether callers can prove who they are."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "not said": ("security: {authentication: null}", 1),
    "none": ("security: {authentication: {kind: none}}", 1),
    "sessions": ("security: {authentication: {kind: session}}", 0),
    "nothing to protect": (
        ("security: {authentication: null}\napi: {endpoints: {0: {auth: none}, 1: {auth: none}}}"),
        0,
    ),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_what_is_not_public_knows_its_callers(fragment: str, found: int) -> None:
    assert len(findings("authentication-missing", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("security", "authentication"): None})
