"""Growth of what stores keep, to the design's horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from archbook.capacity.flow import Plan
from archbook.capacity.result import StorageEstimate
from archbook.design.elements import Holding
from archbook.design.model import Design
from archbook.units import show_duration, show_size

DAY_S = 86400.0


def fullness(design: Design, kept: Sequence[StorageEstimate]) -> list[str]:
    """Sentences on stores whose stated `capacity` does not last until the horizon, rows and indexes together."""
    days = float(design.traffic.horizon) / DAY_S
    lines = []
    for name, store in design.stores.items():
        mine = [entry for entry in kept if entry.store == name and entry.item_size_b is not None]
        if store.capacity is None or not mine:
            continue
        sizes = [(entry.item_size_b or 0.0) + (entry.index_size_b or 0.0) for entry in mine]
        now = sum(entry.items_now * size for entry, size in zip(mine, sizes, strict=True))
        then = sum(entry.items_at_horizon * size for entry, size in zip(mine, sizes, strict=True))
        capacity = float(store.capacity)
        if then > capacity:
            left = max(0.0, (capacity - now) / (then - now)) * days * DAY_S if then > now else 0.0
            lines.append(f"{name} is full in {show_duration(left)}: {show_size(capacity)} of capacity, "
                         f"{show_size(then)} with indexes at the horizon")  # fmt: skip
    return lines


def storage(
    design: Design, plan: Plan, growth: float, row_sizes: Mapping[tuple[str, ...], float]
) -> tuple[StorageEstimate, ...]:
    """Items and bytes of every table, bucket and key family, today and at the horizon, at `growth` times the load.

    Items come at the mean rate of the day, not at its peak. row_sizes: (store, holding) → bytes, where the design
    gives no size.
    """
    return tuple(
        _holding(
            design,
            plan,
            growth,
            store,
            name,
            holding,
            row_sizes.get((store, name)),
            row_sizes.get((store, name, "indexes")),
        )
        for store, element in design.stores.items()
        for name, holding in element.holds.items()
    )


def _holding(
    design: Design, plan: Plan, growth: float, store: str, name: str, holding: Holding, row_size_b: float | None,
    index_size_b: float | None,
) -> StorageEstimate:  # fmt: skip
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
        None if size is None else now * size, None if size is None else later * size, index_size_b,
    )  # fmt: skip
