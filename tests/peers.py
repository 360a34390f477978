"""The same systems in SimPy: independent oracles of the simulator, and the peers that it is measured against."""

from __future__ import annotations

import random
from collections.abc import Generator
from typing import Any

import simpy

CALLS = {"root": ("left", "right"), "left": ("leaf",), "right": ("twig",), "leaf": (), "twig": ()}
"""A blocking call tree of five services."""
CAPACITY = {"root": 24, "left": 8, "right": 8, "leaf": 4, "twig": 4}
SERVICE_S, TIMEOUT_S, RETRIES, RATE_PER_S = 0.01, 0.08, 1, 250.0

TREE = f"""
services:
{
    chr(10).join(
        f"  {name}: {{instances: 1, concurrency: {size}, service_time: {{mean: 10ms}}}}"
        for name, size in CAPACITY.items()
    )
}
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: {RATE_PER_S}
  peak_to_mean: 1
  journeys:
    visit: {{share: 1, steps: [GET /api/v1/things]}}
api:
  endpoints:
    - {{name: GET /api/v1/things, service: root}}
calls:
{
    chr(10).join(
        f"  - {{from: {caller}, to: {callee}, timeout: 80ms, retries: 1, backoff: none}}"
        for caller, callees in CALLS.items()
        for callee in callees
    )
}
stores: {{}}
externals: {{}}
events: {{}}
"""


def mmc(customers: int, arrival_rate_per_s: float, service_time_s: float, servers: int, seed: int) -> float:
    """Mean wait (s) of an M/M/c queue."""
    chance, env, waits = random.Random(seed), simpy.Environment(), [0.0]
    resource = simpy.Resource(env, servers)

    def customer() -> Generator[Any, Any, None]:
        arrived = env.now
        with resource.request() as turn:
            yield turn
            waits[0] += env.now - arrived
            yield env.timeout(chance.expovariate(1 / service_time_s))

    def source() -> Generator[Any, Any, None]:
        for _ in range(customers):
            yield env.timeout(chance.expovariate(arrival_rate_per_s))
            env.process(customer())

    env.process(source())
    env.run()
    return waits[0] / customers


def tree(requests: int, seed: int, warm: int = 0) -> tuple[float, float]:
    """Mean response (s) of answered requests, and the share that failed, of the call tree."""
    chance, env = random.Random(seed), simpy.Environment()
    services = {name: simpy.Resource(env, size) for name, size in CAPACITY.items()}
    times: list[float] = []
    failures = [0]

    def handle(name: str) -> Generator[Any, Any, bool]:
        with services[name].request() as turn:
            yield turn
            yield env.timeout(chance.expovariate(1 / SERVICE_S))
            for callee in CALLS[name]:
                for _ in range(1 + RETRIES):
                    answer = env.process(handle(callee))  # goes on when nobody waits for it any more
                    yield answer | env.timeout(TIMEOUT_S)
                    if answer.triggered and answer.value:
                        break
                else:
                    return False
        return True

    def client(counts: bool) -> Generator[Any, Any, None]:
        entered = env.now
        good = yield env.process(handle("root"))
        if counts and good:
            times.append(env.now - entered)
        failures[0] += counts and not good

    def source() -> Generator[Any, Any, None]:
        for number in range(requests):
            yield env.timeout(chance.expovariate(RATE_PER_S))
            env.process(client(number >= warm))

    env.process(source())
    env.run()
    return sum(times) / len(times), failures[0] / (requests - warm)
