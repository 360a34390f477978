"""Widgets that look at a design: the only room that knows ipywidgets. Imported when a panel is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archbook.design.model import Design
    from archbook.panels.capacity_panel import CapacityPanel

__all__ = ["capacity"]


def capacity(design: Design, growth: float = 1.0) -> CapacityPanel:
    """The capacity panel: move load, growth, instances, concurrency and cache hits, and see what breaks first.

    growth: the multiple of today's load at which the panel opens.
    """
    from archbook.panels.capacity_panel import CapacityPanel

    return CapacityPanel(design, growth)
