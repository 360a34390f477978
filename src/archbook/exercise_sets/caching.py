"""Exercises of `05_caching`: what may be stale, and for how long?"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from archbook.capacity.caching import cache_estimate
from archbook.design.contract import Endpoint
from archbook.design.model import Design, Where
from archbook.errors import ArchbookError
from archbook.exercises import Change, Choice, Exercise, Function, Value
from archbook.units import show_count, show_duration, show_factor, show_share, significant

OLDEST_S = 30.0  # asked for in the last exercise
ITEMS, HELD, ZIPF = 10_000, 1_000, 1.0
CASES = [((0.5, 60.0), 30 / 31), ((1.0, 1.0), 0.5), ((10.0, 0.0), 0.0)]  # hits for each fetch: 30, 1, none
HEADERS = ("no-store", "no-cache", "private, max-age=60", "public, max-age=60")


def kept(design: Design) -> list[Endpoint]:
    """Endpoints whose answers may be kept. Raises ArchbookError where there is none."""
    found = [e for e in design.api.endpoints if e.method == "GET" and e.cache]
    if not found:
        raise ArchbookError(f"no endpoint of {design.name} has a `cache`, so this exercise has no answer for it")
    return found


def longest(design: Design) -> str:
    """The largest `cache` of the endpoints."""
    return max(kept(design), key=lambda endpoint: endpoint.cache or 0.0).name


def never_kept(_: Design) -> str:
    """RFC 9111: `no-cache` may be kept and must be asked about each time; `no-store` must not be kept at all."""
    return "no-store"


def hidden_load(design: Design) -> float:
    """All requests, over the share that reaches us now."""
    return 1 / (1 - max(endpoint.hit_ratio or 0.0 for endpoint in kept(design)))


def hit_ratio_with_ttl(_: Design) -> Callable[[float, float], float]:
    """One fetch is followed by rate × ttl hits, so of 1 + rate × ttl requests so many are hits."""
    return lambda rate_per_s, ttl_s: rate_per_s * ttl_s / (1 + rate_per_s * ttl_s)


def misses(held: int) -> float:
    return 1 - cache_estimate(ZIPF, ITEMS, held, 1.0).hit_ratio


def rows_for_half_the_misses(_: Design) -> float:
    """Halving the interval in which the answer lies, until it is one row wide."""
    low, high = HELD, ITEMS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if misses(middle) <= misses(HELD) / 2 else (middle, high)
    return high


def changing(design: Design) -> dict[int, Endpoint]:
    """Endpoints whose answers may be kept and whose rows somebody changes, by their place."""
    edited = {e.resource for e in design.api.endpoints if e.method in ("PATCH", "PUT") and e.resource}
    return {i: e for i, e in enumerate(design.api.endpoints) if e.method == "GET" and e.cache and e.resource in edited}


def shorter(design: Design) -> dict[Where, Any]:
    """Only what changes gets a shorter time; a picture whose name is its hash never grows old."""
    return {("api", "endpoints", i, "cache"): OLDEST_S for i, e in changing(design).items() if e.cache > OLDEST_S}  # type: ignore[operator]


def lacks(before: Design, after: Design) -> str:
    """Whether what changes is fresh enough and still kept, and nothing else was touched."""
    back: dict[Where, Any] = {("api", "endpoints", i, "cache"): e.cache for i, e in changing(before).items()}
    if after.changed(back).model_dump() != before.model_dump():
        return "Only `cache` of endpoints whose rows are changed by a PATCH or PUT may change here."
    for i in changing(before):
        endpoint = after.api.endpoints[i]
        if not endpoint.cache:
            return f"`{endpoint.name}` is not kept at all now: every read of it reaches us."
        if endpoint.cache > OLDEST_S:
            return f"`{endpoint.name}` may still be {show_duration(endpoint.cache)} old."
    return ""


EXERCISES = (
    Exercise(
        "05.1", "Kept longest", "Which endpoint lets its answers be kept longest?",
        Choice(lambda design: [e.name for e in design.api.endpoints if e.method == "GET"], longest),
        ("Each endpoint says it in its `cache`.",
         "It is one whose answer never changes under the same name.",
         "`max(design.api.endpoints, key=lambda e: e.cache or 0).name`"),
        longest,
        lambda design: f"`{longest(design)}`, for {show_duration(max(e.cache or 0.0 for e in kept(design)))}.",
    ),
    Exercise(
        "05.2", "Never kept", "A customer's own orders must never lie in any cache. Which Cache-Control says so?",
        Choice(lambda _: HEADERS, never_kept),
        ("`private` still lets the browser keep it.",
         "`no-cache` means: keep it, but ask before each use.",
         "The word that forbids storing is the answer."),
        never_kept,
        lambda _: "`no-store` forbids keeping; `no-cache` only forbids using a copy without asking (RFC 9111).",
    ),
    Exercise(
        "05.3", "The hidden load",
        "All caches in front of the endpoint with the highest `hit_ratio` are emptied at once. How many times as many "
        "requests reach us, until they fill again?",
        Value(hidden_load, "factor"),
        ("Now, only the misses reach us.",
         "Without a cache all requests do.",
         "1 ÷ (1 − hit_ratio), with the highest `hit_ratio` of `design.api.endpoints`."),
        hidden_load,
        lambda design: f"{show_factor(hidden_load(design))}: the better the cache, the more it hides.",
    ),
    Exercise(
        "05.4", "A time to live",
        "Write a function of (rate_per_s, ttl_s): the hit ratio of one key that is read so often, and kept so long "
        "after each fetch.",
        Function(lambda _: CASES),
        ("After a fetch, how many reads come before the copy expires?",
         "Each fetch is followed by rate × ttl hits.",
         "hits ÷ (hits + the one fetch): `rate_per_s * ttl_s / (1 + rate_per_s * ttl_s)`."),
        hit_ratio_with_ttl,
        lambda _: "A key that is read less often than once in its time to live is hardly worth keeping.",
    ),
    Exercise(
        "05.5", "Half the misses",
        f"An LRU cache holds {significant(HELD)} of {significant(ITEMS)} rows, read by Zipf's law with exponent 1. How "
        "many rows must it hold to miss half as often?",
        Value(rows_for_half_the_misses, "number"),
        ("Twice as many is not enough.",
         "`cache_estimate(1.0, 10_000, held, 1.0).hit_ratio` gives the hit ratio for any number held.",
         "Try values between 2 000 and 5 000 until 1 − hit_ratio is half of what it is for 1 000."),
        rows_for_half_the_misses,
        lambda design: f"{significant(rows_for_half_the_misses(design))} rows, "
                       f"{show_factor(rows_for_half_the_misses(design) / HELD)} the memory; twice the memory still "
                       f"leaves {show_share(misses(2 * HELD) / misses(HELD))} of the misses.",
    ),
    Exercise(
        "05.6", "Fresh enough",
        f"Change the design so that no kept answer whose rows people change is older than {show_duration(OLDEST_S)}, "
        "and everything else is kept as long as now.",
        Change(lacks),
        ("Which resources have a PATCH or PUT?",
         "Their GET endpoints with a `cache` are the ones; the others stay as they are.",
         '`{("api", "endpoints", I, "cache"): 30}` for the place I of each of them in `design.api.endpoints`.'),
        shorter,
        lambda design: f"{show_count(len(changing(design)), 'endpoint')}; a picture named by its hash never grows old.",
    ),
)  # fmt: skip
