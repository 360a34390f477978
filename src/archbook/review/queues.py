"""Where requests queue, and how long a queue may sensibly be."""

from __future__ import annotations

import math
from typing import Any

from archbook.review.subject import Subject
from archbook.units import show_duration

Mend = dict[tuple[str | int, ...], Any]


def entries(subject: Subject) -> set[str]:
    """Services at which clients enter: the gateway, or without one all that answer endpoints."""
    gateway = subject.gateway
    return {gateway} if gateway else set(subject.served)


def waited_for(subject: Subject) -> set[str]:
    """Services for whose answer somebody waits: a client, or another service."""
    called = {call.to for _, call in subject.crossings if call.mode == "sync"}
    return (entries(subject) | called) & set(subject.design.services)


def bounded(subject: Subject, service: str) -> tuple[str, list[str], Mend]:
    """The bound of a queue that fits a service: what to do, what speaks for it, and the change.

    Whoever is last in it waits at most half of what is promised, and of what the most patient caller waits: places ×
    that / time that a place is held, rounded down to a power of two; twice its places where nothing of it is known.
    """
    found, element = subject.design.services[service], subject.element(service)
    promised = [float(found.slo.p99 or found.slo.p95 or math.inf)] if found.slo else []
    waits = [call.timeout or math.inf for _, call in subject.calls_to.get(service, ()) if call.mode == "sync"]
    most_s = min([*promised, *([max(waits)] if waits else [])], default=math.inf) / 2
    size, seen = 2 * found.concurrency, []
    if most_s < math.inf and element and 0 < element.holding_time_s < math.inf:
        size = 2 ** int(math.log2(max(1.0, found.concurrency * most_s / element.holding_time_s)))
        last = show_duration(size * element.holding_time_s / found.concurrency)
        seen = [f"whoever is last in a queue of {size} waits {last} (computed: queue × time held ÷ places)"]
    return f"services.{service}: add `queue: {size}` (at each instance)", seen, {("services", service, "queue"): size}
