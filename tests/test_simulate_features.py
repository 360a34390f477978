"""Each feature of the simulator against theory, an independent simulator or arithmetic.

`holds` accepts what lies within twice the half-width of the 95 % interval: four standard errors.
"""

from __future__ import annotations

import itertools
import math

import ciw
import numpy as np
import pytest

import archbook as ab
from archbook.capacity.formulas import (
    attempts_per_request,
    erlang_b,
    ggc_mean_wait_s,
    mg1_mean_wait_s,
    mmck_blocking_probability,
)
from archbook.simulate import Figure, Outage, Slow, replay, simulate, simulate_queue
from archbook.simulate.figures import figure
from tests import peers
from tests.examples import example

FIRST = "GET /api/v1/things"
DESIGN = """
services:
  front: {{instances: 1, concurrency: 100000, service_time: {{mean: 1us, scv: 0}}}}
  back: {{{back}, service_time: {{mean: {mean}, scv: {scv}}}}}
  side: {{instances: 1, concurrency: 100000, service_time: {{mean: 1s}}}}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: {rate}
  peak_to_mean: 1
  journeys:
    visit: {{share: 1, steps: [GET /api/v1/things]}}
calls:
{calls}
stores:
  copies: {{engine: postgresql, owner: front, servers: 1, replicas: 1, service_time: {{mean: 1s}}}}
externals:
  outside: {{service_time: {{mean: 1s}}, rate_limit: 10}}
"""
WIDE = "instances: 1, concurrency: 100000"


def made(calls: str, back: str = WIDE, rate: float = 10, mean: str = "1s", scv: float = 1) -> ab.Design:
    """A front that costs nothing and the calls that it makes, one a line."""
    lines = "\n".join(f"  - {{from: front, {call}}}" for call in calls.split("\n"))
    return example(DESIGN.format(calls=lines, back=back, rate=rate, mean=mean, scv=scv))


def run(design: ab.Design, precision: float = 0.02) -> ab.simulate.Simulation:  # type: ignore[name-defined]
    found = simulate(design, precision=precision, budget=1_500_000)
    assert found.settled
    return found


def holds(found: Figure, exact: float) -> None:
    assert abs(found.value - exact) <= 2 * (found.high - found.low) / 2 + 1e-9, (found, exact)


@pytest.mark.parametrize(
    ("calls", "exact_s"),
    [
        ("to: back\nto: side", 2.0),
        ("to: back, parallel: both\nto: side, parallel: both", 1.5),  # mean of the longer of two exponentials
        ("to: back, per_request: 3", 3.0),
        ("to: back, mode: async", 0.0),
        ("to: back, hit_ratio: 0.75", 0.25),
        ("to: back, per_request: 0.4", 0.4),
    ],
)
def test_calls_take_the_time_that_probability_says(calls: str, exact_s: float) -> None:
    found = run(made(calls))
    holds(found.endpoints[FIRST].mean_s, exact_s + 1e-6)


def test_a_timeout_ends_the_wait_and_not_the_work() -> None:
    found = run(made("to: back, timeout: 500ms", back="instances: 1, concurrency: 40"))
    holds(found.calls[0].timeouts, math.exp(-0.5))
    holds(found.endpoints[FIRST].failed, math.exp(-0.5))
    holds(found.elements["back"].utilisation, 10 / 40)


def test_attempts_of_a_call_that_fails_are_a_geometric_sum() -> None:
    found = run(made("to: back, failure: 0.5, retries: 3"))
    holds(found.calls[0].attempts, attempts_per_request(0.5, 3))
    holds(found.endpoints[FIRST].failed, 0.5**4)


def test_a_retry_budget_bounds_the_attempts() -> None:
    found = run(made("to: back, failure: 0.5, retries: 3, retry_budget: 0.1"))
    holds(found.calls[0].attempts, 1.1)


def test_hedging_takes_the_first_of_two_answers() -> None:
    """Exponential times, a second attempt after d: mean 1 − e⁻ᵈ + e⁻ᵈ/2, and e⁻ᵈ more attempts."""
    found = run(made("to: back, hedge_after: 1s"))
    holds(found.endpoints[FIRST].mean_s, 1 - math.exp(-1) / 2 + 1e-6)
    holds(found.calls[0].attempts, 1 + math.exp(-1))


def test_a_bulkhead_is_erlangs_loss_system() -> None:
    found = run(made("to: back, bulkhead: 4", rate=4))
    holds(found.calls[0].failed_fast, erlang_b(4, 4.0))


def test_a_bounded_queue_sheds_what_mmck_says() -> None:
    found = run(made("to: back", back="instances: 1, concurrency: 2, queue: 3", rate=1.8))
    holds(found.elements["back"].turned_away, mmck_blocking_probability(1.8, 1.0, 2, 5))


def test_a_rate_limit_lets_its_rate_through() -> None:
    found = run(made("to: outside", rate=25))
    passed = found.elements["outside"].load_per_s.value * (1 - found.elements["outside"].turned_away.value)
    assert passed == pytest.approx(10, rel=0.02)


@pytest.mark.parametrize("policy", ["random", "sticky"])
def test_a_blind_choice_makes_each_instance_an_mm1(policy: str) -> None:
    found = run(made("to: back", back=f"instances: 4, concurrency: 1, balancing: {policy}", rate=3.2))
    holds(found.elements["back"].wait_s, mg1_mean_wait_s(0.8, 1.0, 1.0))


def test_round_robin_gives_each_instance_erlang_arrivals() -> None:
    found = run(made("to: back", back="instances: 2, concurrency: 1, balancing: round_robin", rate=1.6))
    alone = simulate_queue(0.8, 1.0, arrival_scv=0.5, customers=4_000_000)
    slack = alone.wait_s.high - alone.wait_s.low
    assert abs(found.elements["back"].wait_s.value - alone.wait_s.value) < slack + 0.04 * alone.wait_s.value


@pytest.mark.parametrize(("load", "published"), [(0.5, 1.32), (0.9, 3.09)])
def test_two_choices_among_ten_servers_are_as_published(load: float, published: float) -> None:
    found = run(made("to: back", back="instances: 10, concurrency: 1, balancing: power_of_two", rate=10 * load))
    figure_ = found.elements["back"].response_s
    assert abs(figure_.value - published) < figure_.high - figure_.low + 0.05 * published  # published to three digits


def test_better_informed_policies_wait_less() -> None:
    waits = []
    for policy in ("random", "round_robin", "power_of_two", "least_connections"):
        back = f"instances: 6, concurrency: 1, balancing: {policy}"
        waits.append(run(made("to: back", back=back, rate=5.1)).elements["back"].wait_s)
    assert all(later.high < earlier.low for earlier, later in itertools.pairwise(waits))


def test_bounded_consistent_hashing_overloads_nobody() -> None:
    back = "instances: 5, concurrency: 1000, balancing: consistent_hash"
    found = run(made("to: back", back=back, rate=50), precision=0.05)
    holds(found.elements["back"].response_s, 1.0)
    holds(found.elements["back"].utilisation, 50 / 5000)


def test_a_write_goes_to_every_copy_and_a_read_to_one() -> None:
    reads = run(made("to: copies, per_request: 1", rate=1))
    writes = run(made("to: copies, kind: write", rate=0.5))
    holds(reads.elements["copies"].utilisation, 0.5)
    holds(writes.elements["copies"].utilisation, 0.5)
    holds(reads.elements["copies"].wait_s, mg1_mean_wait_s(0.5, 1.0, 1.0))


def test_health_checks_take_a_refusing_instance_out() -> None:
    back = "instances: 4, concurrency: 1000, health_check: /healthz"
    failures = {}
    for checked in (True, False):
        sick = Outage("back", 30, 60, "refuse", instance=0, checked=checked)
        found = replay(made("to: back", back=back, mean="10ms", rate=40), duration_s=120, happenings=(sick,))
        failures[checked] = np.array(found.failed_per_s.mean)[50:80].mean()  # 50 to 80 s: taken out at 40 s
    assert failures[True] == 0
    assert failures[False] == pytest.approx(10, rel=0.15)


def test_one_slow_instance_is_avoided_by_those_who_look() -> None:
    tails = {}
    for policy in ("round_robin", "least_connections"):
        back = f"instances: 4, concurrency: 4, balancing: {policy}"
        slow = Slow("back", 0, 100, 8.0, instance=0)
        run_ = replay(made("to: back", back=back, mean="100ms", rate=60), duration_s=100, happenings=(slow,))
        tails[policy] = run_.endpoints[FIRST].p99_s
    assert tails["least_connections"].high < tails["round_robin"].low / 2


def test_a_breaker_spares_a_callee_that_refuses() -> None:
    load = {}
    for breaker in ("true", "false"):
        design = made(f"to: back, retries: 2, breaker: {breaker}", mean="1ms", rate=40)
        found = replay(design, duration_s=60, happenings=(Outage("back", 10, 50, "refuse"),))
        load[breaker] = found.attempts_per_s["back"].mean[60:].mean()
    assert load["false"] == pytest.approx(120, rel=0.05)
    assert load["true"] < 3


def test_the_call_tree_answers_as_simpy_does() -> None:
    found = simulate(example(peers.TREE), precision=0.01, budget=3_000_000)
    runs = [peers.tree(8000, seed, 1000) for seed in range(5)]
    mean, failed = figure([run_[0] for run_ in runs]), figure([run_[1] for run_ in runs])
    assert abs(found.mean_s.value - mean.value) < (mean.high - mean.low) + (found.mean_s.high - found.mean_s.low)
    assert abs(found.failed.value - failed.value) < (failed.high - failed.low) + (found.failed.high - found.failed.low)


@pytest.mark.parametrize(("servers", "rho", "exact"), [(4, 0.5, 0.049652), (4, 0.8, 0.386095), (4, 0.9, 0.999966)])
def test_an_md4_queue_waits_as_exactly_as_known(servers: int, rho: float, exact: float) -> None:
    holds(simulate_queue(servers * rho, 1.0, servers, service_scv=0, customers=4_000_000).wait_s, exact)


@pytest.mark.parametrize("scv", [0, 0.25, 0.5, 1, 4])
def test_an_mg1_queue_waits_as_pollaczek_and_khinchine_say(scv: float) -> None:
    holds(simulate_queue(0.8, 1.0, 1, service_scv=scv, customers=20_000_000).wait_s, mg1_mean_wait_s(0.8, 1.0, scv))


@pytest.mark.parametrize(("arrivals", "services"), [(0.25, 0.25), (0.0, 1.0)])
def test_whitt_is_near_where_allen_and_cunneen_are_a_third_off(arrivals: float, services: float) -> None:
    found = simulate_queue(3.2, 1.0, 4, services, arrivals, customers=4_000_000).wait_s
    assert ggc_mean_wait_s(3.2, 1.0, 4, arrivals, services) == pytest.approx(found.value, rel=0.12)


def test_a_queue_agrees_with_ciw() -> None:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(1.6)],
        service_distributions=[ciw.dists.Gamma(4.0, 0.25)],  # scv 1/4
        number_of_servers=[2],
    )
    waits = []
    for seed in range(5):
        ciw.seed(seed)
        system = ciw.Simulation(network)
        system.simulate_until_max_time(8000)
        records = [r.waiting_time for r in system.get_all_records() if r.arrival_date > 500]
        waits.append(sum(records) / len(records))
    peer, ours = figure(waits), simulate_queue(1.6, 1.0, 2, service_scv=0.25, customers=2_000_000).wait_s
    assert abs(peer.value - ours.value) < (peer.high - peer.low) + (ours.high - ours.low)
