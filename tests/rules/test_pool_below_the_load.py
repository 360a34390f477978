"""Pools against their load at growth, by Little's law."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

BUSY = "traffic: {{daily_active_users: 1.728M}}\nstores: {{things-db: {{pool: {}, service_time: {{mean: {}}}}}}}"
CASES = {  # 400 statements/s over 4 instances: 100/s each
    "1.1 of 1 in use": (BUSY.format(1, "11ms"), ["high"]),
    "0.9 of 1 in use, nearly all wait": (BUSY.format(1, "9ms"), ["medium"]),
    "1.1 of 8": (BUSY.format(8, "11ms"), []),
    "a saturated store is another finding": (BUSY.format(1, "40ms"), []),
    "no pool": ("stores: {things-db: {pool: null}}", []),
}


@pytest.mark.parametrize(("fragment", "severities"), CASES.values(), ids=CASES)
def test_a_pool_carries_its_load(fragment: str, severities: list[str]) -> None:
    assert [finding.severity for finding in findings("pool-below-the-load", fragment)] == severities


def test_the_finding_offers_the_pool_for_which_one_in_a_hundred_waits() -> None:
    (finding,) = findings("pool-below-the-load", BUSY.format(1, "11ms"))
    # 1.1 erlangs or a little more: Erlang C of 5 servers is 0.8 %, of 4 it is 3.3 %.
    assert finding.mend == {("stores", "things-db", "pool"): 5}
    assert "of 1 are in use at 10× today's peak; every request waits longer" in finding.evidence[0]


def test_where_the_server_does_not_take_so_many_it_says_so() -> None:
    (finding,) = findings("pool-below-the-load", BUSY.format("1, max_connections: 10", "11ms"))
    assert "`max_connections: 20` or a pooler before it" in finding.do
    assert finding.mend == {}


def mutated(good: Design) -> Design:
    return good.changed({("stores", "products-db", "pool"): 1})
