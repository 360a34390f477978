"""What ends up in logs."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "payment": ("services: {front: {logs: [payment]}}", 1),
    "two services": ("services: {front: {logs: [personal]}, back: {logs: [health]}}", 2),
    "internal": ("services: {front: {logs: [internal]}}", 0),
}


@pytest.mark.parametrize(("fragment", "found"), CASES.values(), ids=CASES)
def test_no_private_data_are_logged(fragment: str, found: int) -> None:
    assert len(findings("personal-data-in-logs", fragment)) == found


def test_the_change_keeps_what_may_be_logged() -> None:
    (finding,) = findings("personal-data-in-logs", "services: {front: {logs: [internal, personal]}}")
    assert finding.mend == {("services", "front", "logs"): ["internal"]}


def mutated(good: Design) -> Design:
    return good.changed({("services", "user-service", "logs"): ("internal", "personal")})
