"""Connection pools and bounded queues: what they must hold, and what they turn away."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archbook.capacity.flow import Plan
from archbook.capacity.formulas import mmck_blocking_probability
from archbook.capacity.result import ElementEstimate
from archbook.design.elements import Service
from archbook.design.model import Design
from archbook.units import show_share, significant


def pool_warnings(design: Design, plan: Plan, elements: Mapping[str, ElementEstimate], growth: float) -> list[str]:
    """Sentences on pools that are too small for their load, or that the database cannot accept.

    Connections in use = statements/s × (wait + statement time), by Little's law; a transaction that keeps its
    connection for longer needs more.
    """
    clients: dict[str, dict[str, float]] = {}
    for call, attempts_per_s in zip(design.calls, plan.attempts_per_s, strict=True):
        if call.to in design.stores and design.stores[call.to].pool is not None:
            rates = clients.setdefault(call.to, {})
            rates[call.from_] = rates.get(call.from_, 0.0) + attempts_per_s * growth
    lines = []
    for name, rates in clients.items():
        pools = {service: (design.stores[name].pool or 0) * design.services[service].instances for service in rates}
        opened, accepted = sum(pools.values()), design.stores[name].max_connections
        if accepted is not None and opened > accepted:
            lines.append(f"pools of {', '.join(pools)} may open {significant(opened)} connections to {name}, which "
                         f"accepts {significant(accepted)}")  # fmt: skip
        for service, rate in rates.items():
            used = rate * elements[name].mean_response_s if rate else 0.0
            if math.isfinite(used) and used >= pools[service]:
                lines.append(f"{service} needs {significant(used)} connections to {name} at once and its pools have "
                             f"{significant(pools[service])} (Little's law)")  # fmt: skip
    return lines


def shedding(service: Service, load: ElementEstimate) -> str:
    """A sentence on the share of requests that a bounded queue turns away (M/M/c/K over all instances)."""
    if not math.isfinite(load.holding_time_s):
        return "its bounded queue turns requests away"
    places, queue = load.servers + (service.queue or 0) * service.instances, significant(service.queue or 0)
    share = mmck_blocking_probability(load.arrival_rate_per_s, load.holding_time_s, load.servers, places)
    return f"its queue of {queue} an instance turns away {show_share(share)} of requests"
