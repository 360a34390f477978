"""Widgets that look at a design: the only room that knows ipywidgets. Imported when a panel is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from archbook.design.model import Design
    from archbook.panels.api_panel import ApiPanel
    from archbook.panels.balancing_panel import BalancingPanel
    from archbook.panels.cache_panel import CachePanel
    from archbook.panels.capacity_panel import CapacityPanel
    from archbook.panels.comparison_panel import ComparisonPanel
    from archbook.panels.decision_panel import DecisionPanel
    from archbook.panels.failure_panel import FailurePanel
    from archbook.panels.pool_panel import PoolPanel
    from archbook.panels.rate_limit_panel import RateLimitPanel
    from archbook.panels.review_panel import ReviewPanel
    from archbook.panels.roles_panel import RolesPanel
    from archbook.panels.schema_panel import SchemaPanel

__all__ = [
    "api",
    "balancing",
    "cache",
    "capacity",
    "comparison",
    "decision",
    "failure",
    "pool",
    "rate_limit",
    "review",
    "roles",
    "schema",
]


def api(design: Design) -> ApiPanel:
    """The API panel: add, change or remove an endpoint; see lint, its OpenAPI, whom it breaks, and a live call.

    It opens on the first endpoint of the design.
    """
    from archbook.panels.api_panel import ApiPanel

    return ApiPanel(design)


def balancing(design: Design | None = None) -> BalancingPanel:
    """The load balancing panel: six policies side by side while load, instances and a sick one change.

    design: opens on the service of it with the most requests to spread; without one, on ten servers at 80 %.
    """
    from archbook.panels.balancing_panel import BalancingPanel
    from archbook.simulate import server_farm

    return BalancingPanel(design or server_farm(10, 0.8, 0.02))


def cache(design: Design | None = None) -> CachePanel:
    """The cache panel: move size, items, popularity, time to live and load; see hit ratio, store load and a flush.

    design: opens on a cache of it, with its load; without one, on usual values.
    """
    from archbook.panels.cache_panel import CachePanel

    return CachePanel(design)


def capacity(design: Design, growth: float = 1.0) -> CapacityPanel:
    """The capacity panel: move load, growth, instances, concurrency and cache hits, and see what breaks first.

    growth: the multiple of today's load at which the panel opens.
    """
    from archbook.panels.capacity_panel import CapacityPanel

    return CapacityPanel(design, growth)


def comparison(design: Design, *others: Design) -> ComparisonPanel:
    """The comparison panel: the design beside one of its variants or another design, at any load; decide, with a why.

    others: designs to choose from too. It opens on the first variant in the folder of the design.
    """
    from archbook.panels.comparison_panel import ComparisonPanel

    return ComparisonPanel(design, others)


def decision(design: Design, *about: str) -> DecisionPanel:
    """The decision panel: say what is done, why, and which roads were not taken; it drafts the rest, writes it.

    about: names of elements, events and endpoints that it opens on. Raises UnknownName.
    """
    from archbook.panels.decision_panel import DecisionPanel

    return DecisionPanel(design, about)


def failure(design: Design) -> FailurePanel:
    """The failure panel: something fails for a while; see whether goodput recovers, and what another policy changes.

    It opens on an outage of the design's first external system, store or service, which hangs for 10 s.
    """
    from archbook.panels.failure_panel import FailurePanel

    return FailurePanel(design)


def pool(design: Design) -> PoolPanel:
    """The pool panel: move load, connections and how long they are held; see who waits, and what cannot deadlock.

    It opens on the pool of the design that is busiest. Raises InvalidInput where no store has one.
    """
    from archbook.panels.pool_panel import PoolPanel

    return PoolPanel(design)


def rate_limit(design: Design | None = None) -> RateLimitPanel:
    """The rate limit panel: five algorithms on the same traffic; what passes over time, and who is told to wait.

    design: opens on the first limit of it; without one, on 100 requests a minute.
    """
    from archbook.panels.rate_limit_panel import RateLimitPanel

    return RateLimitPanel(design)


def review(design: Design) -> ReviewPanel:
    """The review panel: findings ranked at a load; one unfolded, and mended, or accepted with a reason.

    It opens at the growth that the design is made for, on the worst finding.
    """
    from archbook.panels.review_panel import ReviewPanel

    return ReviewPanel(design)


def roles(design: Design) -> RolesPanel:
    """The roles panel: who may call what; one caller's token, role, owner and list; change a cell and see what differs.

    It opens on the first endpoint of the design that asks whose an object is.
    """
    from archbook.panels.roles_panel import RolesPanel

    return RolesPanel(design)


def schema(subject: Design | str | None = None) -> SchemaPanel:
    """The schema panel: paste DDL, see its tables, lint and what was lost, and run experiments on rows made for it.

    subject: a design (it opens on the first store with DDL), or DDL text; without one, an example to paste over.
    """
    from archbook.panels.schema_panel import SchemaPanel

    return SchemaPanel(subject)
