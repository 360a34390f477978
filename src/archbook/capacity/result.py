"""What an estimate answers: one frozen record a subject, SI units, the formula named beside each number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["service", "store", "external"]


@dataclass(frozen=True, slots=True)
class ElementEstimate:
    """Load and speed of one service, store or external system at the estimate's growth.

    Times in seconds, rates per second; a time is ``inf`` where the element is saturated.
    """

    name: str
    kind: Kind
    arrival_rate_per_s: float
    servers: int  # instances × concurrency of a service; `servers` of a store; 0: no limit known
    own_time_s: float  # mean own work on one request
    holding_time_s: float  # mean time a server is occupied: own work and waiting for synchronous callees
    utilisation: float  # offered load / servers; above 1: saturated; 0 where `servers` is 0
    mean_wait_s: float  # before a server takes the request
    mean_response_s: float
    p50_s: float
    p95_s: float
    p99_s: float
    breaks_at: float  # multiple of today's load at which it saturates; inf: never
    formula: str  # key of `formulas` in the estimate
    warnings: tuple[str, ...] = ()


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
    path: tuple[tuple[str, float], ...]  # element and its share of the mean response (s)
    formula: str
    warnings: tuple[str, ...] = ()

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


@dataclass(frozen=True, slots=True)
class Break:
    """An element that saturates at `at` times today's load."""

    element: str
    at: float
    why: str  # one sentence: the reason and what would help


@dataclass(frozen=True, slots=True)
class Formula:
    """How a number was computed: what it says, when it holds, where it comes from."""

    name: str
    text: str
    assumptions: str
    source: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """All answers for one design at one multiple of today's load."""

    design: str
    growth: float
    target_growth: float  # the growth that the design is made for
    sessions_per_s: float
    requests_per_s: float  # requests of clients at peak
    elements: Mapping[str, ElementEstimate]
    calls: tuple[CallEstimate, ...]
    endpoints: Mapping[str, EndpointEstimate]
    storage: tuple[StorageEstimate, ...]
    ingress_b_per_s: float  # from clients
    egress_b_per_s: float  # to clients
    breaks: tuple[Break, ...]  # first to last, whatever the growth of this estimate
    formulas: Mapping[str, Formula]
    warnings: tuple[str, ...]
