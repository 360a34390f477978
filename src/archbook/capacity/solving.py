"""Waits and holding times at several multiples of today's load at once, callees before callers.

A service's server is held while its synchronous callees answer, so its holding time contains their waits; those
follow from their own load. One pass from the callees upwards solves this; where two services wait for each other
(for different endpoints), passes are repeated until nothing moves. Arrays have a row an element (or leg, or handling)
and a column a multiple of today's load.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.flow import Plan
from archbook.capacity.moments import Moments, capped, longest
from archbook.capacity.network import Level, Network
from archbook.capacity.result import Kind
from archbook.capacity.waiting import waits_of
from archbook.design.elements import External, Service, ServiceTime, Store
from archbook.design.model import Design

ELASTIC = frozenset({"s3", "gcs", "azure-blob", "cdn", "sqs", "sns", "pubsub", "dynamodb"})
"""Engines whose owner adds servers: no limit is known unless the design sets `servers`."""
_PASSES = 200


@dataclass(slots=True)
class Station:
    """What an element can do. servers: 0 where no limit is known. own: None where no service_time is given."""

    name: str
    kind: Kind
    servers: int
    own: Moments | None
    unit: int = 1  # servers that one more instance brings
    copies: int = 1  # copies among which reads are spread; each applies every write
    rate_limit_per_s: float | None = None


@dataclass(slots=True)
class Load:
    """State of one element at one multiple of today's load."""

    rate_per_s: float
    busy_per_s: float  # requests that one copy gets
    servers: int
    holding: Moments
    utilisation: float
    waits: float  # probability that a request must wait
    wait: Moments

    @property
    def response(self) -> Moments:
        return self.wait[0] + self.holding[0], self.wait[1] + self.holding[1]


def stations(design: Design) -> dict[str, Station]:
    """What each element can do, by name."""
    found: dict[str, Station] = {}
    for name, service in design.services.items():
        found[name] = Station(name, "service", service.instances * service.concurrency, _own(service),
                              unit=service.concurrency)  # fmt: skip
    for name, store in design.stores.items():
        elastic = store.engine in ELASTIC and "servers" not in store.model_fields_set
        found[name] = Station(name, "store", 0 if elastic else store.servers, _own(store), copies=1 + store.replicas)
    for name, external in design.externals.items():
        limit = None if external.rate_limit is None else float(external.rate_limit)
        found[name] = Station(name, "external", 0, _own(external), rate_limit_per_s=limit)
    return found


def _own(element: Service | Store | External) -> Moments | None:
    return moments_of(element.service_time) if element.service_time else None


def moments_of(time: ServiceTime) -> Moments:
    """Mean (s) and variance (s²) of a service time."""
    mean = float(time.mean)
    return mean, float(time.scv) * mean * mean


class Solution:
    """Waits, holding times and utilisation of every element at each of `growths`.

    most: add servers until no utilisation is above this; `servers` says how many it takes.
    """

    def __init__(
        self, plan: Plan, known: Mapping[str, Station], growths: Iterable[float], most: float | None = None
    ) -> None:
        self.network: Network = plan.network
        self.stations: Sequence[Station] = [known[name] for name in self.network.elements]
        self.growths = np.array(list(growths), dtype=float)
        self.most = most
        self._prepare()
        with np.errstate(all="ignore"):
            self._serve(self.network.leaves)
            for level in self.network.levels:
                self._solve(level)
            if self.network.circular:
                self._settle()

    def _settle(self) -> None:
        for _ in range(_PASSES):
            before = self.utilisation.copy()
            for level in self.network.levels:
                self._solve(level)
            if np.allclose(before, self.utilisation, rtol=1e-9, atol=0):
                return

    def _prepare(self) -> None:
        net, lanes = self.network, len(self.growths)
        self.own_mean = np.array([s.own[0] if s.own else 0.0 for s in self.stations])
        self.own_variance = np.array([s.own[1] if s.own else 0.0 for s in self.stations])
        timed = np.array([s.own is not None for s in self.stations])
        self.known = timed | net.timed_by_endpoints
        self.known[net.needs_time & ~timed] = False
        self.base_servers = np.array([s.servers for s in self.stations], dtype=float)
        copies = np.array([s.copies for s in self.stations], dtype=float)
        self.each = (net.writes_per_s + net.reads_per_s / copies)[:, None] * self.growths
        shape = (len(self.stations), lanes)
        self.hold_mean = np.repeat(self.own_mean[:, None], lanes, axis=1)
        self.hold_variance = np.repeat(self.own_variance[:, None], lanes, axis=1)
        self.servers = np.repeat(self.base_servers[:, None], lanes, axis=1)
        self.utilisation, self.waits, self.wait_mean, self.wait_variance = (np.zeros(shape) for _ in range(4))
        own = np.where(np.isnan(net.own_mean), self.own_mean[net.service], net.own_mean)
        own_variance = np.where(np.isnan(net.own_mean), self.own_variance[net.service], net.own_variance)
        self.handling_own = own[:, None], own_variance[:, None]
        self.handling_mean = np.repeat(own[:, None], lanes, axis=1)
        self.handling_variance = np.repeat(own_variance[:, None], lanes, axis=1)
        self.leg_mean, self.leg_variance = np.zeros((net.leg_count, lanes)), np.zeros((net.leg_count, lanes))

    def _solve(self, level: Level) -> None:
        rows = level.handlings
        mean = np.repeat(self.handling_own[0][rows], len(self.growths), axis=1)
        variance = np.repeat(self.handling_own[1][rows], len(self.growths), axis=1)
        if len(level.legs):
            self._attempt(level.legs)
        if len(level.terms):
            mean[level.with_terms] += np.add.reduceat(self.leg_mean[level.terms], level.term_starts, axis=0)
            variance[level.with_terms] += np.add.reduceat(self.leg_variance[level.terms], level.term_starts, axis=0)
        for row, legs in level.parallel:
            copies = self.network.leg_copies
            part = longest([((self.leg_mean[i], self.leg_variance[i]), int(copies[i])) for i in legs])
            mean[row] += part[0]
            variance[row] += part[1]
        self.handling_mean[rows], self.handling_variance[rows] = mean, variance
        weights = level.weights[:, None]
        squares = np.where(weights > 0, weights * (variance + mean * mean), 0.0)
        first = np.add.reduceat(np.where(weights > 0, weights * mean, 0.0), level.service_starts, axis=0)
        second = np.add.reduceat(squares, level.service_starts, axis=0)
        self.hold_mean[level.services] = first
        spread = np.maximum(second - first * first, 0.0)
        self.hold_variance[level.services] = np.where(np.isinf(first), np.inf, spread)
        self._serve(level.services)

    def _attempt(self, legs: Any) -> None:
        """Time of all attempts of legs, one after the other; of one copy where copies run at once."""
        net = self.network
        mean, variance = self.answers(legs)
        timeout = net.leg_timeout[legs]
        cut = np.flatnonzero(np.isfinite(timeout))
        if len(cut):
            mean[cut], variance[cut] = capped((mean[cut], variance[cut]), timeout[cut, None])
        times, spread = net.leg_times[legs, None], net.leg_spread[legs, None]
        variance = times * variance + np.where(spread > 0, spread * mean * mean, 0.0)
        self.leg_mean[legs] = times * mean
        self.leg_variance[legs] = variance

    def answers(self, legs: Any) -> tuple[Any, Any]:
        """Time until one attempt of each leg is answered, before any timeout; 0 where it is not known."""
        net = self.network
        target, handling = net.leg_target[legs], net.leg_handling[legs]
        leaf = (handling < 0)[:, None]
        known = self.known[target][:, None]
        mean = self.wait_mean[target] + np.where(leaf, self.hold_mean[target], self.handling_mean[handling])
        held = np.where(leaf, self.hold_variance[target], self.handling_variance[handling])
        return np.where(known, mean, 0.0), np.where(known, self.wait_variance[target] + held, 0.0)

    def _serve(self, rows: Any) -> None:
        """Utilisation and wait of elements whose holding times are known by now."""
        each, mean = self.each[rows], self.hold_mean[rows]
        load = np.where(each > 0, each * mean, 0.0)
        servers = np.repeat(self.base_servers[rows][:, None], len(self.growths), axis=1)
        if self.most is not None:
            unit = np.array([self.stations[i].unit for i in rows])[:, None]
            more = np.ceil(load / self.most / unit - 1e-9) * unit
            servers = np.where((servers > 0) & (load > self.most * servers) & np.isfinite(load), more, servers)
        load = np.where(self.known[rows][:, None] & (servers > 0), load, 0.0)
        self.servers[rows] = servers
        self.utilisation[rows] = np.where(servers > 0, load / np.maximum(servers, 1), 0.0)
        scv = self.hold_variance[rows] / np.where(mean > 0, mean * mean, 1.0)
        self.waits[rows], self.wait_mean[rows], self.wait_variance[rows] = waits_of(load, servers, mean, scv)

    def load(self, name: str, lane: int = 0) -> Load | None:
        """State of an element; None where its service time is not known."""
        i = self.network.index[name]
        if not self.known[i]:
            return None
        rate = float(self.network.reads_per_s[i] + self.network.writes_per_s[i]) * float(self.growths[lane])
        limit = self.stations[i].rate_limit_per_s
        return Load(
            rate,
            float(self.each[i, lane]),
            int(self.servers[i, lane]),
            (float(self.hold_mean[i, lane]), float(self.hold_variance[i, lane])),
            rate / limit if limit else float(self.utilisation[i, lane]),
            float(self.waits[i, lane]),
            (float(self.wait_mean[i, lane]), float(self.wait_variance[i, lane])),
        )
