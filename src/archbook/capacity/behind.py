"""What stands behind a request: connection pools, consumers of events with their backlog, read replicas."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archbook.capacity.flow import Plan
from archbook.capacity.formulas import delay_probability, pool_deadlock_floor, pool_size
from archbook.capacity.result import ConsumerEstimate, ElementEstimate, PoolEstimate, ReplicaEstimate
from archbook.design.model import Design

TARGET = 0.01
"""Share of requests that may wait for a connection."""
Elements = Mapping[str, ElementEstimate]


def pools(design: Design, plan: Plan, elements: Elements, growth: float) -> tuple[PoolEstimate, ...]:
    """Connection pools that calls use. A statement keeps its connection for the mean response of the store.

    Each instance has a pool of its own: M/M/c with its connections as servers. A transaction of several statements
    keeps one for longer. Source: Little's law and Erlang C; the floor as in HikariCP, About Pool Sizing.
    """
    rates: dict[tuple[str, str], float] = {}
    for call, attempts_per_s in zip(design.calls, plan.attempts_per_s, strict=True):
        if call.to in design.stores and design.stores[call.to].pool is not None and call.from_ in design.services:
            pair = call.from_, call.to
            rates[pair] = rates.get(pair, 0.0) + attempts_per_s * growth
    at_once = _at_once(plan)
    opened: dict[str, int] = {}
    for service, store in rates:
        each = (design.stores[store].pool or 0) * design.services[service].instances
        opened[store] = opened.get(store, 0) + each
    found = []
    for (service, store), rate in rates.items():
        at = design.services[service]
        size, hold = design.stores[store].pool or 0, elements[store].mean_response_s
        held = at_once.get((service, store), 1)
        found.append(_pool(service, store, size, opened[store], design.stores[store].max_connections,
                           rate / at.instances, hold, pool_deadlock_floor(at.concurrency, held)))  # fmt: skip
    return tuple(found)


def _at_once(plan: Plan) -> dict[tuple[str, str], int]:
    """Connections to one store that one handling holds at once: repetitions and calls with the same `parallel`."""
    most: dict[tuple[str, str], int] = {}
    for handling, per_s in zip(plan.handlings, plan.handling_per_s, strict=True):
        groups: dict[tuple[str, str], int] = {}
        for leg in handling.legs if per_s else ():
            if leg.parallel and leg.sync:
                group = leg.parallel, plan.handlings[leg.handling].element
                groups[group] = groups.get(group, 0) + leg.copies
        for (_, to), held in groups.items():
            most[handling.element, to] = max(held, most.get((handling.element, to), 1))
    return most


def _pool(
    service: str, store: str, size: int, opened: int, accepted: int | None, per_s: float, hold_s: float, floor: int
) -> PoolEstimate:
    used = per_s * hold_s if per_s else 0.0
    if not math.isfinite(used):
        return PoolEstimate(service, store, size, opened, accepted, used, used and 1.0, math.inf, 0, floor)
    full = used >= size
    waiting = 1.0 if full else delay_probability(size, used)
    return PoolEstimate(service, store, size, opened, accepted, used, waiting,
                        math.inf if full else waiting * hold_s / (size - used) if used else 0.0,
                        pool_size(per_s, hold_s, TARGET) if used else 1, floor)  # fmt: skip


def consumers(design: Design, plan: Plan, elements: Elements, growth: float) -> tuple[ConsumerEstimate, ...]:
    """Who acts on events: how late, and what a peak leaves behind.

    A consumer or broker that is asked u times what it can do serves 1/u of each kind of its work; the rest waits; of
    the two the busier decides. Peak and mean differ by `peak_to_mean`; the peak lasts `peak_duration`. Fluid limit:
    the backlog grows and drains evenly.
    """
    traffic, found = design.traffic, []
    for name, event in design.events.items():
        per_s = plan.events_per_s.get(name, 0.0) * growth
        for consumer in event.to if per_s else ():
            element = elements[consumer]
            brokers = [elements[event.broker]] if event.broker else []
            used = max(each.utilisation for each in (element, *brokers))
            over = used > 1 and math.isfinite(used)
            grows = per_s * (1 - 1 / used) if over else math.inf if used == math.inf else 0.0
            backlog = grows * float(traffic.peak_duration) if grows else 0.0
            spare = per_s / used - per_s / float(traffic.peak_to_mean) if over else 0.0
            drained = 0.0 if not backlog else backlog / spare if spare > 0 else math.inf
            lag = math.inf if grows else sum(each.mean_response_s for each in (element, *brokers))
            found.append(ConsumerEstimate(name, consumer, per_s, element.utilisation, lag, grows, backlog, drained))
    return tuple(found)


def replicas(design: Design, plan: Plan, elements: Elements, growth: float) -> tuple[ReplicaEstimate, ...]:
    """Copies that answer reads, and what a reader may miss.

    Behind by `replica_lag`, or by the mean response of a copy that applies the write. Reads are spread evenly over
    primary and copies, so that n of n + 1 reads go to a copy.
    """
    found = []
    for name, store in design.stores.items():
        reads = plan.reads_per_s.get(name, 0.0) * growth
        if store.replicas and reads:
            stated = store.replica_lag is not None
            lag = float(store.replica_lag or 0.0) if stated else elements[name].mean_response_s
            found.append(ReplicaEstimate(name, store.replicas, reads, lag, "stated" if stated else "computed",
                                         store.replicas / (store.replicas + 1)))  # fmt: skip
    return tuple(found)
