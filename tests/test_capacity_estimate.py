"""Load, waits, percentiles, what breaks first and what would help: by hand, by property and by simulation."""

from __future__ import annotations

import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archbook.capacity import answer, curve, estimate, plan, remedies
from archbook.capacity import formulas as f
from archbook.design.loading import read
from archbook.design.model import Design
from archbook.errors import InvalidInput

# 864 000 users × 1 session: ten sessions a second at today's peak.
HEAD = """
archbook: 1
name: small
traffic: {daily_active_users: 864000, growth: GROWTH, journeys: {all: {share: 1, steps: [GET /x]}}}
"""
SHOP = """
services:
  shop: {instances: 2, concurrency: 4, service_time: {mean: 20ms}, slo: {p95: 200ms}}
  pay: {instances: 2, concurrency: 1, service_time: {mean: 10ms, scv: 0}}
stores:
  db: {engine: postgresql, servers: 1, service_time: {mean: 5ms}}
externals:
  bank: {service_time: {mean: 90ms, scv: 0}}
calls:
  - {from: shop, to: db}
  - {from: shop, to: pay}
  - {from: pay, to: bank}
api: {endpoints: [{name: GET /x, service: shop}]}
"""


def design(body: str = SHOP, growth: int = 10) -> Design:
    return read(HEAD.replace("GROWTH", str(growth)) + body)


@pytest.fixture(scope="module")
def shop() -> Design:
    return design()


def test_a_small_design_is_as_computed_by_hand(shop: Design) -> None:
    found = estimate(shop)
    assert found.requests_per_s == pytest.approx(10)
    db, pay, front = (found.elements[name] for name in ("db", "pay", "shop"))
    # M/M/1 at ρ = 10 × 5 ms
    assert (db.utilisation, db.formula) == (pytest.approx(0.05), "mmc")
    assert db.mean_response_s == pytest.approx(0.005 / 0.95)
    assert db.p95_s == pytest.approx(-math.log(0.05) * 0.005 / 0.95)
    # pay holds a thread for 10 + 90 ms, constant: M/D/2 at ρ = ½
    assert pay.holding_time_s == pytest.approx(0.1)
    assert (pay.utilisation, pay.formula) == (pytest.approx(0.5), "mgc")
    assert pay.mean_wait_s == pytest.approx(f.mgc_mean_wait_s(10, 0.1, 2, 0))
    # shop holds a thread for its own 20 ms and both answers
    held = 0.02 + db.mean_response_s + pay.mean_response_s
    assert front.holding_time_s == pytest.approx(held)
    assert front.utilisation == pytest.approx(10 * held / 8)
    path = found.endpoints["GET /x"]
    assert path.mean_s == pytest.approx(front.mean_wait_s + held)
    assert dict(path.path)["bank"] == pytest.approx(0.09)
    assert sum(time for _, time in path.path) == pytest.approx(path.mean_s)
    assert path.meets_slo == (path.p95_s <= 0.2)
    bank = found.elements["bank"]
    assert (bank.servers, bank.utilisation, bank.breaks_at, bank.formula) == (0, 0, math.inf, "delay")


def test_what_waits_breaks_first_though_it_does_little(shop: Design) -> None:
    found = estimate(shop)
    first = found.breaks[0]
    assert first.element == "pay"
    assert first.at == pytest.approx(2 / (10 * 0.1), rel=1e-5)
    assert (
        first.why
        == "holds one of 2 threads 100 ms for each request, 90 ms of it waiting for bank; 10 more instances for 10×"
    )
    # its caller waits for it without a timeout and so saturates just before it
    second = found.breaks[1]
    assert second.element == "shop"
    assert 1.8 < second.at < first.at
    assert second.why == "waits for pay: its 8 threads are held until that answers; mend pay first"


@pytest.mark.parametrize("timeout", ["", ", timeout: 150ms"])
@pytest.mark.parametrize("concurrency", [4, 40])
def test_breaks_are_where_utilisation_passes_one(timeout: str, concurrency: int) -> None:
    body = SHOP.replace("{from: shop, to: pay}", f"{{from: shop, to: pay{timeout}}}")
    made = design(body.replace("concurrency: 4", f"concurrency: {concurrency}"))
    for entry in estimate(made).breaks:
        below, above = (estimate(made, entry.at * by).elements[entry.element] for by in (0.9995, 1.0005))
        assert below.utilisation < 1 <= above.utilisation
        assert below.breaks_at == entry.at


def test_a_timeout_saves_the_caller_from_its_callee() -> None:
    patient, hasty = design(), design(SHOP.replace("{from: shop, to: pay}", "{from: shop, to: pay, timeout: 150ms}"))
    assert estimate(hasty).elements["shop"].breaks_at > 2 * estimate(patient).elements["shop"].breaks_at
    # beyond pay's limit each call costs shop exactly the timeout
    found = estimate(hasty, 2.5)
    assert found.elements["pay"].utilisation == pytest.approx(1.25)
    assert math.isinf(found.elements["pay"].p95_s)
    db = found.elements["db"].mean_response_s
    assert found.elements["shop"].holding_time_s == pytest.approx(0.02 + 0.15 + db)
    assert found.endpoints["GET /x"].warnings == ("pay is saturated",)


def test_the_answer_comes_first_and_its_remedy_is_true() -> None:
    found = estimate(design(), 10)
    said = (
        "At 10× today's peak (100 req/s) pay saturates; it holds to 2×, what waits for it to 1.85×; shop saturates too."
    )
    assert answer(found).startswith(said)
    changes = remedies(design(), 10)
    assert found.remedies == changes
    fixed = design().changed({("services", c.element, "instances"): c.needed for c in changes})
    assert all(e.utilisation <= 0.85 for e in estimate(fixed, 10).elements.values())
    for change in changes:  # one less is not enough
        short = fixed.changed({("services", change.element, "instances"): change.needed - 1})
        assert estimate(short, 10).elements[change.element].utilisation > 0.85


LIMITED = SHOP.replace("bank: {", "bank: {rate_limit: 15, ").replace("instances: 2, concurrency: 1", "instances: 12")
WIDE = SHOP.replace("instances: 2, concurrency: 1", "instances: 40")
CHAIN = """
services: {a: {service_time: {mean: 50ms}}, b: {service_time: {mean: 50ms}}, c: {service_time: {mean: 50ms}},
           d: {service_time: {mean: 50ms}}}
calls: [{from: a, to: b, mode: async}, {from: b, to: c, mode: async}, {from: c, to: d, mode: async}]
api: {endpoints: [{name: GET /x, service: a}]}
"""


@pytest.mark.parametrize(
    ("body", "growth", "expected"),
    [
        (SHOP, 1, "At today's peak (10 req/s) nothing saturates; pay is the first to, at 2× (shop, which "
         "waits for it, at 1.85×). Ten more instances of pay "
         "and three of shop reach 10×."),
        (WIDE, 1, "At today's peak (10 req/s) nothing saturates; shop is the first to, at 6.28×. Two more instances "
         "reach 10×."),
        (WIDE, 7, "At 7× today's peak (70 req/s) shop saturates; it holds to 6.28×. Two more instances reach 10×."),
        (WIDE.replace("instances: 2, concurrency: 4", "instances: 1, concurrency: 12"), 10,
         "At 10× today's peak (100 req/s) shop saturates; it holds to 9.28×. One more instance reaches 10×."),
        (WIDE.replace("instances: 2, concurrency: 4", "instances: 1, concurrency: 14"), 10,
         "At 10× today's peak (100 req/s) nothing saturates (shop is busiest, at 92.9 %); shop is the first to, at "
         "10.7×. One more instance of shop carries 10× with at most 85 % utilisation."),
        (LIMITED, 2, "At 2× today's peak (20 req/s) bank is asked more than its rate limit allows, from 1.5× on. Three "
         "more instances of shop reach 10×. bank must allow 100 req/s for 10×."),
        (CHAIN, 1, "At today's peak (10 req/s) nothing saturates; a is the first to, at 2×. Four changes reach 10×: "
         "a 1 → 6 instances, b 1 → 6 instances, c 1 → 6 instances …"),
        (CHAIN, 3, "At 3× today's peak (30 req/s) a saturates; it holds to 2×; three others saturate too. Four "),
    ],
)  # fmt: skip
def test_answers_read_well(body: str, growth: float, expected: str) -> None:
    assert answer(estimate(design(body), growth)).startswith(expected)


def test_a_design_that_carries_its_growth_says_what_is_busiest() -> None:
    found = estimate(design(growth=1), 1)
    assert answer(found) == (
        "At today's peak (10 req/s) nothing saturates (pay is busiest, at 50 %); pay is the first to, at 2× "
        "(shop, which waits for it, at 1.85×)."
    )
    assert found.remedies == ()


def test_no_traffic_and_no_limit_are_said() -> None:
    idle = read(
        "archbook: 1\nname: idle\ntraffic: {daily_active_users: 5}\nservices: {a: {service_time: {mean: 1ms}}}\n"
    )
    assert answer(estimate(idle)) == "Nothing arrives: no journey of the design makes a request."
    unknown = design("services: {a: {}}\napi: {endpoints: [{name: GET /x, service: a}]}")
    assert "no limit is known" in answer(estimate(unknown))


def test_an_unknown_service_time_is_never_a_silent_zero() -> None:
    made = design(SHOP.replace("pay: {instances: 2, concurrency: 1, service_time: {mean: 10ms, scv: 0}}", "pay: {}"))
    found = estimate(made)
    pay = found.elements["pay"]
    assert pay.arrival_rate_per_s == pytest.approx(10)
    times = (pay.utilisation, pay.mean_wait_s, pay.p95_s, pay.breaks_at)
    assert all(math.isnan(number) for number in times)
    assert (pay.servers, pay.formula, pay.warnings) == (0, "unknown", ("not estimated: no service_time",))
    assert "not estimated, because no service_time is given: pay" in found.warnings
    assert found.endpoints["GET /x"].warnings == ("without the time of pay, which has no service_time",)
    assert [b.element for b in found.breaks] == ["db", "shop"]
    assert "unknown" in found.table().text()


def test_an_endpoint_may_know_the_time_that_its_service_does_not() -> None:
    body = (
        "services: {a: {concurrency: 4}}\napi: {endpoints: [{name: GET /x, service: a, service_time: {mean: 100ms}}]}"
    )
    found = estimate(design(body))
    assert found.elements["a"].utilisation == pytest.approx(10 * 0.1 / 4)
    assert found.warnings == ("bandwidth at the edge leaves out 1 endpoints without a response_size",)


def test_replicas_help_reads_only() -> None:
    calls = "- {from: shop, to: db}"
    wrote = SHOP.replace(calls, "- {from: shop, to: db, kind: write}")
    assert estimate(design(SHOP.replace("servers: 1", "servers: 1, replicas: 3"))).elements["db"].utilisation == (
        pytest.approx(0.05 / 4)
    )
    assert estimate(design(wrote.replace("servers: 1", "servers: 1, replicas: 3"))).elements["db"].utilisation == (
        pytest.approx(0.05)
    )


def test_an_engine_that_grows_by_itself_has_no_limit_unless_one_is_given() -> None:
    s3 = SHOP.replace("engine: postgresql, servers: 1", "engine: s3, role: objects")
    assert estimate(design(s3)).elements["db"].breaks_at == math.inf
    assert estimate(design(s3.replace("role: objects", "role: objects, servers: 1"))).elements["db"].breaks_at == 20


def test_a_rate_limit_is_a_break_and_cannot_be_mended_with_instances() -> None:
    made = design(SHOP.replace("bank: {", "bank: {rate_limit: 15, p99: 300ms, "))
    found = estimate(made, 2)
    bank = found.elements["bank"]
    assert (bank.utilisation, bank.breaks_at, bank.p99_s) == (pytest.approx(20 / 15), pytest.approx(1.5), 0.3)
    assert found.breaks[0].element == "bank"
    assert found.breaks[0].why == "its owner accepts 15 req/s from us; agree on 100 req/s for 10×"
    assert "bank must allow 100 req/s for 10×." in answer(found)


def test_pools_and_queues_warn_before_they_hurt() -> None:
    pooled = design(SHOP.replace("servers: 1,", "servers: 1, pool: 60, max_connections: 100,"))
    assert "pools of shop may open 120 connections to db, which accepts 100" in estimate(pooled).warnings
    slow = design(
        SHOP.replace("servers: 1, service_time: {mean: 5ms}", "servers: 50, pool: 2, service_time: {mean: 1s}")
    )
    assert "shop needs 10 connections to db at once and its pools have 4 (Little's law)" in estimate(slow).warnings
    bounded = design(SHOP.replace("pay: {", "pay: {queue: 3, "))
    assert estimate(bounded, 3).elements["pay"].warnings == (
        "its queue of 3 an instance turns away 34.5 % of requests",
    )


def test_doubtful_approximations_are_said() -> None:
    wild = estimate(design(SHOP.replace("mean: 20ms", "mean: 200ms, scv: 30"))).elements["shop"].warnings
    assert any("rough approximation above 4" in line for line in wild)
    tight = estimate(design(), 1.95).elements["pay"].warnings
    assert tight == ("at 97.5 % utilisation a small error in the load changes the wait much",)


@given(st.floats(0.05, 1.9), st.floats(1.001, 1.05))
def test_nothing_gets_faster_as_the_load_grows(growth: float, more: float) -> None:
    before, after = curve(design(), [growth, growth * more])
    for name, element in before.elements.items():
        assert after.elements[name].utilisation >= element.utilisation
        assert after.elements[name].p95_s >= element.p95_s * (1 - 2e-4)
    assert after.endpoints["GET /x"].mean_s >= before.endpoints["GET /x"].mean_s


@given(st.integers(1, 30), st.integers(1, 6))
def test_more_instances_never_wait_longer(instances: int, more: int) -> None:
    few, many = (design().changed({("services", "pay", "instances"): n}) for n in (instances, instances + more))
    a, b = estimate(few, 3), estimate(many, 3)
    assert b.elements["pay"].mean_wait_s <= a.elements["pay"].mean_wait_s
    assert b.endpoints["GET /x"].mean_s <= a.endpoints["GET /x"].mean_s
    assert b.elements["shop"].breaks_at >= a.elements["shop"].breaks_at * (1 - 1e-4)


@pytest.mark.parametrize("growth", [0.5, 1.7, 3.0])
def test_growth_is_the_same_as_a_busier_day(growth: float) -> None:
    grown = estimate(design(), growth)
    busier = estimate(design().changed({("traffic", "daily_active_users"): 864000 * growth}))
    assert busier.requests_per_s == pytest.approx(grown.requests_per_s)
    for name, element in grown.elements.items():
        assert busier.elements[name].mean_response_s == pytest.approx(element.mean_response_s)
        assert busier.elements[name].breaks_at * growth == pytest.approx(element.breaks_at, rel=1e-4)
    assert busier.endpoints["GET /x"].p99_s == pytest.approx(grown.endpoints["GET /x"].p99_s)


def test_a_curve_is_the_estimates_one_by_one() -> None:
    loads = [0.5, 1.0, 1.99, 2.5, 7.0]
    together = curve(design(), loads)
    assert [e.to_json() for e in together] == [estimate(design(), load).to_json() for load in loads]


def test_a_plan_changes_no_number() -> None:
    made = design()
    reused = plan(made)
    wider = made.changed({("services", "pay", "instances"): 7})
    assert estimate(wider, 3, plan=reused).to_json() == estimate(wider, 3).to_json()
    busier = made.changed({("traffic", "daily_active_users"): 1000.0})
    assert estimate(busier, 3, plan=reused).to_json() == estimate(busier, 3).to_json()
    assert estimate(made, 3, plan=reused).to_json() == estimate(made, 3).to_json()


@pytest.mark.parametrize("change", [
    {("services", "pay", "instances"): 7},
    {("traffic", "daily_active_users"): 1000.0},
    {("calls", 0, "per_request"): 3.0},
    {("services", "pay", "role"): "gateway"},
])  # fmt: skip
def test_what_a_design_remembers_changes_no_number(change: dict[tuple[str | int, ...], object]) -> None:
    asked = design()
    before = estimate(asked, 3).to_json()
    assert estimate(asked.changed(change), 3).to_json() == estimate(design().changed(change), 3).to_json()
    assert estimate(asked, 3).to_json() == before == estimate(design(), 3).to_json()
    assert asked == design()  # what is remembered is no part of the design
    assert not pickle.loads(pickle.dumps(asked)).memo


MUTUAL = """
services:
  a: {concurrency: 4, service_time: {mean: 20ms}}
  b: {concurrency: 4, service_time: {mean: 30ms}}
calls:
  - {from: a, to: b, on: [GET /x]}
  - {from: b, to: a, on: [GET /y]}
api: {endpoints: [{name: GET /x, service: a}, {name: GET /y, service: b}]}
"""


def test_services_that_wait_for_each_other_settle_at_a_fixed_point() -> None:
    made = read(HEAD.replace("GROWTH", "10").replace("[GET /x]", "[GET /x, GET /y]") + MUTUAL)
    found = estimate(made, 2)
    a, b = found.elements["a"], found.elements["b"]
    own_a, own_b = a.mean_wait_s + 0.02, b.mean_wait_s + 0.03
    assert a.holding_time_s == pytest.approx((0.02 + own_b + 0.02) / 2, rel=1e-6)
    assert b.holding_time_s == pytest.approx((0.03 + own_a + 0.03) / 2, rel=1e-6)
    for entry in found.breaks:
        below, above = (estimate(made, entry.at * by).elements[entry.element] for by in (0.999, 1.001))
        assert below.utilisation < 1 <= above.utilisation


PATH = """
services:
  front: {concurrency: 2000, service_time: {mean: 4ms, scv: 0.5}}
  a: {concurrency: 3, service_time: {mean: 20ms, scv: 1}}
  b: {concurrency: 1000, service_time: {mean: 30ms, scv: 0.25}}
  c: {concurrency: 1000, service_time: {mean: 25ms, scv: 2}}
calls:
  - {from: front, to: a}
  - {from: front, to: b, parallel: both}
  - {from: front, to: c, parallel: both}
api: {endpoints: [{name: GET /x, service: front}]}
"""


def test_percentiles_along_a_path_agree_with_a_simulation() -> None:
    found = estimate(design(PATH), 12).endpoints["GET /x"]  # a is at 80 %
    samples = np.array([simulated(seed) for seed in range(8)])
    mean = samples.mean(axis=0)
    error = samples.std(axis=0, ddof=1) / math.sqrt(len(samples))
    numbers = (found.mean_s, found.p50_s, found.p95_s, found.p99_s)
    for number, truth, standard_error, approximation in zip(numbers, mean, error, (0, 0.04, 0.02, 0.02), strict=True):
        assert abs(number - truth) < 3.5 * standard_error + approximation * truth


def simulated(seed: int) -> tuple[float, ...]:
    """Mean and percentiles of the path above: M/M/3 by its workload recursion, then gamma and H2 samples."""
    from archbook.capacity.moments import fitted

    generator = np.random.default_rng(seed)
    n = 60_000
    waits = np.empty(n)
    free = [0.0, 0.0, 0.0]
    gaps, service = generator.exponential(1 / 120, n).tolist(), generator.exponential(0.02, n).tolist()
    now = 0.0
    for i in range(n):
        now += gaps[i]
        earliest = min(free)
        start = max(now, earliest)
        free[free.index(earliest)] = start + service[i]
        waits[i] = start - now + service[i]
    chance, shift, first, second = (float(part) for part in fitted((0.025, 2 * 0.025**2)))
    c = shift + generator.exponential(np.where(generator.random(n) < chance, first, second))
    both = np.maximum(generator.gamma(4, 0.03 / 4, n), c)
    total = (generator.gamma(2, 0.002, n) + waits + both)[5000:]
    return (float(total.mean()), *(float(q) for q in np.quantile(total, (0.5, 0.95, 0.99))))


def test_parallel_calls_cost_the_longest_and_serial_ones_the_sum() -> None:
    both = estimate(design(PATH)).endpoints["GET /x"].mean_s
    serial = estimate(design(PATH.replace(", parallel: both", ""))).endpoints["GET /x"].mean_s
    assert serial == pytest.approx(0.004 + 0.02 + 0.03 + 0.025, rel=1e-3)
    assert 0.004 + 0.02 + 0.03 < both < serial


def test_a_fan_out_of_one_call_waits_for_the_slowest_of_its_copies() -> None:
    body = """
services:
  front: {service_time: {mean: 1ms, scv: 0}, concurrency: 900}
  part: {service_time: {mean: 10ms}, concurrency: 900}
calls: [{from: front, to: part, per_request: 8, parallel: all}]
api: {endpoints: [{name: GET /x, service: front}]}
"""
    harmonic = sum(1 / k for k in range(1, 9))
    assert estimate(design(body)).endpoints["GET /x"].mean_s == pytest.approx(0.001 + 0.01 * harmonic, rel=1e-3)


STORAGE = """
services: {shop: {service_time: {mean: 1ms}}}
stores:
  db:
    engine: postgresql
    service_time: {mean: 1ms}
    holds:
      orders: {items: 1000, size: 500B, added_by: [GET /x], per_request: 2}
      recent: {items: 864000, added_by: [GET /x], keep: 1d}
      fixed: {items: 50, size: 1KB}
api: {endpoints: [{name: GET /x, service: shop, request_size: 1KB, response_size: 10KB}]}
"""


def test_storage_grows_at_the_mean_rate_to_the_horizon() -> None:
    made = read(HEAD.replace("growth: GROWTH", "peak_to_mean: 4, horizon: 10d") + STORAGE)
    orders, recent, fixed = estimate(made, 2, row_sizes={("db", "recent"): 100.0}).storage
    assert orders.items_per_day == pytest.approx(2 * 864000 * 2)
    assert orders.items_at_horizon == pytest.approx(1000 + 10 * 3456000)
    assert orders.size_at_horizon_b == pytest.approx(orders.items_at_horizon * 500)
    assert recent.items_at_horizon == pytest.approx(1728000)  # one day's worth
    assert (recent.item_size_b, recent.size_now_b) == (100.0, pytest.approx(86.4e6))
    assert (fixed.items_per_day, fixed.size_at_horizon_b) == (0, 50_000)
    assert "3\u202f460\u202f000/day" in estimate(made, 2).storage_table().text()
    assert "unknown" in estimate(made, 2).storage_table().text()


def test_bandwidth_counts_attempts_and_the_edge() -> None:
    call = "calls: [{from: shop, to: db, request_size: 100B, response_size: 400B, per_request: 3}]\n"
    made = design(STORAGE + call)
    found = estimate(made, 2)
    assert (found.ingress_b_per_s, found.egress_b_per_s) == (pytest.approx(20e3), pytest.approx(200e3))
    assert found.calls[0].bandwidth_b_per_s == pytest.approx(20 * 3 * 500)
    assert math.isnan(estimate(design()).calls[0].bandwidth_b_per_s)


@pytest.mark.parametrize("growth", [0, -1, math.nan, math.inf, 1e12, "much", True, None])
def test_an_impossible_growth_is_refused_in_one_sentence(growth: float) -> None:
    with pytest.raises(InvalidInput, match="`growth` is") as caught:
        estimate(design(), growth)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("hostile", [
    {("services", "pay", "instances"): 10_000_000, ("services", "pay", "concurrency"): 10_000_000},
    {("traffic", "daily_active_users"): 1e18},
    {("traffic", "daily_active_users"): 1e-12},
    {("calls", 1, "per_request"): 1e12},
    {("calls", 1, "failure"): 1.0, ("calls", 1, "retries"): 10_000_000},
    {("calls", 1, "per_request"): 0.0},
    {("calls", 1, "timeout"): 1e-12},
    {("calls", 1, "parallel"): "p", ("calls", 1, "per_request"): 1e6},
])  # fmt: skip
def test_extreme_numbers_still_answer_in_a_sentence(hostile: dict[tuple[str | int, ...], object]) -> None:
    found = estimate(design().changed(hostile))
    text = answer(found) + str(found)
    assert "nan" not in text
    assert " inf" not in text
    json.dumps(found.to_json(), allow_nan=False)
