"""Private data at rest."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "not encrypted": ("stores: {things-db: {data: [internal, payment], encrypted: false}}", 1),
    "not said": ("stores: {things-db: {data: [credentials], encrypted: null}}", 1),
    "encrypted": ("stores: {things-db: {data: [health]}}", 0),
    "not private": ("stores: {things-db: {data: [internal, public], encrypted: false}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_private_data_are_encrypted_at_rest(fragment: str, found: int) -> None:
    assert len(findings("personal-data-unencrypted", fragment)) == found


def test_the_change_is_offered() -> None:
    (finding,) = findings("personal-data-unencrypted", "stores: {things-db: {data: [personal], encrypted: null}}")
    assert finding.mend == {("stores", "things-db", "encrypted"): True}


def mutated(good: Design) -> Design:
    return good.changed({("stores", "users-db", "encrypted"): False})
