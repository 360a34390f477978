"""How often signing keys change."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "a year": ("security: {authentication: {key_rotation: 365d}}", 0),
    "two years": ("security: {authentication: {key_rotation: 2y}}", 1),
    "never": ("security: {authentication: {key_rotation: null}}", 1),
    "nothing is signed": ("security: {authentication: {kind: session, key_rotation: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_signing_keys_change_at_least_once_a_year(fragment: str, found: int) -> None:
    assert len(findings("keys-never-rotated", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("security", "authentication", "key_rotation"): None})
