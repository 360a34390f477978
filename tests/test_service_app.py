"""The reference service of the e-commerce design: what each method answers, to whom, and how errors read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from archbook.contracts.openapi import to_openapi
from archbook.contracts.service import handlers
from archbook.contracts.service.app import create
from archbook.contracts.service.handlers import Handlers
from archbook.schema.asking import View
from archbook.verbs import load
from tests.services import Client

DESIGN = load("ecommerce")
ORDER = {"total": "12.50", "shipping_address": {"street": "Canal 1", "city": "Utrecht"}}
_numbers = count()


def key() -> dict[str, str]:
    return {"Idempotency-Key": f"key-{next(_numbers)}"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Client]:
    app = create(DESIGN, rows=200, limits=False)
    yield Client(app)
    app.state.close()


def carts(shop: Client, mine: bool) -> list[int]:
    me = shop.app.state.guard.accounts.by_name["customer"].subject
    rows = shop.app.state.serving.page(View("carts", ("id", "user_id")), limit=1000)
    return [row["id"] for row in rows if (str(row["user_id"]) == me) == mine]


def test_its_own_document_is_that_of_the_design(shop: Client) -> None:
    assert shop.ask("GET /openapi.json").json() == to_openapi(DESIGN)
    assert shop.ask("GET /docs").status_code == 404  # FastAPI's page would fetch scripts from elsewhere


def test_no_two_clients_act_for_one_user(shop: Client) -> None:
    subjects = [account.subject for account in shop.app.state.guard.accounts.by_name.values()]
    assert len(set(subjects)) == len(subjects) == 5


@pytest.mark.parametrize(("alone_s", "at_once", "here"), [(10.0, True, True), (10.0, False, False), (0.0, True, False)])
def test_reads_that_are_quick_need_no_thread_and_writes_always_have_one(
    monkeypatch: pytest.MonkeyPatch, alone_s: float, at_once: bool, here: bool
) -> None:
    def done(self: Handlers, *asked: Any) -> Any:
        threads.append(threading.current_thread().name.startswith("archbook-service"))
        return really_done(self, *asked)

    threads: list[bool] = []
    really_done = Handlers._done
    monkeypatch.setattr(Handlers, "_done", done)
    monkeypatch.setattr(handlers, "QUICK_AMONG_OTHERS_S", 10.0)
    monkeypatch.setattr(handlers, "QUICK_ALONE_S", alone_s)
    app = create(DESIGN, rows=20, limits=False, at_once=at_once)
    shop = Client(app)
    answers = [shop.ask("GET /api/v1/categories") for _ in range(3 * handlers.TRUSTED)]
    assert {answer.status_code for answer in answers} == {200}
    assert all(threads[: handlers.TRUSTED])
    assert (not any(threads[handlers.TRUSTED :])) is here
    threads.clear()
    for _ in range(handlers.TRUSTED + 2):
        assert shop.ask("POST /api/v1/orders", ORDER, "customer", key()).status_code == 201
    assert all(threads)
    app.state.close()


def test_pages_of_a_list_are_all_of_it_in_its_order(shop: Client) -> None:
    first = shop.ask("GET /api/v1/orders?page_size=100", who="support").json()
    second = shop.ask("GET /api/v1/orders?page_size=100&page=2", who="support").json()
    assert first["meta"].items() >= {"page": 1, "page_size": 100, "total": second["meta"]["total"]}.items()
    ids = [row["id"] for row in first["data"] + second["data"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == len(ids) == 200


def test_a_list_is_filtered_and_sorted_as_asked(shop: Client) -> None:
    rows = shop.ask("GET /api/v1/orders?status=paid&sort=created_at&page_size=100", who="support").json()["data"]
    assert {row["status"] for row in rows} == {"paid"}
    assert [row["created_at"] for row in rows] == sorted(row["created_at"] for row in rows)
    middle = rows[len(rows) // 2]["created_at"]
    later = shop.ask(f"GET /api/v1/orders?status=paid&created_at_from={middle}", who="support").json()["meta"]["total"]
    assert later == sum(row["created_at"] >= middle for row in rows)


def test_a_copy_that_is_still_right_is_not_sent_again(shop: Client) -> None:
    first = shop.ask("GET /api/v1/products/7")
    assert first.headers["cache-control"] == "public, max-age=60"
    again = shop.ask("GET /api/v1/products/7", headers={"If-None-Match": f'"other", W/{first.headers["etag"]}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    head = shop.ask("HEAD /api/v1/products/7")
    assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    assert shop.ask("GET /api/v1/products/8", headers={"If-None-Match": first.headers["etag"]}).status_code == 200


def test_an_order_is_made_read_changed_and_kept_from_lost_updates(shop: Client) -> None:
    made = shop.ask("POST /api/v1/orders", ORDER, "customer", key())
    assert made.status_code == 201
    here, read = made.headers["location"], made.headers["etag"]
    assert shop.ask(f"GET {here}", who="customer").json()["data"] == made.json()["data"]
    paid = shop.ask(f"PATCH {here}", {"status": "paid"}, "support", {"If-Match": read})
    assert (paid.status_code, paid.json()["data"]["status"]) == (200, "paid")
    lost = shop.ask(f"PATCH {here}", {"status": "shipped"}, "support", {"If-Match": read})
    assert (lost.status_code, lost.json()["error"]["code"]) == (412, "CHANGED_MEANWHILE")
    assert shop.ask(f"GET {here}", who="customer").headers["etag"] == paid.headers["etag"] != read


def test_a_merge_patch_changes_only_what_it_says(shop: Client) -> None:
    made = shop.ask("POST /api/v1/orders", ORDER, "customer", key())
    patch = {"shipping_address": {"city": None, "country": "NL"}}
    changed = shop.ask(f"PATCH {made.headers['location']}", patch, "support").json()["data"]
    before = made.json()["data"]
    assert changed["shipping_address"] == {"street": "Canal 1", "country": "NL"}
    assert changed["updated_at"] > before["updated_at"]
    kept = {name: value for name, value in before.items() if name not in ("shipping_address", "updated_at")}
    assert changed.items() >= kept.items()


def test_the_same_idempotency_key_places_one_order(shop: Client) -> None:
    same = key()
    first, again = (shop.ask("POST /api/v1/orders", ORDER, "customer", same) for _ in range(2))
    assert first.json()["data"]["id"] == again.json()["data"]["id"]
    assert again.headers["idempotent-replayed"] == "true"


def test_putting_twice_is_as_putting_once(shop: Client) -> None:
    here = f"/api/v1/carts/{carts(shop, mine=True)[0]}/items/199"
    statuses = [shop.ask(f"PUT {here}", {"quantity": n}, "customer").status_code for n in (3, 3, 4)]
    assert statuses == [201, 200, 200]
    mine = shop.ask(f"PUT {here}", {"quantity": 4}, "customer").json()["data"]
    assert mine["quantity"] == 4


def test_what_was_deleted_is_not_found_any_more(shop: Client) -> None:
    made = shop.ask("POST /api/v1/sessions", {"email": "ann@example.com", "password": "secret word"})
    assert "password" not in made.text
    here = made.headers["location"]
    assert [shop.ask(f"DELETE {here}", who="admin").status_code for _ in range(2)] == [404, 404]  # nobody's, not theirs
    account = shop.ask("POST /api/v1/users", {"email": "x@example.com", "full_name": "X", "password": "long enough"},
                       headers=key())  # fmt: skip
    assert account.status_code == 201
    assert "password" not in account.text


@pytest.mark.parametrize(
    "request_",
    ["GET /api/v1/carts/{id}", "PUT /api/v1/carts/{id}/items/1"],
)
def test_what_belongs_to_somebody_else_is_not_there(shop: Client, request_: str) -> None:
    theirs = carts(shop, mine=False)[0]
    body = {"quantity": 1} if request_.startswith("PUT") else None
    answer = shop.ask(request_.format(id=theirs), body, "customer")
    missing = shop.ask(request_.format(id=999_999), body, "customer")
    assert answer.status_code == missing.status_code == 404
    assert answer.json()["error"]["message"] == missing.json()["error"]["message"]


def test_nobody_pays_for_the_order_of_somebody_else(shop: Client) -> None:
    order = shop.ask("POST /api/v1/orders", ORDER, "customer", key()).json()["data"]["id"]
    payment = {"order_id": order, "amount": "12.50"}
    refused = shop.ask("POST /api/v1/payments", payment, "customer-2", key())
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "order_id")
    assert shop.ask("POST /api/v1/payments", payment, "customer", key()).status_code == 201


def test_lists_show_what_is_ones_own_and_all_to_who_may_read_all(shop: Client) -> None:
    me = shop.app.state.guard.accounts.by_name["customer"].subject
    mine = shop.ask("GET /api/v1/orders?page_size=100", who="customer").json()
    assert mine["meta"]["total"] > 0
    assert {str(row["user_id"]) for row in mine["data"]} == {me}
    assert shop.ask("GET /api/v1/orders", who="support").json()["meta"]["total"] > mine["meta"]["total"]
    assert shop.ask(f"GET /api/v1/orders?user_id={int(me) + 1}", who="customer").json()["data"] == []


@pytest.mark.parametrize(
    ("request_", "body", "status", "field", "message"),
    [
        ("POST /api/v1/orders", {"totl": "1"}, 422, "total", "`total` is needed"),
        ("POST /api/v1/orders", ORDER | {"curency": "EUR"}, 422, "curency", "did you mean `currency`?"),
        ("POST /api/v1/orders", ORDER | {"user_id": 1}, 422, "user_id", "is not known here"),
        ("POST /api/v1/orders", ORDER | {"total": 12.5}, 422, "total", "should be a valid string"),
        ("POST /api/v1/orders", ORDER | {"total": "-1"}, 422, "total", "should match the pattern"),
        ("POST /api/v1/orders", ORDER | {"currency": "EU\0"}, 422, "currency", "NUL"),
        ("POST /api/v1/orders", b'{"total": ', 400, None, "the body is no JSON: EOF while parsing"),
        ("POST /api/v1/orders", b"\xff\xfe", 400, None, "the body is no JSON"),
        ("POST /api/v1/orders", b"[" * 9000, 400, None, "recursion limit"),
        ("POST /api/v1/orders", [], 422, None, "is to be a JSON object"),
        ("POST /api/v1/orders", {"note": "a" * 20_000}, 413, None, "larger than 16 kB"),
        ("GET /api/v1/orders?page_size=1000", None, 422, "page_size", "less than or equal to 100"),
        ("GET /api/v1/orders?page=two", None, 422, "page", "should be a valid integer"),
        ("GET /api/v1/orders?pagesize=2", None, 422, "pagesize", "did you mean `page_size`?"),
        ("GET /api/v1/orders?page=1&page=2", None, 422, "page", "is given twice"),
        ("GET /api/v1/orders?status=lost", None, 422, "status", "should be 'pending'"),
        ("GET /api/v1/orders?created_at_from=yesterday", None, 422, "created_at_from", "RFC 3339"),
        ("GET /api/v1/orders/1;DROP TABLE orders", None, 422, "id", "should be a valid integer"),
        ("GET /api/v1/orders/99999999999999999999", None, 422, "id", "less than or equal to 9223372036854775807"),
        ("GET /api/v1/orders/999999", None, 404, None, "there is nothing under this path"),
        ("GET /api/v1/ordrs", None, 404, None, "did you mean `/api/v1/orders`?"),
        ("DELETE /api/v1/orders", None, 405, None, "this path knows GET, HEAD, OPTIONS, POST"),
        ("GET /api/v1/categories/99999/products", None, 404, None, "there is nothing under this path"),
    ],
)  # fmt: skip
def test_an_error_says_what_is_wrong_and_where(
    shop: Client, request_: str, body: Any, status: int, field: str | None, message: str
) -> None:
    answer = shop.ask(request_, body, "customer", key() if request_.startswith("POST") else None)
    told = answer.json()["error"]
    assert (answer.status_code, told["field"]) == (status, field)
    assert message in told["message"]
    assert told["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("headers", "status", "message"),
    [
        ({"Content-Type": "text/plain"}, 415, "send `application/json` and not `text/plain`"),
        ({"Content-Type": "application/json; charset=utf-8"}, 201, ""),
        ({"Accept": "text/html"}, 406, "the answer is `application/json`"),
        ({"Accept": "text/html, */*;q=0.1"}, 201, ""),
    ],
)
def test_media_types_are_agreed_on(shop: Client, headers: dict[str, str], status: int, message: str) -> None:
    answer = shop.ask("POST /api/v1/orders", ORDER, "customer", key() | headers)
    assert answer.status_code == status
    assert message in answer.text


def test_an_address_that_is_taken_is_a_conflict_and_not_error_1062(shop: Client) -> None:
    person = {"email": "twice@example.com", "full_name": "Ann", "password": "long enough"}
    assert shop.ask("POST /api/v1/users", person, headers=key()).status_code == 201
    told = shop.ask("POST /api/v1/users", person, headers=key())
    assert told.status_code == 409
    assert told.json()["error"].items() >= {
        "code": "CONFLICT", "message": "`email`: another row has the same value", "field": "email"}.items()  # fmt: skip


def test_options_and_405_name_what_a_path_knows(shop: Client) -> None:
    assert shop.ask("OPTIONS /api/v1/orders").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shop.ask("TRACE /api/v1/orders", who="customer").headers["allow"] == "GET, HEAD, OPTIONS, POST"
    assert shop.ask("OPTIONS /nowhere").status_code == 404


def test_nobody_sees_a_hash_of_a_password(shop: Client) -> None:
    rows = shop.ask("GET /api/v1/users?page_size=100", who="admin")
    assert rows.status_code == 200
    assert "hash" not in rows.text.lower()
