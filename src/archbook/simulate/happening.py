"""The smallest parts of the engine: the heap of events, the pool of rows, times under changing speed, histograms."""

from __future__ import annotations

import math
from typing import Any

from archbook.simulate.compiled import inner
from archbook.simulate.state import (
    BINS,
    C_GEN,
    F_END,
    F_SLOT,
    FREE,
    HEAP,
    HEAP_X,
    I_BUSY,
    INSTANCES,
    INSTANCES_X,
    IX_AREA,
    IX_SINCE,
    IX_SPEEDS,
    POOL,
    SPEEDS_X,
    STACK,
    Z_FREE,
    Z_HEAP,
    Z_SLOTS,
    Z_STACK,
)

_IDS = 2147483648  # 2³¹: an event is (generation × 4 + kind) × 2³¹ + row


@inner
def push(n: Any, x: Any, at_s: float, kind: int, row: int, generation: int) -> None:
    """Add an event to the heap."""
    times, events = n[HEAP_X], n[HEAP]
    here = n[Z_HEAP]
    n[Z_HEAP] = here + 1
    while here > 0:
        above = (here - 1) >> 1
        if x[times + above] <= at_s:
            break
        x[times + here], n[events + here] = x[times + above], n[events + above]
        here = above
    x[times + here], n[events + here] = at_s, (generation * 4 + kind) * _IDS + row


@inner
def pop(n: Any, x: Any) -> int:
    """Take the first event off the heap."""
    times, events = n[HEAP_X], n[HEAP]
    found = n[events]
    size = n[Z_HEAP] - 1
    n[Z_HEAP] = size
    at_s, event = x[times + size], n[events + size]
    here, below = 0, 1
    while below < size:
        if below + 1 < size and x[times + below + 1] < x[times + below]:
            below += 1
        if x[times + below] >= at_s:
            break
        x[times + here], n[events + here] = x[times + below], n[events + below]
        here, below = below, 2 * below + 1
    x[times + here], n[events + here] = at_s, event
    return found


@inner
def unpacked(event: int) -> tuple[int, int, int]:
    """Kind, row and generation of an event."""
    head = event // _IDS
    return head & 3, event - head * _IDS, head >> 2


@inner
def take_row(n: Any) -> int:
    """A free row of the pool."""
    left = n[Z_FREE] - 1
    n[Z_FREE] = left
    return n[n[FREE] + left]


@inner
def give_row(n: Any, row: int) -> None:
    """Put a row back."""
    left = n[Z_FREE]
    n[n[FREE] + left] = row
    n[Z_FREE] = left + 1


@inner
def next_generation(n: Any, call: int) -> None:
    """What still refers to this attempt of a call (a timeout, an answer) finds another generation."""
    at = n[POOL] + call + C_GEN
    n[at] = (n[at] + 1) & 134217727


@inner
def wake(n: Any, job: int) -> None:
    """Let a job go on before time does."""
    n[n[STACK] + n[Z_STACK]] = job
    n[Z_STACK] += 1


@inner
def done_at(n: Any, x: Any, instance: int, now: float, work_s: float) -> float:
    """When work begun now is done, at the instance's speed of each moment (0: it stands still)."""
    row = int(x[n[INSTANCES_X] + instance + IX_SPEEDS])
    if row < 0:
        return now + work_s
    at = n[SPEEDS_X] + 2 * row
    while x[at + 2] <= now:
        at += 2
    begun, left = now, work_s
    while True:
        until, speed = x[at + 2], x[at + 1]
        if (until - begun) * speed >= left:
            return begun + left / speed
        left -= (until - begun) * speed
        begun = until
        at += 2


@inner
def occupy(n: Any, x: Any, instance: int, now: float, change: int) -> None:
    """Change how many servers of an instance are busy, and add up the time that they were."""
    at, busy = n[INSTANCES_X] + instance, n[INSTANCES] + instance + I_BUSY
    upto = min(now, x[F_END])
    if upto > x[at + IX_SINCE]:
        x[at + IX_AREA] += (upto - x[at + IX_SINCE]) * n[busy]
        x[at + IX_SINCE] = upto
    n[busy] += change


@inner
def binned(time_s: float) -> int:
    """The bin of a time in a histogram of logarithms."""
    if not 1e-6 < time_s < 1e300:  # also where a time is no number
        return 0 if time_s < 1.0 else BINS - 1
    return min(int(math.log(time_s * 1e6) * 200.0) + 1, BINS - 1)


@inner
def slot_of(n: Any, x: Any, now: float) -> int:
    """The slot of the course in which a moment lies."""
    return min(int(now / x[F_SLOT]), n[Z_SLOTS] - 1)
