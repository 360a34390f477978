"""Closed forms of queueing, reliability and fan-out: SI floats in, SI floats out.

Every function raises InvalidInput for NaN, negative and impossible arguments, and Saturated where more work
arrives than the servers can do. All are stable for thousands of servers.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from archbook.errors import InvalidInput, Saturated, shown

if TYPE_CHECKING:
    from archbook.capacity.choices import power_of_d_mean_response
    from archbook.capacity.hits import lru_hit_ratio, ttl_hit_ratio
    from archbook.capacity.networks import mva_closed
    from archbook.capacity.scaling import usl_fit

ELSEWHERE = {
    "lru_hit_ratio": "hits",
    "mva_closed": "networks",
    "power_of_d_mean_response": "choices",
    "ttl_hit_ratio": "hits",
    "usl_fit": "scaling",
}
"""Formulas that are imported from here and live in modules of their own, loaded when they are asked for."""

__all__ = [
    "attempts_per_request",
    "availability_parallel",
    "availability_serial",
    "erlang_b",
    "erlang_c",
    "fan_out_slow_probability",
    "ggc_mean_wait_s",
    "lru_hit_ratio",
    "mg1_mean_wait_s",
    "mgc_mean_wait_s",
    "mmc_mean_wait_s",
    "mmc_response_percentile_s",
    "mmc_wait_percentile_s",
    "mmck_blocking_probability",
    "mva_closed",
    "pool_deadlock_floor",
    "pool_size",
    "power_of_d_mean_response",
    "ttl_hit_ratio",
    "usl_fit",
]


def __getattr__(name: str) -> Any:
    if name not in ELSEWHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"archbook.capacity.{ELSEWHERE[name]}"), name)


MOST = 1e15
"""The highest count that is taken: up to there a float holds every whole number."""
MANY_SERVERS = 1_000_000
"""Above this Erlang B comes from a limit that is good to one in a thousand."""


def checked(name: str, value: float, least: float = 0.0, most: float = math.inf, above: float | None = None) -> float:
    """`value` as a float, or InvalidInput with one sentence that names the argument and its range."""
    try:
        number = math.nan if isinstance(value, bool | str | bytes | bytearray) else float(value)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    inside = least <= number <= most and (above is None or number > above)
    if not math.isfinite(number) or not inside:
        low = f"more than {above:g}" if above is not None else f"at least {least:g}"
        high = f" and at most {most:g}" if math.isfinite(most) else ""
        raise InvalidInput(f"`{name}` is {shown(value)}; it must be a finite number, {low}{high}")
    return number


def counted(name: str, value: int, least: int = 1, most: float = MOST) -> int:
    """`value` as a whole number, or InvalidInput."""
    number = checked(name, value, least=least, most=most)
    if number != int(number):
        raise InvalidInput(f"`{name}` is {shown(value)}; it must be a whole number, at least {least}")
    return int(number)


def sequence(name: str, values: Iterable[Any]) -> list[Any]:
    """`values` as a list, or InvalidInput."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InvalidInput(f"`{name}` is {shown(values)}; it must be a list")
    return list(values)


def floats(name: str, values: Any) -> Any:
    """`values` as an array of finite floats, in a row and in order from 0 on, or InvalidInput."""
    try:
        found = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InvalidInput(f"`{name}` is {shown(values)}; it must be numbers in a row") from None
    if found.ndim != 1 or not np.isfinite(found).all() or (np.diff(found) < 0).any() or (found < 0).any():
        raise InvalidInput(f"`{name}` of shape {found.shape} must be finite numbers from 0 on, in order, in a row")
    return found


def listed(name: str, values: Iterable[Any]) -> list[Any]:
    """`values` as a list that is not empty, or InvalidInput."""
    found = sequence(name, values)
    if not found:
        raise InvalidInput(f"`{name}` is {shown(values)}; it must be a list with at least one number")
    return found


def erlang_b(servers: int, offered_load: float) -> float:
    """Probability that an arrival finds all servers busy and is lost (M/M/c/c, and M/G/c/c).

    1/B(c, a) = Σ over k of c!/((c − k)! aᵏ): the recursion on the inverse, written out; all terms are positive.
    offered_load: arrival rate × mean service time, in erlangs (dimensionless).
    Source: Jagerman, Some properties of the Erlang loss function, Bell System Technical Journal 53 (1974).

    >>> round(erlang_b(servers=10, offered_load=5), 6)
    0.018385
    """
    return loss(counted("servers", servers), checked("offered_load", offered_load))


def loss(servers: int, offered_load: float) -> float:
    """`erlang_b` for arguments that are known to be right."""
    if offered_load <= 0:
        return 0.0
    if servers > MANY_SERVERS:
        return _loss_of_many(servers, offered_load)
    total = term = 1.0
    for busy in range(servers, 0, -1):
        term *= busy / offered_load
        total += term
        if term < total * 1e-17:
            break
        if total > 1e300:
            return 0.0
    return 1.0 / total


def _loss_of_many(servers: int, offered_load: float) -> float:
    """Poisson probability over its sum: Stirling for the one, Wilson and Hilferty (1931) for the other."""
    off = (offered_load - servers) / servers
    if off > 0.01:
        return off / (1 + off)
    density = math.exp(servers * (math.log1p(off) - off)) / math.sqrt(2 * math.pi * servers)
    many = servers + 1
    normal = 3 * math.sqrt(many) * (1 - 1 / (9 * many) - (offered_load / many) ** (1 / 3))
    return density / (0.5 * math.erfc(-normal / math.sqrt(2)))


def erlang_c(servers: int, offered_load: float) -> float:
    """Probability that an arrival must wait in an M/M/c queue.

    C = B / (1 − ρ (1 − B)), with B from `erlang_b` and ρ = offered_load / servers.
    offered_load: arrival rate × mean service time, in erlangs (dimensionless).
    Raises Saturated when offered_load >= servers.
    Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 2.38.

    >>> round(erlang_c(servers=2, offered_load=1.0), 6)
    0.333333
    """
    servers, offered_load = counted("servers", servers), checked("offered_load", offered_load)
    if offered_load >= servers:
        raise Saturated("the queue", offered_load, servers)
    return delay_probability(servers, offered_load)


def delay_probability(servers: int, offered_load: float) -> float:
    """`erlang_c` for arguments that are known to be right."""
    lost = loss(servers, offered_load)
    return lost / (1 - offered_load / servers * (1 - lost))


def mmc_mean_wait_s(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    """Mean time that a request waits before an M/M/c server takes it, in seconds.

    C(c, a) · S / (c − a). Poisson arrivals, exponential service, one first-come-first-served queue.
    Raises Saturated. Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 2.39.

    >>> round(mmc_mean_wait_s(arrival_rate_per_s=3.6, service_time_s=1, servers=4), 6)
    1.969383
    """
    load = _offered(arrival_rate_per_s, service_time_s, servers)
    return erlang_c(servers, load) * service_time_s / (servers - load)


def mmc_wait_percentile_s(arrival_rate_per_s: float, service_time_s: float, servers: int, percentile: float) -> float:
    """Time that a share `percentile` of requests waits at most in an M/M/c queue, in seconds.

    max(0, ln(C / (1 − q)) · S / (c − a)). Poisson arrivals, exponential service, first come first served.
    percentile: 0 to 1; 1 gives infinity. Raises Saturated.
    Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 2.40.

    >>> round(mmc_wait_percentile_s(3.6, 1, 4, percentile=0.95), 4)
    6.8929
    """
    above = 1 - checked("percentile", percentile, most=1)
    load = _offered(arrival_rate_per_s, service_time_s, servers)
    waits = erlang_c(servers, load)
    if above >= waits:
        return 0.0
    return math.log(waits / above) * service_time_s / (servers - load) if above else math.inf


def mmc_response_percentile_s(
    arrival_rate_per_s: float, service_time_s: float, servers: int, percentile: float
) -> float:
    """Time within which a share `percentile` of requests is answered by an M/M/c queue, in seconds.

    Waiting (0 with probability 1 − C, else exponential) plus exponential service; the equation is solved by
    Newton's method. percentile: 0 to 1; 1 gives infinity. Raises Saturated.
    Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., section 2.3.

    >>> round(mmc_response_percentile_s(3.6, 1, 4, percentile=0.99), 5)
    12.19317
    """
    above = 1 - checked("percentile", percentile, most=1)
    load = _offered(arrival_rate_per_s, service_time_s, servers)
    waits = erlang_c(servers, load)
    if not service_time_s or above == 1:
        return 0.0
    return service_time_s * float(response_quantile(waits, servers - load, above)) if above else math.inf


def response_quantile(waits: Any, drain: Any, above: Any) -> Any:
    """Response time, in service times, that a share `above` exceeds in M/M/c; drain: servers − offered load.

    Arrays or numbers. Newton's method on the logarithm of the tail, which is concave or nearly straight.
    """
    waits, drain = np.asarray(waits, dtype=float), np.asarray(drain, dtype=float)
    gap = drain - 1.0
    time = -np.log(above) * np.where(waits > above, np.maximum(1.0, 1.0 / drain), 1.0)
    for _ in range(60):
        served, cleared = np.exp(-time), np.exp(-drain * time)
        small = np.clip(gap * time, -1.0, 1.0)
        near = time * np.where(np.abs(small) < 1e-9, 1.0, -np.expm1(-small) / np.where(small, small, 1.0))
        far = (served - cleared) / np.where(gap, gap, 1.0)
        tail = served + waits * np.where(np.abs(gap * time) < 1, served * near, far)
        step = tail * np.log(tail / above) / (tail - waits * cleared)
        moving = np.abs(step) > 1e-13 * time
        time = np.where(moving, np.maximum(time + step, time / 4), time)
        if not moving.any():
            break
    return time


def mg1_mean_wait_s(arrival_rate_per_s: float, service_time_s: float, service_scv: float) -> float:
    """Mean wait of an M/G/1 queue, in seconds: the Pollaczek–Khinchine formula, exact.

    ρ/(1 − ρ) · (1 + scv)/2 · S. Poisson arrivals, any service time with that squared coefficient of variation
    (variance / mean²). Raises Saturated. Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 5.7.

    >>> round(mg1_mean_wait_s(arrival_rate_per_s=0.8, service_time_s=1, service_scv=4), 6)
    10.0
    """
    load = _offered(arrival_rate_per_s, service_time_s, 1)
    return load / (1 - load) * (1 + checked("service_scv", service_scv)) / 2 * service_time_s


def mgc_mean_wait_s(arrival_rate_per_s: float, service_time_s: float, servers: int, service_scv: float) -> float:
    """Mean wait of an M/G/c queue, in seconds: between M/D/c (Cosmetatos) and M/M/c, straight in the scv.

    W = W(M/M/c) · (scv + (1 − scv)(1 + γ)/2), γ = min(0.24, (1 − ρ)(c − 1)(√(4 + 5c) − 2)/(16 c ρ)).
    Exact for one server and for exponential service; within about 2 % for scv up to 2, rougher beyond (never
    taken below the wait of M/D/c). Raises Saturated.
    Source: Cosmetatos, Operational Research Quarterly 27 (1976); Tijms, A First Course in Stochastic Models, 9.7.

    >>> round(mgc_mean_wait_s(3.2, 1, 4, service_scv=0), 3)  # exact: 0.386
    0.385
    """
    wait = mmc_mean_wait_s(arrival_rate_per_s, service_time_s, servers)
    utilisation = arrival_rate_per_s * service_time_s / servers
    return wait * float(variability(servers, utilisation, checked("service_scv", service_scv)))


def variability(servers: Any, utilisation: Any, service_scv: Any) -> Any:
    """Mean wait of M/G/c as a multiple of the wait of M/M/c; see `mgc_mean_wait_s`. Numbers or arrays."""
    constant = (1 + _cosmetatos(servers, utilisation)) / 2
    return np.maximum(constant, service_scv + (1 - service_scv) * constant)


def ggc_mean_wait_s(
    arrival_rate_per_s: float, service_time_s: float, servers: int, arrival_scv: float, service_scv: float
) -> float:
    """Mean wait of a G/G/c queue, in seconds: Whitt's approximation of 1993 from two moments.

    W = φ · (ca² + cs²)/2 · W(M/M/c); φ interpolates between the corrections for M/D/c and D/M/c. Exact for M/M/c
    and M/G/1. Range: ca² and cs² from 0 to about 9, utilisation from about 0.3; most errors under 5 %, for smooth
    arrivals at low load more. Allen–Cunneen (φ = 1) overstates D/M/4 at 0.8 by a third. Raises Saturated.
    Source: Whitt, Approximations for the GI/G/m queue, Production and Operations Management 2 (1993), eq. 2.24–2.25.

    >>> round(ggc_mean_wait_s(0.8, 1, 1, arrival_scv=0, service_scv=1), 3)  # exact D/M/1: 1.693
    1.693
    """
    load = _offered(arrival_rate_per_s, service_time_s, servers)
    arrivals, service = checked("arrival_scv", arrival_scv), checked("service_scv", service_scv)
    if load == 0 or arrivals + service == 0:
        return 0.0
    wait = mmc_mean_wait_s(arrival_rate_per_s, service_time_s, servers)
    exact = arrivals == 1 and servers == 1
    correction = 1.0 if exact else _whitt(servers, load / servers, arrivals, service)
    return correction * (arrivals + service) / 2 * wait


def _cosmetatos(servers: Any, utilisation: Any) -> Any:
    busy = 16 * servers * np.maximum(utilisation, 1e-300)
    return np.minimum(0.24, (1 - utilisation) * (servers - 1) * (np.sqrt(4 + 5 * servers) - 2) / busy)


def _whitt(servers: int, utilisation: float, arrival_scv: float, service_scv: float) -> float:
    bend = float(_cosmetatos(servers, utilisation))
    constant_service = 1 + bend
    constant_arrivals = (1 - 4 * bend) * math.exp(-2 * (1 - utilisation) / (3 * max(utilisation, 1e-9)))
    scv = (arrival_scv + service_scv) / 2
    both = min(1.0, (constant_service + constant_arrivals) / 2) ** (2 * (1 - scv)) if scv < 1 else 1.0
    if arrival_scv == 0:
        return constant_arrivals
    if arrival_scv >= service_scv:
        weight = 4 * (arrival_scv - service_scv) / (4 * arrival_scv - 3 * service_scv)
        return weight * constant_service + (1 - weight) * both
    weight = (service_scv - arrival_scv) / (2 * (arrival_scv + service_scv))
    return weight * constant_arrivals + (1 - weight) * both


def mmck_blocking_probability(arrival_rate_per_s: float, service_time_s: float, servers: int, capacity: int) -> float:
    """Probability that a request finds a bounded M/M/c/K system full and is shed.

    From Erlang B by 1/P(n) = 1 + 1/(ρ P(n − 1)), summed. capacity: requests in the system at most, waiting or in
    service (servers + queue places). Never saturates: it sheds. Poisson arrivals, exponential service.
    Source: Gross et al., Fundamentals of Queueing Theory, 4th ed., section 2.4.

    >>> round(mmck_blocking_probability(1, 1, servers=1, capacity=3), 6)
    0.25
    """
    servers, capacity = counted("servers", servers), counted("capacity", capacity)
    if capacity < servers:
        raise InvalidInput(f"`capacity` is {capacity}; it counts those in service too, so it is at least {servers}")
    rate, time = checked("arrival_rate_per_s", arrival_rate_per_s), checked("service_time_s", service_time_s)
    lost, utilisation, places = loss(servers, rate * time), rate * time / servers, capacity - servers
    if lost == 0 or places == 0:
        return lost
    growth = -places * math.log(utilisation)
    if growth > 690:
        return 0.0
    waiting = places if utilisation == 1 else math.expm1(growth) / (1 / utilisation - 1)
    return 1 / (math.exp(growth) / lost + waiting)


def attempts_per_request(failure_probability: float, retries: int) -> float:
    """Mean attempts of a request that is tried again after a failure, at most `retries` times.

    (1 − pʳ⁺¹)/(1 − p). Attempts fail independently, which overload breaks. Source: a truncated geometric series;
    Google, Site Reliability Engineering (2016), chapter 22.

    >>> attempts_per_request(failure_probability=0.5, retries=3)
    1.875
    """
    fails = checked("failure_probability", failure_probability, most=1)
    retries = counted("retries", retries, least=0)
    return retries + 1.0 if fails == 1 else (1 - fails ** (retries + 1)) / (1 - fails)


def fan_out_slow_probability(probability: float, fan_out: int) -> float:
    """Probability that at least one of `fan_out` parallel calls is slow, when each is with `probability`.

    1 − (1 − p)ⁿ; the calls are independent. Source: Dean and Barroso, The Tail at Scale, CACM 56 (2013).

    >>> round(fan_out_slow_probability(probability=0.01, fan_out=100), 3)
    0.634
    """
    slow, calls = checked("probability", probability, most=1), counted("fan_out", fan_out, least=0)
    if slow == 1:
        return 1.0 if calls else 0.0
    return -math.expm1(calls * math.log1p(-slow))


def availability_serial(availabilities: Iterable[float]) -> float:
    """Availability of a chain that needs all of its parts: the product. Failures are independent.

    Source: Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science Applications, 1.12.

    >>> round(availability_serial([0.999, 0.999, 0.99]), 6)
    0.988021
    """
    return math.prod(checked("availability", part, most=1) for part in sequence("availabilities", availabilities))


def availability_parallel(availabilities: Iterable[float]) -> float:
    """Availability of copies of which one is enough: 1 − Π(1 − A). Failures are independent; shared causes are not.

    Source: Trivedi, Probability and Statistics with Reliability, Queuing, and Computer Science Applications, 1.12.

    >>> round(availability_parallel([0.99, 0.99]), 6)
    0.9999
    """
    return 1 - math.prod(
        1 - checked("availability", part, most=1) for part in sequence("availabilities", availabilities)
    )


def pool_size(arrival_rate_per_s: float, hold_time_s: float, target_wait_probability: float) -> int:
    """Smallest pool in which a request must wait for a connection with at most the target probability.

    The least c with Erlang C(c, rate × hold time) ≤ target. Poisson arrivals, exponential hold times; for other
    hold times Erlang C is close. Raises InvalidInput unless the target is above 0 and at most 1.
    Source: Little, Operations Research 9 (1961); Gross et al., Fundamentals of Queueing Theory, 4th ed., eq. 2.38.

    >>> pool_size(arrival_rate_per_s=200, hold_time_s=0.02, target_wait_probability=0.01)
    10
    """
    rate, hold = checked("arrival_rate_per_s", arrival_rate_per_s), checked("hold_time_s", hold_time_s)
    target = checked("target_wait_probability", target_wait_probability, above=0, most=1)
    load = checked("arrival_rate_per_s × hold_time_s", rate * hold, most=1e9)
    size = int(load) + 1
    lost = loss(size, load)
    while lost / (1 - load / size * (1 - lost)) > target:
        size += 1
        lost = load * lost / (size + load * lost)
    return size


def pool_deadlock_floor(threads: int, connections_per_thread: int) -> int:
    """Smallest pool that cannot deadlock when each thread holds several connections at once: T · (C − 1) + 1.

    Source: HikariCP, About Pool Sizing.

    >>> pool_deadlock_floor(threads=3, connections_per_thread=4)
    10
    """
    threads = counted("threads", threads)
    return threads * (counted("connections_per_thread", connections_per_thread) - 1) + 1


def _offered(arrival_rate_per_s: float, service_time_s: float, servers: int) -> float:
    rate, time = checked("arrival_rate_per_s", arrival_rate_per_s), checked("service_time_s", service_time_s)
    load = rate * time
    if load >= counted("servers", servers):
        raise Saturated("the queue", load, servers)
    return load
