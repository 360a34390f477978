"""What one replication has measured, as plain arrays: a row an element, an endpoint, a call of the design."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.simulate import state
from archbook.simulate.figures import percentiles
from archbook.simulate.program import Program
from archbook.simulate.state import World

SHARES = (0.5, 0.95, 0.99)
ELEMENT = ("load_per_s", "utilisation", "wait_s", "response_s", "p50_s", "p95_s", "p99_s", "wait_p95_s", "turned_away")
ENDPOINT = ("load_per_s", "failed", "mean_s", "p50_s", "p95_s", "p99_s")
INSTANCE = ("load_per_s", "utilisation", "response_s", "turned_away")
CALL = ("attempts", "timeouts", "failed_fast", "hits")
_FEWEST_BEYOND = 10
"""A percentile needs this many requests beyond it; else it is nan."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Numbers of one replication after its warm-up.

    elements, endpoints, calls, instances: arrays with the columns ELEMENT, ENDPOINT, CALL and INSTANCE; nan where
    nothing came. in_system: requests under way at the end of each slot; course: (slots, 3) offered, answered and
    failed; reached: (slots, elements) visits. requests: those counted; ended: False where requests
    piled up until the run was stopped.
    """

    elements: Any
    endpoints: Any
    calls: Any
    instances: Any
    course: Any
    reached: Any
    in_system: Any
    requests: int
    ended: bool


def measured(program: Program, world: World, ended: bool) -> Measured:
    """The numbers of a world that was run."""
    watched_s = float((world.x[state.F_NOW] if not ended else world.x[state.F_END]) - world.x[state.F_WARM])
    with np.errstate(divide="ignore", invalid="ignore"):
        return Measured(
            _elements(program, world, watched_s),
            _endpoints(world, watched_s),
            _calls(world),
            _instances(world, watched_s),
            world.course[:, : state.T_IN_SYSTEM].copy(),
            world.reached.copy(),
            world.course[:, state.T_IN_SYSTEM].astype(float),
            int(world.by_endpoint.sum()),
            ended,
        )


def _elements(program: Program, world: World, watched_s: float) -> Any:
    visits = world.by_station[:, state.V_VISITS].astype(float)
    away = world.by_station[:, [state.V_SHED, state.V_REFUSED]].sum(axis=1)
    owner = world.instances[:, state.I_STATION] // state.WIDE
    count = len(program.stations)
    busy = np.bincount(owner, world.instances_x[:, state.IX_AREA], count)
    servers = np.bincount(owner, world.instances[:, state.I_SERVERS], count)
    answered = world.times.sum(axis=1)
    sums = world.by_station_x
    columns = [(visits + away) / watched_s, np.where(servers, busy / (servers * watched_s), np.nan),
               sums[:, state.VX_WAIT] / visits, sums[:, state.VX_RESPONSE] / answered, *_percentiles(world.times),
               _percentiles(world.waits)[1], away / (visits + away)]  # fmt: skip
    return np.column_stack(columns)


def _instances(world: World, watched_s: float) -> Any:
    sums, servers = world.instances_x, world.instances[:, state.I_SERVERS]
    answered, away = sums[:, state.IX_ANSWERED], sums[:, state.IX_AWAY]
    return np.column_stack([(answered + away) / watched_s,
                            np.where(servers, sums[:, state.IX_AREA] / (servers * watched_s), np.nan),
                            sums[:, state.IX_RESPONSE] / answered, away / (answered + away)])  # fmt: skip


def _endpoints(world: World, watched_s: float) -> Any:
    good, failed = world.by_endpoint.T.astype(float)
    total = good + failed
    return np.column_stack([total / watched_s, failed / total, world.by_endpoint_x / good,
                            *_percentiles(world.responses)])  # fmt: skip


def _percentiles(histograms: Any) -> Any:
    """A row a share, a column a histogram."""
    found = np.array([percentiles(row, SHARES, state.BIN_WIDTH, state.LEAST_TIME_S) for row in histograms])
    few = histograms.sum(axis=1)[:, None] * (1 - np.array(SHARES)) < _FEWEST_BEYOND
    return np.where(few, np.nan, found).T


def _calls(world: World) -> Any:
    counts = world.by_policy[:-1].astype(float)  # the last is for deliveries of events
    made = counts[:, state.Q_CALLS]
    attempts = counts[:, state.Q_ATTEMPTS]
    hits = counts[:, state.Q_HITS]
    columns = [attempts / made, counts[:, state.Q_TIMEOUTS] / attempts, counts[:, state.Q_FAST_FAILS] / made,
               hits / (made + hits)]  # fmt: skip
    return np.column_stack(columns)
