"""What a changed table breaks, by the queries that a design writes down."""

from __future__ import annotations

import pytest

from archbook.capacity.splitting import split
from archbook.design.loading import load
from archbook.schema.queries import broken_queries, broken_table, unseen
from tests.conftest import ROOT

ECOMMERCE = load(ROOT / "data" / "designs" / "ecommerce")
CART = ["GET /api/v1/carts/{id}", "PUT /api/v1/carts/{id}/items/{product_id}"]


@pytest.mark.parametrize("name", ["ecommerce", "minimal"])
def test_the_shipped_designs_ask_for_what_is_there(name: str) -> None:
    assert broken_queries(load(ROOT / "data" / "designs" / name)) == ()


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("ALTER TABLE carts RENAME COLUMN user_id TO customer_id", {("carts", "user_id")}),
        ("ALTER TABLE orders DROP COLUMN created_at", {("orders", "created_at")}),
        ("ALTER TABLE order_items RENAME TO lines", {("order_items", "")}),
        ("ALTER TABLE orders ADD COLUMN gift_note text", set()),
        ("ALTER TABLE orders DROP COLUMN currency", set()),  # no query names it
    ],
)
def test_a_changed_table_breaks_the_queries_that_name_what_went(change: str, broken: set[tuple[str, str]]) -> None:
    found = broken_queries(ECOMMERCE.migrated("orders-db", change))
    assert {(one.table, one.column) for one in found} == broken
    assert {one.service for one in found} <= {"order-service"}


def test_a_shared_table_breaks_services_of_others_too() -> None:
    shared = split(ECOMMERCE, "order-service", {"cart-service": CART})
    found = broken_queries(shared.migrated("orders-db", "ALTER TABLE carts RENAME COLUMN user_id TO customer_id"))
    assert {one.service for one in found} == {"order-service", "cart-service"}
    assert "POST /api/v1/orders" in broken_table(found).text()


def test_a_call_that_does_not_say_what_it_asks_for_is_counted() -> None:
    assert unseen(ECOMMERCE) == ()
    assert len(unseen(load(ROOT / "data" / "designs" / "first_draft"))) == 8
