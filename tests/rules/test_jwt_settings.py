"""Tokens, and how easily they are believed."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "no list of algorithms": ("security: {authentication: {algorithms: null}}", 1),
    "none, in any case": ("security: {authentication: {algorithms: [ES256, None]}}", 1),
    "keys of two kinds": ("security: {authentication: {algorithms: [RS256, HS256]}}", 1),
    "one symmetric": ("security: {authentication: {algorithms: [HS256, HS512]}}", 0),
    "no audience": ("security: {authentication: {audience: null}}", 1),
    "no issuer": ("security: {authentication: {issuer: null}}", 1),
    "none, for tokens of OAuth2": ("security: {authentication: {kind: oauth2, algorithms: [PS256, none]}}", 1),
    "tokens of OAuth2 that are looked up": ("security: {authentication: {kind: oauth2, algorithms: null}}", 0),
    "another mechanism": ("security: {authentication: {kind: session, algorithms: null}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_tokens_are_believed_by_one_algorithm_one_issuer_and_one_audience(fragment: str, found: int) -> None:
    assert len(findings("jwt-settings", fragment)) == found


def test_all_that_is_wrong_stands_in_one_finding() -> None:
    bare = "security: {authentication: {algorithms: null, audience: null, issuer: null}}"
    (finding,) = findings("jwt-settings", bare)
    assert finding.what.count(";") == finding.do.count(";") == 2


def mutated(good: Design) -> Design:
    return good.changed({("security", "authentication", "audience"): None})
