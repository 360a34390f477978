"""Traffic over the call graph, held against hand-computed designs and conservation laws."""

from __future__ import annotations

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.capacity import Plan, plan
from archbook.capacity.handlings import ordered
from archbook.design.loading import read
from archbook.design.model import Design
from archbook.errors import ArchbookError

# 86 400 users × 1 session, no peak: one session a second; every journey makes each endpoint of `steps` once.
HEAD = """
archbook: 1
name: small
traffic: {daily_active_users: 86400, journeys: {all: {share: 1, steps: [STEPS]}}}
"""


def design(body: str, *steps: str) -> Design:
    return read(HEAD.replace("STEPS", ", ".join(steps)) + body)


SHOP = """
services:
  gateway: {role: gateway, service_time: {mean: 1ms}}
  orders: {service_time: {mean: 10ms}}
  users: {service_time: {mean: 5ms}}
  mail: {role: worker, service_time: {mean: 20ms}}
stores:
  orders-db: {engine: postgresql, service_time: {mean: 2ms}}
  cache: {engine: redis, role: cache, hit_ratio: 0.75, service_time: {mean: 1ms}}
  bus: {engine: kafka, role: broker, service_time: {mean: 1ms}}
calls:
  - {from: gateway, to: cache}
  - {from: gateway, to: orders}
  - {from: gateway, to: users}
  - {from: orders, to: users, on: [POST /api/v1/orders], per_request: 2, failure: 50%, retries: 2, backoff: jittered,
     timeout: 1s, request_size: 1KB, response_size: 3KB}
  - {from: orders, to: orders-db, on: [GET /api/v1/orders], per_request: per row, unless_hit: cache}
  - {from: orders, to: orders-db, on: [POST /api/v1/orders], kind: write, hit_ratio: 0.2}
  - {from: mail, to: users, on: [order.created], mode: async, per_request: 3}
events:
  order.created: {from: orders, to: [mail], on: [POST /api/v1/orders], broker: bus, per_request: 2}
api:
  endpoints:
    - {name: GET /api/v1/orders, service: orders, list: true, rows: 40, hit_ratio: 0.5}
    - {name: POST /api/v1/orders, service: orders}
    - {name: GET /api/v1/me, service: users}
"""
STEPS = ("GET /api/v1/orders", "POST /api/v1/orders", "GET /api/v1/me")


@pytest.fixture(scope="module")
def shop() -> Design:
    return design(SHOP, *STEPS)


def test_every_rate_of_a_small_design_is_as_computed_by_hand(shop: Design) -> None:
    found = plan(shop)
    assert found.asked_per_s == dict.fromkeys(STEPS, pytest.approx(1.0))
    assert found.arriving_per_s["GET /api/v1/orders"] == pytest.approx(0.5)
    # gateway: 0.5 + 1 + 1; it asks the cache each time and routes each endpoint to its own service
    assert found.reads_per_s["gateway"] == found.reads_per_s["cache"] == pytest.approx(2.5)
    assert found.reads_per_s["orders"] == pytest.approx(1.5)
    # 2 calls × (1 + ½ + ¼) attempts, 1 routed, 2 events × 3 calls of mail
    assert found.calls_per_s[3] == pytest.approx(2.0)
    assert found.attempts_per_s[3] == pytest.approx(3.5)
    assert found.reads_per_s["users"] == pytest.approx(3.5 + 1 + 6)
    # 0.5 lists × 40 rows × ¼ misses; 1 order × 0.8
    assert found.reads_per_s["orders-db"] == pytest.approx(0.5 * 40 * 0.25)
    assert found.writes_per_s["orders-db"] == pytest.approx(0.8)
    assert found.events_per_s == {"order.created": pytest.approx(2.0)}
    assert (found.writes_per_s["bus"], found.reads_per_s["bus"]) == (pytest.approx(2.0), pytest.approx(2.0))
    assert found.reads_per_s["mail"] == pytest.approx(2.0)
    assert found.warnings == ()


def visits(found: Plan, endpoint: str) -> dict[str, float]:
    """Visits of every element for one request of `endpoint` that arrives, asynchronous work included."""
    rates = {found.entries[endpoint]: 1.0}
    total: dict[str, float] = {}
    for index in range(found.entries[endpoint], -1, -1):
        rate, handling = rates.get(index, 0.0), found.handlings[index]
        total[handling.element] = total.get(handling.element, 0.0) + rate
        for leg in handling.legs:
            rates[leg.handling] = rates.get(leg.handling, 0.0) + rate * leg.times
    return {name: rate for name, rate in total.items() if rate}


def test_visits_of_each_endpoint_add_up_to_the_rates(shop: Design) -> None:
    found = plan(shop)
    assert visits(found, "POST /api/v1/orders")["users"] == pytest.approx(3.5 + 6)
    for name in (*shop.services, *shop.stores):
        total = sum(found.arriving_per_s[e] * visits(found, e).get(name, 0.0) for e in STEPS)
        assert total == pytest.approx(found.reads_per_s[name] + found.writes_per_s[name])


def test_without_a_gateway_requests_enter_at_the_service() -> None:
    body = SHOP.replace("role: gateway, ", "").replace("  - {from: gateway, to: orders}\n", "")
    found = plan(design(body.replace("  - {from: gateway, to: users}\n", ""), *STEPS))
    assert found.reads_per_s["gateway"] == 0
    assert found.reads_per_s["orders"] == pytest.approx(1.5)
    assert "never made in these journeys: gateway → cache" in found.warnings


def test_a_retry_budget_bounds_the_attempts() -> None:
    found = plan(design(SHOP.replace("retries: 2,", "retries: 2, retry_budget: 0.1,"), *STEPS))
    assert found.attempts_per_s[3] == pytest.approx(2.0 * 1.1)


def test_step_times_and_shares_weigh_the_journeys() -> None:
    text = HEAD.replace("86400", "172800").replace(
        "{all: {share: 1, steps: [STEPS]}}",
        "{a: {share: 25%, steps: [{do: GET /x, times: 4}, GET /x]}, b: {share: 75%, steps: [GET /y]}}",
    )
    body = "services: {s: {}}\napi: {endpoints: [{name: GET /x, service: s}, {name: GET /y, service: s}]}"
    assert plan(read(text + body)).asked_per_s == {"GET /x": pytest.approx(2.5), "GET /y": pytest.approx(1.5)}


def test_a_store_that_consumes_an_event_is_written_once_for_each() -> None:
    body = """
services: {a: {}}
stores: {index: {engine: elasticsearch, role: search}, bus: {engine: kafka, role: broker}}
events:
  changed: {from: a, to: [index], on: [GET /x], broker: bus}
  moved: {from: a, to: [a], on: [changed], per_request: 0.5}
api: {endpoints: [{name: GET /x, service: a}]}
"""
    found = plan(design(body, "GET /x"))
    assert found.writes_per_s["index"] == pytest.approx(1.0)
    assert found.events_per_s["moved"] == 0  # `a` handles no `changed`: only the index consumes it
    assert "event moved is never announced in these journeys" in found.warnings


CHAIN = "services: {a: {}, b: {}, c: {}}\napi: {endpoints: [{name: GET /x, service: a}, {name: GET /y, service: b}]}\n"


def built(calls: str, events: str = "") -> Design:
    """A design whose circle the loader would refuse, made by changing calls afterwards."""
    from archbook.design.interactions import Call, Event

    base = design(CHAIN, "GET /x", "GET /y")
    import yaml

    made = tuple(Call.model_validate(call) for call in yaml.safe_load(calls) or ())
    announced = {name: Event.model_validate(event) for name, event in (yaml.safe_load(events or "{}")).items()}
    return base.model_copy(update={"calls": made, "events": announced})


@pytest.mark.parametrize(
    ("calls", "events", "circle"),
    [
        ("[{from: a, to: b}, {from: b, to: c}, {from: c, to: a}]", "", "calls go round in a circle"),
        ("[{from: a, to: b, 'on': [GET /x]}, {from: b, to: a, 'on': [GET /x]}]", "", "calls go round in a circle"),
        ("[{from: a, to: b, mode: async}, {from: b, to: a}]", "", "calls go round in a circle"),
        ("", "{e: {from: a, to: [b], 'on': [f]}, f: {from: b, to: [a], 'on': [e]}}", "events announce each other"),
    ],
)
def test_a_circle_is_one_clear_sentence(calls: str, events: str, circle: str) -> None:
    with pytest.raises(ArchbookError, match=circle) as caught:
        plan(built(calls, events))
    text = str(caught.value)
    assert "\n" not in text
    path = text.split(": ")[1].split(",")[0].split(" → ")
    assert path[0] == path[-1]
    assert "take one away" in text


def test_the_circle_is_told_in_the_order_of_the_calls() -> None:
    with pytest.raises(ArchbookError, match=r"a → b → c → a|b → c → a → b|c → a → b → c"):
        plan(built("[{from: a, to: b}, {from: b, to: c}, {from: c, to: a}]"))


def test_services_that_wait_for_each_other_for_different_endpoints_are_no_circle() -> None:
    found = plan(built("[{from: a, to: b, 'on': [GET /x]}, {from: b, to: a, 'on': [GET /y]}]"))
    assert found.reads_per_s["a"] == found.reads_per_s["b"] == pytest.approx(2.0)
    assert found.circular


def test_a_chain_of_a_thousand_services_needs_no_deep_recursion() -> None:
    services = "services: {" + ", ".join(f"s{i}: {{service_time: {{mean: 1ms}}}}" for i in range(1500)) + "}\n"
    calls = "calls:\n" + "".join(f"  - {{from: s{i}, to: s{i + 1}}}\n" for i in range(1499))
    found = plan(design(services + calls + "api: {endpoints: [{name: GET /x, service: s0}]}", "GET /x"))
    assert found.reads_per_s["s1499"] == pytest.approx(1.0)


def random_design(seed: int) -> Design:
    """Services in a line that call forward, some calls only for some endpoints."""
    chance = random.Random(seed)
    names = [f"s{i}" for i in range(chance.randint(2, 8))]
    endpoints = [f"GET /e{i}" for i in range(chance.randint(1, 5))]
    calls = []
    for i, name in enumerate(names[:-1]):
        for _ in range(chance.randint(0, 3)):
            on = f", on: [{chance.choice(endpoints)}]" if chance.random() < 0.5 else ""
            retry = ", failure: 30%, retries: 2, backoff: fixed" if chance.random() < 0.3 else ""
            calls.append(f"  - {{from: {name}, to: {chance.choice(names[i + 1 :])}, "
                         f"per_request: {chance.choice([0.5, 1, 2])}{on}{retry}}}")  # fmt: skip
    body = "services: {" + ", ".join(f"{n}: {{service_time: {{mean: 1ms}}}}" for n in names) + "}\n"
    body += "calls:\n" + "\n".join(calls) + "\n" if calls else ""
    body += "api:\n  endpoints:\n" + "".join(
        f"    - {{name: {e}, service: {chance.choice(names)}}}\n" for e in endpoints
    )
    return design(body, *endpoints)


@given(st.integers(0, 10_000))
def test_flow_is_conserved_at_every_service(seed: int) -> None:
    made = random_design(seed)
    found = plan(made)
    for name in made.services:
        entering = sum(rate for e, rate in found.arriving_per_s.items() if made.endpoint(e).service == name)
        called = sum(found.attempts_per_s[i] for i, call in enumerate(made.calls) if call.to == name)
        assert math.isclose(found.reads_per_s[name], entering + called, rel_tol=1e-9, abs_tol=1e-12)
        handled = sum(found.handling_per_s[i] for i in found.handled_by[name])
        assert math.isclose(found.reads_per_s[name], handled, rel_tol=1e-9, abs_tol=1e-12)


@given(st.integers(0, 10_000))
def test_shared_handlings_give_what_a_walk_of_each_endpoint_gives(seed: int) -> None:
    made = random_design(seed)
    found = plan(made)

    def walked(service: str, endpoint: str, visits: dict[str, float], times: float) -> None:
        visits[service] = visits.get(service, 0.0) + times
        for i, call in enumerate(made.calls):
            if call.from_ == service and (not call.on or endpoint in call.on):
                mean = found.attempts_per_s[i] / found.calls_per_s[i] if found.calls_per_s[i] else 1.0
                walked(call.to, endpoint, visits, times * float(call.per_request) * mean)

    for endpoint in found.entries:
        expected: dict[str, float] = {}
        walked(made.endpoint(endpoint).service, endpoint, expected, 1.0)
        assert visits(found, endpoint) == pytest.approx(expected)


def test_a_plan_is_reused_for_other_capacities_only(shop: Design) -> None:
    found = plan(shop)
    assert found.fits(shop.changed({("services", "orders", "instances"): 9}))
    assert found.fits(shop.changed({("stores", "orders-db", "servers"): 9}))
    assert not found.fits(shop.changed({("stores", "cache", "hit_ratio"): 0.9}))
    assert not found.fits(shop.changed({("traffic", "daily_active_users"): 1.0}))
    assert not found.fits(shop.changed({("calls", 0, "per_request"): 2.0}))
    assert not found.fits(shop.changed({("services", "gateway", "role"): "service"}))


def test_what_is_left_out_is_said() -> None:
    body = SHOP.replace("hit_ratio: 0.75, ", "").replace("on: [POST /api/v1/orders], broker", "broker")
    found = plan(design(body.replace("timeout: 1s", "timeout: 1s, hedge_after: 100ms"), *STEPS))
    assert "cache has no hit_ratio: every look-up counts as a miss" in found.warnings
    assert "event order.created names no endpoint or event in `on`, so it is never announced" in found.warnings
    assert "hedged attempts (hedge_after) are not counted in the load" in found.warnings


def test_no_journey_means_no_traffic_and_says_so() -> None:
    body = "archbook: 1\nname: idle\ntraffic: {daily_active_users: 5}\nservices: {a: {}}\n"
    assert plan(read(body)).warnings == (
        "no request arrives: no journey of the design makes a step that reaches the system",
    )


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=14))
def test_an_order_is_found_or_a_real_circle_is_named(edges: list[tuple[int, int]]) -> None:
    graph: dict[str, list[str]] = {f"n{i}": [] for i in range(7)}
    for a, b in edges:
        graph[f"n{a}"].append(f"n{b}")
    try:
        order = ordered(graph)
    except ArchbookError as error:
        path = str(error).split(": ")[1].split(",")[0].split(" → ")
        assert path[0] == path[-1]
        assert all(b in graph[a] for a, b in itertools.pairwise(path))
        return
    assert sorted(order) == sorted(graph)
    assert all(order.index(b) < order.index(a) for a in graph for b in graph[a])
