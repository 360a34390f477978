"""Coupling: what crosses between two services, against counts by hand and conservation; availability in series."""

from __future__ import annotations

import math

import pytest

from archbook.capacity import estimate
from archbook.capacity.availability import availabilities, of_element
from archbook.capacity.coupling import coupling, one_request
from archbook.design.loading import load
from archbook.errors import InvalidInput, UnknownName
from tests.conftest import ROOT
from tests.examples import example

ECOMMERCE = load(ROOT / "data" / "designs" / "ecommerce")
FIRST_DRAFT = load(ROOT / "data" / "designs" / "first_draft")
# BASE has one visit a second with one GET and one POST at `front`.
CASES = [
    # (calls from front to back, share of the work of front, calls each, calls a second)
    ("[{from: front, to: back}]", 1.0, 1.0, 2.0),
    ("[{from: front, to: back, on: [POST /api/v1/things]}]", 0.5, 1.0, 1.0),
    ("[{from: front, to: back, on: [GET /api/v1/things], per_request: per row}]", 0.5, 20.0, 20.0),
    ("[{from: front, to: back, on: [GET /api/v1/things], hit_ratio: 0.75}]", 0.125, 1.0, 0.25),
    ("[{from: front, to: back, on: [GET /api/v1/things], retries: 3, failure: 50%}]", 0.5, 1.0, 1.0),
]


@pytest.mark.parametrize(("calls", "share", "each", "per_s"), CASES)
def test_what_crosses_is_counted_as_by_hand(calls: str, share: float, each: float, per_s: float) -> None:
    pair = coupling(example(f"calls: {calls}")).pair("front", "back")
    assert (pair.share, pair.calls_each, pair.calls_per_s) == pytest.approx((share, each, per_s))
    assert math.isnan(pair.bytes_per_s)  # no size is stated


def test_growth_multiplies_rates_and_leaves_shares() -> None:
    now, then = coupling(ECOMMERCE), coupling(ECOMMERCE, 10)
    for a, b in zip(now.pairs, then.pairs, strict=True):
        assert (b.share, b.calls_each) == pytest.approx((a.share, a.calls_each))
        assert (b.calls_per_s, b.events_per_s, b.bytes_per_s) == pytest.approx(
            (10 * a.calls_per_s, 10 * a.events_per_s, 10 * a.bytes_per_s)
        )


def test_what_pairs_carry_is_what_the_estimate_carries() -> None:
    inner = [
        call for call in estimate(ECOMMERCE).calls if call.from_ != "api-gateway" and call.to in ECOMMERCE.services
    ]
    assert sum(pair.calls_per_s for pair in coupling(ECOMMERCE).pairs) == pytest.approx(
        sum(call.calls_per_s for call in inner)
    )


def test_an_event_is_a_tie_that_nobody_waits_for() -> None:
    told = coupling(example("events:\n  made: {from: front, to: [mailer], on: [POST /api/v1/things], size: 2KB}"))
    pair = told.pair("front", "mailer")
    assert (pair.share, pair.calls_per_s, pair.events_per_s, pair.bytes_per_s, pair.waits) == (0, 0, 1, 2000, False)
    ties = {one.service: one for one in told.services}
    assert (ties["front"].fan_in, ties["mailer"].fan_out, ties["mailer"].instability) == (1, 1, 1.0)
    assert math.isnan(ties["back"].instability)
    assert told.answer == "1 of 3 pairs of services talk, 1 of them by events only. No store is shared."


def test_the_work_of_a_consumer_is_the_events_that_it_handles() -> None:
    told = coupling(
        example("""
calls: [{from: mailer, to: back, on: [made]}]
events:
  made: {from: front, to: [mailer], on: [POST /api/v1/things]}""")
    )
    assert told.pair("mailer", "back").share == 1.0
    assert told.pair("front", "mailer").share == 0.0


def test_the_answer_names_the_closest_pair_and_what_is_shared() -> None:
    told = coupling(FIRST_DRAFT)
    assert "The closest: in 25.6 % of its work order-service calls product-service, 36 times each and waits" in str(
        told
    )
    assert told.shared == {"shop-db": tuple(name for name in FIRST_DRAFT.services if name != "gateway")}
    assert "shop-db is shared by" in told.answer
    assert told.pair("user-service", "payment-service").calls_per_s == 0


def test_a_design_of_one_service_couples_nothing() -> None:
    assert coupling(example("services: {front: {}}")).answer == "0 of 0 pairs of services talk. No store is shared."


def test_a_growth_that_cannot_be_is_refused() -> None:
    with pytest.raises(InvalidInput):
        coupling(ECOMMERCE, math.nan)


# Availability

THREE = """
services:
  front: {instances: 2, availability: 99%}
  back: {availability: 99%}
  mailer: {availability: 90%}
externals: {bank: {}}
"""


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("[]", 0.9999),
        ("[{from: front, to: back}]", 0.9999 * 0.99),
        ("[{from: front, to: back, per_request: 5}, {from: front, to: back, per_request: 2}]", 0.9999 * 0.99),
        ("[{from: front, to: back}, {from: back, to: mailer}]", 0.9999 * 0.99 * 0.9),
        ("[{from: front, to: back}, {from: back, to: mailer, optional: true}]", 0.9999 * 0.99),
        ("[{from: front, to: back, mode: async}]", 0.9999),
    ],
)
def test_all_that_is_waited_for_must_be_there(calls: str, expected: float) -> None:
    found = availabilities(example(f"{THREE}\ncalls: {calls}"))["POST /api/v1/things"]
    assert found.share == pytest.approx(expected)
    assert found.away_h_per_year == pytest.approx(8766 * (1 - expected))


def test_what_states_no_availability_is_named() -> None:
    found = availabilities(example(f"{THREE}\ncalls: [{{from: front, to: bank}}]"))["POST /api/v1/things"]
    assert found.unknown == ("bank",)
    assert list(found.needs) == ["front"]


def test_instances_stand_beside_each_other_and_strangers_are_named() -> None:
    assert of_element(ECOMMERCE, "order-service") == pytest.approx(1 - 0.005**2)
    assert of_element(ECOMMERCE, "bank") == pytest.approx(0.999)
    with pytest.raises(UnknownName, match="did you mean `order-service`"):
        of_element(ECOMMERCE, "order-servce")


# One request


def test_one_request_is_made_of_calls_statements_and_writes() -> None:
    order = one_request(ECOMMERCE, "POST /api/v1/orders")
    assert (order.calls, order.statements) == (
        2,
        8,
    )  # product, payment; 3 of orders, 2 of products, 2 notes, the session
    assert order.outside == pytest.approx(1)
    assert order.written == ("inventory", "orders-db", "payments-db")
    assert order.consistency == "a saga over 3 stores"


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ("{from: front, to: things-db}", "nothing to keep together"),
        ("{from: front, to: things-db, kind: write}, {from: back, to: things-db, kind: write}", "one transaction"),
    ],
)
def test_the_writes_of_a_request_are_kept_together_by(calls: str, expected: str) -> None:
    assert one_request(example(f"calls: [{calls}]"), "GET /api/v1/things").consistency == expected


def test_a_request_of_no_endpoint_is_refused() -> None:
    with pytest.raises(UnknownName, match="no endpoint"):
        one_request(ECOMMERCE, "GET /nothing")
