"""Services merged and split: what a request does is done as often as before, but for the calls that come or go."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from archbook.capacity import estimate, plan
from archbook.capacity.availability import availabilities
from archbook.capacity.coupling import coupling
from archbook.capacity.merging import merged
from archbook.capacity.splitting import split
from archbook.design.loading import load, read
from archbook.design.model import Design, Where
from archbook.errors import InvalidInput, UnknownName
from archbook.review import review
from archbook.simulate import simulate
from tests.conftest import ROOT
from tests.examples import example, good
from tests.generated import big_design_yaml

DESIGNS = {name: load(ROOT / "data" / "designs" / name) for name in ("ecommerce", "first_draft", "minimal")}
ECOMMERCE, FIRST_DRAFT = DESIGNS["ecommerce"], DESIGNS["first_draft"]
HOP_S = 0.001
PAIRS = [(name, *pair) for name, design in DESIGNS.items()
         for pair in combinations([s for s in design.services if s != design.gateway], 2)]  # fmt: skip
CART = ["GET /api/v1/carts/{id}", "PUT /api/v1/carts/{id}/items/{product_id}"]
STOCK = ["POST /api/v1/stock-reservations", "inventory", "stock_movements", "order.created"]
CUTS: dict[str, tuple[str, dict[str, list[str]]]] = {
    "by endpoint": ("order-service", {"cart-service": CART}),
    "by table": ("order-service", {"cart-service": [*CART, "carts", "cart_items"]}),
    "by table only": ("user-service", {"address-service": ["addresses"]}),
    "by store": ("product-service", {"picture-service": ["GET /api/v1/products/{id}/image", "product-images"]}),
    "an endpoint of another's": ("product-service", {"stock-service": STOCK}),
    "by event": ("notification-service", {"mail-service": ["order.created", "payment.completed"]}),
    "in three": ("product-service", {"stock-service": STOCK, "picture-service": ["product_images", "product-images"]}),
}  # fmt: skip


def visited(design: Design) -> dict[str, float]:
    """Visits a second of everything that is no service, and no broker: what both of two hear comes once to one."""
    brokers = {event.broker for event in design.events.values()}
    elements = estimate(design).elements
    return {name: one.arrival_rate_per_s for name, one in elements.items() if name not in {*design.services, *brokers}}


def work(design: Design) -> float:
    """Seconds of own work a second, of all services."""
    flow, total = plan(design), 0.0
    for handling, rate in zip(flow.handlings, flow.handling_per_s, strict=True):
        if handling.element in design.services:
            own = handling.own_time or design.services[handling.element].service_time
            assert own is not None
            total += rate * own.mean
    return total


def means(design: Design) -> dict[str, float]:
    return {name: one.mean_s for name, one in estimate(design).endpoints.items()}


@pytest.mark.parametrize(("name", "first", "second"), PAIRS)
def test_a_merged_service_asks_stores_and_strangers_as_often_and_works_less_by_its_hops(
    name: str, first: str, second: str
) -> None:
    design = DESIGNS[name]
    design = design.changed({("calls", i, "retries"): 0 for i in range(len(design.calls))})  # they go with their calls
    pairs = coupling(design)
    hops = sum(pairs.pair(*pair).calls_per_s for pair in ((first, second), (second, first)))
    after = merged(design, first, second, hop="1ms")
    assert visited(after) == pytest.approx(visited(design))
    assert work(after) == pytest.approx(work(design) - hops * HOP_S, rel=1e-6)
    assert work(merged(design, first, second, hop="0")) == pytest.approx(work(design), rel=1e-6)
    assert second not in after.services
    assert coupling(after).pair(first, first).calls_per_s == 0


@pytest.mark.parametrize("seed", range(3))
def test_all_load_is_kept_in_designs_that_nobody_wrote(seed: int) -> None:
    design = read(big_design_yaml(services=20, calls=90, endpoints=40, seed=seed))
    design = design.changed({("calls", i, "retries"): 0 for i in range(len(design.calls))})
    kept = 0
    for first, second in combinations([name for name in design.services if name != design.gateway][:6], 2):
        try:
            after = merged(design, first, second, hop="0")
        except InvalidInput:  # a third service is between the two
            continue
        kept += 1
        assert visited(after) == pytest.approx(visited(design))
        assert work(after) == pytest.approx(work(design))
    assert kept > 3


def test_a_merge_around_a_third_service_is_refused() -> None:
    design = example("calls: [{from: front, to: back}, {from: back, to: mailer}]")
    with pytest.raises(InvalidInput, match="`back` → `front` → `back`"):
        merged(design, "front", "mailer")


@pytest.mark.parametrize("together", [False, True], ids=["each", "together"])
@pytest.mark.parametrize("cut", CUTS)
def test_a_split_service_asks_stores_as_often_and_works_more_by_its_hops(cut: str, together: bool) -> None:
    service, parts = CUTS[cut]
    after = split(ECOMMERCE, service, parts, together=together)
    before, now = visited(ECOMMERCE), visited(after)
    of_new = sum(rate for name, rate in now.items() if name not in before)
    lost = sum(rate - now[name] for name, rate in before.items())
    assert lost == pytest.approx(of_new)  # what a new store is asked, an old one is asked no longer
    assert all(now[name] <= rate * (1 + 1e-9) for name, rate in before.items())
    family, pairs = [service, *parts], coupling(after)
    hops = sum(pairs.pair(a, b).calls_per_s for a in family for b in family if a != b)
    assert work(after) == pytest.approx(work(ECOMMERCE) + hops * HOP_S, rel=1e-6)
    assert {store.owner for store in after.stores.values()} <= {*after.services, None}


@pytest.mark.parametrize("cut", ["by endpoint", "by table", "by table only"])
def test_merging_what_was_split_gives_back_every_response_time(cut: str) -> None:
    service, parts = CUTS[cut]
    again = split(ECOMMERCE, service, parts)
    for part in parts:
        again = merged(again, service, part)
    half: dict[Where, Any] = {("services", service, "instances"): ECOMMERCE.services[service].instances}
    assert means(again.changed(half)) == pytest.approx(means(ECOMMERCE), rel=0.002)  # and the waits at its stores


def test_the_formula_of_a_merged_design_holds_in_simulation() -> None:
    run = simulate(merged(ECOMMERCE, "order-service", "payment-service"), growth=3, budget=200_000)
    found, formula = run.endpoints["POST /api/v1/orders"].mean_s, run.estimate.endpoints["POST /api/v1/orders"]
    assert found.low * 0.97 <= formula.mean_s <= found.high * 1.03


def test_a_loop_over_rows_stays_a_loop_when_its_services_are_merged() -> None:
    after = merged(FIRST_DRAFT, "order-service", "product-service")
    loops = [call for call in after.calls if call.from_ == "order-service" and call.per_request == "per row"]
    assert {call.to for call in loops} == {"shop-db", "user-service"}
    saved = means(FIRST_DRAFT)["GET /getOrders"] - means(after)["GET /getOrders"]
    assert saved == pytest.approx(60 * HOP_S, rel=0.01)  # the hops of 60 rows, and nothing else


def test_statements_of_an_inner_call_made_several_times_are_made_as_often() -> None:
    design = example("calls: [{from: front, to: back, per_request: 3}, {from: back, to: things-db, per_request: 2}]")
    (statement,) = merged(design, "front", "back").calls
    assert (statement.per_request, statement.on) == (6.0, ())


def test_work_adds_up_in_the_requests_that_needed_both() -> None:
    design = example("calls: [{from: front, to: back, on: [POST /api/v1/things], per_request: 2}]")
    get, post = (endpoint.service_time for endpoint in merged(design, "front", "back", hop="1ms").api.endpoints)
    assert get is not None
    assert post is not None
    assert (get.mean, get.scv) == pytest.approx((0.005, 1))
    assert post.mean == pytest.approx(0.005 + 2 * 0.004)
    assert post.scv == pytest.approx(3 * 0.005**2 / 0.013**2)  # three exponential times, two hops less


@pytest.mark.parametrize(("soft", "share"), [("optional: true", 1.0), ("optional: false", 0.99)])
def test_what_an_optional_call_led_to_stays_optional(soft: str, share: float) -> None:
    design = example(f"""
externals: {{bank: {{availability: 99%}}}}
calls: [{{from: front, to: back, {soft}}}, {{from: back, to: bank}}]""")
    after = merged(design, "front", "back")
    assert availabilities(after)["GET /api/v1/things"].share == pytest.approx(share)


def test_what_nobody_waited_for_nobody_waits_for() -> None:
    design = example("calls: [{from: front, to: back, mode: async}, {from: back, to: bank}]")
    assert [call.mode for call in merged(design, "front", "back").calls] == ["async"]


def test_an_event_between_the_two_stays_and_is_heard_once_by_both() -> None:
    design = example("events: {made: {from: front, to: [back, mailer], on: [POST /api/v1/things]}}")
    assert merged(design, "front", "back").events["made"].to == ("front", "mailer")
    assert merged(design, "back", "mailer").events["made"].to == ("back",)


def test_machines_places_and_cost_of_a_merged_service_are_those_of_both() -> None:
    after = merged(ECOMMERCE, "order-service", "payment-service", "sales-service")
    one = after.services["sales-service"]
    assert (one.instances, one.concurrency, one.monthly_cost) == (4, 5, 70)  # 2 × 8 + 2 × 2 places, 80 and 60 USD
    assert estimate(after).cost.per_month == estimate(ECOMMERCE).cost.per_month
    assert after.stores["payments-db"].owner == "sales-service"
    assert after.endpoint("POST /api/v1/payments").slo == ECOMMERCE.endpoint("POST /api/v1/payments").slo
    assert all("payment-service" not in decision.about for decision in after.decisions)
    assert after.called == "ecommerce#order-service+payment-service"
    assert after.folder is None  # nothing is written into the folder of another design


def test_the_promise_of_the_service_stays_with_its_endpoints() -> None:
    after = merged(ECOMMERCE, "order-service", "notification-service")
    assert after.endpoint("GET /api/v1/orders").slo == ECOMMERCE.services["order-service"].slo


def test_a_split_says_who_owns_what() -> None:
    service, parts = CUTS["by table"]
    after = split(ECOMMERCE, service, parts, together=True, calls={"timeout": "80ms"})
    assert (after.stores["cart-db"].owner, after.stores["orders-db"].owner) == ("cart-service", "order-service")
    assert merged(after, "user-service", "product-service").called == (
        "ecommerce#cart-service-apart,user-service+product-service"
    )
    assert [*after.stores["cart-db"].holds] == ["carts", "cart_items"]
    assert "CREATE TABLE carts" in str(after.ddl("cart-db"))
    (asks,) = (call for call in after.calls if (call.from_, call.to) == ("order-service", "cart-service"))
    assert (asks.on, asks.timeout, asks.does) == (("POST /api/v1/orders",), 0.08, "reads the cart, reads its items")
    assert estimate(after).cost.per_month == estimate(ECOMMERCE).cost.per_month + 2 * 80 + 320


def test_a_hop_may_cost_nothing() -> None:
    after = split(ECOMMERCE, *CUTS["by table"], hop="0")
    assert work(after) == pytest.approx(work(ECOMMERCE), rel=1e-6)


def test_parts_that_share_a_store_are_found_by_the_review() -> None:
    after = split(ECOMMERCE, *CUTS["by endpoint"])
    assert any((f.rule, f.about) == ("shared-database", "orders-db") for f in review(after).findings)


def test_a_small_good_design_survives_both() -> None:
    both = merged(good(), "front", "back")
    assert split(both, "front", {"back": ["GET /api/v1/things"]}, hop="2ms").services["back"].does


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda d: merged(d, "order-servce", "user-service"), UnknownName, "did you mean `order-service`"),
    (lambda d: merged(d, "order-service", "order-service"), InvalidInput, "name two"),
    (lambda d: merged(d, "api-gateway", "order-service"), InvalidInput, "is the gateway"),
    (lambda d: merged(d, "order-service", "user-service", "bank"), InvalidInput, "`bank` is taken"),
    (lambda d: merged(d, "order-service", "user-service", hop="3"), InvalidInput, "has no unit of time"),
    (lambda d: merged(d, "order-service", "user-service", hop="-1ms"), InvalidInput, "is negative"),
    (lambda d: merged(d, "order-service", "user-service", "a b"), InvalidInput, "is no name of a service"),
    (lambda d: split(d, "order-service", {}), InvalidInput, "names no parts"),
    (lambda d: split(d, "order-service", {"cart": "carts"}), InvalidInput, "names no parts"),
    (lambda d: split(d, "order-service", ["carts"]), InvalidInput, "names no parts"),
    (lambda d: split(d, "bank", {"cart": CART}), UnknownName, "no service `bank`"),
    (lambda d: split(d, "api-gateway", {"cart": CART}), InvalidInput, "is the gateway"),
    (lambda d: split(d, "order-service", {"bank": CART}), InvalidInput, "`bank` is taken"),
    (lambda d: split(d, "order-service", {"a b!": CART}), InvalidInput, "is no name of a service"),
    (lambda d: split(d, "order-service", {"cart": ["cart"]}), UnknownName, "did you mean `carts`"),
    (lambda d: split(d, "order-service", {"cart": CART, "basket": CART}), InvalidInput, "given to two parts"),
    (lambda d: split(d, "order-service", {"cart": CART}, calls={"timeout": 3}), InvalidInput, "`timeout`"),
    (lambda d: split(d, "payment-service", {"late": ["POST /api/v1/payments"]}), InvalidInput, "would be announced by"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "kind", "said"), REFUSED)
def test_what_cannot_be_merged_or_split_is_told_in_a_sentence(change: Any, kind: type[Exception], said: str) -> None:
    with pytest.raises(kind, match=said):
        change(ECOMMERCE)
