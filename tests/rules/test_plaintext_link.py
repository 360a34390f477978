"""Links without encryption."""

from __future__ import annotations

import pytest

from archbook.design.model import Design
from tests.examples import by, call_out, example

review = by("plaintext-link")

STORES = "stores:\n  things-db: {engine: postgresql, owner: front, data: DATA, service_time: {mean: 2ms}}\n"
CASES = {
    "[personal, payment]": "front → things-db is not encrypted and carries personal, payment data",
    "[public]": "front → things-db is not encrypted",
}


@pytest.mark.parametrize(("data", "what"), CASES.items())
def test_the_finding_says_what_kind_of_data_passes_in_clear(data: str, what: str) -> None:
    calls = "calls:\n- {from: front, to: things-db, encrypted: false, response_size: 1KB}\n"
    (finding,) = review(example(STORES.replace("DATA", data) + calls)).findings
    assert finding.what == what
    assert finding.evidence[0].endswith("/s in clear at 10× today's peak (computed: rate × size)")


def mutated(good: Design) -> Design:
    return good.changed({("calls", call_out(good), "encrypted"): False})
