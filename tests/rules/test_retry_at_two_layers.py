"""A failure is tried again in one place."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings
from tests.rules.test_attempts_multiply import CHAIN, retried

CASES = {
    "at two places": (1, 1, "2 × 2 = 4 attempts for one request (computed: when mailer fails)"),
    "nine attempts": (2, 2, "3 × 3 = 9 attempts for one request (computed: when mailer fails)"),
    "ten, which is another rule's": (4, 1, ""),
    "at one place": (0, 3, ""),
}


@pytest.mark.parametrize(("outer", "inner", "told"), CASES.values(), ids=CASES)
def test_retries_at_several_places_of_one_path_are_found(outer: int, inner: int, told: str) -> None:
    found = findings("retry-at-two-layers", CHAIN % (outer, inner))
    assert [finding.evidence[0] for finding in found] == ([told] if told else [])
    assert [finding.mend for finding in found] == ([{("calls", 4, "retries"): None}] if told else [])


def mutated(good: Design) -> Design:
    return retried(good, 1, 1)
