"""The door refuses what cannot be served in time."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

OPEN = "services: {front: {queue: null}}\n"
GATEWAY = "services: {front: {queue: null}, mailer: {role: gateway, queue: QUEUE}}\n"
CASES = {
    "neither a bound nor a limit": (OPEN, ["front"]),
    "a bound": ("services: {front: {queue: 10}}", []),
    "a limit of all together": (OPEN + "security: {rate_limits: [{per: global, limit: 100/s, at: front}]}", []),
    "such a limit, wherever": (OPEN + "security: {rate_limits: [{per: global, limit: 100/s}]}", []),
    "at another service": (OPEN + "security: {rate_limits: [{per: global, limit: 100/s, at: back}]}", ["front"]),
    "a limit of each user": (OPEN + "security: {rate_limits: [{per: user, limit: 100/min, at: front}]}", ["front"]),
    "the gateway is the only door": (
        GATEWAY.replace("QUEUE", "null") + "calls: [{from: mailer, to: front, timeout: 1s}]",
        ["mailer"],
    ),
    "a gateway that refuses": (GATEWAY.replace("QUEUE", "8") + "calls: [{from: mailer, to: front, timeout: 1s}]", []),
}


@pytest.mark.parametrize(("fragment", "about"), CASES.values(), ids=CASES)
def test_an_entry_bounds_what_it_takes(fragment: str, about: list[str]) -> None:
    assert [finding.about for finding in findings("no-shedding-at-the-entry", fragment)] == about


def test_the_finding_says_how_much_enters() -> None:
    (finding,) = findings("no-shedding-at-the-entry", OPEN)
    assert finding.evidence[0] == "20 req/s enter here at 10× today's peak (computed)"
    assert set(finding.mend) == {("services", "front", "queue")}


def mutated(good: Design) -> Design:
    return good.changed({("services", "api-gateway", "queue"): None})
