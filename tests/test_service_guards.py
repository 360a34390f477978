"""The guards of the reference service, each asked through a small application: who may, how often, and once only."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from typing import Any

import httpx
import jwt
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import archbook as ab
from archbook.contracts.service.accounts import Accounts, demo_accounts
from archbook.contracts.service.guard import Guard
from archbook.contracts.service.stack import put_around
from archbook.design.contract import Api, Authentication, Endpoint, Security, Style
from archbook.design.model import Design

ORDERS = "/api/v1/orders"
ORDER = {"Idempotency-Key": "k1", "Content-Type": "application/json"}


class Service:
    """The guards of a design around an application that counts what it does."""

    def __init__(self, design: Design, **options: Any) -> None:
        self.done, self.log, self.now_s, self.fail, self.gate = 0, [], 1e9, "", None
        self.accounts = demo_accounts(design)
        self.guard = Guard(design, self.accounts, clock=lambda: self.now_s)
        self.app = Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST", "PATCH", "DELETE"])])
        put_around(self.app, self.app.router, design, self.guard, log=self.log.append, **options)

    async def _answer(self, request: Request) -> JSONResponse:
        await request.body()
        if self.gate:
            await self.gate.wait()
        if self.fail:
            raise RuntimeError(self.fail)
        self.done += 1
        return JSONResponse({"done": self.done}, 201 if request.method == "POST" else 200)

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            async with self.client() as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def client(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://service")

    def token(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.guard.issue(self.accounts.by_name[name])[0]}"}

    @property
    def last(self) -> dict[str, Any]:
        return json.loads(self.log[-1])


@pytest.fixture(scope="module")
def shop() -> Design:
    return ab.load("ecommerce")


@pytest.fixture
def service(shop: Design) -> Service:
    return Service(shop)


def small(kind: str | None, authorisation: str = "rbac", **style: Any) -> Design:
    endpoints = (
        Endpoint(name="GET /things", service="a", roles=("reader",)),
        Endpoint(name="DELETE /things/{id}", service="a", roles=("admin",)),
        Endpoint(name="POST /jobs", service="a", auth="service"),
        Endpoint(name="GET /news", service="a", auth="none"),
    )
    said = Authentication(kind=kind) if kind else None
    parts = {"api": Api(style=Style(**style), endpoints=endpoints),
             "security": Security(authentication=said, authorisation=authorisation)}  # fmt: skip
    return Design.model_construct().model_copy(update=parts)


def test_each_role_has_an_account_and_who_owns_things_has_two(shop: Design) -> None:
    names = list(demo_accounts(shop).by_name)
    assert names == ["customer", "customer-2", "support", "admin", "service"]
    subjects = [account.subject for account in demo_accounts(shop).by_name.values()]
    assert len(set(subjects)) == len(subjects)
    assert not any(account.secret in repr(account) for account in demo_accounts(shop).by_name.values())


@pytest.mark.parametrize(
    ("who", "method", "path", "status", "why"),
    [
        (None, "GET", "/api/v1/products", 200, "anybody may"),
        (None, "GET", ORDERS, 401, "there is no token"),
        ("customer", "GET", ORDERS, 200, "customer may"),
        ("customer", "GET", "/api/v1/users", 403, "only support or admin may"),
        ("admin", "PATCH", "/api/v1/products/7", 200, "admin may"),
        ("customer", "POST", "/api/v1/stock-reservations", 403, "only another service may"),
        ("service", "POST", "/api/v1/stock-reservations", 201, "service may"),
        ("service", "GET", ORDERS, 403, "only customer or support or admin may"),
    ],
)
def test_the_roles_of_the_design_decide(
    service: Service, who: str | None, method: str, path: str, status: int, why: str
) -> None:
    answer = service.ask(method, path, headers=ORDER | (service.token(who) if who else {}))
    assert answer.status_code == status
    assert why in service.last["why"]
    assert status < 400 or why not in answer.text
    assert ("www-authenticate" in answer.headers) == (status == 401)


def forged(service: Service, kind: str) -> str:
    good = service.token("customer")["Authorization"].removeprefix("Bearer ")
    said = jwt.decode(good, options={"verify_signature": False})
    if kind == "expired":
        service.now_s += 901
        return good
    if kind == "unsigned":
        return jwt.encode(said, None, "none")
    if kind == "for another audience":
        return service.guard.keys.issue("1", service.now_s, aud="another")
    if kind == "changed":
        head, _, signature = good.split(".")
        claims = base64.urlsafe_b64encode(json.dumps({**said, "roles": ["admin"]}).encode()).decode().rstrip("=")
        return f"{head}.{claims}.{signature}"
    return {"no token": "x", "too long": "e" * 5000, "two words": good + " again"}[kind]


@pytest.mark.parametrize(
    "kind", ["expired", "unsigned", "for another audience", "changed", "no token", "too long", "two words"]
)
def test_a_token_that_is_not_ours_is_refused_and_only_the_log_says_why(service: Service, kind: str) -> None:
    answer = service.ask("GET", ORDERS, headers={"Authorization": f"Bearer {forged(service, kind)}"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="shop-api", error="invalid_token"'
    assert answer.json()["error"]["message"] == "sign in again: what you sent is not accepted"
    assert service.last["why"] not in ("", None, "there is no token")
    assert service.done == 0


@pytest.mark.parametrize(
    ("kind", "sent"),
    [
        ("api-key", lambda account: {"X-API-Key": account.secret}),
        ("session", lambda account: {"Cookie": f"theme=dark; session={account.secret}"}),
        ("mtls", lambda account: {"X-Client-Certificate-Subject": account.name}),
    ],
)
def test_keys_sessions_and_certificates_name_a_caller_too(kind: str, sent: Any) -> None:
    service = Service(small(kind))
    for who, expected in (("reader", 200), ("admin", 403)):
        assert service.ask("GET", "/things", headers=sent(service.accounts.by_name[who])).status_code == expected
    assert service.ask("POST", "/jobs", headers=sent(service.accounts.by_name["a-service"])).status_code == 201
    wrong = {name: value[:-3] + "???" for name, value in sent(service.accounts.by_name["reader"]).items()}
    answers = [service.ask("GET", "/things", headers=headers) for headers in (wrong, {})]
    assert [answer.status_code for answer in answers] == [401, 401]
    assert service.ask("POST", "/oauth/token").status_code == 201, "there is no token endpoint of ours"


def test_a_design_without_authentication_asks_nobody() -> None:
    for kind in (None, "none"):
        assert Service(small(kind)).ask("DELETE", "/things/1").status_code == 200


def test_lists_decide_where_the_design_has_them_and_none_lets_in_who_is_signed_in() -> None:
    by_list, open_ = Service(small("jwt", "acl")), Service(small("jwt", "none"))
    assert by_list.ask("DELETE", "/things/1", headers=by_list.token("reader")).status_code == 403
    assert "on the list of DELETE /things/{id}" in by_list.last["why"]
    assert by_list.ask("DELETE", "/things/1", headers=by_list.token("admin")).status_code == 200
    assert open_.ask("DELETE", "/things/1", headers=open_.token("reader")).status_code == 200
    assert open_.ask("DELETE", "/things/1").status_code == 401


@pytest.mark.parametrize("style", ["envelope", "problem+json"])
def test_errors_have_the_form_that_the_design_declares(style: str) -> None:
    answer = Service(small("jwt", errors=style, case="camel")).ask("GET", "/things", headers={"X-Request-Id": "r-1"})
    body = answer.json()
    told = {"code": "UNAUTHENTICATED", "field": None, "requestId": "r-1"}
    expected = {
        "envelope": {"error": {"message": "sign in first", **told}},
        "problem+json": {"type": "about:blank", "title": "Unauthorized", "status": 401, "detail": "sign in first",
                         **told},
    }  # fmt: skip
    assert body == expected[style]
    assert ("problem" in answer.headers["content-type"]) == (style == "problem+json")


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


GRANT = {"grant_type": "client_credentials"}


def test_a_client_gets_a_token_by_its_secret_and_is_let_in_with_it(service: Service) -> None:
    account = service.accounts.by_name["customer"]
    named = {"client_id": account.name, "client_secret": account.secret}
    for options in ({"data": GRANT, "headers": basic(account.name, account.secret)}, {"data": GRANT | named}):
        answer = service.ask("POST", "/oauth/token", **options)
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
        said = answer.json()
        assert (said["token_type"], said["expires_in"]) == ("Bearer", 900)
        assert "orders:own" in said["scope"].split()
        token = said["access_token"]
        assert service.ask("GET", ORDERS, headers={"Authorization": f"Bearer {token}"}).status_code == 200
        key = jwt.PyJWKSet.from_dict(service.ask("GET", "/.well-known/jwks.json").json()).keys[-1]
        checked = jwt.decode(token, key, ["ES256"], audience="shop-api", options={"verify_exp": False})
        assert checked["iss"] == "https://accounts.shop.example"
    assert not any(account.secret in line or token in line for line in service.log)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"data": GRANT}, "invalid_client"),
        ({"data": GRANT, "headers": basic("customer", "wrong")}, "invalid_client"),
        ({"data": GRANT, "headers": {"Authorization": "Basic é".encode()}}, "invalid_client"),
        ({"data": GRANT | {"client_id": "nobody", "client_secret": "x"}}, "invalid_client"),
        ({"data": GRANT | {"client_secret": "x"}, "headers": basic("customer", "x")}, "invalid_request"),
        ({"data": {"grant_type": "password"}, "right": True}, "unsupported_grant_type"),
        ({"data": {"scope": "x"}, "right": True}, "invalid_request"),
        ({"json": GRANT}, "invalid_request"),
        ({"content": b"a" * 9000, "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, "invalid_request"),
        ({"content": b"\xff\x00", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, "invalid_request"),
        ({"content": b"a=1&a=2", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, "invalid_request"),
    ],
)
def test_whoever_asks_wrongly_for_a_token_is_told_in_the_words_of_the_standard(
    service: Service, options: dict[str, Any], error: str
) -> None:
    account = service.accounts.by_name["customer"]
    if options.pop("right", False):
        options["headers"] = basic(account.name, account.secret)
    answer = service.ask("POST", "/oauth/token", **options)
    assert (answer.status_code, answer.json()["error"]) == (401 if error == "invalid_client" else 400, error)
    assert ("www-authenticate" in answer.headers) == (error == "invalid_client")


def test_keys_change_when_the_design_says_and_the_one_before_is_still_accepted(service: Service) -> None:
    first = service.ask("GET", "/.well-known/jwks.json").json()["keys"]
    service.now_s += 30 * 86400
    service.token("customer")
    second = service.ask("GET", "/.well-known/jwks.json").json()["keys"]
    assert [len(first), len(second)] == [1, 2]
    assert first[0] == second[0]
    assert not any("d" in key for key in second), "no private part"


def test_who_is_not_signed_in_is_counted_by_address_before_being_refused(service: Service) -> None:
    async def flood() -> list[int]:
        async with service.client() as client:
            return [(await client.get(ORDERS)).status_code for _ in range(62)]

    statuses = asyncio.run(flood())
    assert statuses[:60] == [401] * 60
    assert statuses[-1] == 429


def test_a_request_that_comes_again_gets_the_first_answer(service: Service) -> None:
    headers = ORDER | service.token("customer")
    first, again = (service.ask("POST", ORDERS, headers=headers, json={"a": 1}) for _ in range(2))
    assert (first.json(), again.json(), service.done) == ({"done": 1}, {"done": 1}, 1)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert first.headers["x-request-id"] != again.headers["x-request-id"]
    other = service.ask("POST", ORDERS, headers=headers, json={"a": 2})
    assert (other.status_code, other.json()["error"]["code"]) == (422, "VALIDATION_ERROR")
    someone = service.ask("POST", ORDERS, headers=ORDER | service.token("customer-2"), json={"a": 2})
    assert (someone.status_code, service.done) == (201, 2)


def test_a_request_that_is_being_worked_on_is_not_done_twice(service: Service) -> None:
    async def both() -> tuple[int, int]:
        service.gate = asyncio.Event()
        headers = ORDER | service.token("customer")
        async with service.client() as client:
            first = asyncio.create_task(client.post(ORDERS, headers=headers, json={}))
            await asyncio.sleep(0.05)
            second = await client.post(ORDERS, headers=headers, json={})
            service.gate.set()
            return (await first).status_code, second.status_code

    assert asyncio.run(both()) == (201, 409)


def test_a_request_that_failed_may_be_tried_again_with_its_key(service: Service) -> None:
    headers = ORDER | service.token("customer")
    service.fail = "database gone, password=hunter2hunter2"
    assert service.ask("POST", ORDERS, headers=headers, json={}).status_code == 500
    service.fail = ""
    assert service.ask("POST", ORDERS, headers=headers, json={}).status_code == 201


@pytest.mark.parametrize("key", ["", " ", "x" * 65, "é".encode("latin-1")])
def test_a_key_that_is_none_is_refused(service: Service, key: Any) -> None:
    headers = service.token("customer") | {"Idempotency-Key": key}
    answer = service.ask("POST", ORDERS, headers=headers, json={})
    assert (answer.status_code, service.done) == (400, 0)


def test_keys_are_forgotten_after_a_day_and_when_there_are_too_many(
    shop: Design, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archbook.contracts.service.idempotency.MOST_KEPT", 2)
    service = Service(shop, limits=False)
    for key in ("a", "b", "c", "c", "a"):
        headers = service.token("customer") | {"Idempotency-Key": key}
        service.ask("POST", ORDERS, headers=headers, json={})
    assert service.done == 4


def test_a_failure_says_its_request_id_and_only_the_log_says_why(service: Service) -> None:
    service.fail = "cannot reach postgres://shop:hunter2@db/shop"
    answer = service.ask("GET", "/api/v1/products/7?token=abc", headers={"X-Request-Id": "r-1"})
    assert (answer.status_code, answer.headers["x-request-id"]) == (500, "r-1")
    assert answer.json()["error"]["request_id"] == "r-1"
    assert "postgres" not in answer.text
    line = service.last
    assert (line["level"], line["route"], line["status"]) == ("error", "/api/v1/products/{id}", 500)
    assert "RuntimeError: cannot reach" in line["failure"]
    assert "hunter2" not in service.log[-1]
    assert "token=abc" not in service.log[-1]


@pytest.mark.parametrize("sent", ["", "a b", "x" * 65, "line\x0bbreak"])
def test_a_request_id_that_is_none_is_made_anew(service: Service, sent: str) -> None:
    answer = service.ask("GET", "/api/v1/products", headers={"X-Request-Id": sent})
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_the_operator_sees_counts_and_times_by_route(service: Service) -> None:
    for path in ("/api/v1/products/1", "/api/v1/products/2", ORDERS, "/nowhere"):
        service.ask("GET", path)
    text = service.ask("GET", "/metrics").text
    assert 'http_requests_total{method="GET",route="/api/v1/products/{id}",status="200"} 2' in text
    assert 'http_requests_total{method="GET",route="/api/v1/orders",status="401"} 1' in text
    assert 'http_requests_total{method="GET",route="none",status="200"} 1' in text
    assert 'http_request_duration_seconds_bucket{method="GET",route="/api/v1/products/{id}",le="+Inf"} 2' in text
    assert re.search(r'recent_seconds\{method="GET",route="/api/v1/orders",quantile="0.95"\} [0-9.e-]+', text)
    assert "http_requests_in_flight 0" in text


def test_the_text_of_metrics_is_read_by_the_client_library_of_prometheus(service: Service) -> None:
    parser = pytest.importorskip("prometheus_client.parser")
    service.ask("GET", ORDERS)
    families = {family.name for family in parser.text_string_to_metric_families(service.ask("GET", "/metrics").text)}
    assert {"http_requests", "http_request_duration_seconds", "http_requests_in_flight"} <= families


def test_health_and_readiness_are_told_apart(shop: Design) -> None:
    async def gone() -> bool:
        raise OSError("no database")

    service = Service(shop, ready=gone)
    assert [service.ask("GET", path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    assert Service(shop).ask("GET", "/readyz").status_code == 200


def test_accounts_are_told_in_a_table(shop: Design) -> None:
    accounts: Accounts = demo_accounts(shop)
    assert accounts.by_name["admin"].secret in str(accounts.table())
