"""Growth of what stores keep, to the design's horizon."""

from __future__ import annotations

from collections.abc import Mapping

from archbook.capacity.flow import Plan
from archbook.capacity.result import StorageEstimate
from archbook.design.elements import Holding
from archbook.design.model import Design

DAY_S = 86400.0


def storage(
    design: Design, plan: Plan, growth: float, row_sizes: Mapping[tuple[str, str], float]
) -> tuple[StorageEstimate, ...]:
    """Items and bytes of every table, bucket and key family, today and at the horizon, at `growth` times the load.

    Items come at the mean rate of the day, not at its peak. row_sizes: (store, holding) → bytes, where the design
    gives no size.
    """
    return tuple(
        _holding(design, plan, growth, store, name, holding, row_sizes.get((store, name)))
        for store, element in design.stores.items()
        for name, holding in element.holds.items()
    )


def _holding(
    design: Design, plan: Plan, growth: float, store: str, name: str, holding: Holding, row_size_b: float | None
) -> StorageEstimate:
    traffic = design.traffic
    peak_per_s = sum(plan.arriving_per_s.get(by, plan.events_per_s.get(by, 0.0)) for by in set(holding.added_by))
    per_day = peak_per_s / float(traffic.peak_to_mean) * growth * float(holding.per_request) * DAY_S
    days = float(traffic.horizon) / DAY_S
    now = float(holding.items)
    later = now + per_day * days
    if holding.keep is not None:
        kept = float(holding.keep) / DAY_S
        later = now * max(0.0, 1 - days / kept) + per_day * min(days, kept) if kept else 0.0
    size = float(holding.size) if holding.size is not None else row_size_b
    return StorageEstimate(
        store, name, now, per_day, later, size,
        None if size is None else now * size, None if size is None else later * size,
    )  # fmt: skip
