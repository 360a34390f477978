"""Designs of any size, for tests and measurements: valid, without cycles, the same for the same seed."""

from __future__ import annotations

import random

TIERS = 4
METHODS = ("GET", "POST", "PATCH", "DELETE")


def big_design_yaml(services: int = 1000, calls: int = 5000, endpoints: int = 3000, seed: int = 1) -> str:
    """The text of a design with a gateway and services in four tiers, each of which calls only the tier below.

    The first tier serves the endpoints; every service of it is called by the gateway. A fifth of the other calls go to
    stores. Needs services >= 10 and calls >= 2 × services.
    """
    chance = random.Random(seed)
    tiers = [[f"service-{i}" for i in range(tier + 1, services, TIERS)] for tier in range(TIERS)]
    stores = [f"db-{i}" for i in range(max(1, services // 5))]
    names = [(f"{METHODS[i % 4]} /api/v1/things-{i // 4}", tiers[0][i // 4 % len(tiers[0])]) for i in range(endpoints)]
    lines = ["# A generated design.", "archbook: 1", "name: big", "title: Generated", *_traffic(chance, names)]
    lines += ["services:", "  gateway: {role: gateway, instances: 50, concurrency: 64, service_time: {mean: 1ms}}"]
    for service in sorted({service for tier in tiers for service in tier}, key=lambda name: int(name.split("-")[1])):
        lines += [f"  {service}:", f"    does: The work of {service}", f"    instances: {chance.randint(2, 20)}",
                  f"    concurrency: {chance.choice((4, 8, 16))}", "    owner: team",
                  f"    service_time: {{mean: {chance.randint(1, 20)}ms, scv: 1.5}}",
                  "    slo: {p95: 200ms, availability: 99.9%}", "    health_check: /healthz"]  # fmt: skip
    lines += ["stores:", "  events: {engine: kafka, role: broker, servers: 64, service_time: {mean: 1ms}}"]
    lines += [f"  {store}: {{engine: postgresql, owner: {chance.choice(chance.choice(tiers))}, servers: 16, "
              f"service_time: {{mean: 1ms}}, pool: 20, max_connections: 500}}" for store in stores]  # fmt: skip
    lines += ["calls:", *_calls(chance, tiers, stores, {service: name for name, service in names}, calls)]
    lines += ["events:"]
    lines += [f"  thing-{i}.changed: {{from: {tiers[0][i % len(tiers[0])]}, to: [{tiers[2][i % len(tiers[2])]}], "
              f"broker: events, on: [{names[4 * i % len(names)][0]}], outbox: true}}"
              for i in range(min(200, len(tiers[0])))]  # fmt: skip
    lines += ["api:", "  endpoints:"]
    lines += [f"    - {{name: {name}, service: {service}, auth: user, response_size: 4KB}}" for name, service in names]
    lines += ["decisions:", "  - {id: 1, title: Generated, why: To measure}"]
    return "\n".join(lines) + "\n"


def _traffic(chance: random.Random, names: list[tuple[str, str]]) -> list[str]:
    lines = ["traffic:", "  daily_active_users: 100k", "  peak_to_mean: 4", "  growth: 10", "  journeys:"]
    for i in range(20):
        steps = ", ".join(chance.choice(names)[0] for _ in range(10))
        lines.append(f"    journey-{i}: {{share: 5%, steps: [{steps}]}}")
    return lines


def _calls(
    chance: random.Random, tiers: list[list[str]], stores: list[str], endpoint_of: dict[str, str], calls: int
) -> list[str]:
    lines = [f"  - {{from: gateway, to: {service}, timeout: 2s, breaker: true}}" for service in tiers[0]]
    callers = [(tier, service) for tier in range(TIERS) for service in tiers[tier]]
    for i in range(max(0, calls - len(lines))):
        tier, caller = callers[i % len(callers)]
        below = stores if tier == TIERS - 1 or i % 5 == 0 else tiers[tier + 1]
        on = f"on: [{endpoint_of[caller]}], " if caller in endpoint_of and i % 2 else ""
        times = chance.choice((0.3, 0.5, 1))
        care = "timeout: 800ms, retries: 1, backoff: jittered, breaker: true, why: It needs the answer"
        lines.append(f"  - {{from: {caller}, to: {chance.choice(below)}, {on}per_request: {times}, {care}}}")
    return lines
