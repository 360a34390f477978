"""Room in an external system's limit for the attempts that failures cost."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

# 10 calls a second at ten times today's load.
CASES = {
    "two attempts are within": (20, "retries: 1", 0),
    "two attempts are over": (19, "retries: 1", 1),
    "a budget keeps within": (12, "retries: 5, retry_budget: 20%", 0),
    "a budget that does not": (11, "retries: 5, retry_budget: 20%", 1),
    "the calls alone are over, which is another rule's": (9, "retries: 1", 0),
    "no retries": (10, "retries: 0", 0),
}


@pytest.mark.parametrize(("limit", "fields", "hits"), CASES.values(), ids=CASES)
def test_retries_stay_within_what_an_external_system_accepts(limit: int, fields: str, hits: int) -> None:
    fragment = f"externals: {{bank: {{rate_limit: {limit}}}}}\ncalls: {{3: {{{fields}}}}}"
    assert len(findings("retries-over-an-external-limit", fragment)) == hits


MENDS = {15: {("calls", 3, "retry_budget"): 0.45}, 10: {}}


@pytest.mark.parametrize(("limit", "mend"), MENDS.items())
def test_the_budget_proposed_uses_nine_tenths_of_the_room(limit: int, mend: dict[tuple[str, int, str], float]) -> None:
    fragment = f"externals: {{bank: {{rate_limit: {limit}}}}}\ncalls: {{3: {{retries: 1}}}}"
    (finding,) = findings("retries-over-an-external-limit", fragment)
    assert finding.mend == mend
    assert finding.evidence[0] == "10 calls/s at 10× today's peak, 20 attempts/s while all fail (computed)"


def test_no_limit_is_no_finding() -> None:
    fragment = "externals: {bank: {rate_limit: null}}\ncalls: {3: {retries: 9}}"
    assert findings("retries-over-an-external-limit", fragment) == ()


def mutated(good: Design) -> Design:
    return good.changed({("externals", "bank", "rate_limit"): 29.0})
