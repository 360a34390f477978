"""One instance of what somebody waits for."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "another service waits for it": ("back: {instances: 1, slo: null}", ["medium"]),
    "and it promises 99.9 %": ("back: {instances: 1, availability: 99.5%, slo: {availability: 99.9%}}", ["high"]),
    "and a little less": ("back: {instances: 1, availability: 99.5%, slo: {availability: 99.8%}}", ["medium"]),
    "and one keeps what is promised": ("back: {instances: 1, availability: 99.5%, slo: {availability: 99.5%}}", []),
    "clients enter there": ("front: {instances: 1, slo: null}", ["high"]),
    "clients enter, and little is promised": ("front: {instances: 1, availability: null}", ["medium"]),
    "nobody waits for it": ("mailer: {instances: 1, slo: {availability: 99.9%}}", []),
    "two": ("back: {instances: 2, slo: {availability: 99.99%}}", []),
}


@pytest.mark.parametrize(("fields", "severities"), CASES.values(), ids=CASES)
def test_what_is_waited_for_runs_twice(fields: str, severities: list[str]) -> None:
    found = findings("single-instance", f"services: {{{fields}}}")
    assert [finding.severity for finding in found] == severities


def test_what_a_second_instance_gives_is_computed() -> None:
    (finding,) = findings("single-instance", "services: {back: {instances: 1, slo: null}}")
    assert finding.mend == {("services", "back", "instances"): 2}
    # 0.1 % and 0.0001 % of a year of 8 766 h.
    told = "one at 99.9 % is away 8.77 h a year; two are away together 31.6 s (computed: (1 − a)²)"
    assert finding.evidence == (told, "10 req/s meet it at 10× today's peak (computed)")


def test_an_instance_with_state_is_not_doubled_by_itself() -> None:
    (finding,) = findings("single-instance", "services: {back: {instances: 1, slo: null, stateless: false}}")
    assert finding.mend == {}
    assert "after its state has moved into a store" in finding.do


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "instances"): 1})
