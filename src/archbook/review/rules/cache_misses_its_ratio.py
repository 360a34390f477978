"""A hit ratio that was hoped for."""

import math
from collections.abc import Iterator
from functools import lru_cache

from archbook.capacity.caching import cache_estimate
from archbook.design.contract import Endpoint
from archbook.design.elements import Store
from archbook.findings import Hits, Rule
from archbook.review.subject import Subject
from archbook.units import show_duration, show_share, significant

ZIPF, SLACK = 1.0, 0.05
"""As uneven as usual keys are at most, and by how much a stated ratio may be better than that."""


def hoped(subject: Subject) -> Hits:
    """A stated `hit_ratio` that the keys, the room or the time to live do not give, at the growth that is planned.

    By Che's approximation, with keys asked for by Zipf's law of exponent 1: for a cache from what it holds, its
    capacity, `ttl` and look-ups; for an endpoint whose path has a parameter from the rows of its resource, `cache`
    and requests.
    """
    for name, store in subject.design.stores.items():
        for reached, why in _of_store(subject, name, store):
            if float(store.hit_ratio or 0.0) > reached + SLACK:
                yield subject.at(
                    ("stores", name),
                    name,
                    f"{name} is said to answer {show_share(float(store.hit_ratio or 0.0))} and can answer "
                    f"{show_share(reached)}",
                    f"stores.{name}: give it more `capacity` or a longer `ttl`, or plan with `hit_ratio: "
                    f"{significant(reached, 2)}`",
                    f"{why} (computed: Che's approximation, Zipf exponent 1)",
                )
    for index, endpoint in enumerate(subject.design.api.endpoints):
        for reached, why in _of_endpoint(subject, endpoint):
            if float(endpoint.hit_ratio or 0.0) > reached + SLACK:
                yield subject.at_endpoint(
                    index,
                    f"{endpoint.name} is said to be answered by caches {show_share(float(endpoint.hit_ratio or 0.0))} "
                    f"of the time, and can be {show_share(reached)}",
                    f"api.endpoints[{index}]: let it be kept for longer (`cache`), or plan with `hit_ratio: "
                    f"{significant(reached, 2)}`",
                    f"{why} (computed: Che's approximation, Zipf exponent 1)",
                )


def _of_store(subject: Subject, name: str, store: Store) -> Iterator[tuple[float, str]]:
    sized = [held for held in store.holds.values() if held.items and held.size]
    if store.hit_ratio and store.role == "cache" and sized and subject.grown and subject.grown.basis:
        rate = subject.grown.basis[1].looked_up_per_s(name) * subject.grown.growth
        items = sum(float(held.items) for held in sized)
        size = sum(float(held.items) * float(held.size or 0.0) for held in sized) / items
        room = items if store.capacity is None else max(1.0, float(store.capacity) / size)
        lives = float(store.ttl) if store.ttl else math.inf
        if rate > 0:
            yield (_reached(round(items), round(min(items, room)), float(f"{rate:.2g}"), lives),
                   f"{significant(min(items, room))} of {significant(items)} keys fit, {_life(lives)}")  # fmt: skip


def _of_endpoint(subject: Subject, endpoint: Endpoint) -> Iterator[tuple[float, str]]:
    named, lives, rate = endpoint.resource or "", float(endpoint.cache or 0.0), subject.requests_per_s(endpoint.name)
    if not (endpoint.hit_ratio and lives and rate and "{" in endpoint.path):
        return
    items = next(
        (float(store.holds[named].items) for store in subject.design.stores.values() if named in store.holds), 0
    )
    if not items:
        return
    asked = rate / items * lives
    if asked / (1 + asked) < endpoint.hit_ratio:  # else keys that are all alike would give it, and those are the worst
        yield (_reached(round(items), round(items), float(f"{rate:.2g}"), lives),
               f"{significant(rate)} requests a second for {significant(items)} {named}, {_life(lives)}")  # fmt: skip


@lru_cache(maxsize=1024)
def _reached(items: int, room: int, rate_per_s: float, lives_s: float) -> float:
    return cache_estimate(ZIPF, max(items, 1), max(room, 1), rate_per_s, lives_s).hit_ratio


def _life(lives_s: float) -> str:
    return "without a time to live" if lives_s == math.inf else f"each kept for {show_duration(lives_s)}"


RULE = Rule(
    id="cache-misses-its-ratio",
    severity="medium",
    principle=5,
    why="All that stands behind it is sized for the misses of a better cache: twice as many misses are twice the load",
    remedy="Compute the ratio from the keys, measure it in production, and plan with that.",
    references=(
        "Che, Tung and Wang, IEEE JSAC 20 (2002)",
        "Amazon Builders' Library: Caching challenges and strategies",
    ),
    check=hoped,
    fires="""
stores:
  things-db: {engine: redis, role: cache, ttl: 1min, capacity: 1MB, hit_ratio: 90%, holds: {things: {items: 1M}}}
calls: {2: {unless_hit: things-db}}
""",
    quiet="""
stores:
  things-db: {engine: redis, role: cache, ttl: 30d, capacity: 1GB, hit_ratio: 90%, holds: {things: {items: 1000}}}
calls: {2: {unless_hit: things-db}}
""",
    measured_by="archbook simulate DESIGN",
)
