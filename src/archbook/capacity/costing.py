"""What a design costs a month: as the design states it, else by the price table; what is unknown is said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from archbook.capacity.cost import Cost, CostLine
from archbook.capacity.flow import Plan
from archbook.capacity.prices import Price, prices
from archbook.capacity.result import StorageEstimate
from archbook.capacity.solving import ELASTIC
from archbook.design.elements import RELATIONAL, Service, Store
from archbook.design.model import Design
from archbook.units import show_size, significant

HOURS = 730.0
"""Hours in a month: 8 760 / 12."""
OBJECTS, QUEUES = frozenset({"s3", "gcs", "azure-blob"}), frozenset({"sqs", "sns", "pubsub"})
CACHES = frozenset({"redis", "valkey", "memcached"})
_GB = 1e9
Use = tuple[str, float]
"""An item of the price table, and how many units of it a month."""


class Bill:
    """The costs of a design at one multiple of today's load; of single elements too, for what a change would cost.

    storage: what the stores keep. egress_b_per_s: bytes to clients at the peak of that load. paid: multiple of stated
    costs that go by use, where it is not the growth. Raises DesignError for a `prices.csv` that cannot be read.
    """

    def __init__(
        self, design: Design, plan: Plan, growth: float, storage: Iterable[StorageEstimate], egress_b_per_s: float,
        paid: float | None = None,
    ) -> None:  # fmt: skip
        self.design, self.plan, self.growth, self.table = design, plan, growth, prices(design)
        self.month_s = HOURS * 3600 / float(design.traffic.peak_to_mean)
        self.paid = growth if paid is None else paid
        self.egress_gb = egress_b_per_s * self.month_s / _GB
        self.kept: dict[str, list[StorageEstimate]] = {name: [] for name in design.stores}
        for entry in storage:
            self.kept[entry.store].append(entry)

    def of(self, name: str, element: Service | Store) -> tuple[list[CostLine], float]:
        """The line of an element (none where it costs nothing of its own), and more a month at the horizon."""
        if isinstance(element, Service):
            return [_of_service(name, element, self.table)], 0.0
        rates = self.plan.reads_per_s[name], self.plan.writes_per_s[name]
        millions = [rate * self.growth * self.month_s / 1e6 for rate in rates]
        return _of_store(name, element, self.kept[name], millions, self.paid, self.table)

    def total(self) -> Cost:
        """The costs of the design as it stands."""
        elements: dict[str, Service | Store] = {**self.design.services, **self.design.stores}
        found = [self.of(name, element) for name, element in elements.items()]
        lines = [*(line for lines, _ in found for line in lines), *_of_egress(self.design, self.egress_gb, self.table)]
        return Cost(self.design.currency, self.growth, tuple(lines), sum(later for _, later in found))


def _of_service(name: str, service: Service, table: Mapping[str, Price]) -> CostLine:
    copies = f"{significant(service.instances)} × "
    if service.monthly_cost is not None:
        return _stated(name, f"{copies}{significant(service.monthly_cost)}", service.instances * service.monthly_cost)
    if service.cpu is None:
        return _unknown(name, "state `monthly_cost`, or `cpu` and `memory`")
    return _computing(name, service.instances, float(service.cpu), service.memory, table)


def _of_store(
    name: str, store: Store, kept: Sequence[StorageEstimate], visits: Sequence[float], growth: float,
    table: Mapping[str, Price],
) -> tuple[list[CostLine], float]:  # fmt: skip
    """Its line (none for a content network, which is paid by what it sends), and more a month at the horizon.

    visits: millions of reads and of writes a month.
    """
    if store.monthly_cost is not None:
        by_use = growth if store.engine in ELASTIC else 1.0
        what = f"{significant(store.monthly_cost)} as stated" + f" × {significant(by_use)}, paid by use" * (by_use != 1)
        return [_stated(name, what, store.monthly_cost * by_use)], 0.0
    if store.role == "cdn" or store.engine == "cdn":
        return [], 0.0
    copies, gb = 1 + store.replicas, 0.0
    if any(s.size_now_b is None for s in kept):
        return [_unknown(name, "state the `size` of what it holds, or `monthly_cost`")], 0.0
    gb = sum(s.size_now_b or 0.0 for s in kept) / _GB
    growing = sum(s.size_at_horizon_b or 0.0 for s in kept) / _GB - gb
    if store.engine in OBJECTS:
        uses = [("object_gb_month", gb), ("object_read_million", visits[0]), ("object_write_million", visits[1])]
        what = f"{show_size(gb * _GB)}, {significant(sum(visits))} million requests"
        return [_priced(name, what, uses, table)], growing * _value(table, "object_gb_month")
    if store.engine in QUEUES:
        return [_priced(name, f"{significant(sum(visits))} million requests",
                        [("queue_million", sum(visits))], table)], 0.0  # fmt: skip
    if store.engine in CACHES:
        memory = store.memory if store.memory is not None else store.capacity
        if memory is None:
            return [_unknown(name, "state its `memory`, or `monthly_cost`")], 0.0
        hours = copies * HOURS * memory / _GB
        return [_priced(name, f"{copies} × {show_size(memory)}", [("cache_gb_hour", hours)], table)], 0.0
    disk: list[Use] = [("ssd_gb_month", copies * gb)] if gb else []
    later = copies * growing * _value(table, "ssd_gb_month")
    if store.engine in RELATIONAL:
        vcpu = float(store.cpu) if store.cpu is not None else store.servers
        source = "" if store.cpu is not None else " (as many as `servers`)"
        what = f"{copies} × {significant(vcpu)} vCPU{source}, {show_size(gb * _GB)}"
        return [_priced(name, what, [("database_vcpu_hour", copies * HOURS * vcpu), *disk], table)], later
    if store.cpu is None:
        return [_unknown(name, "state `monthly_cost`, or `cpu` and `memory`")], 0.0
    return [_computing(name, copies, float(store.cpu), store.memory, table, disk)], later


def _of_egress(design: Design, gb: float, table: Mapping[str, Price]) -> Iterator[CostLine]:
    """Bytes to clients; none where a content network with a stated cost sends them."""
    networks = {name: store for name, store in design.stores.items() if store.role == "cdn" or store.engine == "cdn"}
    if gb and all(store.monthly_cost is None for store in networks.values()):
        item = "cdn_gb" if networks else "egress_gb"
        yield _priced(next(iter(networks), "internet"), f"{show_size(gb * _GB)} to clients", [(item, gb)], table)


def _computing(
    name: str, copies: int, cpu: float, memory_b: float | None, table: Mapping[str, Price], more: Sequence[Use] = ()
) -> CostLine:
    if memory_b is None:
        return _unknown(name, "state its `memory`, or `monthly_cost`")
    hours = copies * HOURS
    uses = [("vcpu_hour", hours * cpu), ("memory_gb_hour", hours * memory_b / _GB), *more]
    return _priced(name, f"{significant(copies)} × {significant(cpu)} vCPU, {show_size(memory_b)}", uses, table)


def _priced(name: str, what: str, uses: Sequence[Use], table: Mapping[str, Price]) -> CostLine:
    missing = [item for item, _ in uses if item not in table]
    if missing:
        return _unknown(name, f"no price of {', '.join(missing)} in its currency; state one in a prices.csv")
    value, low, high = (
        sum(getattr(table[item], end) * amount for item, amount in uses) for end in ("value", "low", "high")
    )
    return CostLine(name, what, value, low, high, f"price table, {min(table[item].as_of for item, _ in uses)}")


def _value(table: Mapping[str, Price], item: str) -> float:
    return table[item].value if item in table else 0.0


def _stated(name: str, what: str, per_month: float) -> CostLine:
    return CostLine(name, what, float(per_month), float(per_month), float(per_month), "stated in the design")


def _unknown(name: str, remedy: str) -> CostLine:
    return CostLine(name, "unknown", math.nan, math.nan, math.nan, remedy)
