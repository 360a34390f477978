"""Where secrets are kept."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "not said": ("security: {secrets: null}", 1),
    "said": ("security: {secrets: Vault}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_a_design_says_where_its_secrets_are(fragment: str, found: int) -> None:
    assert len(findings("secrets-have-no-place", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("security", "secrets"): None})
