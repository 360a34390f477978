"""Growth of what stores keep, to the design's horizon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from archbook.capacity.flow import Plan
from archbook.capacity.result import StorageEstimate
from archbook.design.elements import Holding
from archbook.design.model import Design
from archbook.units import show_duration, show_size

DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class Filling:
    """A store that its `capacity` does not hold until the horizon."""

    store: str
    full_after_s: float
    capacity_b: float
    largest_b: float  # with indexes, by the horizon


def fullness(design: Design, kept: Sequence[StorageEstimate]) -> list[str]:
    """Sentences on stores whose stated `capacity` does not last until the horizon, rows and indexes together."""
    return [f"{full.store} is full in {show_duration(full.full_after_s)}: {show_size(full.capacity_b)} of capacity, "
            f"{show_size(full.largest_b)} with indexes by the horizon" for full in filling(design, kept)]  # fmt: skip


def filling(design: Design, kept: Sequence[StorageEstimate]) -> Iterator[Filling]:
    """Stores whose stated `capacity` does not last until the horizon.

    What `keep` limits grows until then only: size is linear between the moments at which a holding stops to grow.
    """
    horizon = float(design.traffic.horizon) / DAY_S
    for name, store in design.stores.items():
        mine = [
            (store.holds[entry.holding], entry, entry.item_size_b + (entry.index_size_b or 0.0))
            for entry in kept if entry.store == name and entry.item_size_b is not None
        ] if store.capacity is not None else []  # fmt: skip
        if store.capacity is None or not mine:
            continue
        stops = {float(holding.keep) / DAY_S for holding, _, _ in mine if holding.keep is not None}
        days = sorted({0.0, horizon, *(stop for stop in stops if stop < horizon)})
        sizes = [sum(_items(holding, entry.items_per_day, day) * size for holding, entry, size in mine) for day in days]
        capacity = float(store.capacity)
        first = next((i for i, size in enumerate(sizes) if size > capacity), None)
        if first is not None:
            i = max(first, 1)
            part = (capacity - sizes[i - 1]) / (sizes[i] - sizes[i - 1]) if first else 0.0
            left = days[i - 1] + part * (days[i] - days[i - 1])
            yield Filling(name, left * DAY_S, capacity, max(sizes))


def _items(holding: Holding, per_day: float, days: float) -> float:
    """Items after so many days: those of today go evenly until `keep` is over."""
    if holding.keep is None:
        return float(holding.items) + per_day * days
    kept = float(holding.keep) / DAY_S
    return float(holding.items) * max(0.0, 1 - days / kept) + per_day * min(days, kept) if kept else 0.0


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
    now, later = float(holding.items), _items(holding, per_day, float(traffic.horizon) / DAY_S)
    size = float(holding.size) if holding.size is not None else row_size_b
    return StorageEstimate(
        store, name, now, per_day, later, size,
        None if size is None else now * size, None if size is None else later * size, index_size_b,
    )  # fmt: skip
