"""Balancing policies side by side: exact queues as oracles, a sick instance, and the ring's fullest node."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

import archbook as ab
from archbook.errors import InvalidInput, UnknownName
from archbook.simulate import Outage, Slow, compare_balancing, ring_peak_to_mean, server_farm

SERVICE = "product-service"


def holds(figure, exact) -> bool:  # type: ignore[no-untyped-def]
    """Within twice the half interval of 95 %: about four standard errors."""
    return abs(figure.value - exact) < 2 * (figure.high - figure.value)


def erlang_arrivals_mean(load: float, servers: int) -> float:
    """Mean response behind round robin: G/M/1 with every n-th of Poisson arrivals (Gross et al., section 5.3)."""
    rate, sigma = load * servers, load
    for _ in range(200):
        sigma = (rate / (rate + 1 - sigma)) ** servers
    return 1 / (1 - sigma)


def shorter_of_two_mean(load: float, most: int = 30) -> float:
    """Mean response where each joins the shorter of two queues: the stationary chain, cut at `most` requests each."""
    size, chain = most + 1, np.zeros(((most + 1) ** 2, (most + 1) ** 2))
    for i in range(size):
        for j in range(size):
            for share, a, b in ((0.5 + 0.5 * np.sign(j - i), i + 1, j), (0.5 + 0.5 * np.sign(i - j), i, j + 1)):
                if share and a < size and b < size:
                    chain[i * size + j, a * size + b] += 2 * load * share
            if i:
                chain[i * size + j, (i - 1) * size + j] += 1
            if j:
                chain[i * size + j, i * size + j - 1] += 1
    chain -= np.diag(chain.sum(axis=1))
    system = np.vstack([chain.T[:-1], np.ones(size * size)])
    stationary = np.linalg.solve(system, np.append(np.zeros(size * size - 1), 1.0))
    waiting = np.add.outer(np.arange(size), np.arange(size)).ravel()
    return float(stationary @ waiting / (2 * load))


@pytest.fixture(scope="module")
def farm():  # type: ignore[no-untyped-def]
    return compare_balancing(server_farm(10, 0.7), "server", visits=200_000)


def test_random_spreading_is_as_many_queues_of_one_server(farm) -> None:  # type: ignore[no-untyped-def]
    random = farm.policies["random"]
    assert holds(random.mean_s, 1 / 0.3)
    assert holds(random.p99_s, math.log(100) / 0.3)


def test_round_robin_is_a_queue_with_erlang_arrivals(farm) -> None:  # type: ignore[no-untyped-def]
    assert holds(farm.policies["round_robin"].mean_s, erlang_arrivals_mean(0.7, 10))


@pytest.mark.parametrize("policy", ["power_of_two", "least_connections"])
def test_two_choices_of_two_servers_join_the_shorter_queue(policy: str) -> None:
    found = compare_balancing(server_farm(2, 0.8), "server", [policy], visits=400_000)
    assert holds(found.policies[policy].mean_s, shorter_of_two_mean(0.8))


def test_what_knows_more_of_the_queues_has_shorter_tails(farm) -> None:  # type: ignore[no-untyped-def]
    order = ["least_connections", "power_of_two", "round_robin", "random"]
    tails = [farm.policies[policy].p99_to_best for policy in order]
    assert farm.best == order[0]
    assert all(one.high < other.low for one, other in pairwise(tails))


def test_instances_add_up_to_their_service(farm) -> None:  # type: ignore[no-untyped-def]
    for each in farm.policies.values():
        assert sum(one.load_per_s.value for one in each.instances) == pytest.approx(farm.load_per_s, rel=0.01)
        assert np.mean([one.utilisation.value for one in each.instances]) == pytest.approx(0.7, rel=0.02)


def sick(*happenings: Slow | Outage, visits: int = 15_000):  # type: ignore[no-untyped-def]
    return compare_balancing(ab.load("ecommerce"), SERVICE, growth=10, happenings=happenings, visits=visits)


def test_a_slow_instance_ruins_the_tail_unless_the_policy_looks_at_queues() -> None:
    found = sick(Slow(SERVICE, 0, 3600, 10, instance=0), visits=20_000)
    assert found.best == "least_connections"
    for blind in ("random", "round_robin", "sticky"):
        assert found.policies[blind].p99_to_best.low > 2
        assert found.policies[blind].turned_away.low > 0.05
    assert "one of which takes 10× as long, least connections is best" in found.answer


def test_an_instance_that_refuses_draws_in_those_who_look_for_short_queues() -> None:
    found = sick(Outage(SERVICE, 0, 3600, "refuse", instance=0, checked=False))
    assert found.policies["round_robin"].turned_away.value == pytest.approx(0.25, abs=0.005)
    assert found.policies["least_connections"].turned_away.low > 0.25
    assert found.best not in ("least_connections", "power_of_two")
    assert "too few answers for a p99" in found.answer or "turned away" in found.answer


def test_health_checks_leave_three_instances_and_the_neighbour_of_the_sick_one_takes_its_sessions() -> None:
    found = sick(Outage(SERVICE, 0, 3600, "refuse", instance=0, checked=True, noticed_after_s=0))
    for each in found.policies.values():
        assert each.turned_away.high < 0.01  # a few are shed where one takes all that was the sick one's
        assert each.instances[0].load_per_s.value == 0
    sticky = found.policies["sticky"].instances
    assert sticky[1].load_per_s.low > 1.8 * sticky[2].load_per_s.high
    assert "taken out by health checks" in found.answer


def test_the_same_seed_gives_the_same_comparison_and_progress_ends_at_its_total() -> None:
    steps: list[tuple[float, float]] = []
    one, same = (
        compare_balancing(server_farm(3, 0.5), "server", ["random", "sticky"], visits=5000,
                          progress=lambda done, total, _: steps.append((done, total)))
        for _ in range(2)
    )  # fmt: skip
    assert one.policies == same.policies
    assert steps[:20] == [(i, 20) for i in range(1, 21)]


def test_where_requests_pile_up_no_policy_is_called_best() -> None:
    design = server_farm(4, 0.9)
    found = compare_balancing(design, "server", growth=1.5, visits=20_000)
    assert "pile up under every policy" in found.answer
    assert found.evidence() == []
    assert "piles up" in found.table().text()


def test_evidence_speaks_of_the_service() -> None:
    design = ab.load("ecommerce")
    (kept,) = compare_balancing(design, SERVICE, ["random", "power_of_two"], visits=15_000).evidence()
    assert (kept.id, kept.about) == (f"balancing.{SERVICE}", f"services.{SERVICE}")
    assert kept.low is not None
    assert kept.low < kept.value < kept.high


@pytest.mark.parametrize(("virtual_nodes", "peak"), [(1, 2.93), (10, 1.54), (100, 1.16), (200, 1.11), (1000, 1.05)])
def test_the_fullest_node_of_a_ring_has_the_reference_load(virtual_nodes: int, peak: float) -> None:
    """REFERENCE_NUMBERS: ten nodes; given to two decimals."""
    found = ring_peak_to_mean(10, virtual_nodes)
    assert found.low - 0.005 <= peak <= found.high + 0.005


def test_one_point_a_node_gives_the_harmonic_number() -> None:
    """Largest of n spacings: H(n) / n (David and Nagaraja, Order Statistics, section 6.4)."""
    assert holds(ring_peak_to_mean(20, 1, rings=4000), sum(1 / i for i in range(1, 21)))


@pytest.mark.parametrize(
    ("arguments", "options", "error", "sentence"),
    [
        (("product-servce",), {}, UnknownName, "did you mean `product-service`"),
        ((SERVICE, ["fair"]), {}, UnknownName, "no policy `fair`"),
        ((SERVICE, []), {}, InvalidInput, "`policies` is empty"),
        ((SERVICE,), {"growth": math.nan}, InvalidInput, "`growth` is `nan`"),
        ((SERVICE,), {"visits": 10}, InvalidInput, "`visits` is `10`"),
        ((SERVICE,), {"visits": 10**9}, InvalidInput, "take fewer `visits`"),
    ],
)
def test_what_cannot_be_compared_is_said(arguments, options, error, sentence) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(error, match=sentence):
        compare_balancing(ab.load("ecommerce"), *arguments, **options)


def test_one_instance_has_nothing_to_balance() -> None:
    with pytest.raises(InvalidInput, match="server has one instance"):
        compare_balancing(server_farm(1, 0.5), "server")
    with pytest.raises(InvalidInput, match="`load` is 1"):
        server_farm(2, 1.0)
