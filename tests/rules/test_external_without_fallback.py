"""Systems of others are away now and then, and the design says what happens."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "no fallback": ("fallback: null", 1),
    "with one": ("fallback: asked later", 0),
    "optional, which is another rule's": ("fallback: null, optional: true", 0),
    "asynchronous": ("fallback: null, mode: async", 0),
    "one of our own services": ("fallback: null, to: mailer", 0),
}


@pytest.mark.parametrize(("fields", "hits"), CASES.values(), ids=CASES)
def test_a_call_to_an_external_system_has_a_fallback(fields: str, hits: int) -> None:
    assert len(findings("external-without-fallback", f"calls: {{3: {{{fields}}}}}")) == hits


AWAY = {
    "99.9%": "bank promises 99.9 %, which lets it be away 8.77 h a year (computed)",
    "null": "what bank promises is not known (externals.bank: add `availability`)",
}


@pytest.mark.parametrize(("availability", "told"), AWAY.items())
def test_the_finding_says_how_long_it_may_be_away(availability: str, told: str) -> None:
    bank = f"externals: {{bank: {{availability: {availability}}}}}\ncalls: {{3: {{fallback: null}}}}"
    (finding,) = findings("external-without-fallback", bank)
    assert finding.evidence[0] == told


def mutated(good: Design) -> Design:
    index = next(i for i, call in enumerate(good.calls) if call.to == "bank")
    return good.changed({("calls", index, "fallback"): None})
