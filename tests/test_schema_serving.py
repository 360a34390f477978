"""Tables that a service reads and writes: the same on DuckDB and on PostgreSQL."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from archbook.errors import UnknownName
from archbook.schema import parse
from archbook.schema.asking import Condition, View
from archbook.schema.refusals import Refused
from archbook.schema.serving import Serving

ORDERS = Path(__file__).resolve().parent.parent / "data" / "designs" / "ecommerce" / "schema" / "orders.sql"
MORE = """
CREATE TABLE notes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id bigint REFERENCES orders (id)
  ON DELETE SET NULL, body text, rank integer, "odd ""name" text, tags text[], seen date,
  local timestamp, daily timetz);
CREATE TABLE kept (order_id bigint NOT NULL REFERENCES orders (id), PRIMARY KEY (order_id));
"""
ORDER = View("orders", ("id", "user_id", "status", "total", "shipping_address", "created_at"))
ITEM = View("cart_items", ("cart_id", "product_id", "quantity"))
NOTE = View("notes", ("id", "order_id", "body", "rank", 'odd "name', "tags", "seen"))
NEWEST = (("created_at", True), ("id", True))


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def served(request: pytest.FixtureRequest) -> Iterator[Serving]:
    with Serving(
        parse(ORDERS.read_text(encoding="utf-8") + MORE), request.param, {"orders": 300}, connections=3
    ) as one:
        yield one


def test_pages_behind_each_other_are_all_rows_once(served: Serving) -> None:
    for order in (NEWEST, (("status", False), ("created_at", True), ("id", False))):
        seen: list[Any] = []
        last = None
        while rows := served.after(ORDER, [], order, last, 70):
            seen += rows
            last = [rows[-1][column] for column, _ in order]
        assert seen == served.page(ORDER, order=order, limit=1000)
        assert len({row["id"] for row in seen}) == served.count("orders")


def test_rows_without_a_value_come_last_and_are_walked_over(served: Serving) -> None:
    for rank in (1, None, 2, None):
        served.insert(NOTE, {"body": "ranked", "rank": rank})
    mine = [Condition("body", "ranked")]
    for down in (False, True):
        order = (("rank", down), ("id", False))
        whole = served.page(NOTE, mine, order, limit=100)
        assert [row["rank"] for row in whole] == [*sorted((1, 2), reverse=down), None, None]
        for before, row in pairwise(whole):
            assert served.after(NOTE, mine, order, (before["rank"], before["id"]), 1) == [row]
        assert served.after(NOTE, mine, order, (None, whole[-1]["id"]), 1) == []


def test_a_new_row_gets_its_number_and_the_defaults_of_the_table(served: Serving) -> None:
    made = served.insert(ORDER, {"user_id": 5, "total": "12.50", "shipping_address": {"street": "Canal 1"}})
    assert made["id"] > 300
    assert (made["status"], made["total"], made["shipping_address"]) == ("pending", "12.50", {"street": "Canal 1"})
    assert served.one(ORDER, [Condition("id", made["id"])]) == made
    assert served.one(View("orders", ("total",), frozenset({"total"})), [Condition("id", made["id"])]) == {
        "total": 12.5
    }


@pytest.mark.parametrize(
    ("view", "row", "reason", "columns"),
    [
        (ORDER, {"user_id": 1, "total": "-1", "shipping_address": {}}, "check", ("total",)),
        (ORDER, {"user_id": 1, "shipping_address": {}}, "needed", ("total",)),
        (ORDER, {"user_id": 1, "total": None, "shipping_address": {}}, "needed", ("total",)),
        (ORDER, {"user_id": 1, "total": "many", "shipping_address": {}}, "value", ()),
        (ORDER, {"id": 1, "user_id": 1, "total": "1", "shipping_address": {}}, "duplicate", ("id",)),
        (ITEM, {"cart_id": 99_999, "product_id": 1, "quantity": 1}, "missing", ("cart_id",)),
        (ITEM, {"cart_id": 1, "product_id": 77_777, "quantity": 100}, "check", ("quantity",)),
    ],
)
def test_a_row_that_breaks_a_promise_is_refused_with_its_columns(
    served: Serving, view: View, row: dict[str, object], reason: str, columns: tuple[str, ...]
) -> None:
    before = served.count(view.table)
    with pytest.raises(Refused) as refused:
        served.insert(view, row)
    assert (refused.value.reason, refused.value.columns) == (reason, columns)
    assert served.count(view.table) == before


def test_what_a_client_sends_is_never_read_as_sql(served: Serving) -> None:
    hostile = "'; DROP TABLE orders; --"
    made = served.insert(NOTE, {"body": hostile, 'odd "name': '"; DELETE FROM notes', "tags": ["a,b", '"{}']})
    assert served.one(NOTE, [Condition("body", hostile)]) == made
    assert (made['odd "name'], made["tags"]) == ('"; DELETE FROM notes', ["a,b", '"{}'])
    assert served.page(NOTE, [Condition("body", "drop table", "contains")]) == [made]
    assert served.page(NOTE, [Condition("body", "%", "contains")]) == []
    assert served.count("orders") >= 300


def test_lines_belong_to_the_user_of_their_cart(served: Serving) -> None:
    owner = served.page(View("carts", ("id", "user_id")), limit=1)[0]
    path = (("cart_id", "carts", "id"),)
    lines = served.page(ITEM, [Condition("user_id", owner["user_id"], path=path)], limit=10_000)
    assert {line["cart_id"] for line in lines} <= {owner["id"]}
    assert served.count("cart_items", [Condition("cart_id", owner["id"])]) == len(lines)


def test_a_change_that_is_refused_by_its_reader_leaves_the_row(served: Serving) -> None:
    key = [Condition("id", 7)]
    before = served.one(ORDER, key)

    def refuse(_: object) -> dict[str, object]:
        raise UnknownName("version", "1", [])

    with pytest.raises(UnknownName):
        served.update(ORDER, key, refuse)
    assert served.one(ORDER, key) == before
    assert served.update(ORDER, [Condition("id", 10**9)], refuse) is None


def test_changes_at_once_are_all_kept(served: Serving) -> None:
    """Each adds one to a number that it has read: a change that was lost would leave the sum too small."""
    made = served.insert(NOTE, {"rank": 0})

    def count() -> None:
        for _ in range(5):
            served.update(NOTE, [Condition("id", made["id"])], lambda row: {"rank": row["rank"] + 1})

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert served.one(NOTE, [Condition("id", made["id"])]) == {**made, "rank": 15}


def test_rows_go_with_the_row_that_they_belong_to_or_keep_it(served: Serving) -> None:
    made = served.insert(ORDER, {"user_id": 5, "total": "1", "shipping_address": {}})
    note = served.insert(NOTE, {"order_id": made["id"], "body": "gone"})
    line = View("order_items", ("id", "order_id"))
    item = {"order_id": made["id"], "product_id": 1, "product_title": "Teapot", "quantity": 1, "unit_price": "1"}
    served.insert(line, item)
    kept = View("kept", ("order_id",))
    served.insert(kept, {"order_id": made["id"]})
    key = [Condition("id", made["id"])]
    with pytest.raises(Refused, match="rows of kept still point to it"):
        served.delete(ORDER, key, lambda _: None)
    assert served.count("order_items", [Condition("order_id", made["id"])]) == 1
    served.delete(kept, [Condition("order_id", made["id"])], lambda _: None)
    assert served.delete(ORDER, key, lambda _: None)
    assert not served.delete(ORDER, key, lambda _: None)
    assert served.count("order_items", [Condition("order_id", made["id"])]) == 0
    assert served.one(NOTE, [Condition("id", note["id"])]) == {**note, "order_id": None}


def test_times_are_those_that_were_meant(served: Serving) -> None:
    view = View("notes", ("local", "daily"))
    made = served.insert(view, {"local": "2026-11-26t10:30:00+05:00", "daily": "09:30:00z"})
    assert made == {"local": "2026-11-26T05:30:00.000000Z", "daily": "09:30:00+00:00"}


def test_an_engine_that_nobody_knows_is_a_plain_sentence() -> None:
    with pytest.raises(UnknownName, match="no engine `duckbd`; did you mean `duckdb`"):
        Serving(parse("CREATE TABLE t (id bigint PRIMARY KEY)"), "duckbd")
