"""Rate limiters in virtual time: which requests of a trace pass, and how long the others are told to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted, floats
from archbook.errors import InvalidInput, UnknownName
from archbook.simulate.compiled import compiled, inner
from archbook.units import show_count, show_duration, significant

RATE_LIMITERS = ("fixed_window", "sliding_log", "sliding_counter", "token_bucket", "gcra")
_FIXED, _LOG, _COUNTER, _BUCKET, _GCRA = range(5)
_SLACK = 1e-9
"""Of a window: a request that is early by less than rounding is on time."""


@dataclass(frozen=True, slots=True)
class RateLimited:
    """What a rate limiter did with each request of a trace.

    times_s: when they came. allowed: which passed. retry_after_s: the shortest wait after which a request that was
    turned away would pass if no other came; 0 for those that passed.
    """

    policy: str
    limit: int
    window_s: float
    times_s: Any
    allowed: Any
    retry_after_s: Any

    @property
    def passed(self) -> int:
        """How many requests passed."""
        return int(self.allowed.sum())

    def most_in(self, window_s: float) -> int:
        """The most requests that passed within any `window_s` (half-open), of all users together."""
        times = self.times_s[self.allowed]
        until = np.searchsorted(times, times + checked("window_s", window_s, above=0) * (1 - _SLACK))
        return int((until - np.arange(len(times))).max(initial=0))

    def __str__(self) -> str:
        wait = self.retry_after_s[~self.allowed]
        told = f"; the others are told to wait up to {show_duration(wait.max())}" if len(wait) else ""
        return (
            f"{self.policy}, {significant(self.limit)} in {show_duration(self.window_s)}: {significant(self.passed)} "
            f"of {show_count(len(self.times_s), 'request')} passed{told} (simulated)"
        )


def rate_limit(
    times_s: Any, policy: str, limit: int, window_s: float, burst: int | None = None, users: Any = None
) -> RateLimited:
    """Send requests through a rate limiter that allows `limit` in `window_s`.

    times_s: when requests come, in order. users: whose each is (numbers or names); each user has a limit of their own.
    policy:

    - `fixed_window`: counts from each multiple of `window_s` on; lets up to twice the limit pass across an edge.
    - `sliding_log`: never more than `limit` in any window; remembers the time of each request that passed.
    - `sliding_counter`: this window's count and the share of the last one's that still overlaps; two numbers a user.
    - `token_bucket`: holds `burst` tokens (by default `limit`), full at first, refilled evenly.
    - `gcra`: one request each window_s / limit, and up to `burst` more early (by default limit − 1); one number a
      user. The same as a token bucket of burst + 1.

    Requests that are turned away do not count. Raises InvalidInput and UnknownName.
    Source of gcra: ITU-T I.371 (2004), annex A, virtual scheduling.

    >>> print(rate_limit([0.0] * 17, "gcra", limit=30, window_s=60, burst=15))
    gcra, 30 in 1 min: 16 of 17 requests passed; the others are told to wait up to 2 s (simulated)
    """
    if not isinstance(policy, str) or policy not in RATE_LIMITERS:
        raise UnknownName("rate limiter", policy, RATE_LIMITERS)
    times = floats("times_s", times_s)
    limit, window = counted("limit", limit), checked("window_s", window_s, least=1e-9)
    least = int(policy == "token_bucket")
    size = limit - 1 + least if burst is None else counted("burst", burst, least=least)
    order, starts = np.arange(len(times)), np.array([0, len(times)])
    if users is not None:
        whose = np.unique(np.asarray(users), return_inverse=True)[1]
        if whose.shape != times.shape:
            raise InvalidInput(f"`users` has shape {whose.shape}; it must name one for each of {len(times)} requests")
        order = np.argsort(whose, kind="stable")
        starts = np.append(0, np.cumsum(np.bincount(whose))) if len(times) else starts
    retry = np.zeros(len(times))
    waits, passed = np.zeros((2, len(times)))
    _limited(times[order], starts, RATE_LIMITERS.index(policy), limit, window, size, waits, passed)
    retry[order] = waits
    return RateLimited(policy, limit, window, times, retry == 0, retry)


@compiled
def _limited(
    times: Any, starts: Any, policy: int, limit: int, window: float, size: int, waits: Any, passed: Any
) -> None:
    """Fill in what each request is told to wait, 0 where it passes; requests lie user by user.

    passed: room for the times of those that passed, which the log remembers.
    """
    for user in range(len(starts) - 1):
        first, last = starts[user], starts[user + 1]
        if policy <= _COUNTER and policy != _LOG:
            _windows(times, waits, first, last, policy, limit, window)
        elif policy == _LOG:
            _log(times, waits, passed, first, last, limit, window)
        else:
            _even(times, waits, first, last, window / limit, size - 1 if policy == _BUCKET else size)


@inner
def _windows(times: Any, waits: Any, first: int, last: int, policy: int, limit: int, window: float) -> None:
    """Fixed windows, alone or weighted with the one before."""
    number, count, before = -1.0, 0.0, 0.0
    for i in range(first, last):
        now = math.floor(times[i] / window + _SLACK)
        if now != number:
            before = count if now == number + 1 else 0.0
            number, count = now, 0.0
        if policy == _FIXED:
            before = 0.0
        inside = min(max(times[i] / window - number, 0.0), 1.0)
        if before * (1 - inside) + count + 1 <= limit + _SLACK * limit:
            count += 1
        elif count + 1 <= limit:  # enough of the window before must slide out
            waits[i] = (1 - (limit - 1 - count) / before - inside) * window
        elif policy == _FIXED:
            waits[i] = (1 - inside) * window
        else:  # the next window opens, and a request's share of this one slides out
            waits[i] = (1 - inside + max(1 - (limit - 1) / count, 0.0)) * window


@inner
def _log(times: Any, waits: Any, passed: Any, first: int, last: int, limit: int, window: float) -> None:
    count = first
    for i in range(first, last):
        left = passed[count - limit] + window - times[i] if count - limit >= first else 0.0
        if left <= _SLACK * window:
            passed[count] = times[i]
            count += 1
        else:
            waits[i] = left


@inner
def _even(times: Any, waits: Any, first: int, last: int, interval: float, early: int) -> None:
    """GCRA: each request is due an interval after the last; it may come up to `early` intervals before."""
    due = 0.0
    for i in range(first, last):
        wait = due - early * interval - times[i]
        if wait <= _SLACK * interval:
            due = max(due, times[i]) + interval
        else:
            waits[i] = wait
