"""Compile the simulator once, so that no first run waits for it: ``python -m archbook.simulate.warming``.

`make setup` runs it. The machine code is kept beside the source, or in the user's own cache where that is read-only.
"""

from __future__ import annotations

from archbook.design.loading import read
from archbook.simulate.limiting import rate_limit
from archbook.simulate.queueing import simulate_queue
from archbook.simulate.replaying import replay
from archbook.simulate.stampeding import stampede
from archbook.simulate.tracing import cache_trace

SMALL = """
archbook: 1
name: small
traffic:
  daily_active_users: 86400
  sessions_per_user_per_day: 1
  journeys: {visit: {share: 1, steps: [GET /things]}}
services: {front: {service_time: {mean: 1ms}}}
api: {endpoints: [{name: GET /things, service: front}]}
"""


def main() -> None:
    """Run everything compiled once, on next to nothing."""
    replay(read(SMALL), duration_s=1, replications=1)
    simulate_queue(1.0, 0.5, customers=1000)
    cache_trace([0, 1], capacity=1)
    stampede(10.0, 1.0, 0.1)
    rate_limit([0.0], "gcra", limit=1, window_s=1)


if __name__ == "__main__":
    main()
