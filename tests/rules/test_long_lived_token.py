"""How long a stolen token opens the door."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "an hour": ("security: {authentication: {expiry: 1h}}", 0),
    "more": ("security: {authentication: {expiry: 61min}}", 1),
    "without end": ("security: {authentication: {expiry: null}}", 1),
    "a session of a day is looked up": ("security: {authentication: {kind: session, expiry: 1d}}", 0),
    "a key without end": ("security: {authentication: {kind: api-key, expiry: null, key_rotation: null}}", 1),
    "a key that is replaced": ("security: {authentication: {kind: api-key, expiry: null, key_rotation: 90d}}", 0),
    "a certificate": ("security: {authentication: {kind: mtls, expiry: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_what_proves_a_caller_ends(fragment: str, found: int) -> None:
    assert len(findings("long-lived-token", fragment)) == found


def mutated(good: Design) -> Design:
    return good.changed({("security", "authentication", "expiry"): 86400.0})
