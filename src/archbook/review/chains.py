"""The worst chain of calls below each request: rules look at how deep it is, and how often it is tried."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from archbook.capacity.handlings import Leg
from archbook.review.subject import Placed, Subject
from archbook.review.waiting import attempts


def worst_chains(subject: Subject, weights: Sequence[float], least: float) -> Iterator[list[Placed]]:
    """For each request and event that is handled, the chain of calls whose weights add up to most, from `least` on.

    Each chain once, though many requests take it. weights: what each call of the design adds; below 0: left out.
    """
    flow = subject.plan
    if flow is None:
        return
    most: list[float] = []
    following: list[Leg | None] = []
    for handling in flow.handlings:  # callees before callers
        total, best = -1.0, None
        for leg in handling.legs:
            if leg.call >= 0 and weights[leg.call] >= 0 and weights[leg.call] + most[leg.handling] > total:
                total, best = weights[leg.call] + most[leg.handling], leg
        most.append(max(total, 0.0))
        following.append(best)
    called = {leg.handling for handling in flow.handlings for leg in handling.legs if leg.call >= 0}
    told: set[tuple[int, ...]] = set()
    for root in [*flow.entries.values(), *(n for n in range(len(most)) if n not in called)]:
        if most[root] < least - 1e-9:
            continue
        chain, step = [], following[root]
        while step is not None:
            chain.append((step.call, subject.design.calls[step.call]))
            step = following[step.handling]
        key = tuple(index for index, _ in chain)
        if key not in told:
            told.add(key)
            yield chain


def retried_chains(subject: Subject) -> list[tuple[int, list[Placed]]]:
    """Attempts that one request makes at the end of a chain when all fail, and the calls of it that are tried again.

    Only chains in which two calls or more are; each group of such calls once.
    """
    kept: list[tuple[int, list[Placed]]] | None = subject.kept.get("retried chains")
    if kept is not None:
        return kept
    found: dict[tuple[int, ...], tuple[int, list[Placed]]] = {}
    weights = [math.log(attempts(call)) for call in subject.design.calls]
    for chain in worst_chains(subject, weights, 2 * math.log(2)):
        retried = [(index, call) for index, call in chain if call.retries]
        if len(retried) > 1:
            total = math.prod(attempts(call) for _, call in retried)
            found[tuple(index for index, _ in retried)] = total, retried
    subject.kept["retried chains"] = kept = list(found.values())
    return kept


def passing(chain: list[Placed]) -> str:
    """The elements that a chain passes.

    >>> passing([])
    ''
    """
    return " → ".join([call.from_ for _, call in chain[:1]] + [call.to for _, call in chain])
