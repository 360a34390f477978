"""The state of a simulation: two flat arrays, `n` of whole numbers and `x` of real ones, and where things lie in them.

Compiled functions take just these two, which keeps calls between them cheap and compilation short. The first numbers
of `n` are counters (`Z_`), then where each table begins (upper-case names of tables); the first of `x` are times
(`F_`). A table has rows of a fixed width; a row is spoken of by its offset in its table, so ``n[n[STATIONS] + station
+ S_COUNT]`` is one number. Jobs and open calls share one pool of rows, `POOL`, as wide in `x` (`POOL_X`). Times in s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# counters in n
(Z_FREE, Z_HEAP, Z_STACK, Z_ARRIVAL, Z_CHANGE, Z_SAMPLED, Z_EVENTS, Z_IN_SYSTEM, Z_SLOTS, Z_STATIONS,
 Z_HEAP_SIZE) = range(11)  # fmt: skip
# times in x
F_NOW, F_WARM, F_END, F_SLOT = range(4)
# where tables begin; those of x end in _X
_TABLES = [
    "HANDLINGS",
    "LAWS_X",
    "LEGS",
    "LEGS_X",
    "POLICIES",
    "POLICIES_X",
    "CLIENTS",
    "CLIENTS_X",
    "STATIONS",
    "STATIONS_X",
    "INSTANCES",
    "INSTANCES_X",
    "RING",
    "RING_X",
    "SPEEDS_X",
    "CACHES",
    "CACHES_X",
    "CACHE_AT",
    "FETCHES",
    "POPULARITY_X",
    "ARRIVALS",
    "ARRIVALS_X",
    "ENTRIES",
    "CHANGES",
    "CHANGES_X",
    "STREAMS",
    "BY_ENDPOINT",
    "BY_ENDPOINT_X",
    "BY_STATION",
    "BY_STATION_X",
    "BY_POLICY",
    "RESPONSES",
    "WAITS",
    "TIMES",
    "COURSE",
    "REACHED",
    "POOL",
    "POOL_X",
    "FREE",
    "STACK",
    "HEAP",
    "HEAP_X",
]
(HANDLINGS, LAWS_X, LEGS, LEGS_X, POLICIES, POLICIES_X, CLIENTS, CLIENTS_X, STATIONS, STATIONS_X, INSTANCES,
 INSTANCES_X, RING, RING_X, SPEEDS_X, CACHES, CACHES_X, CACHE_AT, FETCHES, POPULARITY_X, ARRIVALS, ARRIVALS_X, ENTRIES,
 CHANGES, CHANGES_X, STREAMS, BY_ENDPOINT, BY_ENDPOINT_X, BY_STATION, BY_STATION_X, BY_POLICY, RESPONSES, WAITS, TIMES,
 COURSE, REACHED, POOL, POOL_X, FREE, STACK, HEAP, HEAP_X) = range(16, 16 + 42)  # fmt: skip
_HEAD, _HEAD_X = 64, 8

WIDE = 8
"""Width of the rows of most tables, so that one offset serves several."""
ROW = 16
"""Width of the rows of the pool: a job (one visit of a station) or a call under way."""
# handlings: what a station does for one request; LAWS_X beside it
H_STATION, H_LEG, H_LEG_END = range(3)
# legs: the calls of a handling, in order; those of one group are made at once, and GROUP_END is one past its last
L_TO, L_SYNC, L_WRITE, L_REPEAT, L_POLICY, L_GROUP_END, L_CACHE = range(7)
LX_PART, LX_CHANCE = range(2)
# policies: how a call of the design is made
P_RETRIES, P_BACKOFF, P_BULKHEAD, P_BREAKER, P_OPTIONAL, P_CLIENT = range(6)
PX_TIMEOUT, PX_PAUSE, PX_BUDGET, PX_FAILURE, PX_HEDGE, PX_TOKENS = range(6)
NO_BACKOFF, FIXED, EXPONENTIAL, JITTERED = range(4)
# one client instance of one policy: open calls, and its circuit breaker; CLIENTS_X: until when it is open
B_OPEN, B_STATE, B_PAST, B_FAILED, B_SEEN, B_PROBE = range(6)
CLOSED, OPEN = range(2)
# stations: services, stores, externals
S_FIRST, S_COUNT, S_POLICY, S_NEXT, S_COPIES, S_RING, S_RING_END, S_STREAM = range(8)
SX_INTERVAL, SX_DUE = range(2)
RANDOM, ROUND_ROBIN, LEAST, TWO_CHOICES, STICKY, HASHED = range(6)
# instances of stations
I_STATION, I_SERVERS, I_BUSY, I_QUEUE, I_MOST, I_HEAD, I_TAIL, I_STATE = range(8)
WELL, REFUSING, OUT = 0, 1, 2  # bits of I_STATE
IX_AREA, IX_SINCE, IX_SPEEDS, IX_ANSWERED, IX_RESPONSE, IX_AWAY = range(6)  # the last three are counts and a sum
# jobs and calls
(J_HANDLING, J_CALL, J_CALL_GEN, J_LEG, J_REPEAT, J_WAITS, J_FAILED, J_INSTANCE, J_NEXT, J_ENDPOINT,
 J_KEY) = range(11)  # fmt: skip
JX_ARRIVED = 0
C_JOB, C_LEG, C_ATTEMPT, C_CLIENT, C_KEY, C_CACHE_KEY, C_FETCH, C_WAITING = range(8)
C_GEN = 15  # no job has this column, so that it outlives the call
# kinds of event, and of change on the timeline
DONE, TIMEOUT, RETRY, HEDGE = range(4)
REFUSE, TAKE_OUT, FLUSH = range(3)
# what is counted
E_GOOD, E_FAILED = range(2)
V_VISITS, V_SHED, V_REFUSED = range(3)
VX_WAIT, VX_RESPONSE = range(2)
Q_ATTEMPTS, Q_TIMEOUTS, Q_RETRIES, Q_FAST_FAILS, Q_CALLS, Q_HITS, Q_FAILED, Q_JOINED = range(8)
T_OFFERED, T_GOOD, T_FAILED, T_IN_SYSTEM = range(4)
# streams of chance
R_BALANCE, R_FAILURE, R_CHANCE, R_KEY, R_STATIONS = range(5)

FINISHED, FULL = range(2)
LEAST_TIME_S, BIN_WIDTH, BINS = 1e-6, 0.005, 4700


class World:
    """The two arrays of a run, and its tables as views into them."""

    def __init__(self, tables: Mapping[str, Any]) -> None:
        """tables: name (a table's, in lower case) → array of one or two dimensions, copied."""
        self.shapes = {name: np.asarray(table).shape for name, table in tables.items()}
        sizes = {name: int(np.prod(shape)) for name, shape in self.shapes.items()}
        x_size = _HEAD_X + sum(size for name, size in sizes.items() if name.endswith("_x"))
        n_size = _HEAD + sum(size for name, size in sizes.items() if not name.endswith("_x"))
        self.n, self.x = np.zeros(n_size, dtype=np.int64), np.zeros(x_size)
        here, here_x = _HEAD, _HEAD_X
        for name, table in tables.items():
            start = here_x if name.endswith("_x") else here
            self.n[16 + _TABLES.index(name.upper())] = start
            (self.x if name.endswith("_x") else self.n)[start : start + sizes[name]] = np.asarray(table).ravel()
            here, here_x = (here, start + sizes[name]) if name.endswith("_x") else (start + sizes[name], here_x)

    def __getattr__(self, name: str) -> Any:
        """A table as a view, by its name in lower case."""
        if name.startswith("_") or name not in self.shapes:
            raise AttributeError(name)
        start = int(self.n[16 + _TABLES.index(name.upper())])
        flat = self.x if name.endswith("_x") else self.n
        return flat[start : start + int(np.prod(self.shapes[name]))].reshape(self.shapes[name])
