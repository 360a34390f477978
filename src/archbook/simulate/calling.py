"""How a call is made: retries with budgets, breakers and bulkheads.

A call under way is one row of the pool. Each attempt has a generation: what comes back with another one (after a
timeout, or from the slower of two hedged attempts) is ignored, but the callee has worked for it all the same.
"""

from __future__ import annotations

from typing import Any

from archbook.simulate.compiled import inner
from archbook.simulate.happening import give_row, next_generation, push, take_row, wake
from archbook.simulate.random import uniform
from archbook.simulate.state import (
    B_FAILED,
    B_OPEN,
    B_PAST,
    B_PROBE,
    B_SEEN,
    B_STATE,
    BY_POLICY,
    C_ATTEMPT,
    C_CLIENT,
    C_FETCH,
    C_GEN,
    C_JOB,
    C_LEG,
    C_WAITING,
    CLIENTS,
    CLIENTS_X,
    CLOSED,
    EXPONENTIAL,
    FETCHES,
    J_FAILED,
    J_WAITS,
    JITTERED,
    L_POLICY,
    LEGS,
    NO_BACKOFF,
    OPEN,
    P_BACKOFF,
    P_BREAKER,
    P_BULKHEAD,
    P_OPTIONAL,
    P_RETRIES,
    POLICIES,
    POLICIES_X,
    POOL,
    PX_BUDGET,
    PX_PAUSE,
    PX_TOKENS,
    Q_FAILED,
    Q_FAST_FAILS,
    Q_RETRIES,
    R_FAILURE,
    RETRY,
    STREAMS,
)

BREAKER_WINDOW, BREAKER_FAILURES, BREAKER_OPEN_S = 20, 10, 5.0
"""A breaker opens when half of an instance's last 20 calls failed, and lets one through after 5 s."""
TOKENS = 10.0
"""A retry budget may be saved up to this many retries."""
LONGEST_PAUSE_S = 10.0


@inner
def policy_of(n: Any, call: int) -> int:
    """The policy of a call, as an offset in the table."""
    return n[n[LEGS] + n[n[POOL] + call + C_LEG] + L_POLICY]


@inner
def admitted(n: Any, x: Any, call: int, now: float) -> bool:
    """Whether bulkhead and breaker of the client let an attempt through."""
    policy, client = n[POLICIES] + policy_of(n, call), n[n[POOL] + call + C_CLIENT]
    row = n[CLIENTS] + client
    if 0 < n[policy + P_BULKHEAD] <= n[row + B_OPEN]:
        return False
    if n[policy + P_BREAKER] and n[row + B_STATE] == OPEN:
        if now < x[n[CLIENTS_X] + client] or n[row + B_PROBE]:
            return False
        n[row + B_PROBE] = 1
    return True


@inner
def _noted(n: Any, x: Any, client: int, failed: int, now: float) -> None:
    """Tell the breaker of a client how an attempt ended."""
    row = n[CLIENTS] + client
    if n[row + B_STATE] == OPEN:
        n[row + B_PROBE] = 0
        if failed:
            x[n[CLIENTS_X] + client] = now + BREAKER_OPEN_S
        else:
            n[row + B_STATE], n[row + B_PAST], n[row + B_FAILED], n[row + B_SEEN] = CLOSED, 0, 0, 0
        return
    n[row + B_FAILED] += failed - ((n[row + B_PAST] >> (BREAKER_WINDOW - 1)) & 1)
    n[row + B_PAST] = ((n[row + B_PAST] << 1) | failed) & ((1 << BREAKER_WINDOW) - 1)
    n[row + B_SEEN] += 1
    if n[row + B_SEEN] >= BREAKER_WINDOW and n[row + B_FAILED] >= BREAKER_FAILURES:
        n[row + B_STATE], n[row + B_PROBE] = OPEN, 0
        x[n[CLIENTS_X] + client] = now + BREAKER_OPEN_S


@inner
def attempt_ended(n: Any, x: Any, call: int, failed: int, now: float) -> None:
    """An attempt that was let through has been answered, or given up: try again, or end the call."""
    policy, client = policy_of(n, call), n[n[POOL] + call + C_CLIENT]
    next_generation(n, call)
    n[n[CLIENTS] + client + B_OPEN] -= 1
    if n[n[POLICIES] + policy + P_BREAKER]:
        _noted(n, x, client, failed, now)
    if failed:
        n[n[BY_POLICY] + policy + Q_FAILED] += 1
    if not failed or not _again(n, x, call, policy, now):
        ended(n, call, policy, failed)


@inner
def _again(n: Any, x: Any, call: int, policy: int, now: float) -> bool:
    """Plan the next attempt, unless retries or their budget are used up."""
    done, limits = n[n[POOL] + call + C_ATTEMPT], n[POLICIES_X] + policy
    if done > n[n[POLICIES] + policy + P_RETRIES]:
        return False
    if x[limits + PX_BUDGET] >= 0.0:
        if x[limits + PX_TOKENS] < 1.0:
            return False
        x[limits + PX_TOKENS] -= 1.0
    backoff, pause = n[n[POLICIES] + policy + P_BACKOFF], x[limits + PX_PAUSE]
    if backoff == NO_BACKOFF:
        pause = 0.0
    elif backoff in (EXPONENTIAL, JITTERED):
        pause = min(pause * 2.0 ** (done - 1), LONGEST_PAUSE_S)
        if backoff == JITTERED:
            pause *= uniform(n, n[STREAMS] + 6 * R_FAILURE)
    n[n[BY_POLICY] + policy + Q_RETRIES] += 1
    push(n, x, now + pause, RETRY, call, n[n[POOL] + call + C_GEN])
    return True


@inner
def join(n: Any, call: int, job: int) -> None:
    """A job waits for a call that somebody else has under way, for the same key of a cache."""
    waiting = take_row(n)
    n[n[POOL] + waiting + C_JOB], n[n[POOL] + waiting + C_WAITING] = job, n[n[POOL] + call + C_WAITING]
    n[n[POOL] + call + C_WAITING] = waiting
    n[n[POOL] + job + J_WAITS] += 1


@inner
def ended(n: Any, call: int, policy: int, failed: int) -> None:
    """A call is over: its caller, and who joined it, go on where this was the last that they waited for."""
    row = n[POOL] + call
    job, waiting = n[row + C_JOB], n[row + C_WAITING]
    if n[row + C_FETCH] >= 0:
        n[n[FETCHES] + n[row + C_FETCH]] = -1
    next_generation(n, call)
    give_row(n, call)
    counts = failed != 0 and n[n[POLICIES] + policy + P_OPTIONAL] == 0
    while waiting >= 0:
        other, following = n[n[POOL] + waiting + C_JOB], n[n[POOL] + waiting + C_WAITING]
        give_row(n, waiting)
        _answered(n, other, counts)
        waiting = following
    if job >= 0:
        _answered(n, job, counts)


@inner
def _answered(n: Any, job: int, failed: bool) -> None:
    row = n[POOL] + job
    if failed:
        n[row + J_FAILED] = 1
    n[row + J_WAITS] -= 1
    if n[row + J_WAITS] == 0:
        wake(n, job)


@inner
def turned_back(n: Any, call: int) -> None:
    """Breaker or bulkhead did not let an attempt through: the call fails at once."""
    policy = policy_of(n, call)
    n[n[BY_POLICY] + policy + Q_FAST_FAILS] += 1
    ended(n, call, policy, 1)
