"""What a request can do without has an answer for when it is away."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "optional, and no fallback": ("fallback: null", 1),
    "with a fallback": ("fallback: no price", 0),
    "needed": ("fallback: null, optional: false", 0),
    "asynchronous": ("fallback: null, mode: async", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_an_optional_call_says_what_is_answered_without_it(fields: str, hits: int) -> None:
    assert len(findings("optional-call-without-fallback", f"calls: {{2: {{{fields}}}}}")) == hits


def test_the_share_that_fails_is_told_where_it_is_known() -> None:
    (finding,) = findings("optional-call-without-fallback", "calls: {2: {fallback: null, failure: 1.5%}}")
    assert finding.evidence[0] == "1.5 % of attempts fail (stated in the design)"


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.optional and call.mode == "sync")
    return good.changed({("calls", index, "fallback"): None})
