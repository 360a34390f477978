"""Connection pools and bounded queues: what they must hold, and what they turn away."""

from __future__ import annotations

import math
from collections.abc import Mapping

from archbook.capacity.flow import Plan
from archbook.capacity.formulas import mmck_blocking_probability
from archbook.capacity.solving import Load
from archbook.design.elements import Service
from archbook.design.model import Design
from archbook.units import show_share, significant


def pool_warnings(design: Design, plan: Plan, loads: Mapping[str, Load | None], growth: float) -> list[str]:
    """Sentences on pools that are too small for their load, or that the database cannot accept.

    Connections in use = statements/s × (wait + statement time), by Little's law; a transaction that keeps its
    connection for longer needs more.
    """
    clients: dict[str, dict[str, float]] = {}
    for i, call in enumerate(design.calls):
        if call.to in design.stores:
            rates = clients.setdefault(call.to, {})
            rates[call.from_] = rates.get(call.from_, 0.0) + plan.attempts_per_s[i] * growth
    lines = []
    for name, rates in clients.items():
        store = design.stores[name]
        if store.pool is None:
            continue
        lines += _accepted(design, name, rates)
        load = loads[name]
        for service, rate in rates.items() if load else ():
            used, pool = (
                rate * load.response[0] if rate and load else 0.0,
                store.pool * design.services[service].instances,
            )
            if used >= pool and math.isfinite(used):
                lines.append(
                    f"{service} needs {significant(used)} connections to {name} at once and its pools have "
                    f"{significant(pool)} (Little's law)"
                )
    return lines


def _accepted(design: Design, name: str, clients: dict[str, float]) -> list[str]:
    store = design.stores[name]
    opened = sum((store.pool or 0) * design.services[service].instances for service in clients)
    if store.max_connections is None or opened <= store.max_connections:
        return []
    return [
        f"pools of {', '.join(clients)} may open {significant(opened)} connections to {name}, which accepts "
        f"{significant(store.max_connections)}"
    ]


def shedding(service: Service, load: Load) -> str:
    """A sentence on the share of requests that a bounded queue turns away (M/M/c/K over all instances)."""
    places = load.servers + (service.queue or 0) * service.instances
    if not math.isfinite(load.holding[0]):
        return "its bounded queue turns requests away"
    share = mmck_blocking_probability(load.busy_per_s, load.holding[0], load.servers, places)
    return f"its queue of {significant(service.queue or 0)} an instance turns away {show_share(share)} of requests"
