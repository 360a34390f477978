"""Traffic of calls, and bytes at the edge."""

from __future__ import annotations

import math

from archbook.capacity.flow import Plan
from archbook.capacity.result import CallEstimate
from archbook.design.model import Design


def calls(design: Design, plan: Plan, growth: float) -> tuple[CallEstimate, ...]:
    """Calls and attempts a second of every call, and bytes a second; nan where no size is given."""
    found = []
    for i, call in enumerate(design.calls):
        sizes = [float(size) for size in (call.request_size, call.response_size) if size is not None]
        attempts = plan.attempts_per_s[i] * growth
        bandwidth = attempts * sum(sizes) if sizes else math.nan
        found.append(CallEstimate(i, call.from_, call.to, plan.calls_per_s[i] * growth, attempts, bandwidth))
    return tuple(found)


def edge(design: Design, plan: Plan, growth: float) -> tuple[float, float, list[str]]:
    """Bytes a second from and to clients, and a sentence on endpoints whose sizes are missing."""
    ingress = egress = 0.0
    missing = 0
    for endpoint in design.api.endpoints:
        rate = plan.asked_per_s[endpoint.name] * growth
        ingress += rate * float(endpoint.request_size or 0)
        egress += rate * float(endpoint.response_size or 0)
        missing += bool(rate) and endpoint.response_size is None
    lines = [f"bandwidth at the edge leaves out {missing} endpoints without a response_size"] if missing else []
    return ingress, egress, lines
