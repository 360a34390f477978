"""Availability of what a request needs: elements in series, instances beside each other."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from archbook.capacity.flow import Plan, plan
from archbook.capacity.formulas import availability_parallel
from archbook.design.elements import Service
from archbook.design.model import Design

HOURS_A_YEAR = 8766.0


@dataclass(frozen=True, slots=True)
class Availability:
    """How often all that one endpoint needs is there. share: 0 to 1; an element of `unknown` counts as always there."""

    endpoint: str
    share: float
    needs: dict[str, float]  # element → availability, those that are known
    unknown: tuple[str, ...]

    @property
    def away_h_per_year(self) -> float:
        """Hours a year in which it is not there."""
        return HOURS_A_YEAR * (1 - self.share)


def of_element(design: Design, name: str) -> float:
    """Availability of a service with all its instances, of a store or of an external system; nan where not stated.

    A service is there while one instance is, and instances fail independently: 1 − (1 − a)ⁿ. Raises UnknownName.
    """
    element = design.element(name)
    if element.availability is None:
        return math.nan
    copies = element.instances if isinstance(element, Service) else 1
    return availability_parallel([float(element.availability)] * copies)


def availabilities(design: Design, fallback_saves: bool = False) -> dict[str, Availability]:
    """Endpoint → availability of all that its answer needs, each element once: the product of theirs.

    Needed is whatever a synchronous call leads to that is not `optional`; a cache does not save the store behind it.
    fallback_saves: a call with a `fallback` counts as optional.
    Assumes that elements fail independently, and that a request fails for no other reason: an upper bound. Raises
    ArchbookError when calls go round in a circle.
    """
    flow = plan(design)
    spared = {i for i, call in enumerate(design.calls) if call.optional or (fallback_saves and call.fallback)}
    stated = {name: of_element(design, name) for name in flow.elements}
    needs = _needs(flow, spared)
    split = cache(lambda mask: _split(mask, flow.elements, stated))
    return {endpoint: Availability(endpoint, *split(needs[entry])) for endpoint, entry in flow.entries.items()}


def _needs(flow: Plan, spared: set[int]) -> list[int]:
    """Handling → all that it needs: one bit for each element, in the order of the plan. spared: calls that may fail."""
    bit = {name: 1 << i for i, name in enumerate(flow.elements)}
    needs: list[int] = []  # callees come before callers
    for handling in flow.handlings:
        mask = bit.get(handling.element, 0)
        for leg in handling.legs:
            if leg.sync and leg.call not in spared:
                mask |= needs[leg.handling]
        needs.append(mask)
    return needs


def _split(
    mask: int, names: tuple[str, ...], stated: dict[str, float]
) -> tuple[float, dict[str, float], tuple[str, ...]]:
    """The availability of the elements that a mask names, those that are known, and those that are not."""
    needed = []
    while mask:
        last = mask.bit_length() - 1
        mask ^= 1 << last
        needed.append(names[last])
    known = {name: stated[name] for name in reversed(needed) if not math.isnan(stated[name])}
    return math.prod(known.values()), known, tuple(name for name in reversed(needed) if name not in known)
