"""Stampedes: what reaches the store when popular keys of a cache expire, or all of it is flushed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from archbook.capacity.formulas import checked, counted, sequence
from archbook.errors import InvalidInput
from archbook.simulate.compiled import compiled
from archbook.simulate.figures import Figure, figure
from archbook.simulate.tracing import zipf_weights
from archbook.units import show_duration, show_rate, show_share, significant

MOST_REQUESTS = 20_000_000


@dataclass(frozen=True, slots=True)
class Stampede:
    """What reached the store behind a cache; each figure with its 95 % interval over replications.

    fetches: in the whole run. needless: those begun while the same key was already being fetched. peak: the most
    under way at once. waiting: share of requests that found no fresh value. times_s, fetches_per_s: fetches begun in
    each slot, the ends of slots and their mean rate; low and high bound it.
    """

    duration_s: float
    fetches: Figure
    needless: Figure
    peak: Figure
    waiting: Figure
    times_s: Any
    fetches_per_s: Any
    low_per_s: Any
    high_per_s: Any

    def __str__(self) -> str:
        highest = show_rate(float(self.fetches_per_s.max()), "fetches")
        return (
            f"{self.fetches.shown(significant)} fetches in {show_duration(self.duration_s)}, up to "
            f"{self.peak.shown(significant)} at once and {highest}; {self.needless.shown(significant)} of them "
            f"needless; {self.waiting.shown(show_share)} of requests waited (simulated)"
        )


def stampede(
    request_rate_per_s: float,
    ttl_s: float,
    fetch_s: float,
    items: int = 1,
    zipf_exponent: float = 1.0,
    coalesce: bool = False,
    early: bool = False,
    jitter: float = 0.0,
    flush_at_s: Sequence[float] = (),
    duration_s: float | None = None,
    slots: int = 100,
    seed: int = 1,
    replications: int = 10,
) -> Stampede:
    """Simulate a cache with a time to live and room for all keys, in virtual time.

    Clients ask as a Poisson process for Zipf keys. A request that finds no fresh value fetches it, which takes
    `fetch_s`, also while others fetch the same key: that is the stampede. The value then lives `ttl_s`.
    At 0 all keys have just been filled, as a warm-up job does.

    coalesce: one fetch of a key at a time, the others wait for it (single flight). early: a request may fetch anew
    before the value expires, the likelier the nearer, and is answered from the cache meanwhile (XFetch, β = 1).
    jitter: each value lives shorter by a random part, up to this share, of `ttl_s`. flush_at_s: when the cache is
    emptied. duration_s: by default five times to live. The store is as fast under load as idle; `replay` with a
    flush shows what a store of limited capacity does.
    Raises InvalidInput.
    Source: Vattani, Chierichetti and Lowenstein, Optimal probabilistic cache stampede prevention, VLDB 8 (2015).

    >>> storm = stampede(request_rate_per_s=1000, ttl_s=60, fetch_s=0.2)
    >>> single = stampede(request_rate_per_s=1000, ttl_s=60, fetch_s=0.2, coalesce=True)
    >>> storm.peak.value > 150, single.peak.value
    (True, 1.0)
    """
    rate, ttl = checked("request_rate_per_s", request_rate_per_s, above=0), checked("ttl_s", ttl_s, above=0)
    fetch, part = checked("fetch_s", fetch_s, above=0), checked("jitter", jitter, most=1)
    end = 5 * ttl if duration_s is None else checked("duration_s", duration_s, above=0)
    seed, slots = counted("seed", seed, least=0), counted("slots", slots, most=10_000)
    replications = counted("replications", replications, most=1000)
    if rate * end * replications > MOST_REQUESTS:
        raise InvalidInput(f"{rate:g} requests/s for {end:g} s, {replications} times, are more than {MOST_REQUESTS:,}; "
                           "shorten `duration_s` or take fewer `replications`")  # fmt: skip
    flushes = np.sort([checked("flush_at_s", moment) for moment in sequence("flush_at_s", flush_at_s)] + [math.inf])
    upto = np.cumsum(zipf_weights(checked("zipf_exponent", zipf_exponent, most=10), items))
    course, totals = np.zeros((replications, slots), dtype=np.int64), []
    for replication in range(replications):
        chance = np.random.default_rng([seed, replication])
        times = np.sort(chance.random(chance.poisson(rate * end)) * end)
        keys = np.searchsorted(upto[:-1], chance.random(len(times)), side="right")
        lives = ttl * (1 - part * chance.random(len(times)))
        hurry = fetch * chance.standard_exponential(len(times)) if early else np.zeros(len(times))
        expires = ttl * (1 - part * chance.random(items))
        begun, under_way = np.zeros(len(times), dtype=np.int64), np.zeros(items, dtype=np.int64)
        totals.append(_storm(times, keys, lives, hurry, expires, flushes, fetch, coalesce, end / slots,
                             course[replication], begun, under_way))  # fmt: skip
    fetches, needless, peak, waiting = (figure(column) for column in np.array(totals, dtype=float).T)
    bands = [figure(slot) for slot in course.T * (slots / end)]
    mean, low, high = np.array(bands).T
    return Stampede(end, fetches, needless, peak, waiting, end / slots * np.arange(1, slots + 1), mean, low, high)


@compiled
def _storm(
    times: Any, keys: Any, lives: Any, hurry: Any, expires: Any, flushes: Any, fetch: float, coalesce: bool,
    slot: float, course: Any, begun: Any, under_way: Any,
) -> tuple[int, int, int, float]:  # fmt: skip
    """Fetches, needless ones, most at once, and the share of requests that waited. Fetches end in their order.

    begun: room for the requests whose fetches were begun; under_way: for how many of each key are.
    """
    count, ended, needless, most, waited, flush = 0, 0, 0, 0, 0, 0
    for i in range(len(times)):
        now, key = times[i], keys[i]
        while True:  # what happens before this request, in the order of time
            back = times[begun[ended]] + fetch if ended < count else math.inf
            if min(back, flushes[flush]) > now:
                break
            if back <= flushes[flush]:
                other = keys[begun[ended]]
                expires[other] = max(expires[other], back + lives[begun[ended]])
                under_way[other] -= 1
                ended += 1
            else:
                expires[:] = -math.inf
                flush += 1
        fresh = now < expires[key]
        if not fresh:
            waited += 1
        if now + hurry[i] < expires[key] or (coalesce and under_way[key] > 0):
            continue
        if under_way[key] > 0:
            needless += 1
        under_way[key] += 1
        begun[count] = i
        count += 1
        most = max(most, count - ended)
        course[min(int(now / slot), len(course) - 1)] += 1
    return count, needless, most, waited / max(len(times), 1)
