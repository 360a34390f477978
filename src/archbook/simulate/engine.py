"""The event loop: jobs arrive at stations, wait, are served, make their calls and answer.

A job holds one server of its instance from the start of its own work until its last synchronous call is answered.
"""

from __future__ import annotations

from typing import Any

from archbook.simulate.balancing import below, chosen
from archbook.simulate.caches import cache_fill, cache_flush, cache_look
from archbook.simulate.calling import TOKENS, admitted, attempt_ended, join, policy_of, turned_back
from archbook.simulate.compiled import compiled, inner
from archbook.simulate.happening import (
    binned,
    done_at,
    give_row,
    next_generation,
    occupy,
    pop,
    push,
    slot_of,
    take_row,
    unpacked,
    wake,
)
from archbook.simulate.random import sample, uniform
from archbook.simulate.state import *  # the names of the columns


@inner
def _chance(n: Any, stream: int) -> float:
    return uniform(n, n[STREAMS] + 6 * stream)


@inner
def _new_job(n: Any, x: Any, handling: int, call: int, key: int, endpoint: int, now: float) -> int:
    job = take_row(n)
    row = n[POOL] + job
    n[row + J_HANDLING], n[row + J_CALL], n[row + J_CALL_GEN] = handling, call, 0
    if call >= 0:
        n[row + J_CALL_GEN] = n[n[POOL] + call + C_GEN]
    n[row + J_LEG] = n[n[HANDLINGS] + handling + H_LEG]
    n[row + J_REPEAT], n[row + J_WAITS], n[row + J_FAILED], n[row + J_INSTANCE] = 0, 0, 0, -1
    n[row + J_NEXT], n[row + J_ENDPOINT], n[row + J_KEY] = -1, endpoint, key
    x[n[POOL_X] + job + JX_ARRIVED] = now
    return job


@inner
def _arrive(n: Any, x: Any, job: int, now: float, write: int) -> None:
    """A job comes to its station: taken, queued, shed or refused."""
    station = n[n[HANDLINGS] + n[n[POOL] + job + J_HANDLING] + H_STATION]
    if station < 0:  # an event only hands on
        wake(n, job)
        return
    n[n[REACHED] + slot_of(n, x, now) * n[Z_STATIONS] + station // WIDE] += 1
    interval = x[n[STATIONS_X] + station + SX_INTERVAL]
    if interval > 0.0:  # a rate limit: GCRA that forgives a second's worth
        due = max(x[n[STATIONS_X] + station + SX_DUE], now)
        if due - now > 1.0:
            _turned_away(n, x, job, station, V_SHED, now)
            return
        x[n[STATIONS_X] + station + SX_DUE] = due + interval
    if write and n[n[STATIONS] + station + S_COPIES] > 1:
        instance = n[n[STATIONS] + station + S_FIRST]
    else:
        instance = chosen(n, x, station, n[n[POOL] + job + J_KEY])
    _at(n, x, job, instance, station, now)


@inner
def _at(n: Any, x: Any, job: int, instance: int, station: int, now: float) -> None:
    row = n[INSTANCES] + instance
    n[n[POOL] + job + J_INSTANCE] = instance
    if n[row + I_STATE] & REFUSING:
        _turned_away(n, x, job, station, V_REFUSED, now)
    elif n[row + I_SERVERS] == 0 or n[row + I_BUSY] < n[row + I_SERVERS]:
        _start(n, x, job, instance, now)
    elif 0 <= n[row + I_MOST] <= n[row + I_QUEUE]:
        _turned_away(n, x, job, station, V_SHED, now)
    else:
        if n[row + I_QUEUE]:
            n[n[POOL] + n[row + I_TAIL] + J_NEXT] = job
        else:
            n[row + I_HEAD] = job
        n[row + I_TAIL] = job
        n[row + I_QUEUE] += 1


@inner
def _turned_away(n: Any, x: Any, job: int, station: int, why: int, now: float) -> None:
    """Shed or refused: answered with a failure at once, without having been served."""
    if now >= x[F_WARM]:
        n[n[BY_STATION] + station + why] += 1
        if n[n[POOL] + job + J_INSTANCE] >= 0:
            x[n[INSTANCES_X] + n[n[POOL] + job + J_INSTANCE] + IX_AWAY] += 1.0
    n[n[POOL] + job + J_FAILED] = 1
    _answer(n, x, job, now)


@inner
def _start(n: Any, x: Any, job: int, instance: int, now: float) -> None:
    """A server takes the job and begins its own work."""
    station = n[n[INSTANCES] + instance + I_STATION]
    wait = now - x[n[POOL_X] + job + JX_ARRIVED]
    if now - wait >= x[F_WARM]:
        n[n[BY_STATION] + station + V_VISITS] += 1
        x[n[BY_STATION_X] + station + VX_WAIT] += wait
        n[n[WAITS] + station // WIDE * BINS + binned(wait)] += 1
    occupy(n, x, instance, now, 1)
    law = n[LAWS_X] + n[n[POOL] + job + J_HANDLING]
    work = sample(n, n[n[STATIONS] + station + S_STREAM], x, law)
    if work > 0.0:
        push(n, x, done_at(n, x, instance, now, work), DONE, job, 0)
    else:
        wake(n, job)


@inner
def _leave(n: Any, x: Any, job: int, now: float) -> None:
    """A job is done: its server takes the next one, and its answer goes back."""
    instance = n[n[POOL] + job + J_INSTANCE]
    if instance >= 0:
        row = n[INSTANCES] + instance
        station, arrived = n[row + I_STATION], x[n[POOL_X] + job + JX_ARRIVED]
        if arrived >= x[F_WARM]:
            x[n[BY_STATION_X] + station + VX_RESPONSE] += now - arrived
            n[n[TIMES] + station // WIDE * BINS + binned(now - arrived)] += 1
            x[n[INSTANCES_X] + instance + IX_ANSWERED] += 1.0
            x[n[INSTANCES_X] + instance + IX_RESPONSE] += now - arrived
        occupy(n, x, instance, now, -1)
        if n[row + I_QUEUE]:
            following = n[row + I_HEAD]
            n[row + I_HEAD] = n[n[POOL] + following + J_NEXT]
            n[row + I_QUEUE] -= 1
            _start(n, x, following, instance, now)
    _answer(n, x, job, now)


@inner
def _answer(n: Any, x: Any, job: int, now: float) -> None:
    """The answer of a job reaches whoever still waits for it."""
    row = n[POOL] + job
    call, failed, endpoint = n[row + J_CALL], n[row + J_FAILED], n[row + J_ENDPOINT]
    if endpoint >= 0:
        _request_over(n, x, endpoint, failed, x[n[POOL_X] + job + JX_ARRIVED], now)
    elif call >= 0 and n[n[POOL] + call + C_GEN] == n[row + J_CALL_GEN]:
        leg = n[LEGS] + n[n[POOL] + call + C_LEG]
        fails, key = x[n[POLICIES_X] + n[leg + L_POLICY] + PX_FAILURE], n[n[POOL] + call + C_CACHE_KEY]
        if not failed and fails > 0.0 and _chance(n, R_FAILURE) < fails:
            failed = 1
        if not failed and key >= 0:
            at = n[CACHE_AT] + n[leg + L_CACHE]
            cache_fill(n, x, n[CACHES] + n[at], n[CACHES_X] + n[at + 1], key, now)
        attempt_ended(n, x, call, failed, now)
    give_row(n, job)


@inner
def _request_over(n: Any, x: Any, endpoint: int, failed: int, entered: float, now: float) -> None:
    n[Z_IN_SYSTEM] -= 1
    n[n[COURSE] + slot_of(n, x, now) * 4 + (T_FAILED if failed else T_GOOD)] += 1
    if entered >= x[F_WARM]:
        n[n[BY_ENDPOINT] + 2 * endpoint + (E_FAILED if failed else E_GOOD)] += 1
        if not failed:
            x[n[BY_ENDPOINT_X] + endpoint] += now - entered
            n[n[RESPONSES] + endpoint * BINS + binned(now - entered)] += 1


@inner
def _go_on(n: Any, x: Any, job: int, now: float) -> None:
    """Own work or the calls before are done: make the next calls, or leave."""
    row = n[POOL] + job
    last = n[n[HANDLINGS] + n[row + J_HANDLING] + H_LEG_END]
    while n[row + J_WAITS] == 0:
        if n[row + J_FAILED] or (n[row + J_LEG] >= last and n[row + J_REPEAT] <= 0):
            _leave(n, x, job, now)
            return
        n[row + J_WAITS] = 1  # so that a call that fails at once does not wake it before it sleeps
        if n[row + J_REPEAT] > 0:  # the calls of one leg, one after the other
            n[row + J_REPEAT] -= 1
            _call(n, x, job, n[row + J_LEG] - WIDE, now)
        else:
            leg = n[row + J_LEG]
            until = n[n[LEGS] + leg + L_GROUP_END]
            n[row + J_LEG] = until
            if until == leg + WIDE and n[n[LEGS] + leg + L_SYNC]:
                n[row + J_REPEAT] = _repetitions(n, x, leg)
            else:
                for each in range(leg, until, WIDE):
                    for _ in range(_repetitions(n, x, each)):
                        _call(n, x, job, each, now)
        n[row + J_WAITS] -= 1


@inner
def _repetitions(n: Any, x: Any, leg: int) -> int:
    times, part = n[n[LEGS] + leg + L_REPEAT], x[n[LEGS_X] + leg + LX_PART]
    if part > 0.0 and _chance(n, R_CHANCE) < part:
        times += 1
    return times


@inner
def _call(n: Any, x: Any, job: int, leg: int, now: float) -> None:
    """Begin one call, unless a cache has the answer."""
    made, row, cached = x[n[LEGS_X] + leg + LX_CHANCE], n[LEGS] + leg, -1
    policy = n[row + L_POLICY]
    if made < 1.0 and _chance(n, R_CHANCE) >= made:
        return
    if n[row + L_CACHE] >= 0:
        at = n[CACHE_AT] + n[row + L_CACHE]
        cached = _popular(n, x, n[POPULARITY_X] + n[at + 2], n[at + 3])
        if cache_look(n, x, n[CACHES] + n[at], n[CACHES_X] + n[at + 1], cached, now):
            n[n[BY_POLICY] + policy + Q_HITS] += 1
            return
    fetch = -1
    if cached >= 0 and n[n[CACHE_AT] + n[row + L_CACHE] + 4] >= 0:
        fetch = n[n[CACHE_AT] + n[row + L_CACHE] + 4] + cached
        if n[n[FETCHES] + fetch] >= 0:
            n[n[BY_POLICY] + policy + Q_JOINED] += 1
            if n[row + L_SYNC]:
                join(n, n[n[FETCHES] + fetch], job)
            return
    call, client, asker = take_row(n), n[n[POLICIES] + policy + P_CLIENT], n[POOL] + job
    if fetch >= 0:
        n[n[FETCHES] + fetch] = call
    instance = n[asker + J_INSTANCE]
    if instance >= 0:
        client += instance - n[n[STATIONS] + n[n[INSTANCES] + instance + I_STATION] + S_FIRST]
    under_way = n[POOL] + call
    n[under_way + C_LEG], n[under_way + C_ATTEMPT], n[under_way + C_CLIENT] = leg, 0, client
    n[under_way + C_KEY], n[under_way + C_CACHE_KEY], n[under_way + C_JOB] = n[asker + J_KEY], cached, -1
    n[under_way + C_FETCH], n[under_way + C_WAITING] = fetch, -1
    if n[row + L_SYNC]:
        n[under_way + C_JOB] = job
        n[asker + J_WAITS] += 1
    n[n[BY_POLICY] + policy + Q_CALLS] += 1
    limits = n[POLICIES_X] + policy
    if x[limits + PX_BUDGET] >= 0.0:
        x[limits + PX_TOKENS] = min(x[limits + PX_TOKENS] + x[limits + PX_BUDGET], TOKENS)
    _attempt(n, x, call, now)


@inner
def _popular(n: Any, x: Any, start: int, items: int) -> int:
    """A key by its popularity, from the running sums of the weights."""
    place = _chance(n, R_KEY) * x[start + items - 1]
    low, high = 0, items - 1
    while low < high:
        middle = (low + high) >> 1
        if x[start + middle] < place:
            low = middle + 1
        else:
            high = middle
    return low


@inner
def _attempt(n: Any, x: Any, call: int, now: float) -> None:
    """Send one attempt of a call."""
    if not admitted(n, x, call, now):
        turned_back(n, call)
        return
    row, limits = n[POOL] + call, n[POLICIES_X] + policy_of(n, call)
    n[row + C_ATTEMPT] += 1
    n[n[CLIENTS] + n[row + C_CLIENT] + B_OPEN] += 1
    if x[limits + PX_TIMEOUT] > 0.0:
        push(n, x, now + x[limits + PX_TIMEOUT], TIMEOUT, call, n[row + C_GEN])
    if x[limits + PX_HEDGE] > 0.0:
        push(n, x, now + x[limits + PX_HEDGE], HEDGE, call, n[row + C_GEN])
    _send(n, x, call, now)


@inner
def _send(n: Any, x: Any, call: int, now: float) -> None:
    """One job for the callee; a write is applied by every copy of a store as well."""
    row = n[POOL] + call
    leg, key = n[LEGS] + n[row + C_LEG], n[row + C_KEY]
    write, handling = n[leg + L_WRITE], n[leg + L_TO]
    n[n[BY_POLICY] + n[leg + L_POLICY] + Q_ATTEMPTS] += 1
    station = n[n[HANDLINGS] + handling + H_STATION]
    if write and station >= 0:
        first = n[n[STATIONS] + station + S_FIRST]
        for copy in range(1, n[n[STATIONS] + station + S_COPIES]):
            applied = _new_job(n, x, handling, -1, key, -1, now)
            n[n[POOL] + applied + J_LEG] = n[n[HANDLINGS] + handling + H_LEG_END]
            _at(n, x, applied, first + copy * WIDE, station, now)
    _arrive(n, x, _new_job(n, x, handling, call, key, -1, now), now, write)


@inner
def _event(n: Any, x: Any, now: float) -> None:
    """What stands first on the heap happens."""
    kind, row, generation = unpacked(pop(n, x))
    if kind == DONE:
        wake(n, row)
    elif n[n[POOL] + row + C_GEN] == generation:
        if kind == TIMEOUT:
            n[n[BY_POLICY] + policy_of(n, row) + Q_TIMEOUTS] += 1
            attempt_ended(n, x, row, 1, now)
        elif kind == RETRY:
            next_generation(n, row)
            _attempt(n, x, row, now)
        else:
            _send(n, x, row, now)


@inner
def _enter(n: Any, x: Any, now: float) -> None:
    """The next request of a client."""
    endpoint = n[n[ARRIVALS] + n[Z_ARRIVAL]]
    n[Z_ARRIVAL] += 1
    n[Z_IN_SYSTEM] += 1
    n[n[COURSE] + slot_of(n, x, now) * 4 + T_OFFERED] += 1
    handling = n[n[ENTRIES] + endpoint]
    _arrive(n, x, _new_job(n, x, handling, -1, below(n, R_BALANCE, 10000), endpoint, now), now, 0)


@inner
def _change(n: Any, x: Any, now: float) -> None:
    """A change of the timeline: an instance refuses or accepts, is taken out or put back, a cache is emptied."""
    at = n[CHANGES] + 4 * n[Z_CHANGE]
    n[Z_CHANGE] += 1
    kind, ident, value = n[at], n[at + 1], n[at + 2]
    if kind == FLUSH:
        cache = n[CACHE_AT] + ident
        cache_flush(n, n[CACHES] + n[cache])
        return
    row, bit = n[INSTANCES] + ident, REFUSING if kind == REFUSE else OUT
    n[row + I_STATE] = (n[row + I_STATE] | bit) if value else (n[row + I_STATE] & ~bit)
    while kind == REFUSE and value and n[row + I_QUEUE]:
        job = n[row + I_HEAD]
        n[row + I_HEAD] = n[n[POOL] + job + J_NEXT]
        n[row + I_QUEUE] -= 1
        _turned_away(n, x, job, n[row + I_STATION], V_REFUSED, now)


@inner
def _sampled(n: Any, x: Any, now: float) -> None:
    """Note how many requests are in the system at the end of each slot that has passed."""
    while n[Z_SAMPLED] < n[Z_SLOTS] and (n[Z_SAMPLED] + 1) * x[F_SLOT] <= now * (1 + 1e-12):
        n[n[COURSE] + n[Z_SAMPLED] * 4 + T_IN_SYSTEM] = n[Z_IN_SYSTEM]
        n[Z_SAMPLED] += 1


@compiled
def run(n: Any, x: Any, spare: int, until: float) -> int:
    """Run until the time; FULL where fewer than `spare` rows are free (grow, and call again)."""
    while True:
        if n[Z_FREE] < spare or n[Z_HEAP_SIZE] - n[Z_HEAP] < 4 * spare:
            return FULL
        arrival, change = x[n[ARRIVALS_X] + n[Z_ARRIVAL]], x[n[CHANGES_X] + n[Z_CHANGE]]
        event = x[n[HEAP_X]] if n[Z_HEAP] else 1e300
        now = min(arrival, change, event)
        if (n[Z_SAMPLED] + 1) * x[F_SLOT] <= min(now, until):
            _sampled(n, x, min(now, until))
        if now > until:
            for station in range(n[Z_STATIONS]):
                at = n[STATIONS] + station * WIDE
                for i in range(n[at + S_COUNT]):
                    occupy(n, x, n[at + S_FIRST] + i * WIDE, until, 0)
            return FINISHED
        x[F_NOW] = now
        n[Z_EVENTS] += 1
        if now == change:
            _change(n, x, now)
        elif now == event:
            _event(n, x, now)
        else:
            _enter(n, x, now)
        while n[Z_STACK]:
            n[Z_STACK] -= 1
            _go_on(n, x, n[n[STACK] + n[Z_STACK]], now)
