"""Stores are read by their owner."""

from __future__ import annotations

import pytest

from archbook.design.interactions import Call
from archbook.design.model import Design
from tests.examples import findings

CASES = {
    "the owner": ("calls: [{from: front, to: things-db}]", 0),
    "another": ("calls: [{from: back, to: things-db}]", 1),
    "two others": ("calls: [{from: back, to: things-db}, {from: mailer, to: things-db}]", 1),
    "another writes too": ("calls: [{from: back, to: things-db}, {from: mailer, to: things-db, kind: write}]", 0),
    "a broker": ("stores: {broker: {owner: front}}\ncalls: [{from: back, to: broker}]", 0),
    "no owner": ("stores: {things-db: {owner: null}}\ncalls: [{from: back, to: things-db}]", 0),
}


@pytest.mark.parametrize(("fragment", "number"), CASES.values(), ids=CASES)
def test_a_store_is_read_by_its_owner(fragment: str, number: int) -> None:
    assert len(findings("reads-anothers-store", fragment)) == number


def test_all_readers_are_named_once() -> None:
    (finding,) = findings("reads-anothers-store", CASES["two others"][0])
    assert finding.what == "things-db belongs to front and is read by back, mailer"
    assert finding.do.startswith("calls[4]: let back ask front")
    assert finding.do.endswith("; the same for calls[5]")


def _reading(good: Design) -> Call:
    """What product-service asks of its own store, asked by another service."""
    own = next(c for c in good.calls if c.from_ == "product-service" and c.to == "products-db" and c.query)
    return own.model_copy(update={"from_": "order-service"})


def mutated(good: Design) -> Design:
    return good.changed({("calls",): (*good.calls, _reading(good))})
