"""The smallest system that can have a retry storm: clients, a front, and one pool behind it."""

from __future__ import annotations

import json
from typing import Any

from archbook.capacity.formulas import checked, counted
from archbook.design.loading import read
from archbook.design.model import Design

_TEXT = """
archbook: 1
name: two-tiers
traffic: {{daily_active_users: 86400, sessions_per_user_per_day: {rate},
  journeys: {{visit: {{share: 1, steps: [GET /api/v1/things]}}}}}}
services:
  front: {{instances: 1, concurrency: 100000, service_time: {{mean: 1ms}}}}
  pool: {pool}
calls: [{call}]
api: {{endpoints: [{{name: GET /api/v1/things, service: front}}]}}
"""


def two_tiers(
    rate_per_s: float, servers: int, service_time_s: float, timeout_s: float = 1.0, queue: int | None = None,
    service_scv: float = 1.0, **policy: Any,
) -> Design:  # fmt: skip
    """A front that nothing limits calls one pool of `servers`; policy: keys of the call, as in a design file.

    queue: requests that may wait before the pool sheds; None has no bound. Raises DesignError and InvalidInput.

    >>> two_tiers(80, servers=10, service_time_s=0.1, retries=3).calls[0].retries
    3
    """
    mean = f"{checked('service_time_s', service_time_s, above=0)}s"
    places = counted("servers", servers)
    pool = {"instances": 1, "concurrency": places, "service_time": {"mean": mean, "scv": service_scv}}
    pool |= {} if queue is None else {"queue": queue}
    call = {"from": "front", "to": "pool", "timeout": f"{checked('timeout_s', timeout_s, above=0)}s", **policy}
    rate = checked("rate_per_s", rate_per_s, above=0)
    return read(_TEXT.format(rate=rate, pool=json.dumps(pool), call=json.dumps(call)))
