"""Waits and holding times at several multiples of today's load at once, callees before callers.

A service's server is held while its synchronous callees answer, so its holding time contains their waits; those
follow from their own load. One pass from the callees upwards solves this; where two services wait for each other
(for different endpoints), passes are repeated until nothing moves. Times are arrays of mean (s) and variance (s²) by
row (an element, a handling, an answer) and lane (a multiple of today's load).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from archbook.capacity.flow import Plan
from archbook.capacity.flow import plan as make_plan
from archbook.capacity.formulas import response_quantile
from archbook.capacity.moments import SHARES, Moments, capped, longest, quantile
from archbook.capacity.network import Place
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
    own: Moments | None
    servers: int = 0
    unit: int = 1  # servers that one more instance brings
    copies: int = 1  # copies among which reads are spread; each applies every write
    rate_limit_per_s: float | None = None


def _station(name: str, element: Service | Store | External) -> Station:
    own = _moments(element.service_time) if element.service_time else None
    if isinstance(element, Service):
        return Station(name, "service", own, element.instances * element.concurrency, unit=element.concurrency)
    if isinstance(element, Store):
        elastic = element.engine in ELASTIC and "servers" not in element.model_fields_set
        return Station(name, "store", own, 0 if elastic else element.servers, copies=1 + element.replicas)
    limit = None if element.rate_limit is None else float(element.rate_limit)
    return Station(name, "external", own, rate_limit_per_s=limit)


def _moments(time: ServiceTime) -> Moments:
    mean = float(time.mean)
    return mean, float(time.scv) * mean * mean


class System:
    """A plan with what the elements of a design can do. `memo` keeps what follows from the two."""

    def __init__(self, plan: Plan, design: Design) -> None:
        self.plan, self.design, self.network = plan, design, plan.network
        elements: dict[str, Service | Store | External] = {**design.services, **design.stores, **design.externals}
        self.stations = {name: _station(name, element) for name, element in elements.items()}
        every = self.stations.values()
        self.servers, self.unit, copies = (
            np.array([getattr(s, part) for s in every], dtype=float) for part in ("servers", "unit", "copies")
        )
        self.each_per_s = self.network.writes_per_s + self.network.reads_per_s / copies
        self.own = np.array([s.own or (0.0, 0.0) for s in every]).reshape(-1, 2).T
        self.handling_own = self.own[:, self.network.element]
        self.known = np.array([s.own is not None for s in every], dtype=bool)
        self._time_handlings()
        self.served = np.where(self.known, self.servers, 0.0)
        self.memo: dict[Any, Any] = {}

    def _time_handlings(self) -> None:
        """Endpoints may have times of their own; they make an element known if all that reach it have one."""
        timed: set[str] = set()
        untimed: set[str] = set()
        for index, (handling, rate) in enumerate(zip(self.plan.handlings, self.plan.handling_per_s, strict=True)):
            if handling.own_time:
                self.handling_own[:, index] = _moments(handling.own_time)
            if rate:
                (timed if handling.own_time else untimed).add(handling.element)
        self.known |= [name in timed and name not in untimed for name in self.stations]

    def is_of(self, design: Design) -> bool:
        """Whether it also holds for `design`."""
        mine = self.design
        return mine.services is design.services and mine.stores is design.stores and mine.externals is design.externals

    @cached_property
    def rest(self) -> Solution:
        """The solution without any load: nobody waits in a queue."""
        return Solution(self, [0.0])


def system_of(design: Design, plan: Plan | None = None) -> System:
    """The system of a design, made anew only where plan or capacities have changed."""
    plan = make_plan(design, like=plan)
    system: System | None = plan.memo.get("system")
    if system is None or not system.is_of(design):
        system = plan.memo["system"] = System(plan, design)
    return system


class Solution:
    """Waits, holding times and utilisation of every element at each of `growths`.

    most: add servers until no utilisation is above this; `servers` says how many it takes. places: from
    `Network.places`, to solve only some elements in each lane. own: mean and variance of the own work of handlings in
    each lane, where it differs between lanes.
    """

    def __init__(
        self, system: System, growths: Iterable[float], most: float | None = None, places: Sequence[Place] = (),
        own: Any = None,
    ) -> None:  # fmt: skip
        self.system, self.network, self.most, self.own = system, system.network, most, own
        self.share: Any = None
        loads = np.array(list(growths), dtype=float)
        elements, lanes = len(self.network.elements), len(loads)
        self.servers, self.utilisation, self.waits = (np.zeros((elements, lanes)) for _ in range(3))
        self.hold, self.wait = np.zeros((2, elements, lanes)), np.zeros((2, elements, lanes))
        self.handling = np.zeros((2, len(self.network.element), lanes))
        self.answer = np.zeros((2, len(self.network.handling), lanes))
        self._places = places or self.network.everywhere(lanes)
        self.solve(loads)

    def solve(self, growths: Any) -> Solution:
        """Itself, at other multiples of today's load (as many as before)."""
        self.growths = growths
        if self.network.circular:  # passes start from nothing: what waits for ever never recovers
            self.hold[:], self.wait[:], self.handling[:], self.answer[:] = 0, 0, 0, 0
        with np.errstate(all="ignore"):
            self._repeat(self._solve, self.utilisation)
        return self

    def _repeat(self, step: Callable[[Place], None], moving: Any) -> None:
        for _ in range(_PASSES if self.network.circular else 1):
            before = moving.copy() if self.network.circular else None
            for place in self._places:
                step(place)
            if before is not None and np.allclose(before, moving, rtol=1e-9, atol=0):
                return

    def _solve(self, place: Place) -> None:
        self._add_up(place)
        self._serve(place)
        self._answer(place)

    def _add_up(self, place: Place) -> None:
        """Holding times of handlings, and of elements as the mixture of theirs."""
        for row, parts, _ in place.level.groups:
            made = [(_attempts(self.answer[:, i], leg.times / leg.copies, leg.times_variance / leg.copies),
                     leg.copies) for i, leg in parts]  # fmt: skip
            self.answer[:, row] = longest(made)
        added = _attempts(_flat(self.answer).take(place.terms, axis=1), place.times, place.spread)
        count = len(place.handlings)
        if self.own is None:
            own = self.system.handling_own.take(place.handling_rows, axis=1)
        else:
            own = _flat(self.own).take(place.handlings, axis=1)
        mean, variance = (own[i] + np.bincount(place.into, added[i], count) for i in (0, 1))
        _flat(self.handling)[:, place.handlings] = mean, variance
        count, weights, used = len(place.elements), place.weights, place.weights > 0
        first, square = (np.bincount(place.of, np.where(used, weights * moment, 0.0), count)
                         for moment in (mean, variance + mean * mean))  # fmt: skip
        _flat(self.hold)[:, place.elements] = first, np.where(np.isinf(first), np.inf, square - first * first).clip(0)

    def _serve(self, place: Place) -> None:
        """Utilisation and wait of elements whose holding times are known by now."""
        system, here, rows = self.system, place.elements, place.element_rows
        mean, variance = _flat(self.hold).take(here, axis=1)
        servers = system.served.take(rows)
        load = np.where(servers > 0, system.each_per_s.take(rows) * self.growths.take(place.lanes), 0.0)
        load = np.where(load > 0, load * mean, 0.0)
        if self.most is not None:
            unit = system.unit[rows]
            more = np.ceil(load / self.most / unit - 1e-9) * unit
            servers = np.where((load > self.most * servers) & np.isfinite(load), more, servers)
        scv = variance / np.where(mean > 0, mean * mean, 1.0)
        self.servers.ravel()[here], self.utilisation.ravel()[here] = servers, load / np.maximum(servers, 1)
        self.waits.ravel()[here], *wait = waits_of(load, servers, mean, scv)
        _flat(self.wait)[:, here] = wait

    def _answer(self, place: Place) -> None:
        """What callers wait for: at most the timeout; as it is felt at a percentile, where `share` is set."""
        time = _flat(self.wait).take(place.callees, axis=1) + _flat(self.handling).take(place.answering, axis=1)
        time = np.where(self.system.known.take(place.callee_rows), time, 0.0)
        cut = place.cut
        if len(cut):
            most, whole = place.timeout, time.take(cut, axis=1)
            least = capped(whole, most)
            if self.share is not None:
                late = quantile(whole, self.share.take(place.cut_lanes)) >= most
                least = np.where(late, [most, 0 * most], least)
            time[:, cut] = least
        _flat(self.answer)[:, place.answers] = time

    @cached_property
    def percentiles(self) -> tuple[Any, Any]:
        """p50, p95 and p99 of responses (s) of elements and of handlings: arrays of share, row, lane."""
        return self.percentiles_at(*SHARES)

    def percentiles_at(self, *shares: float) -> tuple[Any, Any]:
        """Some percentiles of responses (s) of elements and of handlings; see `percentiles`."""
        with np.errstate(all="ignore"):
            felt = self._felt(np.repeat(shares, len(self.growths)))
            found = felt._of_elements(), quantile(felt.response, felt.share)
        elements, handlings = (np.stack(np.split(part, len(shares), axis=1)) for part in found)
        return elements, handlings

    def _felt(self, share: Any) -> Solution:
        """The times that make percentiles; share: of each of its lanes.

        Where that percentile of an answer is beyond its timeout, the caller waits the whole timeout. The median feels
        a wait in as far as most have one: as an exponential time, times the share that waits.
        """
        felt, times = copy.copy(self), len(share) // len(self.growths)
        felt.share = share
        for name in ("servers", "utilisation", "waits", "hold", "wait", "handling", "answer"):
            setattr(felt, name, np.concatenate([getattr(self, name)] * times, axis=-1))
        felt.own = None if self.own is None else np.concatenate([self.own] * times, axis=-1)
        few = felt.waits * felt.wait[0]
        felt.wait = np.where((share <= 0.5) & np.isfinite(few), [few, few * few], felt.wait)
        felt._places = self.network.everywhere(few.shape[1])

        def step(place: Place) -> None:
            felt._add_up(place)
            felt._answer(place)

        felt._repeat(step, felt.handling)
        return felt

    @property
    def response(self) -> Any:
        """Mean and variance of the time until each handling answers, its own wait included; 0 where unknown."""
        element = self.network.element
        return np.where(self.system.known[element, None], self.wait[:, element], 0.0) + self.handling

    def _of_elements(self) -> Any:
        """A percentile of the response of elements: exact for M/M/c, else of a gamma distribution."""
        found = quantile(self.wait + self.hold, self.share)
        exact = np.nonzero(self.exponential & (self.utilisation < 1))
        if len(exact[0]):
            drain = (self.servers * (1 - self.utilisation))[exact]
            found[exact] = self.hold[0][exact] * response_quantile(self.waits[exact], drain, 1 - self.share[exact[1]])
        return found

    @property
    def exponential(self) -> Any:
        """Where holding times are exponential, and servers limited."""
        mean, variance = self.hold
        square = np.where(np.isfinite(mean), mean * mean, -1.0)
        return (self.servers > 0) & (np.abs(variance - square) < 1e-9 * square)


def _attempts(time: Any, times: Any, spread: Any) -> Any:
    """Time of all attempts of calls, one after the other."""
    return np.array([times * time[0], times * time[1] + np.where(spread > 0, spread * time[0] ** 2, 0.0)])


def _flat(times: Any) -> Any:
    """Rows and lanes in one."""
    return times.reshape(2, -1)
