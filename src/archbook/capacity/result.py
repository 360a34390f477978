"""What an estimate answers: one frozen record a subject, SI units, the formula named beside each number."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from archbook.capacity.cost import NO_COST, Cost
from archbook.tables import Table

if TYPE_CHECKING:
    from archbook.capacity.flow import Plan
    from archbook.capacity.uncertainty import Ranges, Uncertainty
    from archbook.design.model import Design

Kind = Literal["service", "store", "external"]


@dataclass(frozen=True, slots=True)
class ElementEstimate:
    """Load and speed of one service, store or external system at the estimate's growth.

    Times in seconds, rates per second; a time is ``inf`` where the element is saturated.
    """

    name: str
    kind: Kind
    arrival_rate_per_s: float
    servers: int  # instances × concurrency of a service; `servers` of a store; 0: no limit or no service_time known
    own_time_s: float  # mean own work on one request
    holding_time_s: float  # mean time a server is occupied: own work and waiting for synchronous callees
    utilisation: float  # offered load / servers; from 1: saturated; share of an external's rate_limit; else 0
    mean_wait_s: float  # before a server takes the request; nan, as all times, where no service_time is known
    mean_response_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    limits: Mapping[str, float] = field(repr=False, compare=False)  # of all elements, found when first asked for
    formula: str  # key of `formulas` in the estimate
    warnings: tuple[str, ...] = ()

    @property
    def breaks_at(self) -> float:
        """Multiple of today's load at which it saturates; inf: never, nan: not known."""
        return self.limits.get(self.name, math.nan)


@dataclass(frozen=True, slots=True)
class CallEstimate:
    """Traffic of one call (``design.calls[index]``)."""

    index: int
    from_: str
    to: str
    calls_per_s: float  # first attempts
    attempts_per_s: float  # with expected retries
    bandwidth_b_per_s: float


@dataclass(frozen=True, slots=True)
class EndpointEstimate:
    """Rate and response time of one endpoint, along its path."""

    name: str
    rate_per_s: float  # requests of clients, before any cache
    mean_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    slo_p95_s: float | None
    path: Sequence[tuple[str, float]]  # element and its share of the mean response (s)
    formula: str
    warnings: Sequence[str] = ()

    @property
    def meets_slo(self) -> bool | None:
        """Whether p95 keeps the promise; None where none is made."""
        return None if self.slo_p95_s is None else self.p95_s <= self.slo_p95_s


@dataclass(frozen=True, slots=True)
class StorageEstimate:
    """Growth of one table, bucket or key family (at the estimate's growth)."""

    store: str
    holding: str
    items_now: float
    items_per_day: float
    items_at_horizon: float
    item_size_b: float | None  # None: unknown
    size_now_b: float | None
    size_at_horizon_b: float | None
    index_size_b: float | None = None  # of one item in all indexes of its table; None: unknown

    @property
    def indexes_at_horizon_b(self) -> float | None:
        """Bytes of the indexes at the horizon."""
        return None if self.index_size_b is None else self.items_at_horizon * self.index_size_b


@dataclass(frozen=True, slots=True)
class PoolEstimate:
    """Connections that the instances of one service keep open to one store."""

    service: str
    store: str
    size: int  # of the pool of one instance
    opened: int  # by all instances of all services that have a pool for this store
    accepted: int | None  # by the store
    in_use: float  # mean, of one instance
    waiting: float  # share of requests that wait for a connection; 1 from saturation on
    mean_wait_s: float
    smallest: int  # pool in which at most 1 % wait
    deadlock_floor: int  # smallest pool that threads holding several connections at once cannot block for ever


@dataclass(frozen=True, slots=True)
class ConsumerEstimate:
    """One consumer of one event, at the peak of this growth."""

    event: str
    consumer: str
    per_s: float
    utilisation: float
    lag_s: float  # mean, from announced to handled: broker, wait and handling; inf where a backlog grows
    backlog_per_s: float  # by which the backlog grows; 0 while it keeps up
    backlog: float  # events waiting when the peak ends
    drained_s: float  # after its end; inf: never at the mean load


@dataclass(frozen=True, slots=True)
class ReplicaEstimate:
    """Copies of one store that answer reads."""

    store: str
    copies: int
    reads_per_s: float  # of all copies and the primary
    lag_s: float  # that a copy is behind
    lag_is: str  # "stated" or "computed"
    stale: float  # share of reads that miss a write made less than `lag_s` before


@dataclass(frozen=True, slots=True)
class Break:
    """An element that saturates at `at` times today's load."""

    element: str
    at: float
    why: str  # one sentence: the reason and what would help


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change that keeps an element at or under 85 % utilisation at a multiple of today's load."""

    element: str
    what: str  # "instances" of a service, "servers" of a store, "rate_limit" (per second) of an external system
    now: int
    needed: int
    utilisation: float = 0.0  # after the change


@dataclass(frozen=True, slots=True)
class Feedback:
    """What retries of callers that time out do to an element."""

    element: str
    calls: tuple[int, ...]  # indices of the retried calls in the design
    amplification: float  # visits for each planned one, when the element comes from rest
    congested: float  # the same after a disturbance that overloaded it; more: there are two stable states
    offered_per_s: float  # visits in that state
    tips_at: float  # multiple of today's load from which it goes over by itself; inf: retries never tip it over
    recovers_at: float  # multiple below which it recovers from any disturbance; inf: it always does


@dataclass(frozen=True, slots=True)
class Formula:
    """How a number was computed: what it says, when it holds, where it comes from."""

    name: str
    text: str
    assumptions: str
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """All answers for one design at one multiple of today's load; most are worked out when first looked at."""

    design: str
    growth: float
    target_growth: float  # the growth that the design is made for
    sessions_per_s: float
    requests_per_s: float  # requests of clients at peak
    elements: Mapping[str, ElementEstimate]
    calls: Sequence[CallEstimate]
    endpoints: Mapping[str, EndpointEstimate]
    storage: tuple[StorageEstimate, ...]
    ingress_b_per_s: float  # from clients
    egress_b_per_s: float  # to clients
    breaks: Sequence[Break]  # first to last, whatever the growth of this estimate
    formulas: Mapping[str, Formula]
    warnings: Sequence[str]
    remedies: Sequence[Remedy] = ()  # what keeps all at or under 85 % at the larger of growth and target_growth
    cost: Cost = NO_COST  # of the design as it stands
    missed_after_remedies: Sequence[str] = ()  # endpoints that still miss their p95 promise there
    feedback: Mapping[str, Feedback] = field(default_factory=dict)  # element → what retries after timeouts do to it
    uncertain: Uncertainty | None = field(default=None, repr=False, compare=False)
    basis: tuple[Design, Plan] | None = field(default=None, repr=False, compare=False)  # what it was made from

    @property
    def pools(self) -> tuple[PoolEstimate, ...]:
        """Connection pools of services for stores."""
        return behind.pools(*self.basis, self.elements, self.growth) if self.basis else ()

    @property
    def consumers(self) -> tuple[ConsumerEstimate, ...]:
        """Consumers of events."""
        return behind.consumers(*self.basis, self.elements, self.growth) if self.basis else ()

    @property
    def replicas(self) -> tuple[ReplicaEstimate, ...]:
        """Copies of stores that answer reads."""
        return behind.replicas(*self.basis, self.elements, self.growth) if self.basis else ()

    @property
    def ranges(self) -> Ranges | None:
        """The 5–95 % range of each answer where inputs are `{low, likely, high}`, sampled when first asked for."""
        return None if self.uncertain is None else self.uncertain.ranges

    def table(self) -> Table:
        """Load and speed of every element."""
        return rendering.element_table(self)

    def endpoint_table(self) -> Table:
        """Rate and response time of every endpoint against what it promises."""
        return rendering.endpoint_table(self)

    def pool_table(self) -> Table:
        """Connection pools: who waits for a connection, and how many would do."""
        return rendering.pool_table(self)

    def consumer_table(self) -> Table:
        """Consumers of events: lag, and the backlog that a peak leaves."""
        return rendering.consumer_table(self)

    def replica_table(self) -> Table:
        """Read replicas: how far behind, and how often a reader sees it."""
        return rendering.replica_table(self)

    def storage_table(self) -> Table:
        """Growth of what the stores keep."""
        return rendering.storage_table(self)

    def to_json(self) -> dict[str, Any]:
        """A plain dict for files and scripts; units in the keys, null where a number is unknown or unbounded."""
        names = [name for name in self.__slots__ if name not in ("uncertain", "basis")]
        names += ["ranges", "pools", "consumers", "replicas"]
        return {"uncertain": None, **{name: rendering.plain(getattr(self, name)) for name in names}}

    def how_html(self) -> str:
        """*How was this computed?*: formulas, assumptions and sources, folded."""
        return rendering.how_html(self)

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {"text/html": rendering.page(self), "text/plain": str(self)}

    def __str__(self) -> str:
        return rendering.text(self)


from archbook.capacity import behind, rendering  # noqa: E402 - they use what is defined above
